"""Rows of a source outside the VCFs: what a file, or VEP, says of the cohort's variants, found by their numbers.

Parquet, one file or a folder of them: `_variant`, the variant's number; `_row`, which tells the order of a variant's
rows; and the source's own columns. Row groups are told apart by their ranges of `_variant`, so that a batch of
variants reads its own alone where the source is in their order.
"""

from __future__ import annotations

from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hail_pipelines.annotation.batches import Batch
from hail_pipelines.annotation.variant_texts import open_parquet
from hail_pipelines.places import Place
from hail_pipelines.whole_file import whole_file

VARIANT, ROW = "_variant", "_row"
GROUP_ROWS = 1 << 15


class RowsWriter:
    """Writes rows block by block.

    Parameters
    ----------
    path
        The file.
    """

    def __init__(self, path: Place) -> None:
        self._file = whole_file(path)
        self._writer: pq.ParquetWriter | None = None
        self._rows = 0

    def write(self, variants: NDArray[np.integer], block: pa.RecordBatch) -> None:
        """Write some rows.

        Parameters
        ----------
        variants
            The number of each row's variant (r).
        block
            The rows (r).
        """
        numbers = np.arange(self._rows, self._rows + len(variants))
        self._rows += len(variants)
        columns = {VARIANT: pa.array(variants, pa.int32()), ROW: pa.array(numbers, pa.int64())}
        table = pa.table(columns | {name: block[name] for name in block.schema.names})
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, table.schema, compression="zstd", compression_level=1)
        if len(table):
            self._writer.write_table(table, row_group_size=GROUP_ROWS)

    def __enter__(self) -> RowsWriter:
        self._path = self._file.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.close()
        self._file.__exit__(kind, error, trace)


def read_rows(path: Place, batch: Batch) -> tuple[NDArray[np.intp], pa.Table]:
    """Read the rows of some variants: which of the batch's variants each is of, in order, and the rows.

    Parameters
    ----------
    path
        The file or folder.
    batch
        The variants.
    """
    number = pa.dataset.field(VARIANT)
    own = (number >= batch.first) & (number < batch.first + len(batch))
    table = open_parquet(path).to_table(filter=own, use_threads=False)
    table = table.sort_by([(VARIANT, "ascending"), (ROW, "ascending")]).combine_chunks()
    return table[VARIANT].to_numpy().astype(np.intp) - batch.first, table.drop_columns([VARIANT, ROW])


def column(table: pa.Table, name: str) -> pa.Array:
    """Give a column as one array."""
    return pa.concat_arrays(table[name].chunks) if table[name].num_chunks else pa.array([], table[name].type)


def columns_of(table: pa.Table) -> dict[str, pa.Array]:
    """Give each column as one array."""
    return {name: column(table, name) for name in table.column_names}
