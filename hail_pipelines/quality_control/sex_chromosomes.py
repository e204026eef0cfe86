"""Copies of X and Y that each karyotype has."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from association.genotypes.copies import UNKNOWN

COPIES = {"XX": (2, 0), "XY": (1, 1), "X0": (1, 0), "XXY": (2, 1), "XYY": (1, 2), "XXX": (3, 0)}


def copies_of(karyotypes: Iterable[str]) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Give each sample's copies of X and of Y, unknown where its karyotype is unclear (n each)."""
    copies = np.array([COPIES.get(karyotype, (UNKNOWN, UNKNOWN)) for karyotype in karyotypes], np.int8).reshape(-1, 2)
    return np.ascontiguousarray(copies[:, 0]), np.ascontiguousarray(copies[:, 1])
