"""What the report says of findings beside what is known: as they are, without known carriers, adjusted for them.

Cells of fewer than five people are not shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from association.gene_sets.gene_sets import TESTS
from association.known_genes import EXCLUDED, GENE_SET, MAIN, MODELS
from association.scan_settings import CONTROL_MASK
from jobs.report import numbers, wording
from jobs.report.gene_sets import TEST_WORDS


def known_sections(known: pd.DataFrame) -> list[dict[str, Any]]:
    """Gather what the page says, trait by trait: genes, then gene sets; rows that no model can test are left out.

    Parameters
    ----------
    known
        The table of `association.known_genes`.
    """
    tested = known[f"p_value_{MAIN}"].notna() & (known["mask"] != CONTROL_MASK)
    return [
        {
            "trait": trait,
            "left_out": _left_out(own),
            "rows": [_cells(row) for row in own[tested[own.index]].to_dict("records")],
        }
        for trait, own in known.groupby("trait", sort=False)
    ]


def _left_out(rows: pd.DataFrame) -> str:
    """Say how many fewer patients there are without known carriers."""
    samples = rows[[f"samples_{MAIN}", f"samples_{EXCLUDED}"]].max()
    if samples.isna().any():
        return ""
    return numbers.people(int(samples.iloc[0] - samples.iloc[1]))


def _cells(row: Mapping[str, Any]) -> dict[str, Any]:
    of_set = row["kind"] == GENE_SET
    return {
        "name": row["name"],
        "is_gene": not of_set,
        "mask": wording.mask_words(row["mask"]),
        "max_af": numbers.percent(row["max_af"]) if numbers.present(row["max_af"]) else "",
        "test": TEST_WORDS[row["test"]] if row["test"] in TESTS else wording.test_words(row),
        "models": [_model_cells(row, model) for model in MODELS],
    }


def _carriers(row: Mapping[str, Any], model: str) -> str:
    """Write how many carry it; neither this nor the difference to the main model gives anybody away."""
    carriers, main = row[f"carriers_{model}"], row[f"carriers_{MAIN}"]
    if numbers.present(carriers) and 0 < main - carriers < numbers.LEAST <= carriers:
        return f"{numbers.count(main)} less 1 to {numbers.LEAST - 1}"
    return numbers.people(carriers)


def _model_cells(row: Mapping[str, Any], model: str) -> dict[str, Any]:
    """Give p-value or reason, carriers, and effect under a model: Firth's, or else the one-step one."""
    p_value, carriers = row[f"p_value_{model}"], row[f"carriers_{model}"]
    shown = numbers.present(carriers) and carriers >= numbers.LEAST
    effect, interval = numbers.NOTHING, ""
    if numbers.present(row[f"firth_effect_{model}"]):
        lower, upper = (numbers.estimate(row[f"firth_{end}_{model}"]) for end in ("lower", "upper"))
        effect, interval = numbers.estimate(row[f"firth_effect_{model}"]), f"{lower} to {upper}"
    elif numbers.present(row[f"effect_{model}"]):
        effect, interval = numbers.effect(
            {name: row[f"{name}_{model}"] for name in ("effect", "standard_error")},
        )
    return {
        "p_value": numbers.p_value(p_value) if numbers.present(p_value) else numbers.NOTHING,
        "reason": "" if numbers.present(p_value) else row[f"reason_{model}"] or "",
        "carriers": _carriers(row, model),
        "effect": effect if shown else numbers.NOTHING,
        "interval": interval if shown else "",
    }
