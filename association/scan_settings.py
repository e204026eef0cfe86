"""What a scan is asked: which masks and tests, and against which traits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from association.calibration.monte_carlo import Effort
from association.gene_tests.masks import Mask
from association.null_models.null_model import NullModel

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# The mask in which nothing should be found: it is tested beside the others, never with them.
CONTROL_MASK = "synonymous"
ALL_MASKS = "all"
OMNIBUS = "omnibus"


@dataclass(frozen=True)
class MaskChoice:
    """A mask and its ceiling on the minor allele frequency."""

    mask: Mask
    max_af: float


@dataclass(frozen=True)
class WeightedTest:
    """A test and its variant weights.

    Attributes
    ----------
    test
        "burden", "skat", "skat_o" or "acat_v".
    weights
        Of `gene_tests.weights`.
    coding
        How a burden collapses variants, of `gene_tests.columns`; "sum" for the other tests.
    """

    test: str
    weights: str
    coding: str = "sum"


@dataclass(frozen=True)
class ScanSettings:
    """What is tested, and how long permutations go on.

    Attributes
    ----------
    masks, tests
        Every mask is tested by every test, and by an omnibus over them where there are several.
    seed
        Of the permutation stream.
    effort
        How far permutations go.
    panel, panel_effort
        Genes that are worth more, and how far for them.
    family_permutations
        Permutations for the adjustment over all genes; 0 for none.
    left_out
        Variants that are in no mask, as contig-position-ref-alt: traits are adjusted for them.
    """

    masks: tuple[MaskChoice, ...]
    tests: tuple[WeightedTest, ...]
    seed: int
    effort: Effort
    panel: frozenset[str] = frozenset()
    panel_effort: Effort | None = None
    family_permutations: int = 0
    left_out: frozenset[str] = frozenset()

    def effort_for(self, gene: str) -> Effort:
        """Say how far permutations go for a gene."""
        return self.panel_effort if self.panel_effort is not None and gene in self.panel else self.effort

    @property
    def hypotheses(self) -> int:
        """Masks and ceilings that are no control."""
        return sum(choice.mask.name != CONTROL_MASK for choice in self.masks)

    @property
    def rows_per_gene(self) -> int:
        """Result rows of a gene and trait: tests and their omnibus per mask, and one omnibus over masks."""
        per_mask = len(self.tests) + (len(self.tests) > 1)
        return len(self.masks) * per_mask + (self.hypotheses > 1)


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
    male
        Who has one X chromosome (n); nobody, where sex is not known.
    cohorts
        Number of each sample's cohort (n), by which a store of merged cohorts lists calls that a whole cohort lacks.
    by_contig
        Null models by chromosome, without its "chr", where each chromosome has a polygenic offset of its own; then
        genes of other contigs are not tested.
    harm
        +1 where more of the trait, or an earlier event, is worse for the patient, -1 where less is; 0: not known.
    """

    name: str
    model: NullModel
    strata: Integers
    store_positions: Integers
    store_samples: int
    flags: tuple[str, ...] = ()
    male: Booleans = field(default_factory=lambda: np.zeros(0, np.bool_))
    cohorts: Integers = field(default_factory=lambda: np.zeros(0, np.int64))
    by_contig: Mapping[str, NullModel] = field(default_factory=dict)
    harm: int = 0

    @cached_property
    def strata_count(self) -> int:
        """How many strata there are."""
        return int(self.strata.max()) + 1
