"""Files of quality control: what is written is what the next stage reads."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.quality_control.files import (
    KINSHIP,
    SAMPLES,
    read_panel,
    read_sample_attrition,
    read_structure,
    write_judged,
)
from jobs.traits.genotyped import EXCLUDED, read_genotyped


@pytest.fixture
def judged(made_up, tmp_path):
    made_up.set("s07", mean_dp=2.0)
    found = made_up.judge(by_hand={"s09": "swap"})
    write_judged(found, tmp_path)
    return found


def test_samples_are_read_as_they_were_judged(judged, tmp_path):
    read = pd.read_parquet(tmp_path / SAMPLES)
    assert [list(reasons) for reasons in read["reasons"]] == judged.table["reasons"].tolist()
    pd.testing.assert_frame_equal(read.drop(columns="reasons"), judged.table.drop(columns="reasons"))
    assert pq.read_schema(tmp_path / SAMPLES).field("reasons").type.value_type == pa.string()


def test_relatives_and_attrition_are_read_as_they_were_found(judged, tmp_path):
    pairs = pd.read_parquet(tmp_path / KINSHIP)
    pd.testing.assert_frame_equal(pairs, judged.structure.relatedness.pairs)
    assert read_sample_attrition(tmp_path) == judged.attrition


def test_the_structure_is_plain_json_with_what_could_be_told(judged, tmp_path):
    structure = read_structure(tmp_path)
    assert structure["variants"] == judged.structure.variants > 2_000
    assert structure["fitted"] == judged.structure.components.fitted == 57
    assert len(structure["explained"]) == 10
    assert 0 < sum(structure["explained"]) < 1
    assert structure["kinship_standard_error"] == pytest.approx(judged.structure.relatedness.standard_error)
    assert structure["reason"] is None


def test_what_cannot_be_told_is_null_and_not_nan(made_up, tmp_path):
    made_up.variants, made_up.dosages = made_up.variants[:0], made_up.dosages[:0]
    write_judged(made_up.judge(), tmp_path)

    def refuse(word):
        raise AssertionError(word)

    structure = json.loads((tmp_path / "structure.json").read_text(), parse_constant=refuse)
    assert structure["kinship_standard_error"] is None
    assert structure["explained"] == []
    assert structure["structured"] == 0
    assert list(pd.read_parquet(tmp_path / KINSHIP)) == [
        "sample_1", "sample_2", "kinship", "ibs0", "sites", "relationship",
    ]  # fmt: skip


def test_traits_are_told_who_is_out_and_who_is_related(judged, tmp_path):
    genotyped = read_genotyped(pd.read_parquet(tmp_path / SAMPLES), pd.read_parquet(tmp_path / KINSHIP), 0)
    assert genotyped.reason.dropna().to_dict() == {"s07": EXCLUDED, "s09": EXCLUDED}
    assert genotyped.call_rate["s07"] == 0.995
    assert len(genotyped.relatives) == 1
    assert list(genotyped.components) == [f"pc{number}" for number in range(1, 11)]


def test_of_a_panel_the_samples_with_a_label_are_read(tmp_path):
    pd.DataFrame({"sample": ["p1", "p2", "p3"]}).to_parquet(tmp_path / SAMPLES)
    dosages = pa.array([[0, 1, 2], [2, -1, 0]], pa.list_(pa.int8()))
    names = {"contig": ["chr1", "chr1"], "position": [1, 2], "ref": ["A", "A"], "alt": ["C", "C"]}
    pq.write_table(pa.table(names | {"dosages": dosages}), tmp_path / "common.parquet")
    labels = pd.Series({"p3": "EUR", "p1": "AFR", "elsewhere": "SAS"}, dtype=object)
    panel = read_panel(tmp_path, SimpleNamespace(panel_labels=labels))
    assert panel.labels.tolist() == ["AFR", "EUR"]
    np.testing.assert_array_equal(panel.dosages, [[0, 2], [2, 0]])
    assert panel.variants["position"].tolist() == [1, 2]
    assert read_panel(None, SimpleNamespace(panel_labels=labels)) is None
