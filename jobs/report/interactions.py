"""What the report says of genes that may act differently in different patients, trait by trait and covariate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from association.calibration.multiplicity import benjamini_hochberg
from association.scan_settings import CONTROL_MASK
from jobs.report import numbers, wording
from jobs.report.gene_table import records

MOST_ROWS_SHOWN = 10


def interaction_sections(interactions: pd.DataFrame) -> list[dict[str, Any]]:
    """Gather what the page says: of each trait and covariate the strongest rows, one per gene.

    Parameters
    ----------
    interactions
        The table of `association.interaction.interaction_columns`.
    """
    asked = interactions[interactions["mask"] != CONTROL_MASK]
    return [
        _section(str(trait), str(covariate), own)
        for (trait, covariate), own in asked.groupby(["trait", "covariate"], sort=False)
    ]


def _section(trait: str, covariate: str, rows: pd.DataFrame) -> dict[str, Any]:
    tested = rows[rows["p_value"].notna()]
    strongest = tested.sort_values(["p_value", "gene"], kind="stable").drop_duplicates("gene")
    chance = benjamini_hochberg(tested["p_value"].to_numpy(float))
    return {
        "trait": trait,
        "covariate": covariate,
        "genes": int(rows["gene"].nunique()),
        "tested": int(tested["gene"].nunique()),
        "tests": len(tested),
        "least_q": numbers.p_value(float(chance.min())) if chance.size else numbers.NOTHING,
        "rows": [_cells(row) for row in records(strongest.head(MOST_ROWS_SHOWN))],
    }


def _cells(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "gene": row["gene"],
        "mask": wording.mask_words(row["mask"]),
        "max_af": numbers.percent(row["max_af"]) if numbers.present(row["max_af"]) else "",
        "p_value": numbers.p_value(row["p_value"]),
        "made": numbers.p_interval(row) or wording.method_words(row["method"]),
        "q_value": numbers.p_value(row["q_value"]),
        "levels": _levels(row),
        "carriers": numbers.count(row["carriers"]),
        "effect": numbers.effect(row),
        "least": numbers.p_value(row["min_attainable_p"]),
        "p_asymptotic": numbers.p_value(row["p_asymptotic"]),
    }


def _levels(row: Mapping[str, Any]) -> list[str]:
    """Say each level with its carriers and events; none of a number."""
    if not numbers.present(row["carriers_of_levels"]):
        return []
    levels, carriers = (row[name].split(";") for name in ("levels", "carriers_of_levels"))
    if not numbers.present(row["observed_of_levels"]):
        return [f"{level}: {count}" for level, count in zip(levels, carriers, strict=True)]
    observed, expected = (row[f"{name}_of_levels"].split(";") for name in ("observed", "expected"))
    return [
        f"{level}: {count}, {numbers.people(float(seen))} observed, {less} expected"
        for level, count, seen, less in zip(levels, carriers, observed, expected, strict=True)
    ]
