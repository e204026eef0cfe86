"""Carriers that nobody has seen yet: how many of each stratum, which samples, and what they can attain at best.

So many carriers are spread over strata in proportion to their sizes, by largest remainder, as a variant would be that
knows nothing of sites. Which samples of a stratum carry is drawn: all choices being equally likely, or in proportion
to weights, where carriers are not like all that are enrolled.

Axes: n samples, R draws, K carriers, S strata.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from association.calibration.attainable import log10_min_attainable_p
from association.kernels import njit

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Places = NDArray[np.int32]

# Where nobody likely is left, anybody is taken.
MOST_REFUSED = 1000


def spread_over_strata(carriers: int, sizes: Integers) -> Integers:
    """Give how many carriers each stratum has (S), in proportion to its samples; of equal remainders the first.

    Parameters
    ----------
    carriers
        K, at most all samples.
    sizes
        Samples of each stratum (S).
    """
    shares = carriers * sizes / sizes.sum()
    taken: Integers = np.floor(shares).astype(np.int64)
    remainders = np.argsort(-(shares - taken), kind="stable")
    taken[remainders[: carriers - int(taken.sum())]] += 1
    return taken


def log10_attainable_p(taken: Integers, sizes: Integers) -> float:
    """Give log10 of the smallest p-value of a burden that so many of each stratum carry alike.

    Parameters
    ----------
    taken, sizes
        Carriers and samples of each stratum (S).
    """
    carriers = np.repeat(np.arange(taken.size), taken)
    return float(log10_min_attainable_p(np.zeros(carriers.size, np.int64), carriers, sizes))


def draw_carriers(
    taken: Integers, strata: Integers, seed: tuple[int, ...], draws: int, weights: Floats | None = None
) -> Places:
    """Draw who carries, so many times (R, K), in order of strata, one carrier after another.

    Parameters
    ----------
    taken
        Carriers of each stratum (S).
    strata
        Stratum of each sample (n), 0, 1, ...
    seed
        The same seed gives the same draws.
    draws
        R.
    weights
        How likely each sample is to be drawn (n), above or at 0; all alike, if absent.
    """
    by_stratum = np.argsort(strata, kind="stable").astype(np.int32)
    starts = np.concatenate(([0], np.cumsum(np.bincount(strata))))
    drawn = np.empty((draws, int(taken.sum())), np.int32)
    likely = np.ones(strata.size) if weights is None else weights
    highest = np.zeros(taken.size)
    np.maximum.at(highest, strata, likely)
    accepted = likely / np.maximum(highest[strata], np.finfo(float).tiny)
    _draw(by_stratum, starts, taken, accepted, int(np.random.SeedSequence(seed).generate_state(1)[0]), drawn)
    return drawn


@njit(cache=True, nogil=True)
def _draw(by_stratum: Any, starts: Any, taken: Any, accepted: Any, seed: int, drawn: Any) -> None:
    """Bring as many samples of each stratum to its front as are taken, again and again.

    A sample that comes up is taken with the chance in `accepted` (n), and else another comes up.
    """
    np.random.seed(seed)  # noqa: NPY002
    for draw in range(drawn.shape[0]):
        place = 0
        for stratum in range(taken.size):
            begin, end = starts[stratum], starts[stratum + 1]
            for front in range(begin, begin + taken[stratum]):
                other = np.random.randint(front, end)  # noqa: NPY002
                for _ in range(MOST_REFUSED):
                    chance = accepted[by_stratum[other]]
                    if chance >= 1.0 or np.random.random() < chance:  # noqa: NPY002
                        break
                    other = np.random.randint(front, end)  # noqa: NPY002
                by_stratum[front], by_stratum[other] = by_stratum[other], by_stratum[front]
                drawn[draw, place] = by_stratum[front]
                place += 1
