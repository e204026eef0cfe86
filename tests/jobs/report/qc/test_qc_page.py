"""The page says who and what stays, names whom a person must look at, and says what can't be shown."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from jobs.report.qc import QcInputs, qc_html, qc_tables, write_qc_page
from jobs.report.qc.attrition import sample_flow

FLAGGED = {
    "call rate": "PATIENT-000000",
    "contaminated": "PATIENT-000001",
    "not of the reported sex": "PATIENT-000002",
    "XXY": "PATIENT-000003",
    "Ti/Tv": "PATIENT-000004",
    "outlier of the components": "PATIENT-000005",
    "duplicate": "PATIENT-000007",
    "by hand": "PATIENT-000299",
}


def without_figures(page):
    return re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL)


@pytest.fixture(scope="module")
def tables(qc_inputs):
    return qc_tables(qc_inputs)


@pytest.fixture(scope="module")
def bare_page():
    """A page of five samples of whom nothing is known but their ids."""
    return qc_html(QcInputs("Bare", pd.DataFrame({"sample": [f"S{number}" for number in range(5)]})))


def test_the_page_says_first_that_it_stays_at_the_site(qc_page, text_of):
    text = text_of(qc_page)
    assert text.index("Keep this page at the site. It names samples") < text.index(
        "need a look before this is signed"
    )


def test_the_summary_counts_who_and_what_stays(qc_page, qc_inputs, text_of):
    staying = int(qc_inputs.samples["passes"].sum())
    assert f"{staying} of 300 samples and 178,250 of 200,000 variants stay." in text_of(qc_page)


def test_every_finding_links_to_its_section(qc_page, outline):
    ids = {attributes["id"] for _, attributes in outline(qc_page).tags if "id" in attributes}
    findings = re.findall(r'<li class="(\w+)"><span class="level">[^<]+</span><a href="#([\w-]+)">', qc_page)
    assert len(findings) >= 9
    assert {key for _, key in findings} <= ids
    assert [level for level, _ in findings] == sorted(
        (level for level, _ in findings), key=["look", "fine", "unknown"].index
    )


def test_what_was_planted_is_found(qc_page, text_of):
    text = text_of(qc_page)
    for words in (
        "1 sample is not of the reported sex; unusual karyotypes: XXY 1.",
        "1 pair is the same person or identical twins.",
        "1 sample is contaminated: CHARR above 5%.",
        "1 sample is an outlier of the principal components.",
        "2 samples are beyond a threshold: call rate 1, Ti/Tv 1.",
        "750 variants were left out because batches differ, 701 of them for batch twist_2019.",
        "6 samples are excluded, 1 of them by hand.",
        "allele balance (the VCF has no AD)",
    ):
        assert words in text


@pytest.mark.parametrize("sample", FLAGGED.values(), ids=FLAGGED.keys())
def test_a_flagged_sample_is_named_in_a_table(sample, qc_page):
    assert re.search(rf"<t[hd][^>]*>{sample}</t[hd]>", qc_page)


def test_figures_name_no_sample_and_tables_only_those_to_look_at(qc_page, qc_inputs):
    assert "PATIENT" not in "".join(re.findall(r"<svg.*?</svg>", qc_page, flags=re.DOTALL))
    related = set(qc_inputs.kinship["sample_1"]) | set(qc_inputs.kinship["sample_2"])
    assert set(re.findall(r"PATIENT-\d{6}", qc_page)) <= related | set(FLAGGED.values())


def test_the_page_of_quality_control_refers_to_nothing_outside_itself(qc_page, outline):
    assert not re.search("https?:", qc_page)
    assert "@import" not in qc_page
    assert not re.search(r"url\((?!#)", qc_page)
    outside = ("link", "img", "iframe", "object", "embed", "base")
    tags = outline(qc_page).tags
    assert not [tag for tag, _ in tags if tag in outside]
    assert [attributes for tag, attributes in tags if tag == "script"] == [{}], "that of the page's colours alone"
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    references = [value for _, found in tags for name, value in found.items() if name.endswith("href")]
    assert {one[1:] for one in references if one.startswith("#")} <= set(ids)
    assert all(one.startswith(("#", "data:image/png")) for one in references)


def test_figures_and_tables_of_quality_control_can_be_heard(qc_page, outline):
    assert qc_page.count("<table>") == qc_page.count("<caption>") > 20
    tags = outline(qc_page).tags
    assert all(found.get("scope") in ("col", "row") for tag, found in tags if tag == "th")
    figures = [found for tag, found in tags if tag == "svg"]
    assert len(figures) >= 14
    assert all(found["role"] == "img" and found["aria-label"] for found in figures)


def test_opened_elements_are_closed(qc_page):
    body = without_figures(qc_page)
    for tag in ("div", "table", "tr", "td", "th", "section", "figure", "details", "ul", "li", "p", "dl", "pre"):
        assert len(re.findall(rf"<{tag}[\s>]", body)) == body.count(f"</{tag}>"), tag


def test_each_table_of_the_page_is_a_file_and_each_row_is_on_the_page(qc_page, tables, outline):
    text = "".join(outline(without_figures(qc_page)).text)
    for name, table in tables.items():
        first = table.columns[0]
        assert all(str(value) in text for value in table[first].head(200) if isinstance(value, str)), name


def test_attrition_of_samples_ends_at_those_who_stay(tables, qc_inputs):
    flow = tables["sample_attrition"]
    assert flow["before"].iloc[0] == 300
    assert flow["after"].iloc[-1] == qc_inputs.samples["passes"].sum()
    assert (flow["before"] - flow["excluded"] == flow["after"]).all()
    assert flow["rule"].iloc[-1] == "excluded by hand"


def test_attrition_of_variants_counts_one_with_two_reasons_once(tables):
    flow = tables["variant_attrition"].set_index("rule")
    assert flow["fails"].tolist() == [12_200, 7_900, 800, 750, 3_700]
    assert flow["excluded"].tolist() == [12_200, 5_400, 800, 350, 3_000]
    assert flow["fails_only"].tolist() == [9_000, 5_000, 800, 350, 3_000]
    assert flow["after"].iloc[-1] == 178_250


def test_a_rule_that_was_not_applied_is_not_taken_for_one_that_nothing_fails(tables, qc_page):
    calls = tables["genotype_attrition"].set_index("rule")
    assert calls["skipped"].dropna().to_dict() == {"heterozygous, < 0.2 of reads on one allele": "the VCF has no AD"}
    figure = re.search(r"<svg[^>]*Calls that each rule.*?</svg>", qc_page, flags=re.DOTALL)
    assert figure is not None
    assert figure[0].count("not applied") == 1


def test_distributions_are_those_of_the_samples(tables, qc_inputs):
    table = tables["sample_metrics_by_batch"]
    row = table[(table["metric"] == "mean depth") & (table["batch"] == "twist_2019")].iloc[0]
    depth = qc_inputs.samples.loc[qc_inputs.samples["batch"] == "twist_2019", "mean_dp"].sort_values()
    assert row["samples"] == len(depth)
    assert row["q50"] == pytest.approx(depth.median())
    assert (row["smallest"], row["largest"]) == (depth.iloc[0], depth.iloc[-1])


def test_bars_of_contamination_hold_every_sample(tables, qc_inputs):
    bars = tables["contamination"]
    assert bars["samples"].sum() == 300
    assert bars.loc[bars["from_percent"] >= 5, "samples"].sum() == (qc_inputs.samples["charr"] > 0.05).sum()


def test_karyotypes_are_counted_by_reported_sex(tables, qc_inputs):
    counts = tables["karyotypes"].set_index("karyotype")
    samples = qc_inputs.samples
    both = (samples["karyotype"] == "XX") & (samples["reported_sex"] == "female")
    assert counts.loc["XX", "reported female"] == both.sum()
    assert counts["samples"].sum() == 300


def test_missingness_of_variants_is_one_less_the_call_rate(tables):
    poor = tables["missingness_by_batch"].set_index("batch").loc["twist_2019"]
    assert poor["variants_q50"] == pytest.approx(0.025)
    assert poor["variants_q95"] == pytest.approx(0.1)
    assert poor["variants_excluded"] == 701


@pytest.mark.parametrize(
    "words",
    [
        "Attrition of samples: no rule was recorded.",
        "The data have neither X nor Y to tell it from.",
        "Kinship was not estimated.",
        "There are no depths of alleles (AD), or too few homozygous calls with them.",
        "No principal components came with the samples.",
        "Mean depth: the calls have no depth (DP).",
        "No column with batches was given, or all samples are of one batch.",
        "VQSLOD: the VCF has no VQSLOD.",
        "Ti/Tv by frequency: it was not counted.",
        "Calls lost per sample: they were not counted.",
        "No sample is excluded.",
    ],
)
def test_what_is_absent_is_said(words, bare_page, text_of):
    assert words in text_of(bare_page)
    assert "nan" not in text_of(bare_page).lower().split()


def test_nobody_has_a_page(text_of):
    assert "0 of 0 samples stay." in text_of(qc_html(QcInputs("Empty", pd.DataFrame({"sample": []}))))


def test_without_depth_sex_is_shown_by_calls_on_x_and_y(qc_inputs, text_of):
    samples = qc_inputs.samples.drop(columns=["x_copies", "y_copies", "x_ploidy", "y_ploidy", "mean_dp"])
    text = text_of(qc_html(only(qc_inputs, samples)))
    assert "Copies of X and Y: there is no depth outside their pseudoautosomal regions." in text
    assert "share of variants on Y that are called" in text


def test_without_y_sex_is_shown_by_x_alone(qc_inputs, text_of):
    columns = ["x_copies", "y_copies", "x_ploidy", "y_ploidy", "y_called", "y_variants"]
    text = text_of(qc_html(only(qc_inputs, qc_inputs.samples.drop(columns=columns))))
    assert "Y: no variant on it is called." in text


def only(inputs, samples):
    """Give inputs with the samples' sex alone."""
    sexes = [name for name in samples if name.startswith(("x_", "y_")) or "sex" in name or name == "karyotype"]
    return QcInputs(inputs.study, samples[["sample", *sexes]])


def test_reasons_of_components_and_kinship_are_passed_on(text_of):
    samples = pd.DataFrame({"sample": ["A", "B"]})
    inputs = QcInputs(
        "Few", samples, pd.DataFrame({"kinship": []}), {"reason": "only 12 variants"}, kinship_reason="only 12 sites"
    )
    text = text_of(qc_html(inputs))
    assert "Only 12 variants." in text
    assert "Only 12 sites." in text


def test_no_related_pair_is_a_finding_and_not_an_absence(text_of):
    inputs = QcInputs("Few", pd.DataFrame({"sample": ["A", "B"]}), pd.DataFrame({"kinship": []}))
    assert "No pair of samples is related in the third degree or closer." in text_of(qc_html(inputs))


def test_markup_in_names_and_reasons_is_text(outline):
    symbols = ["<script>alert(1)</script>", "<img src=1>", "$x_1$ {{ 7 * 7 }}", "A&B'\\\""]
    study, sample, batch, reason = symbols
    samples = pd.DataFrame(
        {"sample": [sample, *"bcdef"], "batch": [batch, *"vwxyz"], "call_rate": np.linspace(0.9, 1, 6)}
    )
    excluded = pd.DataFrame({"sample": [sample], "reasons": [[reason]], "by": ["hand"]})
    met = outline(qc_html(QcInputs(study, samples, excluded=excluded)))
    assert [tag for tag, _ in met.tags if tag in ("script", "img")] == ["script"], "that of the page's colours alone"
    assert all(symbol in "".join(met.text) for symbol in symbols)


def test_long_tables_are_cut_on_the_page_and_whole_in_their_file():
    samples = pd.DataFrame({"sample": [f"S{number:04}" for number in range(500)]})
    excluded = pd.DataFrame({"sample": samples["sample"], "reasons": [["call rate below 0.95"]] * 500, "by": "rule"})
    inputs = QcInputs("Long", samples, excluded=excluded)
    assert "the first 200 rows of 500; all are in excluded_samples.tsv" in qc_html(inputs)
    assert len(qc_tables(inputs)["excluded_samples"]) == 500


def test_the_same_inputs_give_the_same_page(qc_page, qc_inputs):
    assert qc_html(qc_inputs) == qc_page


def test_attrition_does_not_depend_on_the_order_of_samples(qc_inputs):
    turned = replace(qc_inputs, samples=qc_inputs.samples.iloc[::-1].reset_index(drop=True))
    assert sample_flow(turned).equals(sample_flow(qc_inputs))


def test_the_page_of_quality_control_is_written_to_a_file_and_its_numbers_are_given(tmp_path):
    path, inputs = tmp_path / "qc.html", QcInputs("A study", pd.DataFrame({"sample": ["A"]}))
    given = write_qc_page(path, inputs)
    assert path.read_text(encoding="utf-8").endswith("</html>")
    assert given.keys() == qc_tables(inputs).keys()


def test_thirty_thousand_samples_keep_the_page_light(make_inputs):
    assert len(qc_html(make_inputs(30_000, variant_summary={}))) < 2_500_000
