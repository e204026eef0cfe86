"""A gene's small table: a line for each mask and trait, a column for each test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from association.results import FEW_CARRIERS
from association.scan_settings import CONTROL_MASK, OMNIBUS
from jobs.report import numbers, wording
from jobs.report.driving_rows import PER_ALLELE, UNWEIGHTED
from jobs.report.gene.material import Gene, GeneTrait
from jobs.report.masks import mask_rank


@dataclass(frozen=True)
class GeneMasks:
    """The cells of the table.

    Attributes
    ----------
    tests
        Names of the tests, a column each; the omnibus last.
    traits
        Of each trait its name, what its effects are measured in, and its lines:
        mask, ceiling, counts, effect, and a p-value for each test.
    any_events
        Whether a trait has events.
    """

    tests: list[str]
    traits: list[dict[str, Any]]
    any_events: bool


def gene_masks(gene: Gene) -> GeneMasks:
    """Make the table."""
    rows = pd.concat([one.rows for one in gene.traits]) if gene.traits else pd.DataFrame(columns=["test"])
    tests = list(dict.fromkeys(wording.test_words(row) for row in rows.to_dict("records")))
    tests.sort(key=lambda name: name == wording.test_kind(OMNIBUS))
    traits = [
        {"trait": one.trait, "unit": f"one-step {one.words.effect}", "rows": _lines(one, tests)}
        for one in gene.traits
    ]
    return GeneMasks(tests, traits, bool("observed_events" in rows and rows["observed_events"].notna().any()))


def _lines(one: GeneTrait, tests: list[str]) -> list[dict[str, Any]]:
    groups = [
        (str(mask), ceiling, part.to_dict("records"))
        for (mask, ceiling), part in one.rows.groupby(["mask", "max_af"], sort=False, dropna=False)
    ]
    groups.sort(key=lambda group: (mask_rank(group[0]), -(0.0 if pd.isna(group[1]) else float(group[1]))))
    behind = {name: one.driver.get(name) for name in ("mask", "max_af", "test", "weights", "coding")}
    lines = [_line(mask, ceiling, rows, tests, behind) for mask, ceiling, rows in groups]
    return [line for line in lines if line["told"]]


def _line(
    mask: str, ceiling: Any, rows: list[dict[Any, Any]], tests: list[str], behind: Mapping[str, Any]
) -> dict[str, Any]:
    """Give the cells of a mask: all of its tests have the same carriers."""
    head = rows[0]
    by_test = {wording.test_words(row): row for row in rows}
    cells = [_cell(by_test.get(name), behind) for name in tests]
    return {
        "mask": wording.mask_words(mask),
        "max_af": numbers.percent(ceiling) if numbers.present(ceiling) else "",
        "control": mask == CONTROL_MASK,
        "variants": numbers.count(head["variants"]),
        "carriers": numbers.count(head["carriers"]),
        "events": numbers.count(head["observed_events"]),
        "expected": numbers.number(head["expected_events"], 2),
        "effect": numbers.effect(_burden(rows)),
        "cells": cells,
        "reason": "" if any(row["reason"] is None or pd.isna(row["reason"]) for row in rows) else head["reason"],
        "told": bool(head["variants"]) or any(cell["p"] for cell in cells),
    }


def _burden(rows: list[dict[Any, Any]]) -> Mapping[str, Any]:
    """Choose the row whose effect is told: the unweighted sum of alleles, else the first burden; none of few."""
    burdens = [
        row
        for row in rows
        if row["test"] == "burden"
        and numbers.present(row["effect"])
        and FEW_CARRIERS not in wording.flag_names(row["flags"])
    ]
    plain = [row for row in burdens if row["weights"] == UNWEIGHTED and row["coding"] in (PER_ALLELE, None)]
    return (plain or burdens or [{"effect": None, "standard_error": None}])[0]


def _cell(row: Mapping[str, Any] | None, behind: Mapping[str, Any]) -> dict[str, Any]:
    if row is None or not numbers.present(row["p_value"]):
        return {"p": "", "counts": False, "behind": False}
    itself = all(row[name] == value or (pd.isna(row[name]) and pd.isna(value)) for name, value in behind.items())
    return {"p": numbers.p_value(row["p_value"]), "counts": bool(row["primary"]), "behind": itself}
