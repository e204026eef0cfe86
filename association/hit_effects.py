"""Effects of the genes that are followed up: of the sum of a mask's minor alleles, one-step and Firth's.

The one-step estimate U / V of a gene test is rough where carriers are few: its standard error is the null model's,
and it has none where all carriers have the event. Firth's estimate is finite there, with a profile interval. It needs
the trait as it was observed, so it is made for times to event and binary traits, and not beside a polygenic offset,
which is not part of the model that it fits. A gene that was picked for its small p-value has an effect that is likely
too large; no interval here makes up for that.

Axes: n samples with the trait.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from association.asked_variants import choose_variants
from association.effects.firth import PenalisedEffect, firth_cox, firth_logistic
from association.gene_batch import GeneBatch, TraitGenotypes, read_batch, restrict_to_trait
from association.gene_tests.columns import Burden, collapse
from association.null_models.risk_sets import Ties
from association.results import COLUMNS as RESULT_COLUMNS
from association.results import Column
from association.scan import drop_variants, scan
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait
from association.single_variants import SUM_OF_ALLELES

Floats = NDArray[np.float64]
Row = Mapping[str, Any]

_IN_RESULTS = {column.name: column for column in RESULT_COLUMNS}
_OF_TEST = (
    "gene",
    "trait",
    "mask",
    "max_af",
    "samples",
    "variants",
    "carriers",
    "observed_events",
    "expected_events",
    "p_value",
    "neg_log10_p",
    "method",
    "effect",
    "standard_error",
)
COLUMNS = (
    *(_IN_RESULTS[name] for name in _OF_TEST),
    Column("firth_effect", pa.float64(), "Firth's estimate per minor allele: log hazard ratio, or log odds ratio"),
    Column("firth_lower", pa.float64(), "95% profile interval of it, lower end; may be infinite"),
    Column("firth_upper", pa.float64(), "upper end"),
    _IN_RESULTS["reason"],
)
SCHEMA = pa.schema([pa.field(column.name, column.type, metadata={"meaning": column.meaning}) for column in COLUMNS])


@dataclass(frozen=True)
class Outcome:
    """A trait as it was observed.

    Attributes
    ----------
    event
        0 or 1 (n).
    covariates
        Of its null model (n, p), without an intercept.
    entry, exit
        Times between which each sample is under observation (n); None for a binary trait.
    ties
        How simultaneous events are treated.
    """

    event: Floats
    covariates: Floats
    entry: Floats | None = None
    exit: Floats | None = None
    ties: Ties = "efron"


def hit_effects(
    hits: Sequence[Row], variants: pa.Table, trait: ScanTrait, outcome: Outcome | None, settings: ScanSettings
) -> pa.Table:
    """Estimate the effects of genes.

    Parameters
    ----------
    hits
        gene, mask and max_af of each, of one mask each.
    variants
        The gene store's rows of these genes, each gene whole.
    trait
        What they are hits of.
    outcome
        The trait as observed, in the same order of samples; None where Firth's model doesn't apply.
    settings
        The scan's; of its tests the flat burden alone is made.

    Returns
    -------
    pa.Table
        `SCHEMA`, in the order of `hits`.
    """
    kept = drop_variants(variants, settings.left_out)
    kept = kept.take(pc.sort_indices(kept["gene"]))
    batch = read_batch(kept)
    genotypes = restrict_to_trait(batch, trait)
    rows: dict[int, Row] = {}
    for choice in settings.masks:
        own = [at for at, hit in enumerate(hits) if (hit["mask"], hit["max_af"]) == (choice.mask.name, choice.max_af)]
        tested = _scan([hits[at]["gene"] for at in own], kept, trait, choice, settings)
        for at, row in zip(own, tested, strict=True):
            burden = _sum_of_alleles(row["gene"], choice, batch, genotypes, trait)
            rows[at] = {name: row[name] for name in (*_OF_TEST, "reason")} | _firth_columns(burden, trait, outcome)
    return pa.Table.from_pylist([rows[at] for at in sorted(rows)], schema=SCHEMA)


def firth_effect(burden: Floats, trait: ScanTrait, outcome: Outcome) -> PenalisedEffect:
    """Estimate a burden's (n) effect in a model of its own, beside the covariates and strata of the null model."""
    if outcome.entry is None or outcome.exit is None:
        return firth_logistic(outcome.event, burden, outcome.covariates)
    times = (outcome.entry, outcome.exit, outcome.event)
    return firth_cox(*times, burden, outcome.covariates, strata=trait.strata, ties=outcome.ties)


def _scan(
    genes: Sequence[str], variants: pa.Table, trait: ScanTrait, choice: MaskChoice, settings: ScanSettings
) -> list[Row]:
    """Test the sum of alleles of genes under one mask; a row each."""
    firsts = [pc.index(variants["gene"], gene).as_py() for gene in genes]
    places = variants.take(pa.array(firsts, pa.int64())).select(["gene", "contig", "position"])
    asked = replace(settings, masks=(choice,), tests=(SUM_OF_ALLELES,), family_permutations=0)
    rows: list[Row] = scan(places.rename_columns(["gene", "contig", "start"]), variants, [trait], asked).to_pylist()
    return rows


def _sum_of_alleles(
    gene: str, choice: MaskChoice, batch: GeneBatch, genotypes: TraitGenotypes, trait: ScanTrait
) -> Floats:
    """Give each sample's minor alleles in a gene's mask (n)."""
    own = np.flatnonzero(choose_variants(batch, choice) & (batch.gene == gene))
    samples, alleles = collapse(genotypes.select(own)[0], Burden("sum", np.ones(own.size)))
    burden = np.zeros(trait.strata.size)
    burden[samples] = alleles
    return burden


def _firth_columns(burden: Floats, trait: ScanTrait, outcome: Outcome | None) -> dict[str, float | None]:
    if outcome is None or trait.by_contig:
        return {}
    found = firth_effect(burden, trait, outcome)
    columns = {"firth_effect": found.estimate, "firth_lower": found.lower, "firth_upper": found.upper}
    return {name: None if math.isnan(value) else value for name, value in columns.items()}
