"""The variants of all parts in one file, `variants.parquet`: in order, each once, and where its calls are.

Only the parts' keys are held at once. What else is known of the variants may be much, such as all consequences of
each, and is read by row groups of the parts, `GROUP_BYTES` at a time, while the file is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hail_pipelines.call_files import VARIANTS, part_path
from hail_pipelines.places import Place, readable
from hail_pipelines.reference_genome import CHROMOSOMES, ReferenceGenome, genome_contig
from hail_pipelines.vcf.header import Declaration
from hail_pipelines.vcf.info_columns import info_type
from hail_pipelines.whole_file import whole_file

# The variants of a row group: as many as this, or fewer that take about so many bytes.
GROUP_ROWS, GROUP_BYTES = 1 << 16, 1 << 28


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


def write_index(folder: Place, parts: Sequence[int], schema: pa.Schema) -> int:
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
    kept = _first_of_each(_keys(folder, parts, genome))
    rows = _PartRows(folder, parts, schema)
    with whole_file(folder / VARIANTS) as path, pq.ParquetWriter(path, schema, compression="zstd") as writer:
        first = 0
        while first < len(kept):
            some = rows.fitting(kept[first : first + GROUP_ROWS])
            writer.write_table(rows.take(some))
            first += len(some)
    return len(kept)


def _keys(folder: Place, parts: Sequence[int], reference_genome: ReferenceGenome) -> pa.Table:
    """Read what the variants of all parts are sorted by."""
    columns = ["contig", "position", "ref", "alt", "plain"]
    tables = [pq.read_table(readable(part_path(folder, part)), columns=columns) for part in parts]
    if not tables:
        return pa.table({"place": pa.array([], pa.int64()), "ref": [], "alt": [], "rank": []})
    table = pa.concat_tables(tables)
    chromosomes = pa.array([genome_contig(name, reference_genome) for name in CHROMOSOMES])
    place = pc.index_in(table["contig"], chromosomes).to_numpy().astype(np.int64) << 32 | table["position"].to_numpy()
    rank = pc.cast(pc.invert(table["plain"]), pa.int8())
    # Texts of all variants are put into one array to be sorted, and a string array holds 2 GiB.
    alleles = {name: table[name].cast(pa.large_string()) for name in ("ref", "alt")}
    return pa.table({"place": place, **alleles, "rank": rank})


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


class _PartRows:
    """The rows of all parts, numbered through, that are read by row groups.

    Parameters
    ----------
    folder, parts, schema
        As `write_index` takes them.
    """

    def __init__(self, folder: Place, parts: Sequence[int], schema: pa.Schema) -> None:
        self._folder, self._schema = folder, schema
        self._columns = [name for name in schema.names if name not in ("part", "row")]
        self._held: dict[int, pa.Table] = {}
        # Of each row group: its part, which of the part's it is, its first row there, its rows, and bytes of a row.
        groups: list[tuple[int, int, int, int]] = []
        sizes: list[float] = []
        for part in parts:
            metadata, first = pq.read_metadata(readable(part_path(folder, part))), 0
            for number in range(metadata.num_row_groups):
                group = metadata.row_group(number)
                groups.append((part, number, first, group.num_rows))
                sizes.append(_bytes_of(group, self._columns) / max(1, group.num_rows))
                first += group.num_rows
        self._part, self._number, self._first, rows = np.array(groups, np.int64).reshape(-1, 4).T
        self._starts, self._row_bytes = np.cumsum(rows) - rows, np.array(sizes)

    def fitting(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give the first of some rows that take `GROUP_BYTES`, and at least one."""
        taken = np.cumsum(self._row_bytes[self._groups_of(rows)])
        return rows[: max(1, int(np.searchsorted(taken, GROUP_BYTES, side="right")))]

    def take(self, rows: NDArray[np.int64]) -> pa.Table:
        """Read some rows, in their order, from each row group alone: Arrow makes one array of what it takes from."""
        groups = self._groups_of(rows)
        order = np.argsort(groups, kind="stable")
        needed, begins = np.unique(groups[order], return_index=True)
        own = np.split(order, begins[1:])
        self._held = {group: table for group, table in self._held.items() if group in needed}
        pieces = [
            self._read(group).take(pa.array(rows[some] - self._starts[group]))
            for group, some in zip(needed.tolist(), own, strict=True)
        ]
        table = pa.concat_tables(pieces)
        if not np.array_equal(order, np.arange(len(order))):
            table = table.take(pa.array(np.argsort(order)))
        table = table.append_column("part", pa.array(self._part[groups], pa.int32()))
        table = table.append_column("row", pa.array(rows - self._starts[groups] + self._first[groups], pa.int32()))
        return table.select(self._schema.names).cast(self._schema)

    def _groups_of(self, rows: NDArray[np.int64]) -> NDArray[np.intp]:
        return np.searchsorted(self._starts, rows, side="right") - 1

    def _read(self, group: int) -> pa.Table:
        """Read a row group, or give it if it is held; hold those read last, up to `GROUP_BYTES`."""
        table = self._held.pop(group, None)
        if table is None:
            with pq.ParquetFile(readable(part_path(self._folder, int(self._part[group])))) as file:
                table = file.read_row_group(int(self._number[group]), columns=self._columns)
        while self._held and table.nbytes + sum(held.nbytes for held in self._held.values()) > GROUP_BYTES:
            del self._held[next(iter(self._held))]
        self._held[group] = table
        return table


def _bytes_of(group: pq.RowGroupMetaData, columns: Sequence[str]) -> int:
    """Give the bytes that some columns of a row group take."""
    chunks = (group.column(number) for number in range(group.num_columns))
    return sum(one.total_uncompressed_size for one in chunks if one.path_in_schema.split(".")[0] in columns)
