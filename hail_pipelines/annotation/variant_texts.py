"""Files of variants that need no Hail, block by block: TSV, CSV (gzipped too) and Parquet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.dataset
from numpy.typing import NDArray

from association.problems import InputError
from hail_pipelines.annotation.values import plain_texts
from hail_pipelines.places import Place, listed, readable

LOCUS_COLUMNS = ("contig", "position", "ref", "alt")

# What stands for a missing value in a table of variants, as in the participants and visits tables.
MISSING = ["", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "."]
BLOCK_BYTES = 8 << 20


def column_names(path: Place) -> list[str]:
    """Name a file's columns.

    Raises
    ------
    InputError
        If it can't be read.
    """
    try:
        if path.name.endswith(".parquet"):
            return list(open_parquet(path).schema.names)
        with _open_text(path, None) as reader:
            return list(reader.schema.names)
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from None


def read_blocks(path: Place, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Read some columns of a file; in a text all of them are texts.

    Raises
    ------
    InputError
        If it can't be read.
    """
    try:
        if path.name.endswith(".parquet"):
            for block in open_parquet(path).to_batches(columns=list(columns), use_threads=False):
                yield _plain(block)
        else:
            with _open_text(path, columns) as reader:
                yield from reader
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from None


def open_parquet(place: Place) -> pa.dataset.Dataset:
    """Open a Parquet file, or a folder of them, to read the row groups that a filter leaves."""
    if isinstance(place, Path):
        return pa.dataset.dataset(place, format="parquet")
    files = [place] if place.is_file() else listed(place, "*.parquet")
    of_parquet = pa.dataset.ParquetFileFormat()
    fragments = [of_parquet.make_fragment(readable(file)) for file in files]
    return pa.dataset.FileSystemDataset(fragments, fragments[0].physical_schema, of_parquet)


def locus_columns(columns: Mapping[str, str]) -> list[str]:
    """Give a file's own names for contig, position, ref and alt."""
    return [columns.get(name, name) for name in LOCUS_COLUMNS]


def require_columns(path: Place, names: Sequence[str], present: Sequence[str]) -> None:
    """Refuse a file that lacks columns.

    Parameters
    ----------
    path
        The file.
    names
        What is needed.
    present
        Its columns.

    Raises
    ------
    InputError
        If one is absent.
    """
    if absent := [name for name in names if name not in present]:
        raise InputError.single(str(path), ", ".join(absent), f"no such column; it has: {', '.join(present)}")


def positions_of(path: Place, values: pa.Array) -> NDArray[np.int64]:
    """Read positions as whole numbers; 0 where there is none.

    Raises
    ------
    InputError
        If one is no number.
    """
    try:
        positions: NDArray[np.float64] = pc.cast(values, pa.float64()).fill_null(0).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid as error:
        raise InputError.single(str(path), "position", f"is no number ({error}); correct it") from None
    return positions.astype(np.int64)


def upper(values: pa.Array) -> pa.Array:
    """Spell alleles in capitals."""
    return pc.ascii_upper(plain_texts(values))


def _open_text(path: Place, columns: Sequence[str] | None) -> pa.csv.CSVStreamingReader:
    """Open a text of which every column is a text."""
    separator = "," if path.name.removesuffix(".gz").endswith(".csv") else "\t"
    parsing = pa.csv.ParseOptions(delimiter=separator)
    reading = pa.csv.ReadOptions(block_size=BLOCK_BYTES, use_threads=False)
    names = columns
    if names is None:
        with pa.csv.open_csv(_text_of(path), reading, parsing) as reader:
            names = reader.schema.names
    converting = pa.csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()),
        null_values=MISSING,
        strings_can_be_null=True,
        include_columns=list(names),
    )
    return pa.csv.open_csv(_text_of(path), reading, parsing, converting)


def _text_of(path: Place) -> Path | pa.NativeFile:
    """Give what Arrow reads a text by; of a file it tells by its name whether it is compressed."""
    if isinstance(path, Path):
        return path
    return pa.input_stream(readable(path), compression="gzip" if path.suffix == ".gz" else None)


def _plain(block: pa.RecordBatch) -> pa.RecordBatch:
    """Bring a Parquet file's columns to the types that texts, numbers and lists have elsewhere."""
    columns = {}
    for name in block.schema.names:
        values = block[name]
        if pa.types.is_dictionary(values.type):
            values = values.dictionary_decode()
        if pa.types.is_large_string(values.type):
            values = pc.cast(values, pa.string())
        if pa.types.is_large_list(values.type):
            values = pc.cast(values, pa.list_(values.type.value_type))
        if pa.types.is_string(values.type):
            values = pc.if_else(pc.is_in(values, pa.array(MISSING)), pa.scalar(None, pa.string()), values)
        columns[name] = values
    return pa.RecordBatch.from_pydict(columns)


def _unreadable(path: Place, error: Exception) -> InputError:
    return InputError.single(str(path), "file", f"can't be read ({error}); correct it, or write it again")
