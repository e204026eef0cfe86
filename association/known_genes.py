"""Findings beside what is known: tests as they are, without carriers of known variants, and adjusted for them.

    main       the trait's model as it is
    excluded   known carriers are out, and the model is fitted on the others
    adjusted   known carriers are in, with an indicator among the covariates

A finding that owes itself to known carriers, who may carry rare variants of other genes as well, is gone without
them. Fewer patients alone make p-values larger: so effects stand beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from association.hit_effects import Outcome, hit_effects
from association.results import COLUMNS as RESULT_COLUMNS
from association.results import Column
from association.scan import scan
from association.scan_settings import ALL_MASKS, ScanSettings, ScanTrait

Row = dict[str, Any]

MAIN, EXCLUDED, ADJUSTED = MODELS = ("main", "excluded", "adjusted")
MEANING = {
    MAIN: "the trait as it is",
    EXCLUDED: "without carriers of known variants",
    ADJUSTED: "adjusted for carriers of known variants",
}
GENE, GENE_SET = "gene", "gene_set"
# What tells a row of the results from others.
KEY = ("mask", "max_af", "test", "weights", "coding")
_COMPARED = (
    "samples",
    "carriers",
    "observed_events",
    "expected_events",
    "p_value",
    "neg_log10_p",
    "p_lower",
    "p_upper",
    "method",
    "effect",
    "standard_error",
    "reason",
)
_FIRTH = ("firth_effect", "firth_lower", "firth_upper")
_IN_RESULTS = {column.name: column for column in RESULT_COLUMNS}
_FIRTH_MEANING = "Firth's estimate and its 95% profile interval, per minor allele of the row's mask"


def _columns() -> tuple[Column, ...]:
    own = (
        Column("kind", pa.string(), "gene: one that was followed up; gene_set: a gene list with all its genes"),
        Column("name", pa.string(), "of the gene or the list"),
        *(_IN_RESULTS[name] for name in ("trait", *KEY)),
    )
    beside = [
        Column(f"{name}_{model}", _IN_RESULTS[name].type, f"{_IN_RESULTS[name].meaning}; {MEANING[model]}")
        for model in MODELS
        for name in _COMPARED
    ]
    firth = [
        Column(f"{name}_{model}", pa.float64(), f"{_FIRTH_MEANING}; {MEANING[model]}")
        for model in MODELS
        for name in _FIRTH
    ]
    return (*own, *beside, *firth)


COLUMNS = _columns()
SCHEMA = pa.schema([pa.field(column.name, column.type, metadata={"meaning": column.meaning}) for column in COLUMNS])


@dataclass(frozen=True)
class FittedTrait:
    """A trait under one of the models.

    Attributes
    ----------
    trait
        Ready to be tested.
    outcome
        As it was observed, in the same order of samples; None where Firth's model doesn't apply.
    """

    trait: ScanTrait
    outcome: Outcome | None


def compare_genes(
    hits: Sequence[Row],
    variants: pa.Table,
    models: Mapping[str, FittedTrait | str],
    settings: ScanSettings,
) -> list[Row]:
    """Test rows of the results anew under each model.

    Parameters
    ----------
    hits
        Rows of the results: gene, contig, start, trait and `KEY` are read.
    variants
        The gene store's rows of their genes, each gene whole, sorted by gene.
    models
        The trait under each of `MODELS`, or why it can't be fitted.
    settings
        The scan's.

    Returns
    -------
    list
        A row per hit, in their order.
    """
    rows: list[Row] = [_start(GENE, hit["gene"], hit) for hit in hits]
    for name, fitted in models.items():
        if isinstance(fitted, str):
            add_columns(rows, [{"reason": fitted}] * len(rows), name)
        else:
            add_columns(rows, _test(hits, variants, fitted, settings), name)
    return rows


def add_columns(rows: Sequence[Row], found: Sequence[Row], model: str) -> None:
    """Put what a model gives beside what others gave, row by row."""
    for row, own in zip(rows, found, strict=True):
        row |= {f"{name}_{model}": own.get(name) for name in (*_COMPARED, *_FIRTH)}


def set_rows(tables: Mapping[str, pa.Table | str]) -> list[Row]:
    """Give the rows of gene sets with all their genes, what each model's table has of them side by side.

    Parameters
    ----------
    tables
        Of each model, `association.gene_sets.set_results.SET_SCHEMA`, or why it can't be fitted.
    """
    by_model = {
        name: [row for row in table.to_pylist() if row["overlap"] == "with"]
        for name, table in tables.items()
        if not isinstance(table, str)
    }
    rows = [_start(GENE_SET, row["gene_set"], row) for row in by_model.get(MAIN, ())]
    for name, table in tables.items():
        add_columns(rows, by_model.get(name, [{"reason": table}] * len(rows)), name)
    return rows


def _start(kind: str, name: str, row: Row) -> Row:
    return {"kind": kind, "name": name} | {column: row.get(column) for column in ("trait", *KEY)}


def _test(hits: Sequence[Row], variants: pa.Table, fitted: FittedTrait, settings: ScanSettings) -> list[Row]:
    """Give each hit's row for one model, with Firth's effect where it has one mask."""
    places = {hit["gene"]: {name: hit[name] for name in ("gene", "contig", "start")} for hit in hits}
    schema = pa.schema([("gene", pa.string()), ("contig", pa.string()), ("start", pa.int32())])
    genes = pa.Table.from_pylist([places[gene] for gene in sorted(places)], schema)
    asked = replace(settings, family_permutations=0)
    by_key = {_key(row): row for row in scan(genes, variants, [fitted.trait], asked).to_pylist()}
    found = [by_key[_key(hit)] for hit in hits]
    of_mask = [at for at, hit in enumerate(hits) if hit["mask"] != ALL_MASKS]
    effects = hit_effects([hits[at] for at in of_mask], variants, fitted.trait, fitted.outcome, asked).to_pylist()
    for at, effect in zip(of_mask, effects, strict=True):
        found[at] = found[at] | {name: effect[name] for name in _FIRTH}
    return found


def _key(row: Row) -> tuple[Any, ...]:
    return (row["gene"], *(row[name] for name in KEY))
