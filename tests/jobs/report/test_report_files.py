"""A report's figures and tables as files: what they hold, in what form, and that no text of theirs does anything."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook

from jobs.report import svg, write_report_files
from jobs.report.audience import Audience
from jobs.report.figure_files import LIGHT
from jobs.report.numbers import FEW
from jobs.report.table_files import report_tables, write_tables
from jobs.report.workbook import write_workbook

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def written(inputs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    return folder, write_report_files(folder, inputs)


def test_files_for_a_site_have_names_of_their_own(written):
    folder, names = written
    assert names.all() == ("figures_site", "tables_site", "tables_site.xlsx", "report_site.html")
    assert {path.name for path in folder.iterdir()} == set(names.all())


def test_every_figure_of_the_page_is_a_file_that_stands_alone(written):
    folder, names = written
    page = (folder / names.page).read_text(encoding="utf-8")
    listed = pd.read_csv(folder / names.figures / "figures.tsv", sep="\t")
    drawn = [file for file in listed["file"] if file.endswith(".svg")]
    assert len(drawn) == page.count('role="img"')
    for file in drawn:
        text = (folder / names.figures / file).read_text(encoding="utf-8")
        assert ElementTree.fromstring(text).tag == f"{SVG}svg"
        assert "var(--" not in text
        assert not any(stand_in in text for stand_in in svg.VARIABLES)
        assert LIGHT[svg.FIRST] in text
    for file in listed["file"][listed["file"].str.endswith(".png")]:
        assert (folder / names.figures / file).read_bytes().startswith(b"\x89PNG")
    assert len(listed) == 2 * len(drawn)


def test_the_tables_hold_what_the_page_is_made_from(written, inputs):
    folder, names = written
    found = pd.read_csv(folder / names.tables / "gene_tests.tsv", sep="\t")
    assert found["carriers"].tolist() == inputs.results["carriers"].tolist()
    np.testing.assert_allclose(found["p_value"], inputs.results["p_value"])
    assert set(report_tables(inputs)) == {path.stem for path in (folder / names.tables).iterdir()}


def test_a_workbook_has_types_headers_that_stay_and_an_explanation(written, inputs):
    folder, names = written
    book = load_workbook(folder / names.workbook)
    assert book.sheetnames[-1] == "about"
    sheet = book["gene_tests"]
    header, first = [[cell.value for cell in row] for row in sheet.iter_rows(max_row=2)]
    assert header == list(inputs.results)
    assert isinstance(first[header.index("p_value")], float)
    assert first[header.index("primary")] is True
    assert sheet.max_row == 1 + int(inputs.results["primary"].sum())
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref
    told = {(row[0], row[1]): row[2] for row in book["about"].iter_rows(values_only=True)}
    assert told[("gene_tests", "carriers")] == "samples that carry at least one of them"
    assert told[("gene_tests", None)].endswith("rows are in gene_tests.tsv")


@pytest.mark.parametrize("text", ["=1+1", "+A1", "-2", "@SUM(A1)", "a\x07b", "=HYPERLINK(1)"])
def test_a_text_is_no_formula_whatever_it_begins_with(text, tmp_path):
    path = tmp_path / "tables.xlsx"
    write_workbook({"genes": pd.DataFrame({"gene": [text]})}, path)
    cell = load_workbook(path)["genes"]["A2"]
    assert cell.data_type == "s"
    assert cell.value == text.replace("\x07", "")


def test_a_count_that_is_withheld_is_written_in_words_and_a_missing_one_not_at_all(tmp_path):
    table = pd.DataFrame({"gene": ["A", "B", "C"], "carriers": [FEW, np.nan, 12.0]})
    write_tables({"genes": table}, tmp_path)
    assert (tmp_path / "genes.tsv").read_text() == "gene\tcarriers\nA\t<5\nB\t\nC\t12\n"
    write_workbook({"genes": table}, tmp_path / "tables.xlsx")
    sheet = load_workbook(tmp_path / "tables.xlsx")["genes"]
    assert [cell.value for cell in sheet["B"]] == ["carriers", "<5", None, 12]


def test_the_same_tables_make_the_same_workbook(tmp_path):
    tables = {"genes": pd.DataFrame({"gene": ["A"], "p_value": [0.1]})}
    for name in ("one.xlsx", "other.xlsx"):
        write_workbook(tables, tmp_path / name)
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "other.xlsx").read_bytes()


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.met = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.met.append((tag, attrs))


@pytest.mark.parametrize("audience", list(Audience))
def test_markup_in_a_symbol_is_text_in_every_file(audience, result_row, report_inputs, tmp_path):
    symbol = '<img src=x onerror="alert(1)">'
    rows = [result_row(symbol, carriers=carriers, exceedances=0) for carriers in (20,)] + [
        result_row("Q", carriers=3)
    ]
    names = write_report_files(tmp_path, report_inputs(rows, audience=audience))
    for path in [tmp_path / names.page, *(tmp_path / names.figures).glob("*.svg")]:
        text = path.read_text(encoding="utf-8")
        assert not [
            tag for tag, attrs in Tags(text).met if tag == "img" or any(name == "onerror" for name, _ in attrs)
        ]
        assert not re.search(r"<img", text)


def test_a_folder_without_a_finished_run_is_refused_and_stays_as_it_is(progex, tmp_path):
    (tmp_path / "results").mkdir()
    done = progex("report", tmp_path)
    assert done.exit_code == 2
    assert "no run was finished here" in done.output
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_an_audience_that_there_is_not_is_refused(progex, tmp_path):
    assert progex("report", tmp_path, "--audience", "press").exit_code == 2
