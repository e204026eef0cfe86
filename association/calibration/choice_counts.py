"""How many choices of carriers have a given number of events and a given sum, counted cell by cell.

A choice takes K_s samples of each stratum s. Counts grow sample by sample: with one sample more, a choice of k - 1
becomes one of k whose sum lies as many cells further as the sample's share.

One group stays apart: the samples without an event of the stratum that costs most. What is counted of them has no
events to tell apart, which spares K-fold work; a tail needs no more than the sums of their counts, taken at the
distance that the others leave.

Axes: n samples, g cells, K choices of the stratum that is split.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from association.calibration.evidence import likelihood_ratio
from association.kernels import njit

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@njit(cache=True, nogil=True)
def count_choices(
    died: Integers, cells: Integers, strata: Integers, taken: Integers, split: int, events: int, width: int
) -> tuple[Floats, Floats]:
    """Count the choices of all samples but one group, and those of the group.

    Parameters
    ----------
    died
        0 or 1 events of each sample (n).
    cells
        Its share of the sum (n).
    strata
        Its stratum (n).
    taken
        Samples that are chosen of each stratum.
    split
        The stratum whose samples without an event are the group.
    events
        The most events of a choice.
    width
        Cells: more than the largest sum.

    Returns
    -------
    tuple
        By the number chosen of the stratum `split`, events and cells (K + 1, events + 1, g); and of the group by
        number and cells (K + 1, g).
    """
    counts = np.zeros((events + 1, width))
    counts[0, 0] = 1.0
    # Small shares first: sums stay short for long.
    order = np.argsort(cells, kind="mergesort")
    for stratum in range(taken.size):
        if stratum != split and taken[stratum] > 0:
            both = _start(counts, taken[stratum])
            for event in range(2):
                _add_samples(both, cells[order][(strata[order] == stratum) & (died[order] == event)], event)
            counts = both[taken[stratum]].copy()
    others = _start(counts, taken[split])
    _add_samples(others, cells[order][(strata[order] == split) & (died[order] == 1)], 1)
    alone = np.zeros((1, width))
    alone[0, 0] = 1.0
    group = _start(alone, taken[split])
    _add_samples(group, cells[order][(strata[order] == split) & (died[order] == 0)], 0)
    return others, group[:, 0].copy()


@njit(cache=True, nogil=True)
def _start(counts: Floats, chosen: int) -> Floats:
    """Give counts by number, none being chosen yet."""
    by_number = np.zeros((chosen + 1, counts.shape[0], counts.shape[1]))
    by_number[0] = counts
    return by_number


@njit(cache=True, nogil=True)
def _add_samples(by_number: Floats, cells: Integers, event: int) -> None:
    """Let samples with this many events each be chosen or not."""
    numbers, events, width = by_number.shape
    last = np.full((numbers, events), -1)
    for number in range(numbers):
        for row in range(events):
            for cell in range(width):
                if by_number[number, row, cell] > 0.0:
                    last[number, row] = cell
    for shift in cells:
        for number in range(numbers - 1, 0, -1):
            for before in range(events - event):
                if last[number - 1, before] < 0:
                    continue
                source, target = by_number[number - 1, before], by_number[number, before + event]
                end = min(last[number - 1, before] + 1, width - shift)
                for cell in range(end):
                    target[cell + shift] += source[cell]
                last[number, before + event] = max(last[number, before + event], end - 1 + shift)


@njit(cache=True, nogil=True)
def count_tail(
    others: Floats,
    number: Integers,
    event: Integers,
    below: Floats,
    above: Floats,
    family: int,
    threshold: float,
    size: float,
    step: float,
    centre: float,
) -> float:
    """Count the choices whose likelihood ratio is at least a threshold.

    Parameters
    ----------
    others, number, event
        Rows of what `count_choices` gives of all but the group (r, g), and which they are (r).
    below, above
        Of the group: counts of sums up to each cell, and from each cell on (K + 1, g).
    family, size
        As of `likelihood_ratio`, with the carriers' number for the size.
    threshold
        Above zero.
    step
        What a cell is worth.
    centre
        What the sum is measured from, where it is the first of a plain trait's two sums.
    """
    width, chosen = others.shape[1], below.shape[0] - 1
    total = 0.0
    for row in range(others.shape[0]):
        low, high = _reached(family, float(event[row]), threshold, size, step, centre, width)
        fewer, more = below[chosen - number[row]], above[chosen - number[row]]
        for cell in range(width):
            count = others[row, cell]
            if count > 0.0:
                total += count * (fewer[low - cell] if low >= cell else 0.0)
                total += count * (more[max(high - cell, 0)] if high - cell < width else 0.0)
    return total


@njit(cache=True, nogil=True)
def _reached(
    family: int, event: float, threshold: float, size: float, step: float, centre: float, width: int
) -> tuple[int, int]:
    """Give the cells up to which, and from which on, the ratio reaches the threshold: it falls and then rises."""
    least = int(min(max((centre if family == 0 else event) / step, 0.0), width - 1.0))
    low, high = -1, least + 1
    while high - low > 1:
        middle = (low + high) // 2
        if _ratio(family, event, middle, size, step, centre) >= threshold:
            low = middle
        else:
            high = middle
    begin, end = least, width
    while end - begin > 1:
        middle = (begin + end) // 2
        if _ratio(family, event, middle, size, step, centre) >= threshold:
            end = middle
        else:
            begin = middle
    return low, end


@njit(cache=True, nogil=True)
def _ratio(family: int, event: float, cell: int, size: float, step: float, centre: float) -> Any:
    """Give the likelihood ratio of a number of events and a sum; expected cases are no more than carriers."""
    if family == 0:
        return likelihood_ratio(family, cell * step - centre, 0.0, size)
    return likelihood_ratio(family, event, min(cell * step, size) if family == 2 else cell * step, size)
