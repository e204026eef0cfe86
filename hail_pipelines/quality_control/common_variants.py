"""The genotypes of common variants: `common.parquet`, a row per variant, in order of the genome.

Its columns are contig, position, ref, alt and dosages, alternate alleles by sample in order of sample ids, -1 for a
missing call. The file is made from codes on disk, some variants at a time: memory holds 64 MB of dosages, however
many variants and samples there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from association.genotypes.calls import ALTERNATES, NO_CALL
from hail_pipelines.call_files import KEY, read_stored
from hail_pipelines.places import Place
from hail_pipelines.whole_file import whole_file

SCHEMA = pa.schema(
    [
        ("contig", pa.string()),
        ("position", pa.int32()),
        ("ref", pa.string()),
        ("alt", pa.string()),
        ("dosages", pa.list_(pa.int8())),
    ]
)
ROWS_AT_ONCE = 1_024
BYTES_AT_ONCE = 64 << 20
DOSAGES = np.where(np.arange(len(ALTERNATES)) == NO_CALL, -1, ALTERNATES).astype(np.int8)


@dataclass(frozen=True)
class CommonCodes:
    """Where the codes of common variants are.

    Attributes
    ----------
    variants
        Numbers of the variants, in order (m).
    files, rows
        Which of `paths` holds each, and in which row (m).
    paths
        Files of calls.
    """

    variants: NDArray[np.intp]
    files: NDArray[np.intp]
    rows: NDArray[np.intp]
    paths: tuple[Place, ...]

    @classmethod
    def gather(cls, written: Sequence[tuple[Place, NDArray[np.intp]]]) -> CommonCodes:
        """Put in order what was written.

        Parameters
        ----------
        written
            Of each file the variants in it, row by row.
        """
        variants = np.concatenate([np.empty(0, np.intp), *(of_file for _, of_file in written)])
        files = np.repeat(np.arange(len(written)), [len(of_file) for _, of_file in written])
        rows = np.concatenate([np.empty(0, np.intp), *(np.arange(len(of_file)) for _, of_file in written)])
        order = np.argsort(variants, kind="stable")
        return cls(variants[order], files[order], rows[order], tuple(path for path, _ in written))


def write_common(variants: pa.Table, codes: CommonCodes, columns: NDArray[np.intp], path: Place) -> None:
    """Write the dosages of common variants.

    Parameters
    ----------
    variants
        Every variant, by number: contig, position, ref, alt.
    codes
        Where those that are common are.
    columns
        Columns of the codes in the order of sample ids (n).
    path
        The file to write.
    """
    at_once = max(1, min(ROWS_AT_ONCE, BYTES_AT_ONCE // max(1, len(columns))))
    with whole_file(path) as file, pq.ParquetWriter(file, SCHEMA, compression="zstd") as writer:
        for start in range(0, len(codes.variants), at_once):
            chosen = slice(start, start + at_once)
            dosages = _dosages(codes, chosen, columns)
            offsets = np.arange(len(dosages) + 1, dtype=np.int32) * len(columns)
            lists = pa.ListArray.from_arrays(pa.array(offsets), pa.array(dosages.reshape(-1)))
            keys = _rows(variants.select(list(KEY)), codes.variants[chosen]).combine_chunks()
            writer.write_table(keys.append_column("dosages", lists).cast(SCHEMA))


def _rows(variants: pa.Table, numbers: NDArray[np.intp]) -> pa.Table:
    """Take rows in order; Arrow brings all that it takes from into one array, so from no more than where they lie."""
    first, last = numbers[0], numbers[-1]
    return variants.slice(first, last + 1 - first).take(pa.array(numbers - first))


def _dosages(codes: CommonCodes, chosen: slice, columns: NDArray[np.intp]) -> NDArray[np.int8]:
    """Read the dosages of a stretch of common variants (rows, n)."""
    files, rows = codes.files[chosen], codes.rows[chosen]
    dosages = np.empty((len(files), len(columns)), np.int8)
    for file in np.unique(files):
        own = np.flatnonzero(files == file)
        for where, calls in read_stored(codes.paths[file], rows[own]):
            dosages[own[where]] = DOSAGES[calls.genotypes[:, columns]]
    return dosages
