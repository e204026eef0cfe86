"""Can a trait's shared tables be what a site wrote: their columns, values and order, before anything is computed.

A file may be damaged on its way, or edited. Each step looks at what those before it found sound: columns and types,
then values by themselves, then how rows belong together (`share_order`), then residuals and sums (`share_sums`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from association.meta.share_layout import Layout, leaves
from association.meta.share_order import wrong_order
from association.meta.share_schema import TABLES, schema_of
from association.meta.share_sums import wrong_residuals, wrong_sums

Tables = Mapping[str, pa.Table]
Wrong = Iterator[tuple[str, str]]

FINITE = np.finfo(np.float64).max
NULLABLE = {
    ("genes", "start"),
    ("variants", "observed_events"),
    ("variants", "expected_events"),
    ("patterns", "carriers_by_stratum"),
    ("covariances", "gram"),
}


@dataclass(frozen=True)
class SharedOf:
    """What a manifest says of a trait.

    Attributes
    ----------
    samples
        n.
    residual_variance
        As in `TraitSummary`.
    labels
        Masks, as mask@ceiling.
    """

    samples: int
    residual_variance: float | None
    labels: frozenset[str]


def wrong_tables(tables: Tables, told: SharedOf, *, sums: bool = True) -> Wrong:
    """Say what can't be in a trait's tables: the table's name, and what is wrong in which column.

    Parameters
    ----------
    tables
        By the names of `share_schema.TABLES`.
    told
        What the manifest says of the trait.
    sums
        Whether to ask too if numbers belong together; else only if each can be by itself, and where it stands.
    """
    by_itself = (_other_columns, _wrong_values, _wrong_order)
    for step in (*by_itself, _wrong_residuals, _wrong_sums) if sums else by_itself:
        found = list(step(tables, told))
        yield from found
        if found:
            return


def _other_columns(tables: Tables, told: SharedOf) -> Wrong:
    """Compare columns and types with those of the schema."""
    for name in TABLES:
        expected, found = schema_of(name), tables[name].schema
        if not found.equals(expected):
            odd = [str(one) for one in found if one.name not in expected.names or expected.field(one.name) != one]
            absent = [one for one in expected.names if one not in found.names]
            yield name, f"columns are not those of a share (odd: {odd[:5]}, absent: {absent})"
    if tables["residuals"].num_rows == 0:
        yield "residuals", "has no rows"


def _ranges(samples: int) -> dict[tuple[str, str], tuple[float, float]]:
    """Give the least and the largest value of each column of numbers."""
    return {
        ("genes", "start"): (0, FINITE),
        ("variants", "number"): (0, FINITE),
        ("variants", "score"): (-FINITE, FINITE),
        ("variants", "minor_allele_count"): (0, 2 * samples),
        ("variants", "carriers"): (0, samples),
        ("variants", "observed_events"): (0, 2 * samples),
        ("variants", "expected_events"): (0, FINITE),
        ("patterns", "number"): (0, FINITE),
        ("patterns", "columns"): (0, FINITE),
        ("patterns", "dosages"): (1, 2),
        ("patterns", "carriers"): (1, samples),
        ("patterns", "carriers_by_stratum"): (0, samples),
        ("covariances", "row"): (0, FINITE),
        ("covariances", "column"): (0, FINITE),
        ("covariances", "covariance"): (-FINITE, FINITE),
        ("covariances", "gram"): (0, FINITE),
        ("residuals", "stratum"): (0, samples - 1),
        ("residuals", "residual"): (-FINITE, FINITE),
        ("residuals", "samples"): (0, samples * (1 + 1e-9)),
    }


def _wrong_values(tables: Tables, told: SharedOf) -> Wrong:
    """Look for nulls, and for values that are not finite or out of range."""
    ranges = _ranges(told.samples)
    for name, columns in TABLES.items():
        for column in (one.name for one in columns):
            whole = tables[name][column]
            parts = leaves(whole) if pa.types.is_list(whole.type) else whole
            nulls = parts.null_count if pa.types.is_list(whole.type) else 0
            nulls += 0 if (name, column) in NULLABLE else whole.null_count
            if nulls:
                yield name, f"{column}: {nulls:,} null, where every row has a value"
            if (name, column) in ranges:
                lowest, highest = ranges[name, column]
                values = parts.drop_null().to_numpy()
                odd = np.flatnonzero(~((values >= lowest) & (values <= highest)))
                if odd.size:
                    yield name, f"{column}: {values[odd[0]]} ({odd.size:,} such), expected {_words(lowest, highest)}"


def _words(lowest: float, highest: float) -> str:
    """Say what values a column may have."""
    if highest < FINITE:
        return f"{lowest:.10g} to {highest:.10g}"
    return "a finite number" if lowest < 0 else f"{lowest:g} or more, and finite"


def _wrong_order(tables: Tables, told: SharedOf) -> Wrong:
    yield from wrong_order(tables, Layout.of(tables), told.labels)


def _wrong_residuals(tables: Tables, told: SharedOf) -> Wrong:
    yield from wrong_residuals(tables["residuals"], told.samples, told.residual_variance)


def _wrong_sums(tables: Tables, told: SharedOf) -> Wrong:
    yield from wrong_sums(tables, Layout.of(tables), told.residual_variance)
