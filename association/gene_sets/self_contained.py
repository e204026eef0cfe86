"""A set of genes as if it were one gene, its genes the variants: so it has the engine's own tests and laws.

    panel_burden    carriers of any of its variants against everyone else: the likelihood ratio of all of them,
                    which is large where they fare worse as a group, or better
    gene_sum        sum_g L_g / s_g over the genes, each by its own carriers, in whatever direction (`gene_scale`):
                    SKAT's sum with genes for variants and the weights (K_g s_g)^(-1/2)

Both are self-contained: their null is that no gene of the set has to do with the trait. Enumeration, exact laws and
permutations are those of `association.calibrate`.

Axes: p genes of the set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from association.asked_variants import AskedVariants
from association.calibrate import calibrate, look_at_arrangements
from association.calibration.monte_carlo import Effort
from association.gene_batch import TraitGenotypes
from association.gene_sets.mask_genes import MaskGenes
from association.gene_unit import GeneUnit, Row
from association.large_sample import add_large_sample_p
from association.null_models.null_model import NOT_EXCHANGEABLE
from association.prepare_unit import prepare_unit
from association.scan_settings import OMNIBUS, ScanSettings, ScanTrait, WeightedTest
from association.textbook import add_textbook_p

Integers = NDArray[np.int64]

PANEL_BURDEN, GENE_SUM = "panel_burden", "gene_sum"
EQUAL_GENES = "equal_genes"
SELF_CONTAINED = {
    PANEL_BURDEN: WeightedTest("burden", "flat", "any"),
    GENE_SUM: WeightedTest("skat", EQUAL_GENES),
}
_NAMES = {(test.test, test.weights): name for name, test in SELF_CONTAINED.items()}


def as_one_gene(sets: Sequence[Integers], genes: MaskGenes, effort: Effort) -> list[dict[str, Row]]:
    """Give each set's rows, by the name of the test.

    Parameters
    ----------
    sets
        Positions of the genes of each (p), one at least.
    genes
        All genes of the mask.
    effort
        How far permutations go.
    """
    settings = replace(
        genes.settings,
        masks=(genes.choice,),
        tests=tuple(SELF_CONTAINED.values()),
        effort=effort,
        panel=frozenset(),
        family_permutations=0,
    )
    asked = _ask(np.concatenate(sets), genes, settings)
    units, begin = [], 0
    for number, places in enumerate(sets):
        start = {"gene": f"set {number}", "contig": None, "start": None}
        unit = prepare_unit(start, begin, begin + places.size, asked)
        # The omnibus over the two is not asked for.
        units.append(replace(unit, tested=[one for one in unit.tested if one.test is not None]))
        begin += places.size
    add_textbook_p(units, genes.trait)
    _calibrate(units, genes.trait, settings)
    rows = [[row for row in unit.rows if row["test"] != OMNIBUS] for unit in units]
    return [{_NAMES[row["test"], row["weights"]]: row for row in own} for own in rows]


def _calibrate(units: Sequence[GeneUnit], trait: ScanTrait, settings: ScanSettings) -> None:
    """Calibrate as genes are; but a sum over genes of few carriers follows no large-sample law at any cohort size."""
    if trait.model.kind in NOT_EXCHANGEABLE:
        calibrate(units, trait, settings)
        return
    burdens = [replace(unit, tested=[one for one in unit.tested if one.burden is not None]) for unit in units]
    add_large_sample_p(burdens, trait)
    look_at_arrangements(units, trait, settings)


def _ask(places: Integers, genes: MaskGenes, settings: ScanSettings) -> AskedVariants:
    """Lay genes out as a batch of variants that are all in the one mask."""
    own = genes.carriers.select(places)
    columns, counts = own.columns, own.counts.astype(np.float64)
    informative = genes.scale.informative[places]
    weights = 1.0 / np.sqrt(counts * np.where(informative, genes.scale.deviation[places], 1.0))
    called = np.ones(columns.samples.size, np.bool_)
    return AskedVariants(
        genotypes=TraitGenotypes(columns.offsets, columns.samples, columns.dosages, called, counts),
        chosen=np.ones((1, places.size), np.bool_),
        carried=np.ones(places.size, np.bool_),
        weights={"flat": np.ones(places.size), EQUAL_GENES: np.where(informative, weights, 0.0)},
        cauchy_weights=np.ones(places.size),
        stratum_sizes=np.bincount(genes.trait.strata),
        trait=genes.trait,
        settings=settings,
    )
