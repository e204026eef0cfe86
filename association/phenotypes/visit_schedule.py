"""Visits as they came, put on a schedule: the change from baseline at every interval.

    visit k = the visit nearest to k intervals after baseline, within half an interval.

A scheduled visit that was missed between two others lies on the line between them, at its own time. Nothing is
carried past the last.

Axes: v visits; n patients; the scheduled visits 1, 2, ... of each patient, one patient after the other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from association.kernels import njit

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Points on a line come with rounding of 1e-14; scores, in whole points, don't come this close.
DECIMALS = 9


def scheduled_changes(
    patient: Integers, months: Floats, scores: Floats, *, patients: int, interval: float
) -> tuple[Integers, Floats]:
    """Give each patient's change from baseline at the scheduled visits after it.

    Parameters
    ----------
    patient
        Whose visit it is (v).
    months
        Time of the visit from the patient's baseline (v). Visits before 0 are not used, and neither are those of a
        patient without a visit within half an interval of 0.
    scores
        The score at the visit (v).
    patients
        n.
    interval
        Months between scheduled visits.

    Returns
    -------
    offsets
        Where each patient's changes begin and end (n + 1).
    changes
        The changes at scheduled visits 1, 2, ... up to the patient's last, rounded so that ties stay ties.
    """
    # A visit halfway between two belongs to the earlier.
    visit = np.ceil(months / interval - 0.5).astype(np.int64)
    distance = np.abs(months - visit * interval)
    order = np.lexsort((scores, months, distance, visit, patient))
    order = order[months[order] >= 0]
    nearest = np.ones(order.size, dtype=bool)
    nearest[1:] = (np.diff(patient[order]) > 0) | (np.diff(visit[order]) > 0)
    order = order[nearest]
    bounds = np.searchsorted(patient[order], np.arange(patients + 1))
    last = np.zeros(patients, dtype=np.int64)
    visited = np.diff(bounds) > 0
    last[visited] = np.where(visit[order][bounds[:-1][visited]] == 0, visit[order][bounds[1:][visited] - 1], 0)
    offsets = np.concatenate([[0], np.cumsum(last)])
    changes = _on_lines(bounds, visit[order], months[order], scores[order], offsets, interval)
    return offsets, np.round(changes, DECIMALS)


@njit(cache=True)
def _on_lines(
    bounds: Integers, visit: Integers, months: Floats, scores: Floats, offsets: Integers, interval: float
) -> Floats:
    """Fill every patient's changes from the visits that were made, and from lines between them."""
    changes = np.empty(offsets[-1])
    for i in range(bounds.size - 1):
        if offsets[i + 1] == offsets[i]:
            continue
        baseline = scores[bounds[i]]
        for later in range(bounds[i] + 1, bounds[i + 1]):
            slope = (scores[later] - scores[later - 1]) / (months[later] - months[later - 1])
            for k in range(visit[later - 1] + 1, visit[later]):
                on_line = scores[later - 1] + slope * (k * interval - months[later - 1])
                changes[offsets[i] + k - 1] = on_line - baseline
            changes[offsets[i] + visit[later] - 1] = scores[later] - baseline
    return changes
