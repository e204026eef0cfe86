"""The variants of all cohorts, each once, and where each cohort has them.

They are in minimal representation since they were loaded, so that equal contig, position, ref and alt are the same
variant. Axes: v variants of all cohorts together, w of one cohort.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hail_pipelines.call_files import KEY

ABSENT = -1


@dataclass(frozen=True)
class JoinedVariants:
    """The variants of all cohorts.

    Attributes
    ----------
    keys
        contig, position, ref and alt, in this order (v).
    own
        Of each cohort the number that it gave a variant, `ABSENT` where it has none (v each).
    joined
        Of each cohort the number of its variants here (w each).
    """

    keys: pa.Table
    own: tuple[NDArray[np.int32], ...]
    joined: tuple[NDArray[np.int32], ...]


def join_variants(tables: Sequence[pa.Table]) -> JoinedVariants:
    """Join the variants of cohorts.

    Parameters
    ----------
    tables
        contig, position, ref and alt of each cohort's variants, in order of their numbers.
    """
    plain = [table.select(list(KEY)).replace_schema_metadata() for table in tables]
    keys = pa.concat_tables(plain).group_by(list(KEY)).aggregate([])
    keys = keys.select(list(KEY)).sort_by([(name, "ascending") for name in KEY]).combine_chunks()
    numbered = keys.append_column("joined", pa.array(np.arange(keys.num_rows, dtype=np.int32)))
    joined = tuple(_look_up(table, numbered) for table in plain)
    return JoinedVariants(keys, tuple(_inverted(numbers, keys.num_rows) for numbers in joined), joined)


def _look_up(table: pa.Table, numbered: pa.Table) -> NDArray[np.int32]:
    """Give a cohort's variants their numbers among all (w)."""
    own = table.append_column("own", pa.array(np.arange(table.num_rows, dtype=np.int32)))
    pairs = own.join(numbered, list(KEY), join_type="inner").select(["own", "joined"])
    numbers = np.empty(table.num_rows, np.int32)
    numbers[pairs["own"].to_numpy()] = pairs["joined"].to_numpy()
    return numbers


def _inverted(numbers: NDArray[np.int32], variants: int) -> NDArray[np.int32]:
    """Say where each variant stands in a cohort (v)."""
    own = np.full(variants, ABSENT, np.int32)
    own[numbers] = np.arange(len(numbers), dtype=np.int32)
    return own
