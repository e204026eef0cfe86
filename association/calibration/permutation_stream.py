"""One stream of random permutations, shared by every gene, mask, test and worker.

Permutation number b of a stratified sample is a Fisher-Yates shuffle within each stratum, driven by the counter-based
generator Philox4x32-10 with key = seed and counter = (step, 0, b). It depends on nothing else: any worker can make
any permutation, in any order, and two genes are always compared with the same ones.

References
----------
Salmon, Moraes, Dror, Shaw. Parallel random numbers: as easy as 1, 2, 3. SC11. doi:10.1145/2063384.2063405
Lemire. Fast random integer generation in an interval. ACM TOMACS 2019. doi:10.1145/3230636
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)
_WEYL_1 = np.uint64(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_WORD = np.uint64(32)
_ROUNDS = 10
_TILE = 8


@njit(cache=True)
def philox_4x32(counter: Any, key: Any, words: Any) -> None:
    """Fill `words` (4) with the generator's output at `counter` (4) under `key` (2); all hold 32-bit values."""
    c0, c1, c2, c3 = counter[0], counter[1], counter[2], counter[3]
    k0, k1 = key[0], key[1]
    for _ in range(_ROUNDS):
        product_0 = _MULTIPLIER_0 * c0
        product_1 = _MULTIPLIER_1 * c2
        c0 = (product_1 >> _WORD) ^ c1 ^ k0
        c2 = (product_0 >> _WORD) ^ c3 ^ k1
        c1 = product_1 & _LOW
        c3 = product_0 & _LOW
        k0 = (k0 + _WEYL_0) & _LOW
        k1 = (k1 + _WEYL_1) & _LOW
    words[0], words[1], words[2], words[3] = c0, c1, c2, c3


@njit(cache=True)
def _shuffle(order: Any, stratum_offsets: Any, key: Any, number: int) -> None:
    """Shuffle `order` within strata, in place, by permutation `number`."""
    counter = np.zeros(4, np.uint64)
    counter[2] = np.uint64(number) & _LOW
    counter[3] = np.uint64(number) >> _WORD
    words = np.empty(4, np.uint64)
    unused = 0
    for stratum in range(stratum_offsets.size - 1):
        first = stratum_offsets[stratum]
        for last in range(stratum_offsets[stratum + 1] - 1, first, -1):
            choices = np.uint64(last - first + 1)
            product = np.uint64(0)
            accepted = False
            while not accepted:
                if unused == 0:
                    philox_4x32(counter, key, words)
                    counter[0] += np.uint64(1)
                    unused = 4
                unused -= 1
                product = words[3 - unused] * choices
                low = product & _LOW
                accepted = low >= choices or low >= (np.uint64(1) << _WORD) % choices
            chosen = first + np.int64(product >> _WORD)
            order[last], order[chosen] = order[chosen], order[last]


@njit(cache=True)
def _fill(values: Any, by_stratum: Any, stratum_offsets: Any, key: Any, first: int, block: Any) -> None:
    """Write permuted `values` to the columns of `block`, as many columns at a time as fill a cache line."""
    samples, columns = block.shape
    orders = np.empty((_TILE, samples), np.int64)
    for start in range(0, columns, _TILE):
        width = min(_TILE, columns - start)
        for column in range(width):
            orders[column] = by_stratum
            _shuffle(orders[column], stratum_offsets, key, first + start + column)
        for position in range(samples):
            row = block[by_stratum[position]]
            for column in range(width):
                row[start + column] = values[orders[column, position]]


class PermutationStream:
    """Residuals, permuted within strata.

    Parameters
    ----------
    residuals
        A trait's score residuals (n).
    strata
        Stratum of each sample (n); samples are exchanged within a stratum only.
    seed
        Key of the stream, 0 to 2^64 - 1.
    """

    def __init__(self, residuals: Floats, strata: Integers, seed: int) -> None:
        self.residuals = centre_within_strata(residuals, strata)
        self._by_stratum = np.argsort(strata, kind="stable").astype(np.int64)
        sizes = np.unique(strata, return_counts=True)[1]
        self._stratum_offsets = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
        self._key = np.array([seed & 0xFFFFFFFF, seed >> 32], dtype=np.uint64)

    def block(self, first: int, count: int) -> Floats:
        """Give permutations `first` to `first + count - 1` as columns of an array (n, count)."""
        block = np.empty((self.residuals.size, count))
        _fill(self.residuals, self._by_stratum, self._stratum_offsets, self._key, first, block)
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
