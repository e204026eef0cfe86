"""What a scan is asked: which masks and tests, and against which traits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.gene_tests.masks import Mask
from association.null_models.null_model import NullModel

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class MaskChoice:
    """A mask and its ceiling on the minor allele frequency."""

    mask: Mask
    max_af: float


@dataclass(frozen=True)
class WeightedTest:
    """A test, "burden" or "skat", and its variant weights."""

    test: str
    weights: str


@dataclass(frozen=True)
class ScanSettings:
    """What is tested, and how long permutations go on.

    Attributes
    ----------
    masks, tests
        Every mask is tested by every test.
    seed
        Of the permutation stream.
    max_permutations
        Where a test stops at the latest.
    exceedances
        Where it stops before.
    """

    masks: tuple[MaskChoice, ...]
    tests: tuple[WeightedTest, ...]
    seed: int
    max_permutations: int
    exceedances: int


@dataclass(frozen=True)
class ScanTrait:
    """A trait, ready to be tested.

    Attributes
    ----------
    name
        As in the study file.
    model
        Its null model on n samples.
    strata
        Stratum of each sample (n), 0, 1, ...; samples are exchangeable within.
    store_positions
        Position of each sample in the gene store (n).
    store_samples
        Samples in the gene store.
    flags
        Cautions that hold for every gene of the trait.
    """

    name: str
    model: NullModel
    strata: Integers
    store_positions: Integers
    store_samples: int
    flags: tuple[str, ...] = ()
