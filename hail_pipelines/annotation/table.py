"""A variant table as a source: genes, consequences and values from a file of variants, whatever its kind."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from hail_pipelines.annotation.batches import Batch
from hail_pipelines.annotation.entries import Columns, Entries
from hail_pipelines.annotation.source_rows import column, columns_of, read_rows
from hail_pipelines.annotation.sources import AnnotationSource
from hail_pipelines.annotation.values import extremes, numbers_of, plain_texts
from hail_pipelines.annotation.variant_texts import require_columns
from hail_pipelines.places import Place


def table_columns(source: AnnotationSource, present: Sequence[str], infos: Collection[str]) -> list[str]:
    """List the columns to read of a variant table.

    Parameters
    ----------
    source
        What is asked for.
    present
        The table's columns.
    infos
        INFO fields, any of which can stand for a column with a value.

    Raises
    ------
    InputError
        If a column is absent.
    """
    assert source.table is not None
    gene, consequence, loftee = _names(source)
    asked = {*source.values} - set(infos)
    require_columns(source.table, [gene, consequence, *sorted(asked)], present)
    named = [gene, consequence, *(name for name in (loftee, *source.values) if name in present)]
    return list(dict.fromkeys(named))


def table_entries(batch: Batch, source: AnnotationSource, rows: Place) -> Entries:
    """Make an entry of each row of a variant table.

    Parameters
    ----------
    batch
        The variants.
    source
        What is asked for.
    rows
        The table's rows that are of the cohort's variants.
    """
    variants, table = read_rows(rows, batch)
    gene, consequence, loftee = _names(source)
    return Entries(
        variants,
        plain_texts(column(table, gene)),
        plain_texts(column(table, consequence)),
        np.zeros(len(variants), np.int8),
        Columns(columns_of(table)),
        loftee,
    )


def external_frequencies(batch: Batch, rows: Place) -> NDArray[np.float64]:
    """Give each variant's largest frequency in a file of variants; NaN for one that it lacks (v).

    Parameters
    ----------
    batch
        The variants.
    rows
        The file's rows that are of the cohort's variants, with the frequency as their only column.
    """
    variants, table = read_rows(rows, batch)
    (frequency,) = columns_of(table).values()
    return extremes(variants, numbers_of(frequency), len(batch))


def _names(source: AnnotationSource) -> tuple[str, str, str]:
    """Give the table's own names for gene, consequence and LOFTEE's verdict."""
    gene, consequence, loftee = (source.columns.get(name, name) for name in ("gene", "consequence", "loftee"))
    return gene, consequence, loftee
