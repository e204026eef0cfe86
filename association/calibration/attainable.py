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

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

Integers = NDArray[np.int64]


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
    if classes.size == 0:
        return 0.0
    pairs, counts = np.unique(np.stack((strata, classes)), axis=1, return_counts=True)
    used = np.bincount(pairs[0], counts, minlength=stratum_sizes.size)
    kinds = np.bincount(pairs[0], minlength=stratum_sizes.size) + (used < stratum_sizes)
    if kinds.max() == 1:
        return 0.0
    ways = gammaln(stratum_sizes + 1).sum() - gammaln(stratum_sizes - used + 1).sum() - gammaln(counts + 1).sum()
    return float(-ways / np.log(10))
