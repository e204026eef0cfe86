"""Gene lists: read from tables and plain texts, put into the panel, matched with a cohort's genes, written out."""

import pandas as pd
import pytest
import yaml

from association.problems import InputError
from jobs.gene_list_matches import match_gene_lists, tell_of_unknown, write_gene_lists
from jobs.gene_lists import read_gene_lists, with_panel
from jobs.gene_symbols import GeneSymbols
from jobs.stage_settings import scan_settings
from jobs.study.file import read_study
from jobs.study.gene_tests import GeneList

SETTINGS = {
    "name": "small",
    "output": "out",
    "genotypes": {"vcfs": ["a.vcf"], "reference_genome": "GRCh38"},
    "participants": {"path": "p.tsv"},
    "annotation": {"source": "vep"},
    "masks": [{"name": "missense"}],
    "traits": [{"name": "survival", "type": "survival"}],
}
LISTS = [
    {"name": "ALS_panel", "version": "2026-06", "path": "als.tsv", "column": "gene"},
    {"name": "own", "version": "3", "path": "own.txt"},
]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "als.tsv").write_text("gene\tclass\nSOD1\tDefinitive\nFUS\tDefinitive\nSOD1\tLimited\n\tLimited\n")
    (tmp_path / "own.txt").write_text("# ours\nTARDBP  # since 2008\n\nFUS\nTARDBP\n")
    return tmp_path


def read(folder, *lists):
    return read_gene_lists([GeneList(**one) for one in lists or LISTS], folder / "study.yaml")


def match(folder, in_cohort):
    return match_gene_lists(read(folder), in_cohort, GeneSymbols())


def study(folder, **sections):
    (folder / "study.yaml").write_text(yaml.safe_dump(SETTINGS | {"gene_lists": LISTS} | sections))
    return read_study(folder / "study.yaml")


def test_lists_are_read_from_a_column_or_a_gene_per_line_each_gene_once(folder):
    panel, own = read(folder)
    assert (panel.genes, panel.repeated, panel.version) == (("SOD1", "FUS"), 1, "2026-06")
    assert (own.genes, own.repeated, own.version) == (("TARDBP", "FUS"), 1, "3")


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        (None, None, "no such gene list; check its path in the study file"),
        ("gene\tclass\nSOD1\tDefinitive\n", None, "line 1: holds several values, expected one gene"),
        ("SOD1\nFUS, TARDBP\n", None, "line 2: holds several values"),
        ("SOD1;FUS\nFUS, TARDBP\n", None, "line 2: holds several values"),
        ("# nothing\n", None, "names no gene"),
        ("symbol\tclass\nSOD1\tDefinitive\n", "gene", "no column 'gene'"),
        (b"\xff\xfe\x00", None, "not UTF-8 text"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused(folder, text, column, words):
    if text is not None:
        (folder / "new.tsv").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ExceptionGroup) as caught:
        read(folder, LISTS[0], {"name": "new", "version": "1", "path": "new.tsv", "column": column})
    (error,) = caught.value.exceptions
    assert isinstance(error, InputError)
    assert words in str(error)


def test_all_lists_that_cannot_be_read_are_named_at_once(folder):
    lost = [one | {"path": "lost_" + one["path"]} for one in LISTS]
    with pytest.raises(ExceptionGroup) as caught:
        read(folder, *lost)
    assert len(caught.value.exceptions) == 2


def test_the_panel_names_lists_and_genes_and_the_engine_gets_genes(folder):
    plain = study(folder, calibration={"panel": ["list:ALS_panel", "C9orf72"]})
    filled = with_panel(plain, read(folder))
    assert filled.calibration.panel == ["list:ALS_panel", "C9orf72", "SOD1", "FUS"]
    asked = scan_settings(filled)
    assert asked.effort_for("FUS") == asked.effort_for("C9orf72") == asked.panel_effort
    assert asked.effort_for("TARDBP") == asked.effort
    assert with_panel(study(folder), read(folder)).calibration.panel == []


def test_a_panel_that_names_no_list_of_the_study_is_refused_with_a_suggestion(folder):
    with pytest.raises(InputError) as caught:
        study(folder, calibration={"panel": ["SOD1", "list:ALS_pannel"]})
    assert "calibration.panel[1]: no list 'ALS_pannel'; did you mean 'ALS_panel'?" in str(caught.value)


def test_two_lists_of_one_name_are_refused(folder):
    with pytest.raises(InputError) as caught:
        study(folder, gene_lists=[LISTS[0], LISTS[1] | {"name": "als_panel"}])
    assert "gene_lists[1].name: 'als_panel' is used twice; give each list, and each version" in str(caught.value)


def test_a_list_without_a_version_is_refused(folder):
    with pytest.raises(InputError) as caught:
        study(folder, gene_lists=[{name: LISTS[1][name] for name in ("name", "path")}])
    assert "gene_lists[0].version: missing" in str(caught.value)


def test_genes_that_the_cohort_does_not_have_are_counted_and_warned_of(folder, caplog):
    panel, own = match(folder, ["SOD1", "TARDBP"])
    tell_of_unknown((panel, own))
    assert (panel.found, panel.unknown) == (("SOD1",), ("FUS",))
    assert (own.found, own.unknown) == (("TARDBP",), ("FUS",))
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warnings[0].startswith("1 of 2 genes of the list ALS_panel (2026-06) have no annotated variant")
    assert warnings[0].endswith(": FUS")


def test_the_table_has_a_row_per_list_and_gene_with_its_version(folder):
    write_gene_lists(match(folder, ["SOD1", "FUS"]), folder)
    table = pd.read_csv(folder / "gene_lists.tsv", sep="\t", dtype=str)
    assert table[["gene", "list", "version", "in_cohort"]].to_numpy().tolist() == [
        ["SOD1", "ALS_panel", "2026-06", "yes"],
        ["FUS", "ALS_panel", "2026-06", "yes"],
        ["TARDBP", "own", "3", "no"],
        ["FUS", "own", "3", "yes"],
    ]


def test_without_lists_the_table_is_a_header(tmp_path):
    write_gene_lists((), tmp_path)
    header = "gene\tlist\tversion\tin_cohort\tannotated_as\tremark\tsource\n"
    assert (tmp_path / "gene_lists.tsv").read_text() == header


def test_a_panel_of_progex_brings_version_and_source_and_only_well_supported_genes(folder):
    als, nerve = read(folder, {"name": "als", "panel": "als_clingen"}, {"name": "nerve", "panel": "cmt_clingen"})
    assert (als.version, als.source.split(",")[0]) == ("2026-06", "ClinGen ALS Gene Curation Expert Panel")
    assert {"SOD1", "FUS", "TARDBP", "C9orf72"} <= set(als.genes)
    assert "DAO" not in als.genes, "its evidence is refuted"
    assert {"PMP22", "MFN2", "GJB1"} <= set(nerve.genes)
    assert "MED25" not in nerve.genes, "its evidence is disputed"
    assert "KIF5A" in set(als.genes) & set(nerve.genes)
    assert (len(als.genes), len(nerve.genes)) == (29, 65)


@pytest.mark.parametrize(
    ("one", "words"),
    [
        ({"name": "als", "panel": "als_clinge"}, "expected 'als_clingen' or 'cmt_clingen', found 'als_clinge'"),
        ({"name": "als", "panel": "als_clingen", "version": "1"}, "version: the panel als_clingen brings its own"),
        ({"name": "als", "panel": "als_clingen", "path": "als.tsv"}, "path: the panel als_clingen brings its own"),
        ({"name": "als", "version": "1"}, "path: missing; name a file, or one of progex's own panels"),
    ],
)
def test_a_list_is_a_file_with_its_version_or_a_panel_of_progex(folder, one, words):
    with pytest.raises(InputError) as caught:
        study(folder, gene_lists=[one])
    assert f"gene_lists[0].{words}" in str(caught.value) or words in str(caught.value)
