"""The D50 model: the ALSFRS-R falls from 48 to 0 along one sigmoid per patient.

    score(t) = 48 / (1 + exp((t - D50) / dx)),   t in months since onset,

with D50 the time by which half of the score is lost and dx > 0 the time constant of the loss: both small where the
disease is fast. Relative time, t_last / (2 D50), is how far along that course the last visit is.

The fit is least squares over a patient's visits by damped Newton steps, in a and b of 48 / (1 + exp(a + b u)) with u
the visits' times centred and scaled, from the line through the logits or else from a flat course. dx is span / b, so
scores that do not fall show as b <= 0, and scores that fall all at once as b without bound.

Axes: v scored visits, sorted by patient; n patients.

References
----------
Steinbach R et al. (2020) Applying the D50 disease progression model to gray and white matter pathology in
amyotrophic lateral sclerosis. NeuroImage Clin. 25:102094. doi:10.1016/j.nicl.2019.102094
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from association.kernels import njit
from association.phenotypes.alsfrs import HIGHEST_TOTAL, score
from association.phenotypes.reasons import first_reasons
from association.phenotypes.timeline import dates_of, months_between
from association.phenotypes.visits import of_patients, usable

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

FEWEST_VISITS = 3
# Logits of 48 and 0 are infinite; the starting line takes them half a point inside.
LOGIT_MARGIN = 0.5
# Steps near the minimum shrink quadratically: after one this small nothing is left to gain.
STEP_TOLERANCE = 1e-10
# Sums of squares that differ by less are equal but for rounding.
ROUNDING = 1e-13
LEAST_DAMPING = 1e-12
# exp overflows above 709.
LARGEST_EXPONENT = 700.0
# Determinant over squared trace of the exact curvature, below which it is as good as flat.
CONVEX = 1e-6
# A longer step in logits leaves the sigmoid's slope for its flat ends, where nothing leads back.
LONGEST_STEP = 2.0
# Of 40,000 simulated patients, no sound fit that other starts find was missed within as many.
MOST_STEPS = 200
# Determinant over squared trace of the normal equations: here one visit alone carries the fit, and dx goes to 0.
SINGULAR = 1e-11
# A fitted fall over a patient's whole follow-up of less than 48 x 1e-6 / 4 points is rounding.
LEAST_FALL = 1e-6
NO_FALL = "scores do not fall"


def fit_d50(visits: pd.DataFrame, participants: pd.DataFrame) -> pd.DataFrame:
    """Fit each patient's sigmoid.

    Parameters
    ----------
    visits
        One row per visit (v): patient, date, and the items or `total`.
    participants
        One row per patient (n): onset_date, optionally death_date. Visits before onset or after death are not used.

    Returns
    -------
    pandas.DataFrame
        d50, dx (months), relative_time, and reason (None where the patient can be used; the rest is NaN elsewhere).
    """
    totals = score(visits, "total")
    onset = dates_of(participants, "onset_date")
    since_onset = months_between(visits["date"], of_patients(onset, visits)).to_numpy()
    chosen = usable(visits, totals, dates_of(participants, "death_date")) & (since_onset >= 0)
    patient, months = visits["patient"].to_numpy()[chosen], since_onset[chosen]
    # By time: the fit takes each patient's visits as one stretch.
    order = np.lexsort((months, patient))
    patient, months, scores = patient[order], months[order], totals.to_numpy()[chosen][order]
    offsets = np.searchsorted(patient, np.arange(len(participants) + 1))
    d50, dx = _fit_each(offsets, months, scores)

    distinct = np.ones(months.size, dtype=bool)
    distinct[1:] = (patient[1:] != patient[:-1]) | (months[1:] > months[:-1])
    times = np.bincount(patient[distinct], minlength=len(participants))
    reasons = first_reasons(
        {
            "no onset date": onset.isna(),
            f"fewer than {FEWEST_VISITS} scored visits": times < FEWEST_VISITS,
            NO_FALL: dx < 0,
            "no finite fit": np.isnan(dx),
            "half of the score lost before onset": d50 <= 0,
        },
        participants.index,
    )
    fits = pd.DataFrame({"d50": d50, "dx": dx}, index=participants.index).where(reasons.isna())
    last = np.full(len(participants), np.nan)
    visited = np.diff(offsets) > 0
    last[visited] = months[offsets[1:][visited] - 1]
    return fits.assign(relative_time=last / (2 * fits["d50"]), reason=reasons)


@njit(cache=True)
def _fit_each(offsets: Integers, months: Floats, scores: Floats) -> tuple[Floats, Floats]:
    """Give D50 and dx of each patient (n): nan where there is no finite fit, dx = -1 where scores do not fall."""
    patients = offsets.size - 1
    d50, dx = np.full(patients, np.nan), np.full(patients, np.nan)
    for i in range(patients):
        first, last = offsets[i], offsets[i + 1]
        if last - first < FEWEST_VISITS or months[last - 1] == months[first]:
            continue
        centre, span = np.mean(months[first:last]), months[last - 1] - months[first]
        times = (months[first:last] - centre) / span
        intercept, slope, settled = _fit_from_both(times, scores[first:last])
        if settled and slope > LEAST_FALL:
            dx[i] = span / slope
            d50[i] = centre - intercept * dx[i]
        elif settled or slope < 0:
            dx[i] = -1.0
    return d50, dx


@njit(cache=True)
def _fit_from_both(times: Floats, scores: Floats) -> tuple[float, float, bool]:
    """Fit from the line through the logits, then, if that leads nowhere, from a flat course at the mean score."""
    if np.max(scores) == np.min(scores):
        return 0.0, 0.0, True
    a, b = _logit_line(times, scores)
    a, b, settled = _fit(times, scores, a, b)
    if settled:
        return a, b, settled
    mean = np.mean(scores)
    a, b, settled = _fit(times, scores, math.log((HIGHEST_TOTAL - mean) / mean), 0.0)
    return a, b, settled


@njit(cache=True)
def _fit(times: Floats, scores: Floats, a: float, b: float) -> tuple[float, float, bool]:
    """Fit score = 48 / (1 + exp(a + b u)) from a and b; give them and whether they settled."""
    damping = 1e-3
    squares, gradient, curvature, singular = _expansion(times, scores, a, b)
    for _ in range(MOST_STEPS):
        if singular:
            return a, b, False
        (g0, g1), (h00, h01, h11) = gradient, curvature
        h00, h11 = h00 * (1 + damping), h11 * (1 + damping)
        determinant = h00 * h11 - h01 * h01
        step_a, step_b = (h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant
        size = abs(step_a) + abs(step_b)
        share = min(1.0, LONGEST_STEP / size) if size > 0 else 1.0
        trial = _expansion(times, scores, a + share * step_a, b + share * step_b)
        if trial[0] <= squares * (1 + ROUNDING):
            a, b = a + share * step_a, b + share * step_b
            squares, gradient, curvature, singular = trial
            damping = max(damping / 10, LEAST_DAMPING)
        else:
            damping *= 10
        if size <= STEP_TOLERANCE * (1 + abs(a) + abs(b)):
            return a, b, True
    return a, b, False


@njit(cache=True)
def _logit_line(times: Floats, scores: Floats) -> tuple[float, float]:
    """Give the straight line through log((48 - score) / score): where the search starts."""
    kept = np.minimum(np.maximum(scores, LOGIT_MARGIN), HIGHEST_TOTAL - LOGIT_MARGIN)
    logits = np.log((HIGHEST_TOTAL - kept) / kept)
    slope = np.sum(times * logits) / np.sum(times * times)
    return float(np.mean(logits)), float(slope)


@njit(cache=True)
def _expansion(
    times: Floats, scores: Floats, a: float, b: float
) -> tuple[float, tuple[float, float], tuple[float, float, float], bool]:
    """Expand half the sum of squares about a and b.

    Returns
    -------
    tuple
        The sum of squares; minus the gradient (2); the curvature (upper triangle, 3), which is that of Gauss and
        Newton where the exact one isn't convex; and whether a single visit carries the fit.
    """
    squares, g0, g1 = 0.0, 0.0, 0.0
    j00, j01, j11, h00, h01, h11 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for u, observed in zip(times, scores):  # noqa: B905
        left = 1 / (1 + math.exp(min(a + b * u, LARGEST_EXPONENT)))
        residual = observed - HIGHEST_TOTAL * left
        slope = -HIGHEST_TOTAL * left * (1 - left)
        square, exact = slope * slope, slope * slope + residual * slope * (1 - 2 * left)
        squares += residual * residual
        g0, g1 = g0 + slope * residual, g1 + slope * residual * u
        j00, j01, j11 = j00 + square, j01 + square * u, j11 + square * u * u
        h00, h01, h11 = h00 + exact, h01 + exact * u, h11 + exact * u * u
    singular = j00 * j11 - j01 * j01 <= SINGULAR * (j00 + j11) ** 2
    if h00 > 0 and h00 * h11 - h01 * h01 > CONVEX * (h00 + h11) ** 2:
        return squares, (g0, g1), (h00, h01, h11), singular
    return squares, (g0, g1), (j00, j01, j11), singular
