"""What the report says of gene sets: a table per trait, and the genes that a set rests on.

Cells of fewer than five people are not shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from association.gene_sets.gene_sets import COMPETITIVE, TESTS, WITHOUT
from association.gene_sets.self_contained import GENE_SUM, PANEL_BURDEN
from association.scan_settings import CONTROL_MASK
from jobs.report import numbers, wording
from jobs.report.masks import mask_rank

MOST_GENES = 5
_VERSION = ["gene_set", "version", "overlap", "mask", "max_af"]
TEST_WORDS = {PANEL_BURDEN: "panel as one", GENE_SUM: "sum of genes", COMPETITIVE: "against genes like them"}


def set_sections(sets: pd.DataFrame, genes: pd.DataFrame) -> list[dict[str, Any]]:
    """Gather what the page says of gene sets, trait by trait.

    Parameters
    ----------
    sets, genes
        The tables of `association.gene_sets.set_results`.
    """
    return [
        {
            "trait": trait,
            "has_events": bool(own["observed_events"].notna().any()),
            "rows": [_cells(rows) for rows in _versions(own)],
            "leading": _leading(own, genes[genes["trait"] == trait]),
        }
        for trait, own in sets.groupby("trait", sort=False)
    ]


def _versions(sets: pd.DataFrame) -> list[pd.DataFrame]:
    """Give the rows of each set, version and mask together; the control last in its set."""
    groups = [part for _, part in sets.groupby(_VERSION, sort=False, dropna=False)]
    names = list(dict.fromkeys(sets["gene_set"]))

    def place(part: pd.DataFrame) -> tuple[int, bool, int]:
        first = part.iloc[0]
        return names.index(first["gene_set"]), first["overlap"] == WITHOUT, mask_rank(str(first["mask"]))

    return sorted(groups, key=place)


def _cells(rows: pd.DataFrame) -> dict[str, Any]:
    by_test = {row["test"]: row for row in rows.to_dict("records")}
    one, other = by_test[PANEL_BURDEN], by_test[COMPETITIVE]
    shown = numbers.present(one["carriers"]) and one["carriers"] >= numbers.LEAST
    return {
        "gene_set": one["gene_set"],
        "version": one["version"],
        "without": one["overlap"] == WITHOUT,
        "mask": wording.mask_words(one["mask"]),
        "max_af": numbers.percent(one["max_af"]),
        "genes": numbers.count(one["genes_with_carriers"]),
        "listed": numbers.count(one["genes"]),
        "carriers": numbers.people(one["carriers"]),
        "ratio": numbers.ratio_of_events(one) if shown else (numbers.NOTHING, ""),
        "evidence": numbers.estimate(one["evidence"]),
        "evidence_of_matched": numbers.estimate(other["evidence_of_matched"]),
        "tests": [_p_cell(by_test[test]) for test in TESTS],
    }


def _p_cell(row: Mapping[str, Any]) -> tuple[Any, Any]:
    """Write a p-value, its interval or how it was made, and of how many genes it is if not of all; or why none."""
    if not numbers.present(row["p_value"]):
        return numbers.NOTHING, row["reason"]
    made = numbers.p_interval(row) or wording.method_words(row["method"])
    compared = row["genes_compared"]
    if numbers.present(compared) and compared < row["genes_with_carriers"]:
        made = f"{made}; {numbers.count(compared)} genes compared"
    return numbers.p_value(row["p_value"]), made


def _leading(sets: pd.DataFrame, genes: pd.DataFrame) -> list[dict[str, Any]]:
    """Give, for each set, the genes whose leaving out costs its strongest test most."""
    found = []
    able = sets[sets["p_value"].notna() & (sets["overlap"] != WITHOUT) & (sets["mask"] != CONTROL_MASK)]
    for name, own in able.groupby("gene_set", sort=False):
        best = own.loc[own["neg_log10_p"].idxmax()]
        same = genes[
            (genes["gene_set"] == name) & (genes["mask"] == best["mask"]) & (genes["max_af"] == best["max_af"])
        ]
        without = same[f"p_{best['test']}"].astype(np.float64)
        order = without.fillna(np.inf).sort_values(ascending=False, kind="stable").index[:MOST_GENES]
        found.append(
            {
                "gene_set": name,
                "mask": wording.mask_words(best["mask"]),
                "test": TEST_WORDS[best["test"]],
                "p_value": numbers.p_value(best["p_value"]),
                "genes": [_gene_cells(row, best["test"]) for row in same.loc[order].to_dict("records")],
            }
        )
    return found


def _gene_cells(row: Mapping[str, Any], test: str) -> dict[str, Any]:
    shown = row["carriers"] >= numbers.LEAST
    return {
        "gene": row["gene"],
        "carriers": numbers.people(row["carriers"]),
        "events": numbers.count(row["observed_events"]) if shown else numbers.NOTHING,
        "expected": numbers.number(row["expected_events"], 2) if shown else "",
        "evidence": numbers.estimate(row["evidence"]) if shown else numbers.NOTHING,
        "without": numbers.p_value(row[f"p_{test}"]),
    }
