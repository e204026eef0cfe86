"""Which lists a gene is on, and what is left of it without known carriers, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup

from jobs.report import numbers, wording
from jobs.report.gene.material import Gene


def known_words(gene: Gene, known_genes: pd.DataFrame, set_genes: pd.DataFrame) -> list[Markup]:
    """Say on which lists the gene is, and what is left of it without known carriers."""
    said = []
    lists = set_genes.loc[set_genes["gene"] == gene.symbol, "gene_set"].drop_duplicates().tolist()
    if lists:
        said.append(Markup("On the gene list{} {}.").format("" if len(lists) == 1 else "s", _and(lists)))
    rows = known_genes[(known_genes["kind"] == "gene") & (known_genes["name"] == gene.symbol)]
    said += [
        Markup("{}: p\u00a0=\u00a0{} as it is; {} without known carriers; {} adjusted for them.").format(
            wording.title(row["trait"]), *(_known_p(row, model) for model in ("main", "excluded", "adjusted"))
        )
        for row in rows.to_dict("records")
        if numbers.present(row["p_value_main"])
    ]
    return said


def _known_p(row: Mapping[str, Any], model: str) -> Markup:
    p_value = row[f"p_value_{model}"]
    if numbers.present(p_value):
        return numbers.p_value(p_value)
    return Markup("no test ({})").format(row[f"reason_{model}"] or "no reason told")


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
