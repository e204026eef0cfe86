"""Result tables on disk: Parquet for programs, TSV for people, and what each column means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from association.results import Column

COLUMNS_FILE = "columns.tsv"
# The page of null models, beside the report or by itself.
NULL_MODELS = "null_models_site.html"


def file_names(table: str) -> tuple[str, str]:
    """Give the files of a table."""
    return f"{table}.parquet", f"{table}.tsv"


def write_rows(rows: pa.Table, folder: Path, table: str) -> None:
    """Write a table in both forms."""
    parquet, tsv = file_names(table)
    pq.write_table(rows, folder / parquet)
    _write_plain(rows, folder / tsv)


def write_tsv(table: pd.DataFrame, path: Path) -> None:
    """Write a table for people; dates as days, text in quotes only where it must be."""
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    for place, column in enumerate(arrow.schema):
        if pa.types.is_timestamp(column.type):
            arrow = arrow.set_column(place, column.name, arrow.column(place).cast(pa.date32(), safe=False))
    try:
        _write_plain(arrow, path)
    except pa.ArrowInvalid:
        # Quotes, tabs or line ends within a text.
        arrow.to_pandas().to_csv(path, sep="\t", index=False)


def _write_plain(rows: pa.Table, path: Path) -> None:
    """Write a table without quotes, its header included."""
    with path.open("wb") as stream:
        stream.write(("\t".join(rows.column_names) + "\n").encode())
        options = pyarrow.csv.WriteOptions(include_header=False, delimiter="\t", quoting_style="none")
        # In one piece: of a table that begins with an empty piece pyarrow writes what was in memory before.
        pyarrow.csv.write_csv(rows.combine_chunks(), stream, options)


def write_columns(columns: Sequence[Column], path: Path) -> None:
    """Write what the columns of a table mean."""
    meanings = pd.DataFrame([(one.name, str(one.type), one.meaning) for one in columns])
    meanings.to_csv(path, sep="\t", index=False, header=["column", "type", "meaning"])


def write_columns_of(tables: Mapping[str, Sequence[Column]], path: Path) -> None:
    """Write what the columns of several tables mean."""
    meanings = pd.DataFrame(
        [(table, one.name, str(one.type), one.meaning) for table, columns in tables.items() for one in columns]
    )
    meanings.to_csv(path, sep="\t", index=False, header=["table", "column", "type", "meaning"])
