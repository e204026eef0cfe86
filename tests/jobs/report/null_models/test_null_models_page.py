"""The page names no patient, refers to nothing outside itself, and makes sense whatever was observed."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from jobs.report.null_models import TraitPage, null_models_html, write_null_models

VERSIONS = {"progex": "0.1.0"}


@pytest.fixture(scope="session")
def null_page(survival_page, competing_page, slope_page, value_pages, checks):
    traits = [survival_page, competing_page, slope_page, *value_pages]
    return null_models_html(study="A study", traits=traits, checks=checks, versions=VERSIONS)


def page_of(trait, checks=()):
    return null_models_html(study="A study", traits=[trait], checks=checks, versions={})


def test_no_sample_id_is_on_the_page(null_page):
    assert "PATIENT" not in null_page


def test_the_page_says_that_it_stays_at_the_site(null_page, text_of):
    text = text_of(null_page)
    assert text.index("Keep this page at the site. It shows single patients") < text.index("2 checks found something")


def test_the_null_models_page_refers_to_nothing_outside_itself(null_page, outline):
    assert not re.search("https?:", null_page)
    assert not re.search(r"url\((?!#)", null_page)
    outside = ("link", "img", "iframe", "object", "embed", "base")
    tags = outline(null_page).tags
    assert not [tag for tag, _ in tags if tag in outside]
    assert [attributes for tag, attributes in tags if tag == "script"] == [{}], "that of the page's colours alone"
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    references = [value for _, found in tags for name, value in found.items() if name.endswith("href")]
    assert {one[1:] for one in references if one.startswith("#")} <= set(ids)
    assert all(one.startswith(("#", "data:image/png")) for one in references)


def test_tables_and_figures_of_null_models_can_be_heard(null_page, outline):
    assert null_page.count("<table>") == null_page.count("<caption>") > 15
    headers = [attributes for tag, attributes in outline(null_page).tags if tag == "th"]
    assert all(attributes.get("scope") in ("col", "row") for attributes in headers)
    figures = [attributes for tag, attributes in outline(null_page).tags if tag == "svg"]
    assert len(figures) > 15
    assert all(attributes["role"] == "img" and attributes["aria-label"] for attributes in figures)


def test_checks_that_found_something_come_first_and_the_others_stay_quiet(null_page, text_of):
    text = text_of(null_page)
    assert "Rising scores the ALSFRS-R rises by more than 4 between two visits 7 5 kept, with a warning" in text
    assert "Events before onset death or ventilation comes before onset 2 2 left out : 2".replace(" :", ":") in text
    assert "1 check that found nothing" in text
    assert text.index("2 checks found something") < text.index("Duplicate visits two visits of a patient on one day")


def test_exclusions_warnings_and_filled_covariates_are_said_in_words(null_page, text_of):
    text = text_of(null_page)
    assert "In the trait 300 85% Out: no genotypes: not in the VCFs 37 11%" in text
    assert "adjusting for it hides what genes do" in text
    assert "PC1 4 given the mean of the others" in text
    assert "nan" not in text.lower().split()


def test_ratios_are_named_after_the_model(null_page, text_of):
    text = text_of(null_page)
    for words in (
        "Hazard ratio per unit",
        "Subdistribution hazard ratio",
        "Odds ratio per unit",
        "Rate ratio per unit",
    ):
        assert words in text


def test_the_same_traits_give_the_same_null_models_page(survival_page):
    assert page_of(survival_page) == page_of(survival_page)


def test_the_null_models_page_is_written_to_a_file(tmp_path, value_pages, checks):
    path = tmp_path / "null_models_site.html"
    write_null_models(path, study="A study", traits=value_pages[:1], checks=checks, versions=VERSIONS)
    assert path.read_text(encoding="utf-8").endswith("</html>")


def test_no_traits_and_no_checks_make_a_sensible_page(text_of):
    text = text_of(null_models_html(study="A study", traits=[], checks=[], versions={}))
    assert "No trait was prepared." in text
    assert "No record of data checks" in text


def test_markup_in_names_of_traits_strata_and_checks_is_text(survival_page, outline):
    symbols = ["<script>alert(1)</script>", "<img src=1>", "$x_1$ {{ 7 * 7 }}", "A&B'\\\""]
    name, stratum, warning, meaning = symbols
    strata = survival_page.samples["stratum"].where(survival_page.samples["stratum"] != "Leuven", stratum)
    summary = {**survival_page.summary, "name": name, "warnings": [warning]}
    check = {"name": meaning, "meaning": meaning, "action": "warn", "count": 1, "patients": 1}
    met = outline(page_of(TraitPage(summary, survival_page.samples.assign(stratum=strata)), [check]))
    assert [tag for tag, _ in met.tags if tag in ("script", "img")] == ["script"], "that of the page's colours alone"
    assert all(symbol in "".join(met.text) for symbol in symbols)


def without_covariates(trait):
    samples = trait.samples.drop(columns=[one for one in trait.samples if one.startswith("covariate:")])
    kept = [one for one in trait.summary["coefficients"] if one["name"] in ("intercept", "months")]
    return replace(trait, samples=samples, summary={**trait.summary, "coefficients": kept})


def test_models_without_covariates_have_their_page(survival_page, slope_page, value_pages, text_of):
    for trait in (survival_page, slope_page, value_pages[0]):
        text = text_of(page_of(without_covariates(trait)))
        assert "Covariates side by side" not in text
        assert "nan" not in text.lower().split()


def test_a_summary_with_the_least_in_it_is_enough(survival_page, text_of):
    needed = ("name", "type", "samples", "events", "strata", "coefficients")
    trait = replace(survival_page, summary={name: survival_page.summary[name] for name in needed})
    text = text_of(page_of(trait))
    assert "Do hazard ratios change over time?" not in text
    assert "Each effect over time" in text


def test_very_few_patients_have_their_page(survival_page, competing_page, value_pages):
    for patients, trait in zip((1, 1, 1, 4, 2, 1), (survival_page, competing_page, *value_pages), strict=True):
        few = replace(trait, samples=trait.samples.head(patients).reset_index(drop=True))
        assert page_of(few).endswith("</html>")


def test_very_few_visits_have_their_page(slope_page):
    few = slope_page.visits[slope_page.visits["position"] < 2]
    trait = replace(slope_page, samples=slope_page.samples.head(2), visits=few)
    assert page_of(trait).endswith("</html>")


def test_a_trait_without_events_has_its_page(survival_page, text_of):
    samples = survival_page.samples.assign(event=0.0, residual=-0.1)
    text = text_of(page_of(replace(survival_page, samples=samples)))
    assert "not reached" in text


def test_observation_from_the_beginning_has_its_page(survival_page):
    samples = survival_page.samples.assign(entry=-np.inf)
    assert page_of(replace(survival_page, samples=samples)).endswith("</html>")


def test_a_cohort_as_large_as_a_country_keeps_the_page_light(survival_page, slope_page):
    copies = 100
    samples = pd.concat([survival_page.samples] * copies, ignore_index=True)
    generator = np.random.default_rng(8)
    later = generator.uniform(0, 3, len(samples))
    samples = samples.assign(entry=samples["entry"] + later, exit=samples["exit"] + later)
    visits = pd.concat(
        [slope_page.visits.assign(position=slope_page.visits["position"] + 300 * i) for i in range(20)]
    )
    slopes = pd.concat([slope_page.samples] * 20, ignore_index=True)
    traits = [replace(survival_page, samples=samples), replace(slope_page, samples=slopes, visits=visits)]
    page = null_models_html(study="A study", traits=traits, checks=[], versions={})
    assert len(page) < 1_500_000
    assert "Points are 2,000 of 30,000 patients, drawn at random." in page
