"""Summaries as tables to be sent (`share_schema`), with small cells left out, and back again.

Axes: m columns of a gene, S strata, k masks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from association.meta.cohort_summary import GeneSummary, GramMatrix, TraitSummary
from association.meta.summed_saddlepoint import deal
from association.score import ScoreStatistics

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Row = dict[str, Any]

COLLAPSED = "collapsed"


def variant_rows(summary: GeneSummary, masks: Sequence[Sequence[str]], *, at_least: int) -> list[Row]:
    """Give the rows of a gene in the table of variants.

    Parameters
    ----------
    summary
        Of columns that may be told of (`shared_columns`).
    masks
        The masks that each column is in (m).
    at_least
        The smallest number of samples that may be told of.
    """
    rows = []
    for at, name in enumerate(summary.variants):
        carriers = int(summary.carriers[:, at].sum())
        alleles = round(float(summary.minor_allele_counts[at]))
        row = {
            "gene": summary.gene,
            "number": at,
            "variant": name,
            "masks": list(masks[at]),
            "score": float(summary.statistics.score[at]),
            "minor_allele_count": alleles,
            "carriers": carriers,
        }
        if _may_be_told(summary.carriers[:, at], at_least):
            row["carriers_by_stratum"] = summary.carriers[:, at].tolist()
        if summary.observed_events is not None and summary.expected_events is not None:
            observed = float(summary.observed_events[at])
            # Events are counted by alleles: of homozygotes half as many samples have them.
            least = at_least * (2 if alleles > carriers else 1)
            if _may_be_told(np.array([observed, alleles - observed]), least):
                row |= {"observed_events": observed, "expected_events": float(summary.expected_events[at])}
        rows.append(row)
    return rows


def _may_be_told(counts: NDArray[Any], at_least: int) -> bool:
    return bool(((counts == 0) | (counts >= at_least)).all())


def covariance_rows(summary: GeneSummary) -> list[Row]:
    """Give the rows of a gene in the table of covariances."""
    gram = summary.gram.dense(len(summary.variants))
    upper = zip(*np.triu_indices(len(summary.variants)), strict=True)
    return [
        {
            "gene": summary.gene,
            "row": int(row),
            "column": int(column),
            "covariance": float(summary.statistics.covariance[row, column]),
            "gram": float(gram[row, column]) or None,
        }
        for row, column in upper
    ]


def residual_rows(trait: TraitSummary) -> list[Row]:
    """Give a trait's table of residuals."""
    return [
        {"stratum": stratum, "residual": value, "samples": count}
        for stratum, (values, counts) in enumerate(trait.rules)
        for value, count in zip(values.tolist(), counts.tolist(), strict=True)
    ]


def read_rules(residuals: pa.Table) -> tuple[tuple[Floats, Floats], ...]:
    """Read a trait's table of residuals, stratum by stratum."""
    stratum, value, count = (residuals[name].to_numpy() for name in ("stratum", "residual", "samples"))
    return tuple((value[stratum == one], count[stratum == one]) for one in range(int(stratum.max()) + 1))


def read_genes(trait: TraitSummary, variants: pa.Table, covariances: pa.Table) -> Iterator[GeneSummary]:
    """Read the genes of a trait that have a column, in the order of the tables.

    Parameters
    ----------
    trait
        Whose they are.
    variants, covariances
        Rows of each gene together, genes in one order in both.
    """
    triangles = _by_gene(covariances)
    for gene, own in _by_gene(variants).items():
        yield _read_gene(trait, gene, own, triangles[gene])


def _by_gene(table: pa.Table) -> dict[str, pa.Table]:
    """Cut a table where the gene changes."""
    genes = np.array(table["gene"].to_pylist(), dtype=object)
    if not genes.size:
        return {}
    begins = np.flatnonzero(np.concatenate([[True], genes[1:] != genes[:-1]]))
    sizes = np.diff(np.append(begins, genes.size))
    return {genes[at]: table.slice(at, size) for at, size in zip(begins.tolist(), sizes.tolist(), strict=True)}


def _read_gene(trait: TraitSummary, gene: str, variants: pa.Table, triangle: pa.Table) -> GeneSummary:
    names = variants["variant"].to_pylist()
    alleles = variants["minor_allele_count"].to_numpy().astype(np.float64)
    row, column, covariance, gram = (
        triangle[name].to_numpy(zero_copy_only=False) for name in ("row", "column", "covariance", "gram")
    )
    full = np.zeros((len(names), len(names)))
    full[row, column] = full[column, row] = covariance
    together = ~np.isnan(gram)
    told = variants["carriers_by_stratum"].to_pylist()
    dealt = [
        own if own is not None else deal(total, trait.stratum_sizes)
        for own, total in zip(told, variants["carriers"].to_pylist(), strict=True)
    ]
    # What is collapsed has the frequencies of singletons, which weights are nearly flat in.
    single = np.array([name.startswith(COLLAPSED) for name in names])
    return GeneSummary(
        gene=gene,
        variants=tuple(names),
        statistics=ScoreStatistics(variants["score"].to_numpy(), full),
        minor_allele_counts=alleles,
        carriers=np.array(dealt, np.int64).T,
        gram=GramMatrix(row[together].astype(np.int64), column[together].astype(np.int64), gram[together]),
        observed_events=_events(variants, "observed_events"),
        expected_events=_events(variants, "expected_events"),
        alleles=np.where(single, 1.0, alleles),
        allele_numbers=np.full(len(names), 2.0 * trait.samples),
    )


def _events(variants: pa.Table, name: str) -> Floats | None:
    """Give events, NaN where they are not told; None where the trait has none or none are told."""
    values: Floats = variants[name].to_numpy(zero_copy_only=False).astype(np.float64)
    return None if np.isnan(values).all() else values
