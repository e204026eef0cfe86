"""The columns of a table of gene x covariate interactions: name, type and meaning."""

from __future__ import annotations

import pyarrow as pa

from association.results import COLUMNS as RESULT_COLUMNS
from association.results import Column

_IN_RESULTS = {column.name: column for column in RESULT_COLUMNS}

COLUMNS = (
    *(_IN_RESULTS[name] for name in ("gene", "contig", "start", "trait")),
    Column("covariate", pa.string(), "column of the participants table that carriers are compared by"),
    *(_IN_RESULTS[name] for name in ("mask", "max_af", "samples")),
    Column("carriers", pa.int32(), "carriers of the mask's variants with the trait and the covariate"),
    Column("levels", pa.string(), "levels that are compared, apart by ';'; number: the covariate is one"),
    Column("carriers_of_levels", pa.string(), "carriers in each level, in the same order"),
    Column("observed_of_levels", pa.string(), "events among them, where the trait has events"),
    Column("expected_of_levels", pa.string(), "events expected of them under the null model without the gene"),
    Column("left_out", pa.int32(), "carriers of levels with too few of them, who are in no comparison"),
    Column("degrees", pa.int32(), "degrees of freedom: levels less one, or 1 for a number"),
    Column(
        "effect",
        pa.float64(),
        "how much larger the gene's effect is in the second level than in the first, or per "
        "unit of a number: one-step estimate per minor allele, a log ratio where the trait's effects are",
    ),
    Column("standard_error", pa.float64(), "of the effect"),
    Column(
        "p_value",
        pa.float64(),
        "of no difference between levels, given that the gene may act: carriers' outcomes "
        "exchanged among carriers of the same stratum",
    ),
    *(_IN_RESULTS[name] for name in ("neg_log10_p", "p_lower", "p_upper")),
    Column("q_value", pa.float64(), "false discovery rate over the genes of the trait, covariate, mask and ceiling"),
    Column("method", pa.string(), "enumeration: all arrangements; permutation: drawn ones"),
    Column("permutations", pa.int64(), "arrangements that were looked at or drawn"),
    Column("exceedances", pa.int64(), "of these, as extreme as the data"),
    Column("min_attainable_p", pa.float64(), "the smallest p-value that these carriers could have given"),
    Column("p_asymptotic", pa.float64(), "large-sample p-value of the score test, for comparison"),
    Column("neg_log10_p_asymptotic", pa.float64(), "-log10 of it"),
    Column("reason", pa.string(), "why there is no p-value"),
)
SCHEMA = pa.schema([pa.field(column.name, column.type, metadata={"meaning": column.meaning}) for column in COLUMNS])
