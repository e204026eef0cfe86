"""The report's tables, without what is withheld, and as TSV for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from jobs.report import numbers
from jobs.report.inputs import ReportInputs
from jobs.result_files import write_tsv


def report_tables(inputs: ReportInputs) -> dict[str, pd.DataFrame]:
    """Give the tables that a report is made from, by their names in files.

    Parameters
    ----------
    inputs
        Of which nothing is left to withhold.
    """
    found = {
        "gene_tests": inputs.results,
        "attrition": pd.DataFrame([dict(row) for row in inputs.attrition]),
        "traits": _of_traits(inputs.traits),
        "exclusions": _listed(inputs.traits, "exclusions"),
        "coefficients": _listed(inputs.traits, "coefficients"),
        **{f"together_{name}": table for name, table in (inputs.together or {}).items()},
        "gene_sets": inputs.gene_sets,
        "gene_set_genes": inputs.set_genes,
        "known_genes": inputs.known_genes,
        "interactions": inputs.interactions,
        "mechanism": inputs.mechanism,
        **dict(_of_followed_up(inputs)),
    }
    if inputs.consortium is not None:
        found["cohort_forest"] = inputs.consortium.forest
        found["cohort_heterogeneity"] = inputs.consortium.heterogeneity
    return {name: table for name, table in found.items() if len(table)}


def _of_traits(traits: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    kept = ("name", "type", "samples", "events", "person_months", "strata")
    return pd.DataFrame([{name: trait.get(name) for name in kept} for trait in traits])


def _listed(traits: Sequence[Mapping[str, Any]], name: str) -> pd.DataFrame:
    return pd.DataFrame([{"trait": trait["name"], **one} for trait in traits for one in trait.get(name, ())])


def _of_followed_up(inputs: ReportInputs) -> Iterator[tuple[str, pd.DataFrame]]:
    for name in ("effects", "leave_one_out", "variants"):
        if (table := getattr(inputs, name)) is not None:
            yield f"follow_up_{name}", table
    for name, table in (inputs.profiles or {}).items():
        yield f"gene_{name}", table


def write_tables(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write each table as TSV; a count that is withheld as "<5".

    Parameters
    ----------
    tables
        Of `report_tables`.
    folder
        That is there.
    """
    for name, table in tables.items():
        write_tsv(_with_words(table), folder / f"{name}.tsv")


def _with_words(table: pd.DataFrame) -> pd.DataFrame:
    """Give a table with words for counts that are withheld; other numbers of such a column as they are."""
    changed = {}
    for name in table:
        cells = table[name]
        if cells.map(numbers.withheld).any():
            changed[str(name)] = cells.map(_told)
    return table.assign(**changed)


def _told(cell: Any) -> str | None:
    if numbers.withheld(cell):
        return numbers.FEW_WORDS
    return f"{cell:g}" if numbers.present(cell) else None
