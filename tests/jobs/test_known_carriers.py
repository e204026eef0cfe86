"""Known carriers: who they are, and what becomes of a trait without them and adjusted for them."""

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from association.problems import InputError
from jobs.known_carriers import carriers_of, read_known_variants, tell_of_missing
from jobs.study.file import read_study


@pytest.fixture
def store(tmp_path):
    """Give a store of two variants, in GRCh38's spelling, of four samples."""
    rows = [
        {"gene": "SOD1", "contig": "chr21", "position": 10, "ref": "A", "alt": "G", "carriers": [1], "dosages": [1]},
        {
            "gene": "FUS",
            "contig": "chr16",
            "position": 20,
            "ref": "C",
            "alt": "T",
            "carriers": [0, 3],
            "dosages": [1, 2],
        },
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "part-00000.parquet")
    return tmp_path


def test_carriers_of_listed_variants_are_found_whatever_the_contig_is_called(store):
    samples = pd.Series(["a", "b", "c", "d"])
    carries, found = carriers_of(store, ("21-10-A-G", "16-20-C-T", "1-5-A-C"), samples)
    assert carries.to_dict() == {"a": True, "b": True, "c": False, "d": True}
    assert found == {"21-10-A-G", "16-20-C-T"}


def test_listed_variants_that_nobody_has_are_told_by_name(caplog):
    tell_of_missing(("21-10-A-G", "16-20-C-T", "1-5-A-C"), {"16-20-C-T"})
    assert "2 of 3 known variants are not among" in caplog.text
    assert "21-10-A-G, 1-5-A-C" in caplog.text
    caplog.clear()
    tell_of_missing(("21-10-A-G",), {"21-10-A-G"})
    assert not caplog.text


def test_a_list_of_variants_has_a_variant_per_line_and_remarks(tmp_path):
    (tmp_path / "known.txt").write_text("# pathogenic\nchr21-10-A-G  # SOD1 A5V\n\n16-20-C-T\n21-10-A-G\n")
    assert read_known_variants(tmp_path / "known.txt") == ("21-10-A-G", "16-20-C-T")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "no such list of variants"),
        ("\udc8b", "byte 0: not UTF-8 text"),
        ("# none\n", "names no variant"),
        ("21-10-A-G\nSOD1 A5V\n", "line 2: expected a variant as contig-position-ref-alt"),
    ],
)
def test_a_list_that_is_none_is_refused(tmp_path, text, words):
    if text is not None:
        (tmp_path / "known.txt").write_text(text, errors="surrogateescape")
    with pytest.raises(InputError) as caught:
        read_known_variants(tmp_path / "known.txt")
    assert words in str(caught.value)


def test_known_genes_has_to_name_somebody(tmp_path):
    (tmp_path / "study.yaml").write_text(
        "name: a\noutput: out\ngenotypes: {vcfs: [a.vcf], reference_genome: GRCh38}\nparticipants: {path: p.tsv}\n"
        "annotation: {source: vep}\nmasks: [{name: missense}]\ntraits: [{name: s, type: survival}]\nknown_genes: {}\n"
    )
    with pytest.raises(InputError) as caught:
        read_study(tmp_path / "study.yaml")
    assert "names neither 'columns' nor 'variants'" in str(caught.value)
