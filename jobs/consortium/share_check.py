"""Count again all that a shared folder tells, and list every number that is of too few samples.

What no reader can see, which patterns two genes have together and who is in two traits, is as `progex share` made it:
only the site can know.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from association.meta.share_tables import COLLAPSED

Tables = Mapping[str, pa.Table]
Row = dict[str, Any]
Counts = NDArray[np.float64]

# A sum of products that is a count differs from it by rounding alone.
ROUNDING = 1e-6


def small_cells(tables: Tables, at_least: int) -> Iterator[str]:
    """Say which cells of a trait's tables are of too few samples, or do not add up.

    Parameters
    ----------
    tables
        By the names of `share_schema.TABLES`.
    at_least
        The smallest number of samples that may be told of.
    """
    residuals = tables["residuals"]
    sizes = np.bincount(residuals["stratum"].to_numpy(), residuals["samples"].to_numpy()).astype(np.float64)
    if _small(sizes, at_least):
        yield "residuals: a stratum is too small"
    # Where products are weighed by information they are no counts.
    products = tables["covariances"]["gram"].drop_null().to_numpy()
    weighed = bool((np.abs(products - np.rint(products)) > ROUNDING).any())
    patterns, covariances = (_by_gene(tables[name]) for name in ("patterns", "covariances"))
    for gene, columns in _by_gene(tables["variants"]).items():
        for message in _of_gene(columns, patterns[gene], covariances[gene], sizes, weighed, at_least):
            yield f"{gene}: {message}"
    yield from _in_two_genes(tables["variants"])


def _of_gene(
    columns: list[Row], patterns: list[Row], covariances: list[Row], sizes: Counts, weighed: bool, at_least: int
) -> Iterator[str]:
    """Count a gene again."""
    dosages = np.zeros((len(patterns), len(columns)))
    for own, row in zip(dosages, patterns, strict=True):
        own[row["columns"]] = row["dosages"]
    counts = np.array([float(row["carriers"]) for row in patterns])
    if _small(counts, at_least) or not dosages.any(axis=1).all() or not counts.all():
        yield "a pattern has too few carriers"
    if len(np.unique(dosages, axis=0)) < len(dosages):
        yield "a pattern is told twice"
    if round(sizes.sum()) - counts.sum() < at_least:
        yield "too few samples carry nothing"
    by_stratum = [row["carriers_by_stratum"] for row in patterns]
    if all(own is not None for own in by_stratum):
        cells = np.array(by_stratum, np.float64)
        if _small(cells, at_least) or _small(np.rint(sizes) - cells.sum(axis=0), at_least):
            yield "a stratum has too few carriers of a pattern, or too few others"
        if (cells.sum(axis=1) != counts).any():
            yield "carriers of strata do not add up"
    elif any(own is not None for own in by_stratum):
        yield "strata are told of some patterns only"
    yield from _of_columns(columns, counts @ (dosages > 0), counts @ dosages, at_least)
    products = dosages.T @ (counts[:, None] * dosages)
    if not weighed and any(
        abs((row["gram"] or 0.0) - products[row["row"], row["column"]]) > ROUNDING for row in covariances
    ):
        yield "products are not those of the patterns"


def _of_columns(columns: list[Row], carriers: Counts, alleles: Counts, at_least: int) -> Iterator[str]:
    """Compare a gene's columns with its patterns, and look at their events."""
    for at, row in enumerate(columns):
        if (row["carriers"], row["minor_allele_count"]) != (carriers[at], alleles[at]):
            yield f"carriers of {row['variant']} are not those of the patterns"
        if _small(np.array([row["carriers"], row["minor_allele_count"] - row["carriers"]]), at_least):
            yield f"{row['variant']} has too few carriers or homozygotes"
        observed = row["observed_events"]
        # Of homozygotes, who count twice, half as many samples have the events.
        least = at_least * (2 if row["minor_allele_count"] > row["carriers"] else 1)
        if observed is not None and _small(np.array([observed, row["minor_allele_count"] - observed]), least):
            yield f"too few carriers of {row['variant']} have the event, or have it not"


def _in_two_genes(variants: pa.Table) -> Iterator[str]:
    """Say which variants are told of differently in two genes: their difference would be of few samples."""
    told = defaultdict(set)
    for row in variants.select(["variant", "carriers", "minor_allele_count", "score"]).to_pylist():
        told[row["variant"]].add((row["carriers"], row["minor_allele_count"], round(row["score"], 9)))
    for variant, values in told.items():
        if len(values) > 1 and not variant.startswith(COLLAPSED):
            yield f"{variant} is told of differently in two genes"


def _small(counts: NDArray[Any], at_least: int) -> bool:
    return bool(((counts != 0) & (counts < at_least - ROUNDING)).any())


def _by_gene(table: pa.Table) -> dict[str, list[Row]]:
    rows = defaultdict(list)
    for row in table.to_pylist():
        rows[row["gene"]].append(row)
    return rows


def told_otherwise(tables: Mapping[str, Tables], labels: Mapping[str, str]) -> Iterator[str]:
    """Say where tables of genes flag masks that are none, not all ceilings of one, or not alike in all traits.

    Parameters
    ----------
    tables
        By trait.
    labels
        The mask of each mask@ceiling.
    """
    found = {trait: own["genes"].to_pylist() for trait, own in tables.items()}
    first: list[Row] = next(iter(found.values()), [])
    for trait, rows in found.items():
        if rows != first:
            yield f"{trait}: places of genes, or masks withheld, are not those of other traits"
        for row in rows:
            named = {labels.get(label) for label in row["withheld"]}
            if sorted(row["withheld"]) != sorted(label for label, mask in labels.items() if mask in named):
                yield f"{trait}, {row['gene']}: withheld does not name masks with all of their ceilings"
