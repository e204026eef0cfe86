"""How the tests of each mask behave: genes, carriers, inflation, the smallest p-value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from association.scan_settings import ALL_MASKS, CONTROL_MASK
from jobs.report.findings import TraitFindings
from jobs.report.quantiles import inflation

MASK_ORDER = (ALL_MASKS, "plof", "plof_or_damaging_missense", "missense", CONTROL_MASK)
# What names a test: two weightings or codings of one kind are two tests.
TEST = ["test", "weights", "coding"]


def tests_of(rows: pd.DataFrame) -> Iterator[tuple[dict[str, Any], pd.DataFrame]]:
    """Give each test of each mask and ceiling with its rows, one per gene; the control last."""
    names = ["mask", "max_af", *TEST]
    groups = [
        (dict(zip(names, key, strict=True)), part) for key, part in rows.groupby(names, sort=False, dropna=False)
    ]

    def place(group: tuple[dict[str, Any], pd.DataFrame]) -> tuple[int, float]:
        ceiling = group[0]["max_af"]
        return mask_rank(str(group[0]["mask"])), 0.0 if pd.isna(ceiling) else -float(ceiling)

    yield from sorted(groups, key=place)


def mask_rank(mask: str) -> int:
    """Order masks: all together, then from the narrowest to the control."""
    return MASK_ORDER.index(mask) if mask in MASK_ORDER else len(MASK_ORDER) - 1


def mask_table(findings: TraitFindings) -> list[dict[str, Any]]:
    """Summarise each test of each mask and ceiling."""
    return [
        {
            **test,
            "genes": len(part),
            "testable": int((part["min_attainable_p"] <= findings.family.threshold).sum()),
            "carriers": float(part["carriers"].median()),
            "inflation": inflation(part["p_value"].to_numpy(np.float64)),
            "p_value": float(part["p_value"].min()),
        }
        for test, part in tests_of(findings.tested)
    ]
