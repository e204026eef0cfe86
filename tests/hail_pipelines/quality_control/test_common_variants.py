"""Dosages of common variants, gathered from files that hold them in any order."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from association.genotypes.calls import Calls
from hail_pipelines.call_files import PartWriter, part_path
from hail_pipelines.quality_control import common_variants
from hail_pipelines.quality_control.common_variants import SCHEMA, CommonCodes, write_common

SAMPLES, FILES = 7, 3


@pytest.mark.parametrize("rows_at_once", [1, 4, 1_024])
@pytest.mark.parametrize("bytes_at_once", [1, 5 * SAMPLES, 64 << 20])
def test_variants_are_written_in_order_with_the_dosages_of_samples_in_order(
    tmp_path, monkeypatch, rows_at_once, bytes_at_once
):
    monkeypatch.setattr(common_variants, "ROWS_AT_ONCE", rows_at_once)
    monkeypatch.setattr(common_variants, "BYTES_AT_ONCE", bytes_at_once)
    rng = np.random.default_rng(2)
    codes = rng.integers(0, 6, (30, SAMPLES)).astype(np.uint8)
    chosen, written = rng.permutation(30)[:20], []
    for number, of_file in enumerate(np.array_split(chosen, FILES)):
        path = tmp_path / f"{number}.parquet"
        with PartWriter(path) as writer:
            for some in np.array_split(of_file, 3):
                writer.write(pa.table({"variant": some}), Calls(codes[some]))
        written.append((path, of_file))
    written.append((tmp_path / "never written", np.empty(0, np.intp)))
    alleles = {"ref": ["A"] * 30, "alt": ["C"] * 30}
    variants = pa.table({"contig": ["chr1"] * 30, "position": pa.array(range(30), pa.int32()), **alleles})
    order = rng.permutation(SAMPLES)
    write_common(variants, CommonCodes.gather(written), order, tmp_path / "common.parquet")
    found = pq.read_table(tmp_path / "common.parquet")
    assert found.schema.equals(SCHEMA)
    assert found["position"].to_pylist() == sorted(chosen)
    alternates = {0: 0, 1: 1, 2: 2, 3: 0, 4: 1, 5: -1}
    expected = [[alternates[codes[variant, sample]] for sample in order] for variant in sorted(chosen)]
    assert found["dosages"].to_pylist() == expected


def test_a_file_without_a_variant_is_one(tmp_path):
    none = pa.table({name: pa.array([], of_type) for name, of_type in zip(SCHEMA.names, SCHEMA.types, strict=True)})
    write_common(none, CommonCodes.gather([]), np.arange(3), tmp_path / "common.parquet")
    assert pq.read_table(tmp_path / "common.parquet").schema.equals(SCHEMA)


def test_alleles_of_more_text_than_one_array_holds_are_written(tmp_path):
    """Chunks that share their text: 2.2 GB of it in 16 MB."""
    long, chunks = pa.array(["A" * (16 << 20)]), 140
    shared = {"contig": ["chr1"] * chunks, "position": np.arange(chunks, dtype=np.int32), "alt": ["C"] * chunks}
    variants = pa.table({**shared, "ref": pa.chunked_array([long] * chunks)})
    with PartWriter(part_path(tmp_path, 0)) as writer:
        writer.write(pa.table({"variant": [3, 130]}), Calls(np.array([[0, 1], [2, 0]], np.uint8)))
    codes = CommonCodes.gather([(part_path(tmp_path, 0), np.array([130]))])
    write_common(variants, codes, np.array([1, 0]), tmp_path / "common.parquet")
    table = pq.read_table(tmp_path / "common.parquet")
    assert (table["position"].to_pylist(), table["dosages"].to_pylist()) == ([130], [[1, 0]])
    assert pc.binary_length(table["ref"]).to_pylist() == [16 << 20]
