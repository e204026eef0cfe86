"""The columns of the tables of gene sets: name, type and meaning, listed once."""

from __future__ import annotations

import pyarrow as pa

from association.results import COLUMNS as OF_GENES
from association.results import Column

_IN_RESULTS = {column.name: column for column in OF_GENES}


def _as_in_results(*names: str) -> tuple[Column, ...]:
    return tuple(_IN_RESULTS[name] for name in names)


_SET = (
    Column("gene_set", pa.string(), "name of the gene list, as in the study file"),
    Column("version", pa.string(), "of the list"),
    *_as_in_results("trait", "mask", "max_af"),
)
SET_COLUMNS = (
    *_SET,
    Column("overlap", pa.string(), "with: all its genes; without: those that are on no other list of the study"),
    Column(
        "test",
        pa.string(),
        "panel_burden: carriers of any variant as one group, two-sided; gene_sum: its genes' evidence in sum; "
        "competitive: its genes' evidence against that of genes like them, one-sided",
    ),
    Column("genes", pa.int32(), "genes of the list (without the overlap, where it is left out)"),
    Column("genes_with_carriers", pa.int32(), "of these, genes that a sample with the trait carries"),
    Column("samples", pa.int32(), "samples with the trait"),
    Column("carriers", pa.int32(), "samples that carry at least one variant of any of the genes"),
    *_as_in_results("observed_events", "expected_events"),
    Column("effect", pa.float64(), "panel_burden: one-step estimate, carriers against others"),
    Column("standard_error", pa.float64(), "of the effect, from the null model's information"),
    Column("evidence", pa.float64(), "genes' likelihood ratios over what permutations lead to expect, mean; 1: none"),
    Column("evidence_of_matched", pa.float64(), "competitive: the same of the matched genes"),
    Column(
        "genes_compared", pa.int32(), "competitive: genes of the set that have like ones, the others being left out"
    ),
    Column("matched_genes", pa.int32(), "competitive: distinct genes that are matched to the set's"),
    Column("matched_on", pa.string(), "competitive: carriers; and coding length, with a gene model"),
    Column("carriers_per_gene", pa.float64(), "competitive: median of the set's genes that are compared"),
    Column("carriers_per_matched_gene", pa.float64(), "competitive: median of the matched genes"),
    Column("length_per_gene", pa.float64(), "competitive: median coding bases of the set's genes that are compared"),
    Column("length_per_matched_gene", pa.float64(), "competitive: median coding bases of the matched genes"),
    Column("p_value", pa.float64(), "the p-value to report"),
    *_as_in_results(
        "neg_log10_p",
        "p_lower",
        "p_upper",
        "method",
        "permutations",
        "exceedances",
        "p_asymptotic",
        "neg_log10_p_asymptotic",
        "min_attainable_p",
        "flags",
        "reason",
    ),
)
GENE_COLUMNS = (
    *_SET,
    Column("gene", pa.string(), "gene of the set that a sample with the trait carries"),
    *_as_in_results("carriers", "observed_events", "expected_events"),
    Column("evidence", pa.float64(), "its likelihood ratio over what permutations lead to expect"),
    Column("p_panel_burden", pa.float64(), "panel_burden of the set without this gene; null: no other is carried"),
    Column("p_gene_sum", pa.float64(), "gene_sum of the set without this gene"),
    Column("p_competitive", pa.float64(), "competitive of the set without this gene; null: it was not compared"),
)
SET_SCHEMA, GENE_SCHEMA = (
    pa.schema([pa.field(column.name, column.type, metadata={"meaning": column.meaning}) for column in columns])
    for columns in (SET_COLUMNS, GENE_COLUMNS)
)
