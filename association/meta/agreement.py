"""Two tables beside the results of a meta-analysis: each cohort's part in a gene's burden, and whether cohorts agree.

A row per gene x trait x mask x ceiling (x cohort), all of the burden that counts each minor allele once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from association.gene_unit import Row
from association.meta.combined_gene import CombinedGene
from association.meta.forest import forest_rows, heterogeneity
from association.meta.meta_rows import MetaMask
from association.meta.summed_tests import (
    fixed_burden,
    heterogeneous_burden_log10_p,
    heterogeneous_skat_log10_p,
)
from association.results import Column

_PLACE = (
    Column("gene", pa.string(), "gene symbol"),
    Column("trait", pa.string(), "trait, as named in the study files"),
    Column("mask", pa.string(), "which variants were taken together"),
    Column("max_af", pa.float64(), "ceiling on the minor allele frequency"),
)

FOREST = (
    *_PLACE,
    Column("cohort", pa.string(), "name of the cohort's study"),
    Column("samples", pa.int32(), "samples with the trait"),
    Column("carriers", pa.int32(), "of these, who carry any of the mask's variants"),
    Column("minor_allele_count", pa.int32(), "minor alleles of the mask's variants among them"),
    Column("observed_events", pa.float64(), "carriers with the event; null where these are too few to tell of"),
    Column("expected_events", pa.float64(), "expected among carriers under the cohort's null model"),
    Column("effect", pa.float64(), "one-step estimate per minor allele: log hazard ratio, or trait units"),
    Column("standard_error", pa.float64(), "of the effect"),
    Column("neg_log10_p_without", pa.float64(), "-log10 of the large-sample p-value of all other cohorts together"),
)

HETEROGENEITY = (
    *_PLACE,
    Column("cohorts", pa.int32(), "cohorts with information"),
    Column("effect", pa.float64(), "one-step estimate per minor allele, one for all cohorts"),
    Column("standard_error", pa.float64(), "of the effect"),
    Column("neg_log10_p", pa.float64(), "-log10 of its large-sample p-value"),
    Column("cochran_q", pa.float64(), "Q of the cohorts' effects, chi-square on one degree less than cohorts"),
    Column("i_squared", pa.float64(), "share of Q that chance does not explain, 0 to 1"),
    Column("neg_log10_p_q", pa.float64(), "-log10 of the p-value of Q"),
    Column(
        "neg_log10_p_burden",
        pa.float64(),
        "-log10 of the large-sample p-value of a burden with an effect of its own in each cohort",
    ),
    Column("neg_log10_p_skat", pa.float64(), "the same of SKAT, flat weights"),
)

TABLES = {"forest": FOREST, "heterogeneity": HETEROGENEITY}


def agreement_rows(gene: CombinedGene, masks: Sequence[MetaMask], trait: str) -> dict[str, list[Row]]:
    """Give a gene's rows of both tables.

    Parameters
    ----------
    gene
        What the cohorts tell.
    masks
        The masks; those without a variant have no rows.
    trait
        Its name.
    """
    rows: dict[str, list[Row]] = {name: [] for name in TABLES}
    for mask in masks:
        if not mask.used.any():
            continue
        flat = mask.used.astype(np.float64)
        start = {"gene": gene.gene, "trait": trait, "mask": mask.mask, "max_af": mask.max_af}
        for one in forest_rows(gene, flat):
            own = {
                "cohort": one.cohort,
                "samples": one.samples,
                "carriers": one.carriers,
                "minor_allele_count": round(one.minor_alleles),
                "observed_events": one.observed_events,
                "expected_events": one.expected_events,
                "effect": _known(one.effect),
                "standard_error": _known(one.standard_error),
                "neg_log10_p_without": _known(-one.log10_p_without),
            }
            rows["forest"].append(start | own)
        found, fixed = heterogeneity(gene, flat), fixed_burden(gene, flat)
        own = {
            "cohorts": found.degrees + 1,
            "effect": _known(fixed.effect),
            "standard_error": _known(fixed.standard_error),
            "neg_log10_p": _known(0.0 - fixed.log10_p),
            "cochran_q": _known(found.cochran_q),
            "i_squared": _known(found.i_squared),
            "neg_log10_p_q": _known(0.0 - found.log10_p),
            "neg_log10_p_burden": _known(-heterogeneous_burden_log10_p(gene, flat)),
            "neg_log10_p_skat": _known(-heterogeneous_skat_log10_p(gene, flat)),
        }
        rows["heterogeneity"].append(start | own)
    return rows


def agreement_table(name: str, rows: Sequence[Row]) -> pa.Table:
    """Make one of the tables of its rows."""
    fields = [pa.field(one.name, one.type, metadata={"meaning": one.meaning}) for one in TABLES[name]]
    return pa.Table.from_pylist(list(rows), schema=pa.schema(fields))


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
