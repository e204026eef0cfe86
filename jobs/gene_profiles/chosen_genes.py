"""Which genes have a profile, and by which of their rows.

Profiled are the genes that are followed up for any trait, and those of the study's gene lists that somebody carries;
of the latter the strongest, if they are many.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from association.scan_settings import ALL_MASKS, CONTROL_MASK, OMNIBUS
from jobs.follow_up import driving_row, genes_to_follow

Row = dict[str, Any]

# Genes of lists beside those that are followed up.
MOST_LISTED = 100


def genes_to_profile(results: pa.Table, most: int, listed: Collection[str]) -> list[str]:
    """Name the genes that have a profile, the strongest first.

    Parameters
    ----------
    results
        Rows of all traits.
    most
        Genes of each trait that are followed up, beside those of a low false discovery rate.
    listed
        Genes of the study's lists, as annotated.
    """
    primary = results.filter(results["primary"])
    traits = dict.fromkeys(primary["trait"].to_pylist())
    ranked = _by_strength(primary.select(["gene", "neg_log10_p"]))
    followed = {
        gene
        for trait in traits
        for gene in genes_to_follow(primary.filter(pc.equal(primary["trait"], trait)).to_pylist(), most)
    }
    carried = set(results.filter(pc.greater(results["carriers"], 0))["gene"].to_pylist())
    of_lists = [gene for gene in ranked if gene in listed and gene in carried][:MOST_LISTED]
    kept = followed | set(of_lists)
    return [gene for gene in ranked if gene in kept]


def profiled_row(rows: Sequence[Row]) -> Row | None:
    """Give the row whose mask tells a gene's carriers in one trait: the one behind its p-value.

    Where no single test has a p-value, that is the mask with the most carriers. The row's flags are those of the
    gene's primary row.

    Parameters
    ----------
    rows
        The gene's rows for the trait; None comes back where there are none of a single mask.
    """
    single = [row for row in rows if row["test"] != OMNIBUS and row["mask"] not in (CONTROL_MASK, ALL_MASKS)]
    if not single:
        return None
    tested = any(row["p_value"] is not None for row in single)
    row = driving_row(rows) if tested else max(single, key=lambda one: one["carriers"] or 0)
    primary = next((one for one in rows if one["primary"]), row)
    return row | {"flags": primary["flags"]}


def rows_of(results: pa.Table, genes: Collection[str]) -> dict[tuple[str, str], list[Row]]:
    """Give the rows of some genes, by gene and trait."""
    inside = pc.is_in(results["gene"], pa.array(sorted(genes), pa.string()))
    rows: dict[tuple[str, str], list[Row]] = {}
    for row in results.filter(inside).to_pylist():
        rows.setdefault((row["gene"], row["trait"]), []).append(row)
    return rows


def _by_strength(primary: pa.Table) -> list[str]:
    """Rank genes by the strongest of their traits; those without a p-value are last, by name."""
    best: dict[str, float] = {}
    for gene, strength in zip(*(primary[name].to_pylist() for name in ("gene", "neg_log10_p")), strict=True):
        best[gene] = max(best.get(gene, -1.0), -1.0 if strength is None else strength)
    return sorted(best, key=lambda gene: (-best[gene], gene))
