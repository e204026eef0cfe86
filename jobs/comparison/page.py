"""The page of a comparison: one HTML file that needs no network, fewer than five people told as that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jobs.comparison.summary import summary
from jobs.comparison.words import few
from jobs.report import numbers
from jobs.report.environment import page_environment
from jobs.report.qc.cells import MOST_ROWS


def comparison_html(changes: Mapping[str, Any]) -> str:
    """Put the page together.

    Parameters
    ----------
    changes
        What `jobs.comparison.compare` found.
    """
    rows, by_gene = changes["rows"], changes.get("variants", {}).get("by_gene")
    return (
        page_environment()
        .get_template("comparison.html.jinja")
        .render(
            study=changes["new"]["study"],
            old=changes["old"],
            new=changes["new"],
            sections=summary(changes),
            rows=[_row(one) for one in rows[:MOST_ROWS]],
            hidden=max(0, len(rows) - MOST_ROWS),
            of_carriers=by_gene is not None,
            genes=_genes(by_gene or {}),
            genes_changed=len(set().union(*(by_gene or {}).values())),
            coefficients=_coefficients(changes.get("traits", ())),
        )
    )


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Give the cells of a result that moved."""
    pairs = {
        name: [few(row[f"{name}_{side}"]) for side in ("old", "new")] for name in ("carriers", "minor_allele_count")
    }
    events = [
        f"{few(row[f'observed_events_{side}'])} / {numbers.count(row[f'expected_events_{side}'])}"
        for side in ("old", "new")
        if numbers.present(row[f"observed_events_{side}"])
    ]
    return {**row, **pairs, "events": events}


def _genes(by_gene: Mapping[str, Mapping[str, int]]) -> list[dict[str, Any]]:
    """List the genes whose variants changed most."""
    names = dict.fromkeys(name for own in by_gene.values() for name in own)
    counts = {name: {kind: own.get(name, 0) for kind, own in by_gene.items()} for name in names}
    most = sorted(counts, key=lambda name: -sum(counts[name].values()))[:MOST_ROWS]
    return [{"gene": name, **counts[name]} for name in most]


def _coefficients(traits: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """List the coefficients of null models that moved."""
    return [
        {
            "trait": trait["trait"],
            "name": one["name"],
            "cells": [
                numbers.effect({"effect": effect, "standard_error": error})
                for effect, error in zip(one["estimate"], one["standard_error"], strict=True)
            ],
        }
        for trait in traits
        for one in trait["coefficients"]
    ]
