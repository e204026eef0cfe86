"""What people see first says what the numbers say: headline genes and how sure, what could be found, who is out."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from association.results import COLUMNS
from jobs.report import report_html
from jobs.report.audience import Audience
from jobs.report.control_figure import control_figure
from jobs.report.detectable import detectable_effects, mean_information
from jobs.report.figure_data import drawn, published
from jobs.report.findings import find
from jobs.report.headline import headline_rows, verdict
from jobs.report.numbers import FEW
from jobs.report.opening import listed, opening_sentences
from jobs.report.run_record import run_record
from jobs.result_files import NULL_MODELS


@pytest.fixture
def first(report_inputs):
    """Give a function: findings of the first trait of made-up rows."""

    def make(rows, **changes):
        inputs = report_inputs(rows, **changes)
        return find(inputs, inputs.traits[0])

    return make


def test_genes_that_pass_are_the_headline(result_row, first):
    rows = [result_row(f"P{i}", exceedances=i) for i in range(7)] + [result_row(f"Q{i}") for i in range(9)]
    shown = headline_rows(first(rows), {"P1": "gene-P1"})
    assert [row["gene"] for row in shown] == ["P0", "P1", "P2", "P3", "P4"]
    assert [row["anchor"] for row in shown] == [None, "gene-P1", None, None, None]
    assert all(row["verdict"].startswith("passes") for row in shown)


def test_where_none_passes_the_nearest_two_are_shown_and_said_not_to(result_row, first):
    rows = [result_row(f"Q{i}", exceedances=100_000 * (i + 1), p_family=0.4) for i in range(9)]
    shown = headline_rows(first(rows), {})
    assert [row["gene"] for row in shown] == ["Q0", "Q1"]
    assert all(row["verdict"] == "does not pass; chance gives one as small in 40 of 100 studies" for row in shown)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"significant": True, "unsettled": True}, "passes; more permutations could undo it"),
        ({"significant": True, "p_lower": 1e-5, "p_upper": 2e-4}, "passes, as does its whole interval"),
        ({"significant": True, "p_lower": math.nan, "p_upper": math.nan}, "passes"),
        ({"unsettled": True}, "does not pass; more permutations could change that"),
        ({"min_attainable_p": 0.01}, "could not pass: too few carriers"),
        ({"p_family": 0.002}, "does not pass; chance gives one as small in fewer than 1 of 100 studies"),
        ({"p_family": math.nan}, "does not pass"),
    ],
)
def test_a_verdict_is_of_the_p_value_and_its_line(changes, words):
    gene = {"significant": False, "unsettled": False, "min_attainable_p": 1e-9, "p_family": math.nan} | changes
    assert verdict(gene, 1e-3) == words


def test_the_detectable_hazard_ratio_is_schoenfelds_at_the_line(result_row, first, trait_summary):
    rows = [result_row(f"G{i}", carriers=10) for i in range(100)]
    findings = first(rows, summaries=[trait_summary("survival", events=180)])
    effects = {one.carriers: one for one in detectable_effects(findings)}
    quantile = norm.isf(0.05 / 100 / 2) + norm.ppf(0.8)
    for carriers in (10, 40):
        share = carriers / 300
        assert float(effects[carriers].effect) == pytest.approx(
            math.exp(quantile / math.sqrt(180 * share * (1 - share))), rel=0.02
        )
    assert [effects[carriers].genes for carriers in (5, 10, 20)] == [100, 100, 0]


def test_what_a_slope_tells_is_read_off_the_standard_errors(result_row, first):
    own = {"trait": "alsfrs_slope", "carriers": 20, "effect": 0.1, "standard_error": 0.1}
    rows = [result_row(f"G{i}", **own) for i in range(8)] + [result_row("FEW", trait="alsfrs_slope", carriers=2)]
    findings = first(rows, traits=("alsfrs_slope",))
    assert mean_information(findings) == pytest.approx(1 / (0.1**2 * 20 * (1 - 20 / 300)))
    by_number = {one.carriers: one.effect for one in detectable_effects(findings)}
    quantile = norm.isf(findings.family.threshold / 2) + norm.ppf(0.8)
    assert float(by_number[20].removeprefix("\u00b1\u2009")) == pytest.approx(0.1 * quantile, rel=0.02)


@pytest.mark.parametrize("events", [None, FEW, 0])
def test_nothing_is_said_to_be_detectable_where_events_are_not_told(events, result_row, first, trait_summary):
    assert not detectable_effects(first([result_row("G")], summaries=[trait_summary("survival", events=events)]))


def test_who_is_in_and_out_is_said_of_samples_and_traits(result_row, report_inputs, trait_summary):
    sample = {"unit": "sample", "before": 300, "reason": "call rate below 0.9"}
    attrition = [
        sample | {"step": "call rate", "excluded": 12, "after": 288},
        sample | {"step": "all", "excluded": 12, "after": 288, "reason": "any"},
    ]
    summary = trait_summary("survival", samples=280, exclusions=[{"reason": "no entry date", "count": 8}])
    inputs = report_inputs([result_row("ONE"), result_row("TWO")], summaries=[summary], attrition=attrition)
    said = " ".join(opening_sentences(inputs, [find(inputs, summary)]))
    assert "two genes were asked" in said.lower()
    assert "288 of 300 sequenced samples passed quality control; the rest did not: call rate below 0.9 (12)." in said
    assert "Survival has 280 patients; left out: no entry date (8)." in said


def test_what_is_withheld_is_not_spoken_of(result_row, report_inputs, trait_summary):
    sample = {"unit": "sample", "before": None, "after": None, "reason": "call rate"}
    attrition = [sample | {"step": "x", "excluded": FEW}, sample | {"step": "all", "excluded": FEW}]
    summary = trait_summary("survival", exclusions=[{"reason": "no entry date", "count": FEW}])
    inputs = report_inputs([result_row("ONE")], summaries=[summary], attrition=attrition)
    said = " ".join(opening_sentences(inputs, [find(inputs, summary)]))
    assert "passed quality control" not in said
    assert said.endswith("left out: no entry date (&lt;5).")
    assert "inf" not in said


@pytest.mark.parametrize(
    ("words", "joined"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (list("abc"), "a, b and c")]
)
def test_words_are_joined_as_in_a_sentence(words, joined):
    assert listed(list(words)) == joined


def test_a_site_has_links_to_its_pages_and_a_consortium_their_names(result_row, report_inputs):
    pages = {
        audience: report_html(report_inputs([result_row("G")], audience=audience)).partition('id="overview"')[2]
        for audience in Audience
    }
    assert "_site" in NULL_MODELS
    assert 'href="null_models_site.html"' in pages[Audience.SITE]
    assert 'href="null_models_site.html"' not in pages[Audience.CONSORTIUM]
    assert "<code>null_models_site.html</code>" in pages[Audience.CONSORTIUM]


def test_there_is_no_figure_of_a_control_without_one(first, result_row):
    assert control_figure([first([result_row("G")])]) is None


def test_a_published_figure_has_text_once_and_numbers_short():
    data = pd.DataFrame({"gene": ["A", "B", "A"], "p": [1 / 3, math.nan, math.inf], "one": ["x"] * 3})
    assert published(data) == {
        "rows": 3,
        "columns": {
            "gene": {"values": ["A", "B"], "codes": [0, 1, 0]},
            "p": [0.333333, None, None],
            "one": {"value": "x"},
        },
    }


def test_of_many_points_the_strongest_are_published():
    data = pd.DataFrame({"observed": np.arange(5_000.0)})
    found = published(data)
    assert found["rows"] == 5_000
    assert found["columns"]["observed"] == [float(value) for value in range(4_999, 3_999, -1)]


def test_a_figures_numbers_cannot_end_their_block(result_row, first):
    block = drawn(control_figure([first([result_row("G"), result_row("G", "synonymous")])]))
    assert block.count("</script>") == 1
    assert block.endswith("</script>")


def test_the_record_names_files_without_their_folders():
    run = {
        "began": "2026-11-29T22:26:10+00:00",
        "seed": 0,
        "cost": 3.456,
        "stages": [{"name": "scan", "seconds": 300.0}, {"name": "load", "seconds": 1e6, "reused": True}],
        "inputs": [{"name": "/home/jane.doe/cohort.vcf.gz", "size": 1_572_864, "crc32c": "0badcafe"}],
    }
    found = run_record(run)
    assert ("begun", "2026-11-29 22:26 UTC") in found["facts"]
    assert ("time of all stages", "5 min") in found["facts"]
    assert ("seed", "0") in found["facts"]
    assert ("cost, US dollars, estimated", "3.5") in found["facts"]
    assert found["inputs"] == [{"name": "cohort.vcf.gz", "size": "1.50 MiB", "crc32c": "0badcafe"}]
    assert run_record({}) == {"facts": [], "inputs": []}


def test_an_overview_without_any_result_is_made(report_inputs):
    row = dict.fromkeys(column.name for column in COLUMNS) | {"gene": "G", "trait": "survival", "mask": "plof"}
    assert "Headline genes" not in report_html(report_inputs([row | {"flags": "", "primary": True}]))
