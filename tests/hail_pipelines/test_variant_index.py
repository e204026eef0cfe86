"""The variants of many parts in one file, against all of them sorted at once in plain Python."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from association.genotypes.calls import Calls
from hail_pipelines import variant_index
from hail_pipelines.call_files import PartWriter, part_path
from hail_pipelines.variant_index import variant_schema, write_index
from hail_pipelines.vcf.header import Declaration

INFOS = {"CSQ": Declaration(".", "String", ""), "QD": Declaration("1", "Float", "")}
SCHEMA = variant_schema("GRCh38", INFOS)
PARTS = (0, 3, 4)
TEXT = 500


def drawn_part(draw, rows, begin):
    """Draw variants of a part in order, each with a long text."""
    positions = np.sort(draw.integers(begin, begin + 300, rows))
    made = []
    for number, position in enumerate(positions.tolist()):
        alt = "CGT"[draw.integers(3)]
        info = {"CSQ": None if number % 5 == 0 else [f"{begin}:{number}" * TEXT, None], "QD": float(number)}
        made.append(
            {"contig": "chr1", "position": position, "ref": "A", "alt": alt, "rsid": None, "filters": ["q"],
             "old_alleles": ["A", alt], "a_index": 1, "info": info, "plain": bool(draw.integers(2))}
        )  # fmt: skip
    return made


def write_parts(folder, parts, group_rows):
    of_part = pa.schema([field for field in SCHEMA if field.name not in ("part", "row")])
    for number, rows in parts.items():
        with PartWriter(part_path(folder, number)) as writer:
            for first in range(0, len(rows), group_rows):
                some = rows[first : first + group_rows]
                writer.write(
                    pa.Table.from_pylist(some, of_part.append(pa.field("plain", pa.bool_()))),
                    Calls(np.zeros((len(some), 3), np.uint8)),
                )


def sorted_at_once(parts):
    """Give the variants of all parts in order, of the same ones the first that is plain, else the first."""
    every = [{**one, "part": part, "row": row} for part, rows in parts.items() for row, one in enumerate(rows)]
    every.sort(key=lambda one: (one["position"], one["ref"], one["alt"], not one["plain"], one["part"], one["row"]))
    kept = {(one["position"], one["ref"], one["alt"]): one for one in reversed(every)}
    return [{name: one[name] for name in SCHEMA.names} for one in reversed(kept.values())]


@pytest.fixture(params=[0, 1000], ids=["interleaved", "one after another"])
def parts(request):
    draw = np.random.default_rng(6)
    return {part: drawn_part(draw, 100, 1 + request.param * part) for part in PARTS}


@pytest.mark.parametrize("group_bytes", [1, 20_000, 1 << 28])
@pytest.mark.parametrize("group_rows", [7, 1 << 16])
def test_parts_are_put_in_order_however_much_is_held(tmp_path, monkeypatch, parts, group_rows, group_bytes):
    monkeypatch.setattr(variant_index, "GROUP_ROWS", group_rows)
    monkeypatch.setattr(variant_index, "GROUP_BYTES", group_bytes)
    write_parts(tmp_path, parts, 10)
    expected = sorted_at_once(parts)
    assert write_index(tmp_path, PARTS, SCHEMA) == len(expected)
    table = pq.read_table(tmp_path / "variants.parquet")
    assert (table.column_names, table.schema.metadata) == (SCHEMA.names, SCHEMA.metadata)
    assert table.schema.field("position").type == table.schema.field("row").type == pa.int32()
    assert table.to_pylist() == expected


def test_row_groups_are_read_once_without_calls_and_few_bytes_are_held(tmp_path, monkeypatch, parts):
    limit, read, written = 60_000, [], []
    monkeypatch.setattr(variant_index, "GROUP_BYTES", limit)
    write_parts(tmp_path, parts, 10)

    class Rows(variant_index._PartRows):
        def _read(self, group):
            table = super()._read(group)
            assert sum(held.nbytes for held in self._held.values()) <= limit
            assert set(table.column_names).isdisjoint({"genotypes", "plain"})
            return table

        def take(self, rows):
            written.append(super().take(rows))
            return written[-1]

    class File(pq.ParquetFile):
        def read_row_group(self, group, **options):
            read.append(group)
            return super().read_row_group(group, **options)

    monkeypatch.setattr(variant_index, "_PartRows", Rows)
    monkeypatch.setattr(pq, "ParquetFile", File)
    variants = write_index(tmp_path, PARTS, SCHEMA)
    assert sum(table.num_rows for table in written) == variants
    # A text's bytes are known as the mean of its row group.
    assert max(table.nbytes for table in written) < 1.3 * limit
    assert len(written) > 5
    # A row group on the edge of two stretches is held in between, or read again where many interleave.
    assert len(read) <= 30 + 3 * len(written)
