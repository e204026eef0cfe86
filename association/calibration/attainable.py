"""The smallest p-value that a gene's genotypes can attain, whatever the trait.

Genotype rows are exchanged within strata. A stratum of n_s samples whose rows fall into classes of c_1, c_2, ...
equal rows has n_s! / (c_1! c_2! ...) distinct arrangements, all equally likely under the null, and the most extreme
of them can't be rarer than one in their product over strata. Genes that can't reach the significance level are left
out of the multiplicity count.

References
----------
Tarone. A modified Bonferroni method for discrete data. Biometrics 1990. doi:10.2307/2531456
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from association.kernels import njit

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@njit(cache=True, nogil=True)
def log10_min_attainable_p(classes: Integers, strata: Integers, stratum_sizes: Integers) -> float:
    """Give log10 of one over the number of distinct arrangements; exactly 0 where there is a single one.

    Parameters
    ----------
    classes
        Class of each sample that is not a plain non-carrier (k); equal rows share a class.
    strata
        Stratum of each of those samples (k), an index into `stratum_sizes`.
    stratum_sizes
        Samples per stratum, non-carriers included (strata).
    """
    # Sorted by class, then by stratum, in which the former order stays.
    order = np.argsort(classes, kind="mergesort")
    order = order[np.argsort(strata[order], kind="mergesort")]
    ways, several, begin = 0.0, False, 0
    while begin < order.size:
        stratum, first = strata[order[begin]], begin
        while begin < order.size and strata[order[begin]] == stratum:
            end = begin
            while end < order.size and strata[order[end]] == stratum and classes[order[end]] == classes[order[begin]]:
                end += 1
            ways -= math.lgamma(end - begin + 1.0)
            several |= begin > first
            begin = end
        size, used = float(stratum_sizes[stratum]), float(begin - first)
        several |= used < size
        ways += math.lgamma(size + 1.0) - math.lgamma(size - used + 1.0)
    return -ways / math.log(10.0) if several else 0.0


@njit(cache=True, nogil=True)
def classes_of(values: Floats) -> Integers:
    """Give the class of each value (k), numbered in rising order; equal values may differ by rounding.

    Parameters
    ----------
    values
        Positive (k).
    """
    rounded = np.rint(values / values.max() * 1e9) if values.size else values
    order = np.argsort(rounded, kind="mergesort")
    classes = np.zeros(values.size, np.int64)
    for place in range(1, order.size):
        one, before = order[place], order[place - 1]
        classes[one] = classes[before] + (rounded[one] != rounded[before])
    return classes
