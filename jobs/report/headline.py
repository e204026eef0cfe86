"""The genes that a reader sees first: the few strongest of each trait, and how sure one can be of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobs.report import numbers
from jobs.report.findings import TraitFindings
from jobs.report.gene_table import gene_table, records

MOST_PASSING = 5
# Genes shown of a trait where none passes: a reader wants to see how near it came.
FIRST_OF_NONE = 2


def headline_rows(findings: TraitFindings, pages: Mapping[str, str]) -> list[dict[str, Any]]:
    """Give the cells of a trait's headline genes: those of the gene table, with a verdict and a link.

    Parameters
    ----------
    findings
        The trait's results.
    pages
        The id of each gene's own section on the page, of those that have one.
    """
    passing = len(findings.significant)
    shown = min(passing, MOST_PASSING) or FIRST_OF_NONE
    table = gene_table(findings)
    return [
        {
            **cells,
            "anchor": pages.get(str(gene["gene"])),
            "verdict": verdict(gene, findings.family.threshold),
            "effect_unit": table.effect_unit,
        }
        for cells, gene in zip(table.rows[:shown], records(findings.genes.head(shown)), strict=True)
    ]


def verdict(gene: Mapping[str, Any], threshold: float) -> str:
    """Say in words how a gene's p-value stands to the line of its trait.

    Parameters
    ----------
    gene
        A row of `TraitFindings.genes`.
    threshold
        The largest p-value that passes.
    """
    if gene["significant"]:
        return "passes; more permutations could undo it" if gene["unsettled"] else f"passes{_surely(gene, threshold)}"
    if gene["unsettled"]:
        return "does not pass; more permutations could change that"
    if gene["min_attainable_p"] > threshold:
        return "could not pass: too few carriers"
    return f"does not pass{_by_chance(gene['p_family'])}"


def _surely(gene: Mapping[str, Any], threshold: float) -> str:
    """Say whether all of the interval of counting lies below the line."""
    counted = numbers.present(gene["p_upper"]) and gene["p_upper"] < threshold and gene["p_lower"] < gene["p_upper"]
    return ", as does its whole interval" if counted else ""


def _by_chance(p_family: Any) -> str:
    """Say how often chance alone gives some gene so small a p-value."""
    if not numbers.present(p_family):
        return ""
    often = "fewer than 1" if p_family < 0.01 else f"{100 * p_family:.0f}"
    return f"; chance gives one as small in {often} of 100 studies"
