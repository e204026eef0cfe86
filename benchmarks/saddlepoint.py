"""Saddlepoint p-values over those of permutations: a burden, 100,000 samples with 2% events, by carriers and tail."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd

from association.calibration.residual_cumulants import ResidualCumulants
from association.calibration.saddlepoint import saddlepoint_log10_p
from association.kernels import njit
from association.null_models.cox import fit_cox
from association.null_models.design import Design

SAMPLES = 100_000
STRATA = 3
PERMUTATIONS = {20: 8_000_000, 50: 5_000_000, 200: 1_500_000, 2000: 300_000}
LEVELS = (1e-3, 1e-4)
REPEATS = 50


def measure() -> pd.DataFrame:
    """Draw carriers at random, and compare the tails of their scores at a p-value near each level."""
    rng = np.random.default_rng(1)
    residuals, strata = _null_cohort(rng)
    cumulants = ResidualCumulants.of(residuals, strata)
    rows = []
    for carriers, permutations in PERMUTATIONS.items():
        counts = np.full(STRATA, carriers // STRATA) + (np.arange(STRATA) < carriers % STRATA)
        scores = np.sort(permuted_scores(residuals, strata, counts, permutations, seed=carriers))
        burden, their_strata = np.ones(carriers), np.repeat(np.arange(STRATA), counts)
        saddlepoint_log10_p(cumulants, 0.0, burden, their_strata)
        for level in LEVELS:
            extreme = int(level / 2 * permutations)
            for tail, score in (("upper", scores[-extreme]), ("lower", scores[extreme - 1])):
                began = time.perf_counter()
                for _ in range(REPEATS):
                    tails = saddlepoint_log10_p(cumulants, score, burden, their_strata)
                seconds = (time.perf_counter() - began) / REPEATS
                p_permutation = _two_sided(scores, score)
                rows.append(
                    {
                        "carriers": carriers,
                        "tail": tail,
                        "p by permutation": p_permutation,
                        "standard error": f"{(p_permutation * permutations / 2) ** -0.5:.0%}",
                        "saddlepoint / permutation": round(10**tails.log10_two_sided / p_permutation, 2),
                        "microseconds": round(seconds * 1e6),
                    }
                )
    return pd.DataFrame(rows)


def permuted_scores(
    residuals: np.ndarray, strata: np.ndarray, counts: np.ndarray, permutations: int, *, seed: int
) -> np.ndarray:
    """Deal residuals to so many carriers of each stratum, over and over, and give the sums."""
    by_stratum = residuals[np.argsort(strata, kind="stable")]
    ends = np.cumsum(np.bincount(strata))
    return _sums(by_stratum, np.concatenate([[0], ends]), counts, permutations, seed)


@njit(cache=True)
def _sums(residuals: Any, ends: Any, counts: Any, permutations: int, seed: int) -> Any:
    """Draw without replacement by drawing again: a residual that was dealt carries the permutation's number."""
    np.random.seed(seed)  # noqa: NPY002
    sums = np.zeros(permutations)
    dealt = np.full(residuals.size, -1, np.int32)
    for number in range(permutations):
        for stratum in range(counts.size):
            for _ in range(counts[stratum]):
                sample = np.random.randint(ends[stratum], ends[stratum + 1])  # noqa: NPY002
                while dealt[sample] == number:
                    sample = np.random.randint(ends[stratum], ends[stratum + 1])  # noqa: NPY002
                dealt[sample] = number
                sums[number] += residuals[sample]
    return sums


def _two_sided(scores: np.ndarray, score: float) -> float:
    """Give twice the smaller tail of sorted scores, ties included."""
    above = scores.size - np.searchsorted(scores, score, side="left")
    below = np.searchsorted(scores, score, side="right")
    return float(2 * min(above, below) / scores.size)


def _null_cohort(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Simulate enrolment 3 to 12 months after onset and about 2% events; give martingale residuals and strata."""
    age = rng.normal(size=2 * SAMPLES)
    death = rng.exponential(1_150 * np.exp(-0.3 * age))
    entry = rng.uniform(3, 12, death.size)
    enrolled = np.flatnonzero(death > entry)[:SAMPLES]
    entry, death, age = entry[enrolled], death[enrolled], age[enrolled]
    censored = entry + rng.uniform(6, 40, SAMPLES)
    event = (death <= censored).astype(float)
    strata = rng.integers(0, STRATA, SAMPLES)
    fit = fit_cox(entry, np.minimum(death, censored), event, Design(("age",), age[:, None]), strata=strata)
    return fit.model.residuals, strata
