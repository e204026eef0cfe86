"""The course of a measure over visits: single carriers, and the band in which the cohort moves.

Axes: v visits, n samples, k carriers, b bins of time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from association.null_models.null_model import Floats, Integers

# So many lines fill a figure.
MOST_LINES = 50
# Bins are a quarter of a year, or wider where visits go on for many years.
BIN_MONTHS, MOST_BINS = 3.0, 40
# A bin with fewer patients has no quantiles to speak of: ten, or a twentieth of a small cohort, at least three.
FEWEST_PATIENTS, LEAST_PATIENTS, SMALL_COHORT = 10, 3, 20
QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class Visits:
    """Visits of a trait's samples: position of the sample, months from the first visit, and the value then (v)."""

    position: Integers
    months: Floats
    value: Floats


@dataclass(frozen=True)
class Band:
    """Quantiles of the cohort's values by time: middle of each bin, its 10%, 50% and 90% quantiles, patients (b)."""

    time: Floats
    lower: Floats
    middle: Floats
    upper: Floats
    patients: Integers


def cohort_band(visits: Visits, samples: int) -> Band:
    """Give the quantiles of all samples' values over time; of several visits in a bin a patient's mean counts.

    Parameters
    ----------
    visits
        Of the trait's samples.
    samples
        How many these are (n).
    """
    width = max(BIN_MONTHS, float(visits.months.max(initial=0.0)) / MOST_BINS)
    number = np.floor(visits.months / width).astype(np.int64)
    pairs, where = np.unique(number * samples + visits.position, return_inverse=True)
    mean = np.bincount(where, visits.value) / np.bincount(where)
    bins, fewest = pairs // samples, max(LEAST_PATIENTS, min(FEWEST_PATIENTS, samples // SMALL_COHORT))
    counts = np.bincount(bins, minlength=1)
    kept = np.flatnonzero(counts >= fewest)
    found = np.array([np.quantile(mean[bins == one], QUANTILES) for one in kept]).reshape(kept.size, len(QUANTILES))
    lower, middle, upper = np.asarray(found.T, np.float64)
    middles = np.asarray((kept + 0.5) * width, np.float64)
    return Band(middles, lower, middle, upper, counts[kept].astype(np.int64))


def carriers_course(visits: Visits, carriers: Integers) -> tuple[Integers, Floats, Floats]:
    """Give the visits of carriers, each carrier's in order of time: place among the carriers, time, value.

    Parameters
    ----------
    visits
        Of the trait's samples.
    carriers
        Positions of the carriers (k). Of more than 50 some evenly spaced ones are taken.
    """
    shown = np.unique(np.linspace(0, carriers.size - 1, min(carriers.size, MOST_LINES)).round().astype(np.int64))
    place = np.full(max(visits.position.max(initial=-1), carriers.max(initial=-1)) + 1, -1)
    place[carriers[shown]] = shown
    own = np.flatnonzero(place[visits.position] >= 0)
    own = own[np.lexsort((visits.months[own], place[visits.position[own]]))]
    return place[visits.position[own]], visits.months[own], visits.value[own]
