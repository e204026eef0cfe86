"""Who carries the minor allele, on disk: a row per variant that is rare and passes, samples by number.

Merged cohorts may have variants of which a whole cohort lacks a call: its number stands in `missing_cohorts` then, in
place of its samples in `missing`, and `cohorts.parquet` beside the parts says of which cohort each sample is.
"""

from __future__ import annotations

from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

from hail_pipelines.places import Place
from hail_pipelines.whole_file import whole_file

CARRIERS = pa.schema(
    [
        ("variant", pa.int32()),
        ("minor_is_ref", pa.bool_()),
        ("carriers", pa.list_(pa.int32())),
        ("dosages", pa.list_(pa.int8())),
        ("missing", pa.list_(pa.int32())),
    ]
)
OF_COHORTS = CARRIERS.append(pa.field("missing_cohorts", pa.list_(pa.int16())))
COHORTS = "cohorts.parquet"
# Blocks of a very large cohort hold few variants; their carriers are written together.
BYTES_AT_ONCE = 8 << 20


class CarrierWriter:
    """Writes a file of carriers, some blocks together; a file without a variant is one too.

    Parameters
    ----------
    path
        The file.
    schema
        Its columns.
    """

    def __init__(self, path: Place, schema: pa.Schema = CARRIERS) -> None:
        self._file, self._schema = whole_file(path), schema
        self._waiting: list[pa.Table] = []

    def write(self, carriers: pa.Table) -> None:
        """Add the carriers of a block."""
        self._waiting.append(carriers)
        if sum(table.nbytes for table in self._waiting) > BYTES_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.concat_tables(self._waiting).combine_chunks())
        self._waiting = []

    def __enter__(self) -> CarrierWriter:
        self._writer = pq.ParquetWriter(self._file.__enter__(), self._schema, compression="zstd")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._flush()
        self._writer.close()
        self._file.__exit__(kind, error, trace)
