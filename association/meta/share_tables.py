"""Summaries as tables to be sent (`share_schema`), with small cells left out, and back again.

Axes: m columns of a gene, S strata.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from association.meta.cohort_summary import CarrierPatterns, GeneSummary, GramMatrix, TraitSummary
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
    rows, totals = [], summary.carriers.sum(axis=0)
    for at, name in enumerate(summary.variants):
        carriers = int(totals[at])
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


def pattern_rows(summary: GeneSummary, *, by_stratum: bool) -> list[Row]:
    """Give the rows of a gene in the table of patterns.

    Parameters
    ----------
    summary
        Of columns that may be told of.
    by_stratum
        Whether carriers may be told of stratum by stratum.
    """
    rows = []
    for at, (pattern, carriers) in enumerate(zip(summary.patterns.dosages, summary.patterns.carriers.T, strict=True)):
        own = np.flatnonzero(pattern)
        row = {"gene": summary.gene, "number": at, "columns": own.tolist(), "dosages": pattern[own].tolist()}
        told = carriers.tolist() if by_stratum else None
        rows.append(row | {"carriers": int(carriers.sum()), "carriers_by_stratum": told})
    return rows


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


def read_genes(trait: TraitSummary, tables: Mapping[str, pa.Table]) -> Iterator[GeneSummary]:
    """Read the genes of a trait that have a column, in the order of the tables.

    Parameters
    ----------
    trait
        Whose they are.
    tables
        variants, patterns and covariances, rows of each gene together.
    """
    parts = [(tables[name], _rows_of_genes(tables[name])) for name in ("variants", "patterns", "covariances")]
    for gene in parts[0][1]:
        yield _read_gene(trait, *(table.slice(*rows[gene]) for table, rows in parts))


def _rows_of_genes(table: pa.Table) -> dict[str, tuple[int, int]]:
    """Give the first row of each gene, and how many it has: tables cut in advance would take far more memory."""
    genes = np.array(table["gene"].to_pylist(), dtype=object)
    if not genes.size:
        return {}
    begins = np.flatnonzero(np.concatenate([[True], genes[1:] != genes[:-1]]))
    sizes = np.diff(np.append(begins, genes.size))
    return {genes[at]: (at, size) for at, size in zip(begins.tolist(), sizes.tolist(), strict=True)}


def _read_gene(trait: TraitSummary, variants: pa.Table, patterns: pa.Table, triangle: pa.Table) -> GeneSummary:
    names = variants["variant"].to_pylist()
    alleles = variants["minor_allele_count"].to_numpy().astype(np.float64)
    row, column, covariance, gram = (
        triangle[name].to_numpy(zero_copy_only=False) for name in ("row", "column", "covariance", "gram")
    )
    full = np.zeros((len(names), len(names)))
    full[row, column] = full[column, row] = covariance
    together = ~np.isnan(gram)
    # What is collapsed has the frequencies of singletons, which weights are nearly flat in.
    single = np.array([name.startswith(COLLAPSED) for name in names])
    return GeneSummary(
        gene=variants["gene"][0].as_py(),
        variants=tuple(names),
        statistics=ScoreStatistics(variants["score"].to_numpy(), full),
        minor_allele_counts=alleles,
        patterns=_read_patterns(trait, patterns, len(names)),
        gram=GramMatrix(row[together].astype(np.int64), column[together].astype(np.int64), gram[together]),
        observed_events=_events(variants, "observed_events"),
        expected_events=_events(variants, "expected_events"),
        alleles=np.where(single, 1.0, alleles),
        allele_numbers=np.full(len(names), 2.0 * trait.samples),
    )


def _read_patterns(trait: TraitSummary, patterns: pa.Table, columns: int) -> CarrierPatterns:
    """Read a gene's patterns; carriers that are told in total are dealt out by the sizes of strata."""
    rows = patterns.to_pylist()
    dosages = np.zeros((len(rows), columns), np.int64)
    carriers = np.zeros((len(rows), len(trait.rules)), np.int64)
    for at, row in enumerate(rows):
        dosages[at, row["columns"]] = row["dosages"]
        told = row["carriers_by_stratum"]
        carriers[at] = told if told is not None else deal(row["carriers"], trait.stratum_sizes)
    dealt = len(trait.rules) > 1 and any(row["carriers_by_stratum"] is None for row in rows)
    return CarrierPatterns(dosages, carriers.T, dealt)


def _events(variants: pa.Table, name: str) -> Floats | None:
    """Give events, NaN where they are not told; None where the trait has none or none are told."""
    values: Floats = variants[name].to_numpy(zero_copy_only=False).astype(np.float64)
    return None if np.isnan(values).all() else values
