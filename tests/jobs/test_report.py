"""The report shows the numbers of the tables, says what they allow, and refers to nothing outside itself."""

import base64
import html
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta, poisson

from association.results import COLUMNS
from jobs.report import ReportInputs, report_html, write_report
from jobs.report.figures import attrition_figure, manhattan_figure, quantile_figure
from jobs.report.findings import (
    chance_of_smaller,
    control_median,
    detectable_hazard_ratio,
    find,
    mask_table,
    poisson_interval,
)
from jobs.report.quantiles import quantiles
from jobs.report.wording import count, flag_words, p_value, percent, plain_words, title

MASKS = ("plof", "missense", "synonymous")
TESTS = ("burden", "skat")
PERMUTATIONS = 100_000


def result_rows(genes, trait, generator, strong=()):
    """Rows of genes without effect, but for `strong` ones, whose first mask is as small as permutation shows."""
    rows = []
    for number in range(genes):
        for mask in MASKS:
            for test in TESTS:
                carriers = int(generator.integers(1, 25))
                exceedances = int(generator.integers(1, PERMUTATIONS))
                gene = f"SIM{number:05}"
                if gene in strong:
                    carriers = 20
                    exceedances = 0 if mask == "plof" else exceedances
                rows.append(result_row(gene, number, trait, mask, test, carriers, exceedances))
    return rows


def result_row(gene, number, trait, mask, test, carriers, exceedances):
    p = (1 + exceedances) / (1 + PERMUTATIONS)
    survival = trait == "survival"
    flags = ["few_carriers"] if carriers < 3 else []
    flags += ["at_resolution_limit"] if exceedances == 0 else []
    return {
        "gene": gene,
        "contig": f"chr{1 + number % 22}",
        "start": 1_000 * number + 1,
        "trait": trait,
        "mask": mask,
        "max_af": 0.01,
        "test": test,
        "weights": "flat",
        "samples": 300,
        "variants": max(1, carriers // 2),
        "carriers": carriers,
        "minor_allele_count": carriers,
        "observed_events": float(carriers // 2) if survival else None,
        "expected_events": carriers / 3 if survival else None,
        "effect": 0.7 if test == "burden" else None,
        "standard_error": 0.3 if test == "burden" else None,
        "p_value": p,
        "neg_log10_p": -np.log10(p),
        "p_lower": p / 2 if exceedances else 0.0,
        "p_upper": min(1.0, p * 2),
        "method": "permutation",
        "permutations": PERMUTATIONS,
        "exceedances": exceedances,
        "p_asymptotic": p / 3,
        "neg_log10_p_asymptotic": -np.log10(p / 3),
        "min_attainable_p": 300.0**-carriers,
        "flags": ";".join(flags),
        "reason": None,
    }


def trait_summary(trait, **changes):
    survival = trait == "survival"
    return {
        "name": trait,
        "type": "survival" if survival else "alsfrs_slope",
        "samples": 300,
        "events": 165 if survival else None,
        "person_months": 6_900.4 if survival else None,
        "strata": 3,
        "coefficients": [{"name": "age_at_onset", "estimate": 0.025, "standard_error": 0.006}],
        "exclusions": [{"reason": "no scored visit", "count": 4}],
        "details": {"tied_fraction": 0.05},
        **changes,
    }


def report_inputs(rows, traits=("survival", "alsfrs_slope"), summaries=None, **changes):
    columns = [column.name for column in COLUMNS]
    frame = pd.DataFrame(rows, columns=columns)
    numbers = [column.name for column in COLUMNS if str(column.type) in ("double", "int64")]
    frame[numbers] = frame[numbers].astype(float)
    given = {
        "results": frame,
        "attrition": [
            {
                "step": "depth",
                "unit": "genotype",
                "before": 1_000,
                "excluded": 30,
                "after": 970,
                "reason": "depth below 10",
            },
            {"step": "all", "unit": "genotype", "before": 1_000, "excluded": 30, "after": 970, "reason": "any"},
            {
                "step": "filter",
                "unit": "variant",
                "before": 50,
                "excluded": 0,
                "after": 50,
                "reason": "FILTER is not PASS",
                "skipped": "no FILTER",
            },
        ],
        "traits": summaries or [trait_summary(name) for name in traits],
        "settings": {"name": "A study", "alpha": 0.05, "calibration": {"max_permutations": PERMUTATIONS}},
        "run": {"versions": {"progex": "0.1.0"}, "stages": [{"name": "scan", "seconds": 12.3, "reused": True}]},
        **changes,
    }
    return ReportInputs(**given)


@pytest.fixture(scope="module")
def inputs():
    generator = np.random.default_rng(1)
    survival = result_rows(150, "survival", generator, strong=("SIM00007",))
    return report_inputs([*survival, *result_rows(150, "alsfrs_slope", generator)])


@pytest.fixture(scope="module")
def page(inputs):
    return report_html(inputs)


class Outline(HTMLParser):
    """What a browser's reader would meet: tags with attributes, and the text between."""

    def __init__(self, page):
        super().__init__()
        self.tags = []
        self.text = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)


def hrefs(outline):
    return [value for _, attributes in outline.tags for name, value in attributes.items() if name.endswith("href")]


def text_of(page):
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


def drawn_heights(figure):
    """Heights of the points of a figure, as drawn."""
    heights = []
    for group in re.findall(r'<g id="[^"]*PathCollection_\d+">(.*?)\n   </g>', str(figure.image), re.DOTALL):
        heights += [float(y) for y in re.findall(r'<use [^>]*?\by="([^"]+)"', group)]
    return np.array(heights)


def test_the_page_refers_to_nothing_outside_itself(page):
    assert "http" not in page
    assert "src=" not in page
    assert "<script" not in page
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)
    outline = Outline(page)
    assert not [
        tag for tag, _ in outline.tags if tag in ("link", "img", "iframe", "object", "embed", "script", "base")
    ]
    references = [
        value for _, attributes in outline.tags for name, value in attributes.items() if name.endswith("href")
    ]
    assert references
    assert all(reference.startswith("#") for reference in references)


def test_every_inner_reference_has_its_one_target(page):
    outline = Outline(page)
    ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = [reference[1:] for reference in hrefs(outline)]
    targets += re.findall(r"url\(#([^)]+)\)", page)
    assert set(targets) <= set(ids)


def test_tables_have_captions_and_headers_have_scopes(page):
    assert page.count("<table>") == page.count("<caption>") > 5
    headers = [attributes for tag, attributes in Outline(page).tags if tag == "th"]
    assert all(attributes.get("scope") in ("col", "row") for attributes in headers)
    figures = [attributes for tag, attributes in Outline(page).tags if tag == "svg"]
    assert all(attributes["role"] == "img" and attributes["aria-label"] for attributes in figures)


def test_the_quantile_figure_shows_every_tested_row(inputs):
    findings = find(inputs, inputs.traits[0])
    figure = quantile_figure(findings)
    tested = inputs.tested("survival")
    assert len(figure.data) == len(tested)
    for (mask, test), drawn in figure.data.groupby(["mask", "test"]):
        table = tested[(tested["mask"] == mask) & (tested["test"] == test)].set_index("gene")["neg_log10_p"]
        np.testing.assert_array_equal(drawn["observed"], table[drawn["gene"]])
        assert drawn["observed"].is_monotonic_decreasing
        np.testing.assert_allclose(10 ** -drawn["expected"], np.arange(1, len(drawn) + 1) / (len(drawn) + 1))


def test_the_manhattan_figure_draws_each_genes_smallest_p_value(inputs):
    findings = find(inputs, inputs.traits[0])
    figure = manhattan_figure(findings)
    rows = inputs.tested("survival")
    rows = rows[(rows["mask"] != "synonymous") & (rows["carriers"] >= 3)]
    smallest = rows.groupby("gene")["neg_log10_p"].max()
    shown = figure.data.set_index("gene")
    pd.testing.assert_series_equal(shown["neg_log10_p"].sort_index(), smallest.sort_index())
    assert shown.index[shown["significant"]].tolist() == ["SIM00007"]
    contig = figure.data["contig"].str.removeprefix("chr").astype(int)
    assert contig.is_monotonic_increasing
    heights = drawn_heights(figure)
    assert len(heights) == len(smallest)
    # Heights on the page grow downwards, in proportion.
    drawn, known = np.sort(-heights), np.sort(smallest.to_numpy())
    np.testing.assert_allclose((drawn - drawn[0]) / np.ptp(drawn), (known - known[0]) / np.ptp(known), atol=1e-5)


def test_the_attrition_figure_shows_shares(inputs):
    data = attrition_figure(inputs.attrition).data
    assert data["share"].tolist() == [0.03, 0.03, 0.0]


def test_a_gene_that_passes_is_named_with_its_numbers(page, inputs):
    text = text_of(page)
    assert "1 gene passes the family-wise 5% line" in text
    assert "SIM00007 : 20 carriers of loss of function variants, 10 events where 6.7 were expected" in text
    assert "No gene passes" in text
    assert "the p-value is an upper bound set by their number" in text
    family = find(inputs, inputs.traits[0]).family
    assert f"of {family.tests} tests" in text or f"all {family.tests} tests" in text


def test_rows_of_one_or_two_carriers_are_counted_and_not_shown():
    rows = [
        result_row("LONELY", 1, "survival", "plof", "burden", 1, 3),
        result_row("PAIR", 2, "survival", "plof", "burden", 2, 0),
        result_row("CROWD", 3, "survival", "plof", "burden", 12, 40_000),
    ]
    page = report_html(report_inputs(rows, traits=("survival",)))
    assert "LONELY" not in page
    assert "PAIR" not in page
    assert "CROWD" in page
    assert "2 genes have fewer than 3 carriers in every mask" in text_of(page)
    assert "No gene passes" in page


def test_the_control_is_no_hypothesis():
    rows = [result_row("LOUD", 1, "survival", "synonymous", "burden", 20, 0)]
    rows += [result_row(f"G{i}", 2 + i, "survival", "plof", "burden", 20, 50_000) for i in range(30)]
    inputs = report_inputs(rows, traits=("survival",))
    findings = find(inputs, inputs.traits[0])
    assert findings.family.tests == 30
    assert findings.significant.empty
    assert "The negative control is not quiet" in report_html(inputs)


def test_a_test_outside_the_family_cannot_pass():
    rows = [result_row(f"G{i}", i, "survival", "plof", "burden", 20, 50_000) for i in range(30)]
    sparse = result_row("SPARSE", 40, "survival", "plof", "burden", 20, 0) | {"min_attainable_p": 0.04}
    lucky = result_row("BOTH", 41, "survival", "plof", "burden", 20, 0) | {"min_attainable_p": 0.04}
    sound = result_row("BOTH", 41, "survival", "missense", "burden", 20, 1)
    inputs = report_inputs([*rows, sparse, lucky, sound], traits=("survival",))
    findings = find(inputs, inputs.traits[0])
    assert findings.family.counted == 31
    assert findings.family.threshold < 0.04
    assert findings.significant[["gene", "mask"]].to_numpy().tolist() == [["BOTH", "missense"]]


def control_page(exceedances):
    """Text of a page whose control has these p-values for burden, and for SKAT those of a far-off median."""
    rows = []
    for number, exceeding in enumerate(exceedances):
        rows.append(result_row(f"G{number}", number, "survival", "synonymous", "burden", 20, int(exceeding)))
        rows.append(result_row(f"G{number}", number, "survival", "synonymous", "skat", 20, 90_000))
    rows.append(result_row("G0", 0, "survival", "plof", "burden", 20, 50_000))
    return text_of(report_html(report_inputs(rows, traits=("survival",))))


# Of 99 uniform p-values the median's central 99% is 0.373 to 0.627 (Beta(50, 50)).
@pytest.mark.parametrize(("median", "quiet"), [(0.36, False), (0.39, True), (0.5, True), (0.61, True), (0.64, False)])
def test_the_controls_median_is_judged_by_its_own_null(median, quiet):
    page = control_page(PERMUTATIONS * np.interp(np.linspace(0.02, 0.98, 99), [0, 0.5, 1], [0, median, 1]))
    assert ("The negative control is quiet" in page) == quiet
    assert ("The negative control is not quiet" in page) != quiet
    assert f"the median p of 99 burden tests is {median:.2f}, where chance gives 0.37 to 0.63" in page


def test_one_null_control_in_a_hundred_has_a_median_outside():
    generator = np.random.default_rng(7)
    rows = pd.DataFrame({"test": "burden", "weights": "flat", "max_af": 0.01, "p_value": np.zeros(100)})
    outside = sum(not control_median(rows.assign(p_value=generator.random(100))).expected for _ in range(3_000))
    # 30 expected; four standard deviations of the count.
    assert abs(outside - 30) < 4 * np.sqrt(30)


def test_a_missing_control_is_said():
    rows = [result_row(f"G{i}", i, "survival", "plof", "burden", 20, 50_000) for i in range(3)]
    assert "There is no synonymous mask" in report_html(report_inputs(rows, traits=("survival",)))


def test_too_few_permutations_are_said_and_a_number_is_proposed():
    rows = [result_row(f"G{i:05}", i, "survival", "plof", "burden", 20, 30_000) for i in range(9_000)]
    text = text_of(report_html(report_inputs(rows, traits=("survival",))))
    assert "no gene could pass" in text
    assert "calibration.max_permutations to at least 10,000,000" in text


def test_tests_that_stopped_early_do_not_raise_the_floor():
    rows = [result_row(f"G{i}", i, "survival", "plof", "burden", 20, 30_000) for i in range(60)]
    inputs = report_inputs([row | {"permutations": 256} for row in rows], traits=("survival",))
    findings = find(inputs, inputs.traits[0])
    assert findings.family.threshold < 1 / 257
    assert findings.floor == 1 / (1 + PERMUTATIONS)
    assert "no gene could pass" not in text_of(report_html(inputs))


@pytest.mark.parametrize("symbol", ["<script>alert(1)</script>", '"><img src=x>', "A&B", "$x_1$ {{ 7 * 7 }}", "'\\"])
def test_markup_in_names_is_text(symbol):
    rows = [result_row(symbol, 1, symbol, "plof", "burden", 20, 0)]
    rows += [result_row("QUIET", 2, symbol, "plof", "burden", 20, 50_000)]
    summary = trait_summary("survival", name=symbol, exclusions=[{"reason": symbol, "count": 1}])
    attrition = [{"step": symbol, "unit": symbol, "before": 3, "excluded": 1, "after": 2, "reason": symbol}]
    settings = {"name": symbol, "alpha": 0.05, symbol: symbol}
    run = {"versions": {symbol: symbol}}
    inputs = report_inputs(rows, attrition=attrition, settings=settings, run=run, summaries=[summary])
    page = report_html(inputs)
    outline = Outline(page)
    assert not [tag for tag, _ in outline.tags if tag in ("script", "img")]
    assert "".join(outline.text).count(symbol) >= 5


def test_no_significant_gene_makes_a_sensible_page():
    rows = result_rows(40, "survival", np.random.default_rng(3))
    text = text_of(report_html(report_inputs(rows, traits=("survival",))))
    assert "No gene passes" in text
    assert "would come by chance in about" in text


def test_the_chance_counts_every_test_that_can_show_the_smallest_p_value():
    first = result_row("FIRST", 0, "survival", "plof", "burden", 20, 999)
    rich = [result_row(f"R{i}", 1 + i, "survival", "plof", "burden", 20, 50_000) for i in range(9)]
    poor = [row | {"gene": f"P{row['gene']}", "min_attainable_p": 0.009} for row in rich]
    poorest = [row | {"gene": f"Q{row['gene']}", "min_attainable_p": 0.011} for row in rich]
    inputs = report_inputs([first, *rich, *poor, *poorest], traits=("survival",))
    assert find(inputs, inputs.traits[0]).family.counted == 10
    # 19 of the 28 tests can show 0.01: 1 - 0.99^19 is 0.174.
    assert "would come by chance in about 17 of 100 such studies" in text_of(report_html(inputs))


def test_the_line_is_said_to_be_a_traits_own(page, inputs):
    assert text_of(page).count("line of this trait") == 2
    note = "the chance of a false finding per trait, not over all 2"
    assert note in text_of(page)
    assert "per trait, not over" not in text_of(report_html(report_inputs(inputs.results, traits=("survival",))))


def slope_page(*weights):
    """Text of a page with one strong gene, its burden tested under each of `weights`."""
    rows = [result_row(f"G{i}", i, "alsfrs_slope", "plof", "burden", 20, 50_000) for i in range(1, 6)]
    for scheme in weights:
        strong = result_row("STRONG", 0, "alsfrs_slope", "plof", "burden", 20, 0 if scheme != "flat" else 2)
        rows.append(strong | {"weights": scheme, "effect": -0.25 if scheme == "flat" else -0.011})
    return text_of(report_html(report_inputs(rows, traits=("alsfrs_slope",))))


def test_an_unweighted_effect_is_said_per_allele():
    text = slope_page("flat")
    assert "who lose function faster, by 0.25 points per month for each allele" in text
    assert "one step, per allele, 95% interval" in text
    assert "one-step estimates per allele, seen from the null model" in text


@pytest.mark.parametrize(
    ("scheme", "words"),
    [("beta_1_25", "Beta(1, 25) weights"), ("madsen_browning", "Madsen\u2013Browning weights")],
)
def test_a_weighted_effect_is_not_said_per_allele(scheme, words):
    text = slope_page(scheme)
    assert "STRONG : 20 carriers of loss of function variants; p =" in text
    assert "for each allele" not in text
    assert "one step, per unit of burden, 95% interval" in text
    assert "estimates per allele" not in text
    assert f"burden, {words}" in text


def test_a_weighted_tests_gene_is_described_by_its_unweighted_burden():
    assert "by 0.25 points per month for each allele" in slope_page("beta_1_25", "flat")


@pytest.mark.parametrize("traits", [("survival",), ("alsfrs_slope",)])
def test_one_trait_makes_a_sensible_page(traits):
    rows = result_rows(5, traits[0], np.random.default_rng(4))
    page = report_html(report_inputs(rows, traits=traits))
    assert ("Observed / expected" in page) == (traits == ("survival",))
    assert "5 genes" in text_of(page)


def test_zero_testable_genes_make_a_sensible_page():
    rows = []
    for gene in ("ONE", "TWO"):
        row = dict.fromkeys(column.name for column in COLUMNS)
        row |= {"gene": gene, "contig": "chr1", "start": 1, "trait": "survival", "mask": "plof", "max_af": 0.01}
        rows.append(row | {"test": "burden", "samples": 300, "flags": "", "reason": "no qualifying variant"})
    text = text_of(report_html(report_inputs(rows, traits=("survival",), attrition=[], run={})))
    assert "No gene could be tested" in text
    assert "no qualifying variant 2" in text
    assert "nan" not in text.lower().split()


def test_many_points_are_drawn_as_pixels_and_the_page_stays_light():
    inputs = report_inputs(result_rows(4_000, "survival", np.random.default_rng(5)), traits=("survival",))
    page = report_html(inputs)
    pictures = re.findall(r'xlink:href="data:image/png;base64,\s*([^"]+)"', page)
    assert len(pictures) >= 2
    assert all(base64.b64decode(picture).startswith(b"\x89PNG") for picture in pictures)
    assert len(page) < 2_000_000


def test_the_same_inputs_give_the_same_page(inputs, page):
    assert report_html(inputs) == page


def test_the_page_is_written_to_a_file(inputs, page, tmp_path):
    write_report(
        tmp_path / "report.html",
        results=inputs.results,
        attrition=inputs.attrition,
        traits=inputs.traits,
        settings=inputs.settings,
        run=inputs.run,
    )
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == page


def test_quantiles_are_those_of_uniform_order_statistics():
    p = np.random.default_rng(6).random((2_000, 50))
    smallest = np.sort(p, axis=1)
    found = quantiles(-np.log10(p[0]))
    inside = (-np.log10(smallest) >= found.lower) & (-np.log10(smallest) <= found.upper)
    np.testing.assert_allclose(inside.mean(axis=0), 0.95, atol=0.02)
    np.testing.assert_allclose(10**-found.expected, smallest.mean(axis=0), rtol=0.05)
    assert found.upper[0] == pytest.approx(-np.log10(beta.ppf(0.025, 1, 50)))


def test_inflation_is_one_for_uniform_p_values_and_silent_for_few():
    p = (np.arange(1_001) + 0.5) / 1_001
    assert quantiles(-np.log10(p)).inflation == pytest.approx(1, abs=1e-9)
    assert quantiles(-np.log10(p / 2)).inflation > 2
    assert quantiles(-np.log10(p[:19])).inflation is None


@pytest.mark.parametrize("observed", [0, 1, 5, 40])
def test_the_poisson_interval_has_2_5_percent_beyond_each_end(observed):
    lower, upper = poisson_interval(observed, 2.0)
    assert poisson.cdf(observed, 2 * upper) == pytest.approx(0.025)
    if observed:
        assert poisson.sf(observed - 1, 2 * lower) == pytest.approx(0.025)
    else:
        assert lower == 0


def test_the_chance_of_a_smaller_p_value_holds_for_tiny_ones():
    assert chance_of_smaller(0.01, 100) == pytest.approx(1 - 0.99**100)
    assert chance_of_smaller(1e-300, 10) == pytest.approx(1e-299)


def test_the_detectable_hazard_ratio_is_schoenfelds():
    rows = [result_row(f"G{i}", i, "survival", "plof", "burden", 10, 50_000) for i in range(100)]
    findings = find(report_inputs(rows), trait_summary("survival", events=180))
    ratio, carriers = detectable_hazard_ratio(findings)
    assert carriers == 10
    assert ratio == pytest.approx(6.0, abs=0.15)


def test_mask_rows_count_genes_and_those_that_can_pass(inputs):
    findings = find(inputs, inputs.traits[0])
    rows = mask_table(findings)
    assert [row["mask"] for row in rows] == ["plof", "plof", "missense", "missense", "synonymous", "synonymous"]
    tested = inputs.tested("survival")
    for row in rows:
        part = tested[(tested["mask"] == row["mask"]) & (tested["test"] == row["test"])]
        assert row["genes"] == len(part)
        assert row["testable"] == (part["min_attainable_p"] <= findings.family.threshold).sum()
        assert row["p_value"] == part["p_value"].min()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.5, "0.50"),
        (0.0321, "0.032"),
        (0.0996, "0.10"),
        (1.0, "1.0"),
        (0.0012, "0.0012"),
        (0.0014, "0.0014"),
        (0.001, "0.0010"),
        (0.00099996, "0.0010"),
        (2e-5, "2.0 \u00d7 10\u22125"),
        (9.97e-7, "1.0 \u00d7 10\u22126"),
        (3e-308, "3.0 \u00d7 10\u2212308"),
        (None, "\u2013"),
        (float("nan"), "\u2013"),
    ],
)
def test_p_values_are_written_as_people_read_them(value, words):
    assert text_of(str(p_value(value))).replace(" ", "").replace("\u2009", "") == words.replace(" ", "")


def test_numbers_and_names_are_written_as_words():
    assert count(1_234_567) == "1,234,567"
    assert percent(0.05) == "5%"
    assert percent(0.0123) == "1.2%"
    assert plain_words("sex=F x months") == "sex: F \u00d7 months"
    assert title("alsfrs_slope") == "ALSFRS-R slope"
    assert flag_words("few_carriers;something_new") == ["fewer than 3 carriers: descriptive only", "something new"]
    assert flag_words(None) == []
