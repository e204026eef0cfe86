"""The calls as a Hail MatrixTable, for work of one's own in Hail; nothing here reads it.

Calls are decoded share by share into plain columns, and Hail takes these from Parquet: a Spark stage that both reads
a Hail table and runs a Python function never ends.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

import hail as hl
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pyspark.sql import SparkSession

from association.genotypes.calls import Calls
from association.problems import InputError
from hail_pipelines.call_files import NUMBERS, SAMPLES, VARIANTS, part_path, read_part
from hail_pipelines.places import Place, readable, temporary_folder
from hail_pipelines.reference_genome import ReferenceGenome
from hail_pipelines.shares import Workers, do_shares
from hail_pipelines.whole_file import whole_file

OF_A_ROW = ("rsid", "filters", "info", "old_alleles", "a_index")


def write_matrix_table(
    calls: Place, output: Place, *, reference_genome: ReferenceGenome, floats: Collection[str] = (), workers: Workers
) -> dict[str, int]:
    """Write `calls.mt`: keyed by locus and alleles, with entries GT and those of GQ, DP and AD that the VCFs have.

    Parameters
    ----------
    calls
        The folder that `load_calls` wrote.
    output
        The MatrixTable to write; it must not exist.
    reference_genome
        The build of the calls.
    floats
        Those of GQ, DP and AD that are declared to hold other than whole numbers.
    workers
        Who decodes the calls; Hail must be running.

    Raises
    ------
    InputError
        If there is no variant.
    """
    variants = pq.read_table(readable(calls / VARIANTS))
    if variants.num_rows == 0:
        raise InputError.single(str(output), "variants", "there is none to write; leave genotypes.matrix_table out")
    with temporary_folder(output.parent, f"{output.name}.") as folder:
        parts = pc.unique(variants["part"]).to_pylist()
        do_shares(partial(_decode_part, calls, folder), parts, workers)
        frame = SparkSession.builder.getOrCreate().read.parquet(str(folder))
        mt = _as_matrix(hl.Table.from_spark(frame), calls, reference_genome, floats)
        mt.write(str(output))
    return {"samples": pq.read_metadata(readable(calls / SAMPLES)).num_rows, "variants": variants.num_rows}


def _as_matrix(
    ht: hl.Table, calls: Place, reference_genome: ReferenceGenome, floats: Collection[str]
) -> hl.MatrixTable:
    """Make entries of the columns of lists, and key the rows."""
    by_code = hl.array([hl.call(0, 0), hl.call(0, 1), hl.call(1, 1), hl.call(0), hl.call(1), hl.missing(hl.tcall)])
    samples = hl.range(hl.len(ht.genotypes))

    def number(field: str, value: hl.Float32Expression) -> hl.NumericExpression:
        return value if field in floats else hl.int32(value)

    fields: dict[str, Callable[[hl.Int32Expression], hl.Expression]] = {}
    fields["GT"] = lambda sample: by_code[ht.genotypes[sample]]
    if "quality" in ht.row:
        fields["GQ"] = lambda sample: number("GQ", ht.quality[sample])
    if "depth" in ht.row:
        fields["DP"] = lambda sample: number("DP", ht.depth[sample])
    if "reference_reads" in ht.row:
        fields["AD"] = lambda sample: _depths(
            number("AD", ht.reference_reads[sample]), number("AD", ht.alternate_reads[sample])
        )
    entries = samples.map(lambda sample: hl.struct(**{name: value(sample) for name, value in fields.items()}))
    ht = ht.select(
        locus=hl.locus(ht.contig, ht.position, reference_genome),
        alleles=[ht.ref, ht.alt],
        **{name: ht[name] for name in OF_A_ROW if name in ht.row},
        entries=entries,
    )
    ht = ht.annotate(filters=hl.set(ht.filters))
    columns = [hl.Struct(s=sample) for sample in pq.read_table(readable(calls / SAMPLES))["sample"].to_pylist()]
    ht = ht.key_by("locus", "alleles")
    ht = ht.annotate_globals(columns=hl.literal(columns, hl.tarray(hl.tstruct(s=hl.tstr))))
    return ht._unlocalize_entries("entries", "columns", ["s"])


def _depths(reference: hl.NumericExpression, alternate: hl.NumericExpression) -> hl.ArrayExpression:
    """Put the reads of both alleles together; missing where both are."""
    known = hl.is_defined(reference) | hl.is_defined(alternate)
    return hl.or_missing(known, hl.array([reference, alternate]))


def _decode_part(calls: Place, folder: Place, part: int) -> None:
    """Write a part's variants with their calls as lists."""
    variants = pq.read_table(readable(calls / VARIANTS), filters=[("part", "==", part)])
    writer: pq.ParquetWriter | None = None
    with whole_file(part_path(folder, part)) as target:
        for rows, decoded in read_part(part_path(calls, part), variants["row"].to_numpy()):
            table = _with_lists(variants.take(pa.array(rows)), decoded)
            writer = writer or pq.ParquetWriter(target, table.schema)
            writer.write_table(table)
        if writer is not None:
            writer.close()


def _with_lists(variants: pa.Table, calls: Calls) -> pa.Table:
    """Add a column of lists for each call field."""
    table = variants.drop_columns(["part", "row"])
    table = table.append_column("genotypes", _lists(calls.genotypes.astype(np.int32)))
    for name in NUMBERS:
        values = getattr(calls, name)
        if values is not None:
            table = table.append_column(name, _lists(values))
    return table


def _lists(values: NDArray[np.generic]) -> pa.Array:
    """Make a list of each row, its missing numbers null."""
    offsets = np.arange(len(values) + 1, dtype=np.int32) * values.shape[1]
    flat = pa.array(values.reshape(-1), from_pandas=True)
    return pa.ListArray.from_arrays(pa.array(offsets), flat)
