"""Numbers and codes as people read them."""

import pytest
from scipy.stats import poisson

from association.results import METHODS
from jobs.report import wording
from jobs.report.chances import poisson_interval
from jobs.report.numbers import count, p_interval, p_value, percent
from jobs.report.wording import flag_words, method_meanings, plain_words, title, trait_words


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
def test_p_values_are_written_as_people_read_them(value, words, text_of):
    assert text_of(str(p_value(value))).replace(" ", "").replace("\u202f", "") == words.replace(" ", "")


@pytest.mark.parametrize(
    ("lower", "upper", "words"),
    [
        (0.01, 0.013, "0.010 to 0.013"),
        (2.9e-4, 5.4e-4, "2.9 to 5.4 \u00d7 10\u22124"),
        (9e-5, 2e-4, "9.0 \u00d7 10\u22125 to 2.0 \u00d7 10\u22124"),
        (0.0, 3.7e-6, "0 to 3.7 \u00d7 10\u22126"),
        (0.01, 0.01, ""),
        (None, None, ""),
    ],
)
def test_intervals_are_written_as_people_read_them(lower, upper, words, text_of):
    written = text_of(str(p_interval({"p_lower": lower, "p_upper": upper})))
    assert written.replace(" ", "").replace("\u202f", "") == words.replace(" ", "")


def test_numbers_and_names_are_written_as_words():
    assert count(1_234_567) == "1,234,567"
    assert percent(0.05) == "5%"
    assert percent(0.0123) == "1.2%"
    assert plain_words("sex=F x months") == "sex: F \u00d7 months"
    assert title("alsfrs_slope") == "ALSFRS-R slope"
    few = ("few carriers", "fewer than 3 carriers: descriptive only")
    assert flag_words("few_carriers;something_new") == [few, ("something new", "something new")]
    assert flag_words(None) == []


@pytest.mark.parametrize(
    ("test", "weights", "coding", "words"),
    [
        ("burden", "flat", "sum", "burden"),
        ("burden", "flat", "two_hits", "burden, two alleles (recessive)"),
        ("burden", "score:REVEL", "max", "burden, worst variant, REVEL weights"),
        ("skat_o", "beta_1_25", None, "SKAT-O, Beta(1, 25) weights"),
        ("acat_v", "flat", float("nan"), "ACAT-V"),
        ("omnibus", None, None, "omnibus"),
        ("something_new", None, None, "something_new"),
    ],
)
def test_tests_are_named_with_weights_and_coding(test, weights, coding, words):
    assert wording.test_words({"test": test, "weights": weights, "coding": coding}) == words


def test_every_method_has_its_meaning():
    assert dict(method_meanings(METHODS)) == {plain_words(name): meaning for name, meaning in METHODS.items()}
    assert method_meanings(["permutation", None, "permutation"]) == [("permutation", METHODS["permutation"])]


@pytest.mark.parametrize(
    ("trait", "kind", "ratio"),
    [
        ("milestone", "cox", "hazard ratio"),
        ("time_to_event", "fine_gray", "subdistribution hazard ratio"),
        ("stage", "proportional_odds", "odds ratio"),
        ("slope", "slope", ""),
        ("joint_rank", None, ""),
    ],
)
def test_a_ratio_is_named_after_trait_and_model(trait, kind, ratio):
    assert trait_words(trait, kind).ratio == ratio


def test_directions_of_a_trait_are_its_own():
    assert trait_words("alsfrs_slope").lower == "faster"
    assert trait_words("survival").higher == "sooner"
    assert trait_words("something_new").higher == "higher"


@pytest.mark.parametrize("observed", [0, 1, 5, 40])
def test_the_poisson_interval_has_2_5_percent_beyond_each_end(observed):
    lower, upper = poisson_interval(observed, 2.0)
    assert poisson.cdf(observed, 2 * upper) == pytest.approx(0.025)
    if observed:
        assert poisson.sf(observed - 1, 2 * lower) == pytest.approx(0.025)
    else:
        assert lower == 0
