"""The page refers to nothing outside itself, can be read by everyone, and makes sense whatever was found."""

import base64
import re

import numpy as np
import pytest

from association.results import COLUMNS
from jobs.report import report_html, write_report_files

# Pages that a run writes beside the report; a reader may follow links to them, the page asks for none.
BESIDE = {"null_models_site.html", "../qc/qc.html"}


def data_block(attributes):
    """Give the attributes of a block of numbers, which no browser runs."""
    return {"type": "application/json", "id": attributes.get("id")}


def hrefs(outline):
    return [value for _, attributes in outline.tags for name, value in attributes.items() if name.endswith("href")]


def test_the_page_refers_to_nothing_outside_itself(page, outline, unscripted):
    body = unscripted(page)
    assert "http" not in body.replace("http-equiv", "")
    assert "src=" not in body
    assert "@import" not in body
    assert not re.search(r"url\((?!#)", body)
    outside = ("link", "img", "iframe", "object", "embed", "base")
    assert not [tag for tag, _ in outline(page).tags if tag in outside]
    scripts = [attributes for tag, attributes in outline(page).tags if tag == "script"]
    assert scripts
    assert not [attributes for attributes in scripts if "src" in attributes]
    references = hrefs(outline(page))
    assert references
    assert {reference for reference in references if not reference.startswith("#")} <= BESIDE


def test_every_inner_reference_has_its_one_target(page, outline):
    ids = [attributes["id"] for _, attributes in outline(page).tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = [reference[1:] for reference in hrefs(outline(page)) if reference not in BESIDE]
    targets += re.findall(r"url\(#([^)]+)\)", page)
    assert set(targets) <= set(ids)


def test_tables_have_captions_and_headers_have_scopes(page, outline, unscripted):
    body = unscripted(page)
    assert body.count("<table>") == body.count("<caption>") > 5
    headers = [attributes for tag, attributes in outline(page).tags if tag == "th"]
    assert all(attributes.get("scope") in ("col", "row", "rowgroup") for attributes in headers)
    figures = [attributes for tag, attributes in outline(page).tags if tag == "svg"]
    assert all(attributes["role"] == "img" and attributes["aria-label"] for attributes in figures)


def test_columns_are_explained_by_the_list_of_columns(page, text_of, outline):
    text = text_of(page)
    assert all(f"{column.name} {column.meaning}" in text for column in COLUMNS)
    meanings = {column.name: column.meaning for column in COLUMNS}
    helped = [attributes["title"] for tag, attributes in outline(page).tags if tag == "th" and "title" in attributes]
    assert meanings["carriers"] in helped
    assert meanings["min_attainable_p"] in helped


@pytest.mark.parametrize("symbol", ["<script>alert(1)</script>", '"><img src=x>', "A&B", "$x_1$ {{ 7 * 7 }}", "'\\"])
def test_markup_in_names_is_text(symbol, result_row, report_inputs, trait_summary, outline):
    inputs = report_inputs(
        [result_row(symbol, trait=symbol, exceedances=0), result_row("QUIET", trait=symbol)],
        summaries=[trait_summary("survival", name=symbol, exclusions=[{"reason": symbol, "count": 1}])],
        attrition=[{"step": symbol, "unit": symbol, "before": 3, "excluded": 1, "after": 2, "reason": symbol}],
        settings={"name": symbol, "alpha": 0.05, symbol: symbol},
        run={"versions": {symbol: symbol}},
    )
    met = outline(report_html(inputs))
    assert not [tag for tag, _ in met.tags if tag == "img"]
    run = [own for tag, own in met.tags if tag == "script" and own != data_block(own)]
    assert run == [{}, {"type": "module"}]
    assert "".join(met.text).count(symbol) >= 5


def test_no_significant_gene_makes_a_sensible_page(result_rows, report_inputs, text_of):
    rows = result_rows(40, "survival", np.random.default_rng(3))
    text = text_of(report_html(report_inputs(rows)))
    assert "No gene passes" in text
    assert "would come by chance in about" in text


@pytest.mark.parametrize("trait", ["survival", "alsfrs_slope"])
def test_one_trait_makes_a_sensible_page(trait, result_rows, report_inputs, text_of):
    page = report_html(report_inputs(result_rows(5, trait, np.random.default_rng(4)), traits=(trait,)))
    assert ("Observed / expected" in page) == (trait == "survival")
    assert "5 genes" in text_of(page)


def test_zero_testable_genes_make_a_sensible_page(report_inputs, text_of):
    row = dict.fromkeys(column.name for column in COLUMNS) | {"contig": "chr1", "start": 1, "trait": "survival"}
    row |= {"mask": "plof", "max_af": 0.01, "test": "burden", "samples": 300, "primary": True}
    rows = [row | {"gene": gene, "flags": "", "reason": "no qualifying variant"} for gene in ("ONE", "TWO")]
    text = text_of(report_html(report_inputs(rows, attrition=[], run={})))
    assert "No gene could be tested" in text
    assert "no qualifying variant 2" in text
    assert "nan" not in text.lower().split()


def test_a_control_alone_makes_a_sensible_page(result_row, report_inputs, text_of):
    rows = [result_row(f"G{i}", "synonymous", exceedances=30_000 * i) for i in range(1, 31)]
    text = text_of(report_html(report_inputs(rows)))
    assert "No gene could be tested" in text
    assert "synonymous (control)" in text


def test_a_reason_of_one_test_names_it(result_row, report_inputs, text_of):
    nothing = {"p_value": None, "primary": False, "reason": "no sample carries this burden"}
    rows = [result_row("ONE"), result_row("ONE", coding="two_hits", **nothing)]
    text = text_of(report_html(report_inputs(rows)))
    assert "loss of function burden, two alleles (recessive) no sample carries this burden 1" in text


def test_many_points_are_drawn_as_pixels_and_the_page_stays_light(result_rows, report_inputs):
    page = report_html(report_inputs(result_rows(4_000, "survival", np.random.default_rng(5))))
    pictures = re.findall(r'xlink:href="data:image/png;base64,\s*([^"]+)"', page)
    assert len(pictures) >= 2
    assert all(base64.b64decode(picture).startswith(b"\x89PNG") for picture in pictures)
    assert len(page) < 2_000_000


def test_all_settings_are_shown(result_row, report_inputs, text_of):
    settings = {"name": "A study", "calibration": {"max_permutations": 10_000, "panel": ["SOD1"]}, "tests": ["one"]}
    text = text_of(report_html(report_inputs([result_row("ONE")], settings=settings)))
    assert "name: A study calibration: max_permutations: 10000 panel: - SOD1 tests: - one" in text


def test_the_same_inputs_give_the_same_page(inputs, page):
    assert report_html(inputs) == page


def test_the_page_is_written_to_a_file(inputs, page, tmp_path):
    names = write_report_files(tmp_path, inputs)
    assert (tmp_path / names.page).read_text(encoding="utf-8") == page
