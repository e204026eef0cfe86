"""How many carry each gene, and which genes can be significant at all: from genotypes and strata, never an outcome.

The genes are put before a trait without outcome, so that nothing of an association can be seen: who carries what
under which mask, how the carriers are spread over strata, and the smallest p-value that this leaves them.

Of G genes the error rate is shared among those that can reach it (Tarone, `calibration.multiplicity`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from association.calibration.multiplicity import Multiplicity, tarone
from association.gene_batch import read_batch
from association.gene_unit import FEWEST_CARRIERS
from association.null_models.null_model import NullModel
from association.power.carrier_spread import log10_attainable_p, spread_over_strata
from association.scan import drop_variants, prepare_units
from association.scan_settings import ScanSettings, ScanTrait

Integers = NDArray[np.int64]

# Genes of an exome: the family of a study whose genotypes are not there yet.
GENES_OF_AN_EXOME = 20_000


@dataclass(frozen=True)
class GeneCarriers:
    """Who carries a gene.

    Attributes
    ----------
    gene
        Its symbol.
    carriers
        Samples that carry it in any mask but the control, as positions in the trait's order.
    min_attainable_p
        Of the row that counts in the family of genes; None where it can't be tested.
    """

    gene: str
    carriers: Integers
    min_attainable_p: float | None


@dataclass(frozen=True)
class GeneFamily:
    """The genes of a trait, and the level that they share.

    Attributes
    ----------
    carriers
        Of each gene that can be tested and has at least 3.
    multiplicity
        How the error rate is shared.
    genes, testable
        All genes, and those that can be significant.
    from_store
        Whether they were counted, or taken to be as many as an exome has.
    """

    carriers: Integers
    multiplicity: Multiplicity
    genes: int
    testable: int
    from_store: bool

    def can_reach(self, carriers: int, attainable_p: float) -> bool:
        """Say whether a gene with so many carriers, and this smallest p-value, can be significant."""
        return carriers >= FEWEST_CARRIERS and attainable_p <= self.multiplicity.threshold

    @property
    def median_carriers(self) -> int | None:
        """The median of the genes that count; None where there are none."""
        return int(np.median(self.carriers)) if self.carriers.size else None


def without_outcome(trait: ScanTrait) -> ScanTrait:
    """Give the samples and strata of a trait, and nothing of what became of them."""
    nothing = np.zeros(trait.strata.size)
    none = np.zeros((trait.strata.size, 0))
    model = NullModel("none", nothing, nothing, none, np.zeros((0, 0)))
    return replace(trait, model=model, by_contig={}, flags=())


def count_carriers(
    genes: pa.Table, variants: pa.Table, trait: ScanTrait, settings: ScanSettings
) -> list[GeneCarriers]:
    """Count carriers of a batch of genes, under all masks but the control.

    Parameters
    ----------
    genes, variants
        The batch, as for `scan`.
    trait
        Whose samples; what became of them is not looked at.
    settings
        Masks and tests.
    """
    batch = read_batch(drop_variants(variants, settings.left_out))
    counted = []
    for unit in prepare_units(genes, batch, without_outcome(trait), settings):
        parts = [part.carriers for part in unit.parts if not part.control]
        carriers = np.unique(np.concatenate(parts)) if parts else np.zeros(0, np.int64)
        primary = next((row for row in unit.rows if row["primary"]), None)
        counted.append(
            GeneCarriers(unit.gene, carriers, None if primary is None else primary.get("min_attainable_p"))
        )
    return counted


def gene_family(genes: Sequence[GeneCarriers], alpha: float, strata: Integers, planned: Integers) -> GeneFamily:
    """Share the error rate among genes.

    Parameters
    ----------
    genes
        Who carries each.
    alpha
        Family-wise error rate.
    strata
        Stratum of each sample (n) that was genotyped.
    planned
        Stratum of each sample of the study that is planned (N), with which carriers grow; or the same again.
    """
    tested = [one for one in genes if one.min_attainable_p is not None]
    carriers = np.array([planned_carriers(one, strata, planned) for one in tested], np.int64)
    attainable = np.array([attainable_p(one, strata, planned) for one in tested], np.float64)
    enough = carriers >= FEWEST_CARRIERS
    shared = tarone(attainable[enough], alpha)
    testable = int((attainable[enough] <= shared.threshold).sum())
    return GeneFamily(carriers[enough], shared, len(genes), testable, True)


def exome_family(alpha: float) -> GeneFamily:
    """Give the family of an exome's genes, of which nothing else is known."""
    shared = Multiplicity(GENES_OF_AN_EXOME, GENES_OF_AN_EXOME, alpha / GENES_OF_AN_EXOME)
    return GeneFamily(np.zeros(0, np.int64), shared, GENES_OF_AN_EXOME, GENES_OF_AN_EXOME, False)


def planned_carriers(gene: GeneCarriers, strata: Integers, planned: Integers) -> int:
    """Give how many would carry a gene in the study that is planned."""
    return round(gene.carriers.size * planned.size / strata.size)


def attainable_p(gene: GeneCarriers, strata: Integers, planned: Integers) -> float:
    """Give the smallest p-value that a gene can attain: its own, or of as many carriers in the planned study."""
    if planned.size == strata.size:
        return float(gene.min_attainable_p or 0.0)
    sizes = np.bincount(planned).astype(np.int64)
    return float(
        10.0 ** log10_attainable_p(spread_over_strata(planned_carriers(gene, strata, planned), sizes), sizes)
    )


def panel_carriers(genes: Sequence[GeneCarriers], panel: Collection[str]) -> Integers:
    """Give the samples that carry any gene of a panel."""
    members = [one.carriers for one in genes if one.gene in panel]
    return np.unique(np.concatenate(members)) if members else np.zeros(0, np.int64)
