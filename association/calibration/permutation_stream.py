"""One stream of random permutations, shared by every gene, mask, test and worker.

Permutation number b of a stratified sample is a Fisher-Yates shuffle within each stratum, driven by the counter-based
generator Philox4x32-10 with key = seed and counter = (step, series, b). It depends on nothing else: any worker can
make any permutation, in any order, and two genes are always compared with the same ones.

References
----------
Salmon, Moraes, Dror, Shaw. Parallel random numbers: as easy as 1, 2, 3. SC11. doi:10.1145/2063384.2063405
Lemire. Fast random integer generation in an interval. ACM TOMACS 2019. doi:10.1145/3230636
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from association.kernels import njit

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint32(0x9E3779B9)
_WEYL_1 = np.uint32(0xBB67AE85)
_WORD = np.uint64(32)
_ROUNDS = 10
_TILE = 8


@njit(cache=True)
def philox_4x32(words: Any, key: Any) -> None:
    """Replace counters by random words, in place.

    Round by round over all counters at once: so the compiler works on several of them with one instruction.

    Parameters
    ----------
    words
        Counters (4, m), 32-bit; on return as many random words.
    key
        Key (2), 32-bit.
    """
    first, second, third, fourth = words[0], words[1], words[2], words[3]
    key_0, key_1 = key[0], key[1]
    for _ in range(_ROUNDS):
        for column in range(words.shape[1]):
            product_0 = _MULTIPLIER_0 * np.uint64(first[column])
            product_1 = _MULTIPLIER_1 * np.uint64(third[column])
            first[column] = np.uint32(product_1 >> _WORD) ^ second[column] ^ key_0
            third[column] = np.uint32(product_0 >> _WORD) ^ fourth[column] ^ key_1
            second[column] = np.uint32(product_1)
            fourth[column] = np.uint32(product_0)
        key_0 = np.uint32(key_0 + _WEYL_0)
        key_1 = np.uint32(key_1 + _WEYL_1)


@njit(cache=True)
def _draw(words: Any, key: Any, number: int, series: int) -> None:
    """Fill `words` (4, m) with the random words of one series of permutation `number`."""
    for column in range(words.shape[1]):
        words[0, column] = np.uint32(column)
    words[1] = np.uint32(series)
    words[2] = np.uint32(number & 0xFFFFFFFF)
    words[3] = np.uint32(number >> 32)
    philox_4x32(words, key)


@njit(cache=True)
def _redraw(key: Any, number: int, step: int, choices: Any) -> Any:
    """Choose again where the first word would favour some choices; it happens once in 2^32 / choices steps."""
    words = np.empty((4, 64), np.uint32)
    _draw(words, key, number, step + 1)
    for word in words.ravel():
        product = np.uint64(word) * choices
        if np.uint32(product) >= (np.uint64(1) << _WORD) % choices:
            return product >> _WORD
    return np.uint64(0)


@njit(cache=True)
def _shuffle(order: Any, stratum_offsets: Any, key: Any, number: int, words: Any) -> None:
    """Shuffle `order` (n) within strata, in place, by permutation `number`; `words` (4, n / 4 up) is scratch."""
    _draw(words, key, number, 0)
    random = words.ravel()
    step = 0
    for stratum in range(stratum_offsets.size - 1):
        first = stratum_offsets[stratum]
        for last in range(stratum_offsets[stratum + 1] - 1, first, -1):
            choices = np.uint64(last - first + 1)
            product = np.uint64(random[step]) * choices
            chosen = product >> _WORD
            if np.uint32(product) < choices and np.uint32(product) < (np.uint64(1) << _WORD) % choices:
                chosen = _redraw(key, number, step, choices)
            step += 1
            other = first + np.int64(chosen)
            order[last], order[other] = order[other], order[last]


@njit(cache=True)
def _fill(values: Any, by_stratum: Any, stratum_offsets: Any, places: Any, key: Any, first: int, block: Any) -> None:
    """Write what comes to `places` to the columns of `block`, as many columns at a time as fill a cache line."""
    quantities, rows, columns = block.shape
    samples = by_stratum.size
    orders = np.empty((_TILE, samples), np.int64)
    words = np.empty((4, (samples + 3) // 4), np.uint32)
    for start in range(0, columns, _TILE):
        width = min(_TILE, columns - start)
        for column in range(width):
            orders[column] = by_stratum
            _shuffle(orders[column], stratum_offsets, key, first + start + column, words)
        for quantity in range(quantities):
            for row in range(rows):
                place = places[row]
                for column in range(width):
                    block[quantity, row, start + column] = values[quantity, orders[column, place]]


class PermutationStream:
    """What is known of each sample, permuted within strata.

    Parameters
    ----------
    values
        Quantities that belong to a sample and move together (q, n).
    strata
        Stratum of each sample (n); samples are exchanged within a stratum only.
    seed
        Key of the stream, 0 to 2^64 - 1.

    Attributes
    ----------
    by_stratum
        The samples in order of strata (n).
    """

    def __init__(self, values: Floats, strata: Integers, seed: int) -> None:
        self.values = np.ascontiguousarray(values)
        self.by_stratum = np.argsort(strata, kind="stable").astype(np.int64)
        sizes = np.unique(strata, return_counts=True)[1]
        self._stratum_offsets = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
        self._place = np.argsort(self.by_stratum)
        self._key = np.array([seed & 0xFFFFFFFF, seed >> 32], dtype=np.uint32)

    def block(self, first: int, count: int, samples: Integers | None = None) -> Floats:
        """Give permutations `first` to `first + count - 1` as the last axis of an array (q, n, count).

        Parameters
        ----------
        first, count
            Which permutations.
        samples
            The samples whose new values are asked for, instead of all n.
        """
        places = self._place if samples is None else self._place[samples]
        block = np.empty((self.values.shape[0], places.size, count))
        _fill(self.values, self.by_stratum, self._stratum_offsets, places, self._key, first, block)
        return block


def centre_within_strata(residuals: Floats, strata: Integers) -> Floats:
    """Subtract each stratum's mean, so that a permuted score has expectation zero.

    Parameters
    ----------
    residuals
        Score residuals (n).
    strata
        Stratum of each sample (n).
    """
    _, stratum = np.unique(strata, return_inverse=True)
    means = np.bincount(stratum, residuals) / np.bincount(stratum)
    return residuals - means[stratum]
