"""The columns of a result table: name, type, unit and meaning, listed once.

One row per gene x trait x mask x frequency ceiling x test. A gene that can't be tested is a row with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa


@dataclass(frozen=True)
class Column:
    """One column of the results.

    Attributes
    ----------
    name
        As in the files.
    type
        Arrow type.
    meaning
        What a reader needs to know, unit included.
    """

    name: str
    type: pa.DataType
    meaning: str


COLUMNS = (
    Column("gene", pa.string(), "gene symbol, as annotated"),
    Column("contig", pa.string(), "chromosome, as the reference genome names it"),
    Column("start", pa.int32(), "position of the gene's first annotated variant, 1-based"),
    Column("trait", pa.string(), "trait, as named in the study file"),
    Column("mask", pa.string(), "which variants were taken together; all: every mask but the control"),
    Column(
        "max_af",
        pa.float64(),
        "ceiling on the minor allele frequency, among all samples that passed quality control and in the reference",
    ),
    Column("test", pa.string(), "burden, skat, skat_o, acat_v, or omnibus: the best of them, paid for"),
    Column("weights", pa.string(), "variant weights"),
    Column("coding", pa.string(), "how a burden collapses variants"),
    Column("samples", pa.int32(), "samples with the trait"),
    Column("variants", pa.int32(), "variants in the mask that a sample with the trait carries"),
    Column("carriers", pa.int32(), "samples that carry at least one of them"),
    Column("minor_allele_count", pa.int32(), "minor alleles among the samples with the trait"),
    Column("observed_events", pa.float64(), "carriers with the event (time-to-event traits)"),
    Column("expected_events", pa.float64(), "events expected among carriers under the null model"),
    Column("effect", pa.float64(), "one-step estimate per unit of burden: log hazard ratio, or trait units"),
    Column("standard_error", pa.float64(), "of the effect, from the null model's information"),
    Column("p_value", pa.float64(), "the p-value to report, two-sided"),
    Column("neg_log10_p", pa.float64(), "-log10 of it"),
    Column("p_lower", pa.float64(), "95% Monte Carlo interval of the p-value, lower end"),
    Column("p_upper", pa.float64(), "upper end"),
    Column("method", pa.string(), "how the p-value was made"),
    Column("permutations", pa.int64(), "permutations made before the test stopped, or arrangements enumerated"),
    Column("exceedances", pa.int64(), "of these, at least as extreme as the data"),
    Column(
        "p_asymptotic",
        pa.float64(),
        "textbook large-sample p-value, beside it; too small at few carriers; of SKAT-O where 0.05 or less",
    ),
    Column("neg_log10_p_asymptotic", pa.float64(), "-log10 of it; finite where the p-value underflows"),
    Column("primary", pa.bool_(), "the one row of its gene that counts in the family of genes"),
    Column("q_value", pa.float64(), "Benjamini-Hochberg over the testable genes of the trait, primary rows"),
    Column("p_family", pa.float64(), "adjusted for all genes of the trait (Westfall-Young step-down), primary rows"),
    Column("min_attainable_p", pa.float64(), "no trait could give these genotypes a smaller p-value"),
    Column("flags", pa.string(), "cautions, separated by ';'"),
    Column("reason", pa.string(), "why there is no p-value; empty where there is one"),
)

SCHEMA = pa.schema([pa.field(column.name, column.type, metadata={"meaning": column.meaning}) for column in COLUMNS])

# What a scan adds for the adjustment over genes, and no result table keeps.
DEVIATIONS = "deviations"
SCAN_SCHEMA = SCHEMA.append(pa.field(DEVIATIONS, pa.list_(pa.float32())))

FEW_CARRIERS = "few_carriers"
ONE_VARIANT_DRIVEN = "one_variant_driven"
MANY_TIES = "many_ties"
NONPROPORTIONAL = "nonproportional_hazards"
CARRIERS_WITHHELD = "carriers_withheld"
STRATA_UNTOLD = "strata_untold"
COLLAPSED_ONLY = "collapsed_only"
HETEROGENEOUS = "heterogeneous_cohorts"
FLAGS = {
    FEW_CARRIERS: "fewer than 3 carriers: descriptive only",
    "single_variant": "all carriers share one variant",
    "one_stratum": "all carriers come from one stratum",
    MANY_TIES: "more than 30% of event times are shared",
    NONPROPORTIONAL: "the null model's hazards are not proportional (Grambsch-Therneau p < 0.01, all covariates)",
    ONE_VARIANT_DRIVEN: "without one of its variants the p-value is above 0.05 or 100 times itself",
    CARRIERS_WITHHELD: "a cohort of a meta-analysis keeps carriers of the mask back: too few to tell of",
    STRATA_UNTOLD: "a cohort of a meta-analysis does not tell the strata of carriers: p is the largest over them",
    COLLAPSED_ONLY: "cohorts of a meta-analysis tell of the mask's variants as one column: every test is its burden",
    HETEROGENEOUS: "cohorts of a meta-analysis have different effects (Cochran's Q, p < 0.01)",
    "at_resolution_limit": "no permutation was as extreme: the p-value is an upper bound set by their number",
}

METHODS = {
    "enumeration": "every distinct arrangement of the carriers within strata was looked at: exact",
    "exact": "exact law of a burden under permutation within strata",
    "saddlepoint": "saddlepoint of the law under permutation within strata, and what is combined of such",
    "asymptotic": "normal law of a meta-analysis, where carriers are too many in a stratum for the saddlepoint",
    "mixed_model": "large-sample law of a mixed model with kinship: relatives can't be permuted",
    "permutation": "counted on permutations within strata, with a 95% Monte Carlo interval",
}


def result_table(rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Make a scan's table (`SCAN_SCHEMA`) of result rows; a column that a row does not name is null."""
    return pa.Table.from_pylist([dict(row) for row in rows], schema=SCAN_SCHEMA)
