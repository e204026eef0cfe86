"""What the report says of mechanisms: gene to mediator to outcome, with and without the mediator.

Counts of fewer than five people are not told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from jobs.report import numbers, wording
from jobs.report.gene_table import records

MOST_ROWS_SHOWN = 20
# Genes named beside the reason why they are not followed.
MOST_GENES_NAMED = 8
# What effects are per, and the factor to numbers that can be read.
SCALES = {
    "hazard": ("per 100 person-months", 100.0),
    "slope": ("per month", 1.0),
    "value": ("in the outcome's units", 1.0),
}
PATHS = ("total", "direct", "indirect")


def mechanism_sections(mechanism: pd.DataFrame) -> list[dict[str, Any]]:
    """Gather what the page says of each mediator and outcome, rows with the smallest joint p-values first.

    Parameters
    ----------
    mechanism
        The table of `association.mechanism.mechanism_columns`.
    """
    return [
        _section(str(mediator), str(outcome), own)
        for (mediator, outcome), own in mechanism.groupby(["mediator", "outcome"], sort=False)
    ]


def _section(mediator: str, outcome: str, rows: pd.DataFrame) -> dict[str, Any]:
    tested = rows[rows["p_joint"].notna()].sort_values(["p_joint", "gene"], kind="stable")
    refused = rows[rows["p_joint"].isna()].groupby("reason", sort=False)["gene"]
    scale = str(rows["scale"].iloc[0])
    return {
        "mediator": mediator,
        "outcome": outcome,
        "unit": SCALES[scale][0],
        "ratio": scale == "hazard",
        "samples": numbers.count(int(rows["samples"].max())),
        "tests": len(tested),
        "rows": [_cells(row, SCALES[scale][1]) for row in records(tested.head(MOST_ROWS_SHOWN))],
        "refused": [_refused(str(reason), genes) for reason, genes in refused],
    }


def _refused(reason: str, genes: pd.Series) -> dict[str, Any]:
    """Count the genes and masks that have a reason, and name the genes where they are few."""
    named = list(dict.fromkeys(genes))
    return {"reason": reason, "count": len(genes), "genes": named if len(named) <= MOST_GENES_NAMED else []}


def _cells(row: Mapping[str, Any], factor: float) -> dict[str, Any]:
    return {
        "gene": row["gene"],
        "mask": wording.mask_words(row["mask"]),
        "max_af": numbers.percent(row["max_af"]) if numbers.present(row["max_af"]) else "",
        "carriers": numbers.count(row["carriers"]),
        "events": numbers.people(seen) if numbers.present(seen := row["carriers_with_event"]) else "",
        "p_joint": numbers.p_value(row["p_joint"]),
        "p_to": numbers.p_value(row["p_to_mediator"]),
        "p_of": numbers.p_value(row["p_of_mediator"]),
        "to_mediator": _estimate(row, "to_mediator", 1.0),
        "models": [
            (numbers.p_value(row[f"p_{name}"]), *numbers.effect(_one_step(row, name))) for name in ("without", "with")
        ],
        "paths": [_estimate(row, name, factor) for name in PATHS],
        "reason": row["reason"] or "",
    }


def _one_step(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {column: row[f"{column}_{name}"] for column in ("effect", "standard_error")}


def _estimate(row: Mapping[str, Any], name: str, factor: float) -> tuple[str, str]:
    """Write an estimate and its interval."""
    if not numbers.present(row[f"{name}_effect"]):
        return numbers.NOTHING, ""
    value, lower, upper = (numbers.estimate(factor * row[f"{name}_{end}"]) for end in ("effect", "lower", "upper"))
    return value, f"{lower} to {upper}"
