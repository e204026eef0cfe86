"""Calls on disk: a folder of Parquet files, one per share of the VCFs, and one that lists the variants in order.

```
calls/
  samples.parquet       sample: ids in the order of the VCFs' columns
  variants.parquet      a row per variant in order of contig, position, ref, alt; `part` and `row` say where its
                        calls are
  part-00000.parquet    a row per variant in the order of the VCF, with its calls
```

In a part, each call field of a variant is one value of bytes: `genotypes`, and those of `quality`, `depth`,
`reference_reads` and `alternate_reads` that the VCFs have. Numbers take the fewest bytes that hold all of a row
group's: one or two for whole ones, whose largest value stands for a missing one, else four. So 300 samples x 200,000
variants take what a bgzipped VCF does, and are read ten times as fast.

Row groups are written one at a time: memory holds one of them, however many variants there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from association.genotypes.calls import Calls
from association.genotypes.stored_calls import UNKNOWN, Stored, StoredCalls
from association.kernels import njit
from hail_pipelines.places import Place, readable
from hail_pipelines.whole_file import whole_file

SAMPLES = "samples.parquet"
VARIANTS = "variants.parquet"
NUMBERS = ("quality", "depth", "reference_reads", "alternate_reads")
KEY = ("contig", "position", "ref", "alt")
# Types of whole numbers, the narrowest first, with the number that stands for a missing one.
_NARROW = tuple((of_type, int(UNKNOWN[of_type])) for of_type in (np.uint8, np.uint16))


def part_path(folder: Place, part: int) -> Place:
    """Name the file of a part."""
    return folder / f"part-{part:05d}.parquet"


class PartWriter:
    """Writes one part, whole or not at all.

    Parameters
    ----------
    path
        The file; it appears when the writer is left without an error.
    """

    def __init__(self, path: Place) -> None:
        self._file = whole_file(path)
        self._writer: pq.ParquetWriter | None = None

    def write(self, variants: pa.Table, calls: Calls) -> None:
        """Write a row group.

        Parameters
        ----------
        variants
            What is known of each variant, one column each; at least one row.
        calls
            Theirs.
        """
        table = variants
        for name in ("genotypes", *NUMBERS):
            array = getattr(calls, name)
            if array is not None:
                table = table.append_column(name, _as_bytes(array if name == "genotypes" else _narrowed(array)))
        if self._writer is None:
            self._writer = pq.ParquetWriter(
                self._path, table.schema, compression="zstd", compression_level=1, use_dictionary=False
            )
        self._writer.write_table(table, row_group_size=table.num_rows)

    def __enter__(self) -> PartWriter:
        self._path = self._file.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.close()
        self._file.__exit__(kind, error, trace)


def read_part(path: Place, kept: NDArray[np.intp]) -> Iterator[tuple[NDArray[np.intp], Calls]]:
    """Read the calls of some rows of a part, a row group at a time, with numbers as floats.

    Parameters
    ----------
    path
        The part's file.
    kept
        Rows of the part to give, in any order.

    Yields
    ------
    Where the rows of a row group stand in `kept`, and their calls in the same order.
    """
    for where, calls in read_stored(path, kept):
        yield where, calls.known()


def read_stored(path: Place, kept: NDArray[np.intp]) -> Iterator[tuple[NDArray[np.intp], StoredCalls]]:
    """Read the same as they are stored.

    Parameters
    ----------
    path, kept
        As `read_part` takes them.
    """
    order = np.argsort(kept, kind="stable")
    rows = kept[order]
    with pq.ParquetFile(readable(path)) as file:
        columns = [name for name in ("genotypes", *NUMBERS) if name in file.schema_arrow.names]
        start = 0
        for group in range(file.num_row_groups):
            end = start + file.metadata.row_group(group).num_rows
            first, last = np.searchsorted(rows, [start, end])
            if first < last:
                table = file.read_row_group(group, columns=columns, use_threads=False)
                genotypes = _bytes_of(table["genotypes"])
                numbers = {name: _numbers(_bytes_of(table[name]), genotypes.shape[1]) for name in columns[1:]}
                calls = StoredCalls(genotypes, **numbers)
                wanted = rows[first:last] - start
                # The rows are in order: as many as there are, each once, are all of them.
                every = len(wanted) == end - start and bool((np.diff(wanted) == 1).all())
                yield order[first:last], calls if every else calls.take(wanted)
            start = end


def _as_bytes(array: NDArray[np.generic]) -> pa.Array:
    """Make each row of an array one value of bytes."""
    rows, width = array.shape[0], array.shape[1] * array.itemsize
    offsets = np.arange(rows + 1, dtype=np.int64) * width
    data = pa.py_buffer(np.ascontiguousarray(array).view(np.uint8).reshape(-1))
    return pa.Array.from_buffers(pa.large_binary(), rows, [None, pa.py_buffer(offsets), data])


def _bytes_of(column: pa.ChunkedArray) -> NDArray[np.uint8]:
    """Give the values of a row group's column, all of one length, as an array of bytes (v, length)."""
    values = pa.concat_arrays(column.chunks) if column.num_chunks != 1 else column.chunk(0)
    offsets = np.frombuffer(values.buffers()[1], np.int64)[values.offset : values.offset + len(values) + 1]
    data = np.frombuffer(values.buffers()[2], np.uint8)[offsets[0] : offsets[-1]]
    return data.reshape(len(values), -1)


def _numbers(values: NDArray[np.uint8], samples: int) -> Stored:
    """Tell from their bytes what kind of numbers there are."""
    kinds = (np.uint8, np.uint16, np.float32)
    of_type = next(kind for kind in kinds if samples * np.dtype(kind).itemsize == values.shape[1])
    stored: Any = values.view(of_type)
    return cast(Stored, stored)


def _narrowed(array: NDArray[np.float32]) -> NDArray[np.generic]:
    """Store numbers in as few bytes as hold them all."""
    largest = _largest_whole(array.reshape(-1))
    for of_type, missing in _NARROW:
        if 0 <= largest < missing:
            narrow = np.empty(array.shape, of_type)
            _narrow(array.reshape(-1), narrow.reshape(-1), missing)
            return narrow
    return array


@njit(cache=True, nogil=True)
def _largest_whole(values: NDArray[np.float32]) -> int:
    """Give the largest of the known numbers if all are whole and at least zero, else -1.

    A loop without branches, so that several numbers are looked at together; one too large for an integer becomes a
    negative one.
    """
    largest, odd = np.int32(0), 0
    for place in range(len(values)):
        value = values[place]
        known = value == value
        whole = np.int32(value) if known else np.int32(0)
        odd |= int(known & (np.float32(whole) != value)) | int(whole < 0)
        largest = max(largest, whole)
    return -1 if odd else int(largest)


@njit(cache=True, nogil=True)
def _narrow(values: NDArray[np.float32], narrow: NDArray[np.integer], missing: int) -> None:
    """Write whole numbers in fewer bytes."""
    for place in range(len(values)):
        value = values[place]
        narrow[place] = np.int32(value) if value == value else missing
