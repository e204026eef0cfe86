"""What each mask takes, and how its tests behave: genes, carriers, inflation, the smallest p-value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from association.prepare_unit import NO_VARIANT
from association.scan_settings import ALL_MASKS, CONTROL_MASK
from jobs.report import numbers, wording
from jobs.report.findings import TraitFindings
from jobs.report.quantiles import inflation

MASK_ORDER = (ALL_MASKS, "plof", "plof_or_damaging_missense", "missense", CONTROL_MASK)
# What names a test: two weightings or codings of one kind are two tests.
TEST = ["test", "weights", "coding"]


def tests_of(rows: pd.DataFrame) -> Iterator[tuple[dict[str, Any], pd.DataFrame]]:
    """Give each test of each mask and ceiling with its rows, one per gene; the control last.

    Masks of one rank keep the order of the study.
    """
    columns = ["mask", "max_af", *TEST]
    groups = [
        (dict(zip(columns, key, strict=True)), part) for key, part in rows.groupby(columns, sort=False, dropna=False)
    ]

    names = list(dict.fromkeys(str(test["mask"]) for test, _ in groups))

    def place(group: tuple[dict[str, Any], pd.DataFrame]) -> tuple[int, int, float]:
        mask, ceiling = str(group[0]["mask"]), group[0]["max_af"]
        return mask_rank(mask), names.index(mask), 0.0 if pd.isna(ceiling) else -float(ceiling)

    yield from sorted(groups, key=place)


def mask_rank(mask: str) -> int:
    """Order masks: all together, then the built-in ones from the narrowest, a study's own, and the control."""
    own = len(MASK_ORDER) - 1
    return own + 1 if mask == CONTROL_MASK else MASK_ORDER.index(mask) if mask in MASK_ORDER else own


def mask_rules(settings: Mapping[str, Any]) -> list[dict[str, str]]:
    """Give the rule of each mask that the study itself defines."""
    own = [mask for mask in settings.get("masks", ()) if mask.get("where")]
    return [{"mask": str(mask["name"]), "rule": " ".join(str(mask["where"]).split())} for mask in own]


def about_empty_masks(results: pd.DataFrame) -> list[Markup]:
    """Warn of each mask and ceiling that no variant of any gene is in."""
    rows = results[results["mask"] != ALL_MASKS]
    nothing = (rows["reason"] == NO_VARIANT).groupby([rows["mask"], rows["max_af"]], sort=False).all()
    return [
        Markup(
            "No variant of any gene is in the mask <em>{}</em> (frequency at most {}): look at its rule, and at what "
            "the annotation holds."
        ).format(wording.mask_words(str(mask)), numbers.percent(ceiling))
        for mask, ceiling in nothing.index[nothing]
    ]


def mask_table(findings: TraitFindings) -> list[dict[str, Any]]:
    """Summarise each test of each mask and ceiling."""
    return [
        {
            **test,
            "genes": len(part),
            "testable": int((part["min_attainable_p"] <= findings.family.threshold).sum()),
            "carriers": numbers.median_count(part["carriers"]),
            "inflation": inflation(part["p_value"].to_numpy(np.float64)),
            "p_value": float(part["p_value"].min()),
        }
        for test, part in tests_of(findings.tested)
    ]
