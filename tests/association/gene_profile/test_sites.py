"""What is known of variants: places in the coding sequence, masks, frequencies, quality."""

import pyarrow as pa
import pytest

from association.gene_profile.profile_columns import schema_of
from association.gene_profile.sites import site_table
from association.gene_tests.masks import Mask
from association.scan_settings import MaskChoice

MASKS = (
    MaskChoice(Mask("plof"), 0.01),
    MaskChoice(Mask("missense"), 0.001),
    MaskChoice(Mask("missense"), 0.01),
    MaskChoice(Mask("plof_or_damaging_missense", "REVEL", 0.5), 0.01),
)


def store(**columns):
    rows = {
        "gene": ["NEK1"] * 3,
        "contig": ["chr4"] * 3,
        "position": pa.array([100, 200, 300], pa.int32()),
        "ref": ["A", "C", "G"],
        "alt": ["T", "G", "GA"],
        "minor_is_ref": [False] * 3,
        "consequence": ["missense_variant", "missense_variant", "frameshift_variant"],
        "loftee": pa.array([None, None, "HC"], pa.string()),
        "external_af": pa.array([None, 0.005, None], pa.float64()),
        "score_REVEL": pa.array([0.9, None, None], pa.float64()),
        "allele_count": pa.array([1, 4, 40], pa.int32()),
        "allele_number": pa.array([2000, 2000, 2000], pa.int32()),
        "carriers": pa.array([[5], [1, 2, 3, 4], list(range(40))], pa.list_(pa.int32())),
        "dosages": pa.array([[1], [1] * 4, [1] * 40], pa.list_(pa.int8())),
        "missing": pa.array([[], [9, 10], []], pa.list_(pa.int32())),
    }
    return pa.table(rows | columns)


def test_a_site_has_its_counts_its_masks_and_its_scores():
    table = site_table(store(), MASKS)
    assert table.schema.equals(schema_of("sites", ["REVEL"]))
    rows = table.to_pylist()
    assert [row["variant"] for row in rows] == ["chr4-100-A-T", "chr4-200-C-G", "chr4-300-G-GA"]
    assert [row["masks"] for row in rows] == ["missense;plof_or_damaging_missense", "missense", ""]
    assert [row["frequency"] for row in rows] == [0.0005, 0.002, 0.02]
    assert [(row["carriers"], row["missing"]) for row in rows] == [(1, 0), (4, 2), (40, 0)]
    assert [row["score_REVEL"] for row in rows] == [0.9, None, None]
    assert {(row["coding_position"], row["hgvs_p"], row["mean_gq"]) for row in rows} == {(None, None, None)}


@pytest.mark.parametrize(
    ("name", "texts", "expected"),
    [
        ("CDS_position", ["781", "781-783", "?-783"], [781, 781, None]),
        ("HGVSc", ["ENST1.2:c.781C>T", "c.(12_13)del", None], [781, None, None]),
        ("Protein_position", ["261", "261/1258", None], [781, 781, None]),
        ("HGVSp", ["ENSP1.1:p.Arg261His", "NP_1:p.(Arg261Ter)", "p.?"], [781, 781, None]),
    ],
)
def test_places_in_the_coding_sequence_are_read_from_what_annotation_keeps(name, texts, expected):
    table = site_table(store(**{f"field_{name}": pa.array(texts, pa.string())}), MASKS)
    assert table["coding_position"].to_pylist() == expected


def test_a_change_of_the_protein_is_given_without_its_transcript():
    texts = pa.array(["ENSP1.1:p.Arg261His", "ENSP1.1:p.Lys4%3D", None], pa.string())
    table = site_table(store(field_HGVSp=texts), MASKS)
    assert table["hgvs_p"].to_pylist() == ["p.Arg261His", "p.Lys4=", None]


def test_what_quality_control_knows_stands_beside():
    quality = pa.table({"call_rate": [1.0, 0.95, 0.99], "mean_gq": [60.0, None, 45.5]})
    table = site_table(store(), MASKS, quality)
    assert table["call_rate"].to_pylist() == [1.0, 0.95, 0.99]
    assert table["mean_gq"].to_pylist() == [60.0, None, 45.5]
    assert table["het_balance"].null_count == 3


def test_no_variants_make_an_empty_table():
    assert site_table(store().slice(0, 0), MASKS).num_rows == 0
