"""What the overview says of a trait is true of its numbers."""

import pytest

from association.results import FLAGS
from jobs.report import report_html
from jobs.report.chances import chance_of_smaller, detectable_hazard_ratio
from jobs.report.findings import find


def test_a_gene_that_passes_is_named_with_its_numbers(page, inputs, text_of):
    text = text_of(page)
    assert "1 gene passes the family-wise 5% line" in text
    assert "SIM00007 : 20 carriers of loss of function variants, 10 events where 6.7 were expected" in text
    assert "No gene passes" in text
    family = find(inputs, inputs.traits[0]).family
    assert f"of {family.tests} genes" in text or f"all {family.tests} genes" in text


def test_adjusted_p_values_are_said_where_there_are_some(result_row, report_inputs, text_of):
    rows = [
        result_row("GENE", exceedances=2, primary=False),
        result_row("GENE", "all", "omnibus", exceedances=9, p_family=0.001, q_value=0.0042),
        *(result_row(f"G{i}", "all", "omnibus") for i in range(5)),
    ]
    text = text_of(report_html(report_inputs(rows)))
    assert "\u22126 (burden). Over all masks and tests p = 1.0" in text
    assert "\u22125 , adjusted for all genes 0.0010, q = 0.0042." in text
    text = text_of(report_html(report_inputs([row | {"p_family": None, "q_value": None} for row in rows])))
    assert "adjusted for all genes 0" not in text


def test_the_chance_counts_every_gene_that_can_show_the_smallest_p_value(result_row, report_inputs, text_of):
    first = result_row("FIRST", exceedances=9_999)
    rich = [result_row(f"R{i}") for i in range(9)]
    poor = [result_row(f"P{i}", min_attainable_p=0.009) for i in range(9)]
    poorest = [result_row(f"Q{i}", min_attainable_p=0.011) for i in range(9)]
    inputs = report_inputs([first, *rich, *poor, *poorest])
    assert find(inputs, inputs.traits[0]).family.counted == 10
    # 19 of the 28 genes can show 0.01: 1 - 0.99^19 is 0.174.
    assert "would come by chance in about 17 of 100 such studies" in text_of(report_html(inputs))


def test_the_chance_is_the_adjusted_p_value_where_there_is_one(result_row, report_inputs, text_of):
    rows = [result_row("FIRST", exceedances=9_999, p_family=0.11), *(result_row(f"G{i}") for i in range(20))]
    assert "would come by chance in about 11 of 100 such studies" in text_of(report_html(report_inputs(rows)))


def test_the_line_is_said_to_be_a_traits_own(page, inputs, report_inputs, text_of):
    assert text_of(page).count("line of this trait") == 2
    note = "the chance of a false finding per trait, not over all 2"
    assert note in text_of(page)
    assert "per trait, not over" not in text_of(report_html(report_inputs(inputs.results)))


@pytest.fixture
def slope_page(result_row, report_inputs, text_of):
    """Give a function: text of a page with one strong gene, its burden tested under each of some weights."""

    def make(*weights):
        slope = {"trait": "alsfrs_slope"}
        rows = [result_row(f"G{i}", "all", "omnibus", **slope) for i in range(1, 6)]
        rows.append(result_row("STRONG", "all", "omnibus", exceedances=0, **slope))
        for scheme in weights:
            flat = scheme == "flat"
            effect, exceedances = (-0.25, 20) if flat else (-0.011, 0)
            own = {"weights": scheme, "effect": effect, "exceedances": exceedances, "primary": False}
            rows.append(result_row("STRONG", **own, **slope))
        return text_of(report_html(report_inputs(rows, traits=("alsfrs_slope",))))

    return make


def test_an_unweighted_effect_is_said_per_allele(slope_page):
    text = slope_page("flat")
    assert "who lose function faster, by 0.25 points per month for each allele" in text
    assert "Points per month per allele, 95% interval" in text
    assert "one-step estimates per allele, from the mask's burden, seen from the null model" in text


@pytest.mark.parametrize(
    ("scheme", "words"),
    [("beta_1_25", "Beta(1, 25) weights"), ("madsen_browning", "Madsen\u2013Browning weights")],
)
def test_a_weighted_effect_is_not_said_per_allele(scheme, words, slope_page):
    text = slope_page(scheme)
    assert "STRONG : 20 carriers of loss of function variants; p =" in text
    assert "for each allele" not in text
    assert "per unit of burden, 95% interval" in text
    assert "estimates per allele" not in text
    assert f"burden, {words}" in text


def test_a_weighted_tests_gene_is_described_by_its_unweighted_burden(slope_page):
    assert "by 0.25 points per month for each allele" in slope_page("beta_1_25", "flat")


@pytest.mark.parametrize(
    ("trait_type", "events", "words"),
    [
        ("binary", 6.0, "6 cases where 3.0 were expected: more often in carriers"),
        ("count", 2.0, "2 counts where 3.0 were expected: lower in carriers"),
        ("ordinal", None, "whose trait is higher, by 0.70 (log odds ratio) for each allele"),
        ("quantitative", None, "whose trait is higher, by 0.70 (trait units) for each allele"),
    ],
)
def test_each_type_of_trait_has_its_words(
    trait_type, events, words, result_row, report_inputs, trait_summary, text_of
):
    own = {"observed_events": events, "expected_events": events and 3.0}
    rows = [result_row(f"G{i}", **own) for i in range(5)] + [result_row("GENE", exceedances=0, **own)]
    summary = trait_summary("survival", type=trait_type, events=events and 40, person_months=None)
    text = text_of(report_html(report_inputs(rows, summaries=[summary])))
    assert words in text
    assert "person-months" not in text
    assert "hazard" not in text.partition("The columns of the result files")[0]


def test_the_chance_of_a_smaller_p_value_holds_for_tiny_ones():
    assert chance_of_smaller(0.01, 100) == pytest.approx(1 - 0.99**100)
    assert chance_of_smaller(1e-300, 10) == pytest.approx(1e-299)


def test_the_detectable_hazard_ratio_is_schoenfelds():
    ratio = detectable_hazard_ratio(events=180, carrier_share=10 / 300, level=0.05 / 100)
    assert ratio == pytest.approx(6.0, abs=0.15)


def test_the_detectable_hazard_ratio_is_said_for_the_median_gene(result_row, report_inputs, trait_summary, text_of):
    rows = [result_row(f"G{i}", carriers=10) for i in range(100)]
    text = text_of(report_html(report_inputs(rows, summaries=[trait_summary("survival", events=180)])))
    assert "A gene with 10 carriers, the median, is found in 4 of 5 studies if its hazard ratio is 6.0." in text


@pytest.mark.parametrize("flag", ["one_variant_driven", "single_variant", "one_stratum"])
def test_a_caution_about_the_mask_behind_a_gene_that_passes_is_said(flag, result_row, report_inputs, text_of):
    rows = [
        result_row("GENE", exceedances=2, primary=False, flags=flag),
        result_row("GENE", "missense", primary=False),
        result_row("GENE", "all", "omnibus", exceedances=9),
        result_row("QUIET", "all", "omnibus", flags=flag),
    ]
    page = report_html(report_inputs(rows))
    words = {"single_variant": "one variant carries the whole result", "one_stratum": "a local cause"}
    said = text_of("".join(line for line in page.splitlines() if line.startswith("<li><em>")))
    assert said.strip().startswith("GENE : ")
    assert words.get(flag, FLAGS.get(flag)) in said
    assert "QUIET" not in said
