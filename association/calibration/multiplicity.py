"""How many tests count against a family-wise error rate when some can't reach significance (Tarone).

With m(k) the number of tests whose smallest attainable p-value is at most alpha / k, the number that counts is the
smallest k with m(k) <= k, and a test is significant at alpha / k. Tests that can't attain alpha / k can't be false
positives, so they cost nothing.

References
----------
Tarone. A modified Bonferroni method for discrete data. Biometrics 1990. doi:10.2307/2531456
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Multiplicity:
    """A family of tests and the level at which one of them is significant.

    Attributes
    ----------
    tests
        Tests in the family.
    counted
        Tests that the error rate is shared by.
    threshold
        The largest p-value that is significant; NaN in an empty family.
    """

    tests: int
    counted: int
    threshold: float


def tarone(min_attainable_p: Floats, alpha: float) -> Multiplicity:
    """Share `alpha` among the tests of a family that can be significant.

    Parameters
    ----------
    min_attainable_p
        Each test's smallest attainable p-value (tests).
    alpha
        Family-wise error rate.
    """
    attainable = np.sort(min_attainable_p)
    if attainable.size == 0:
        return Multiplicity(0, 0, float("nan"))
    divisors = np.arange(1, attainable.size + 1)
    reachable = np.searchsorted(attainable, alpha / divisors, side="right")
    counted = int(divisors[np.argmax(reachable <= divisors)])
    return Multiplicity(attainable.size, counted, alpha / counted)
