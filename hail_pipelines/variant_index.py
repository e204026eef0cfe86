"""The variants of all parts in one file, `variants.parquet`: in order, each once, and where its calls are.

Only the parts' keys are held at once. What else is known of the variants may be much, such as all consequences of
each, and is read part by part while the file is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hail_pipelines.call_files import VARIANTS, part_path
from hail_pipelines.reference_genome import CHROMOSOMES, ReferenceGenome, genome_contig
from hail_pipelines.vcf.header import Declaration
from hail_pipelines.vcf.info_columns import info_type

GROUP_ROWS = 1 << 16


def variant_schema(reference_genome: ReferenceGenome, infos: Mapping[str, Declaration]) -> pa.Schema:
    """Give the columns of `variants.parquet`.

    Parameters
    ----------
    reference_genome
        The build.
    infos
        The declarations of the INFO fields that are kept, by id.
    """
    strings = pa.list_(pa.string())
    columns = {
        "contig": pa.string(),
        "position": pa.int32(),
        "ref": pa.string(),
        "alt": pa.string(),
        "rsid": pa.string(),
        "filters": strings,
        "old_alleles": strings,
        "a_index": pa.int32(),
    }
    if infos:
        columns["info"] = pa.struct([(name, info_type(each)) for name, each in infos.items()])
    metadata = {b"reference_genome": reference_genome.encode()}
    return pa.schema([*columns.items(), ("part", pa.int32()), ("row", pa.int32())], metadata=metadata)


def write_index(folder: Path, parts: Sequence[int], schema: pa.Schema) -> int:
    """Write the variants of some parts in order; of those that are the same only one; return how many.

    The one kept comes from a record that is one variant as it stands, if there is such, else from the first.

    Parameters
    ----------
    folder
        The calls' folder.
    parts
        The numbers of the parts that have rows.
    schema
        What `variant_schema` gave.
    """
    genome: ReferenceGenome = schema.metadata[b"reference_genome"].decode()
    sizes = [pq.read_metadata(part_path(folder, part)).num_rows for part in parts]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    kept = _first_of_each(_keys(folder, parts, genome))
    with pq.ParquetWriter(folder / VARIANTS, schema, compression="zstd") as writer:
        for table in _tables(folder, parts, starts, kept, schema):
            writer.write_table(table)
    return len(kept)


def _keys(folder: Path, parts: Sequence[int], reference_genome: ReferenceGenome) -> pa.Table:
    """Read what the variants of all parts are sorted by."""
    columns = ["contig", "position", "ref", "alt", "plain"]
    tables = [pq.read_table(part_path(folder, part), columns=columns) for part in parts]
    if not tables:
        return pa.table({"place": pa.array([], pa.int64()), "ref": [], "alt": [], "rank": []})
    table = pa.concat_tables(tables)
    chromosomes = pa.array([genome_contig(name, reference_genome) for name in CHROMOSOMES])
    place = pc.index_in(table["contig"], chromosomes).to_numpy().astype(np.int64) << 32 | table["position"].to_numpy()
    rank = pc.cast(pc.invert(table["plain"]), pa.int8())
    return pa.table({"place": place, "ref": table["ref"], "alt": table["alt"], "rank": rank})


def _first_of_each(keys: pa.Table) -> NDArray[np.int64]:
    """Give the rows to keep, in order."""
    place = keys["place"].to_numpy()
    if bool((place[1:] > place[:-1]).all()):
        return np.arange(len(place))
    keys = keys.append_column("number", pa.array(np.arange(len(place))))
    by = [(name, "ascending") for name in ("place", "ref", "alt", "rank", "number")]
    keys = keys.take(pc.sort_indices(keys, sort_keys=by)).combine_chunks()
    alike = [pc.equal(keys[name][1:], keys[name][:-1]) for name in ("place", "ref", "alt")]
    is_first = np.append(True, pc.invert(pc.and_(pc.and_(alike[0], alike[1]), alike[2])).to_numpy())
    kept: NDArray[np.int64] = keys["number"].to_numpy()[is_first]
    return kept


def _tables(
    folder: Path, parts: Sequence[int], starts: NDArray[np.int64], kept: NDArray[np.int64], schema: pa.Schema
) -> Iterator[pa.Table]:
    """Read the rows to keep, some at a time, from the parts that they are in."""
    known = [name for name in schema.names if name not in ("part", "row")]
    read: dict[int, pa.Table] = {}
    for first in range(0, len(kept), GROUP_ROWS):
        rows = kept[first : first + GROUP_ROWS]
        places = np.searchsorted(starts, rows, side="right") - 1
        needed = np.unique(places).tolist()
        read = {one: read.get(one) or pq.read_table(part_path(folder, parts[one]), columns=known) for one in needed}
        before = np.zeros(len(parts), np.int64)
        before[needed] = np.concatenate([[0], np.cumsum([read[one].num_rows for one in needed])[:-1]])
        table = pa.concat_tables(read.values()).take(before[places] + rows - starts[places])
        table = table.append_column("part", pa.array(np.array(parts)[places], pa.int32()))
        table = table.append_column("row", pa.array(rows - starts[places], pa.int32()))
        yield table.select(schema.names).cast(schema)
