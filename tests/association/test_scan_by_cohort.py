"""Scans of a quantitative trait whose cohorts have a residual variance each: which laws hold, and that they do."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm
from scipy.stats import t as student

from association.calibration.monte_carlo import Effort
from association.gene_tests.masks import Mask
from association.null_models.by_cohort import CohortFit, stack_fits
from association.null_models.design import Design
from association.null_models.linear import fit_linear
from association.scan import scan
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait, WeightedTest

SIZES = np.array([60, 40, 50])
COHORT = np.repeat(np.arange(3), SIZES)
SAMPLES = COHORT.size
SPREAD = np.array([1.0, 5.0, 0.3])
MASKS = (MaskChoice(Mask("missense"), 0.5),)


def settings(effort, *tests):
    return ScanSettings(MASKS, tuple(WeightedTest(test, "flat") for test in tests), 1, effort)


def trait_of(value, cohorts=COHORT):
    """Fit each cohort by itself."""
    names = np.unique(cohorts)
    members = [np.flatnonzero(cohorts == name) for name in names]
    none = [Design((), np.zeros((own.size, 0))) for own in members]
    fits = [fit_linear(value[own], design) for own, design in zip(members, none, strict=True)]
    parts = [CohortFit(str(name), own, fit) for name, own, fit in zip(names, members, fits, strict=True)]
    model = fits[0].model if len(parts) == 1 else stack_fits(parts).model
    return ScanTrait("height", model, COHORT, np.arange(SAMPLES), SAMPLES)


@pytest.fixture
def value():
    return SPREAD[COHORT] * np.random.default_rng(21).normal(size=SAMPLES) + COHORT


@pytest.fixture
def store(make_store):
    rng = np.random.default_rng(22)
    return make_store({f"G{gene}": rng.binomial(1, 0.04, (SAMPLES, 4)).astype(float) for gene in range(6)})


def rows_of(store, trait, asked):
    return scan(*store, [trait], asked).to_pandas().set_index("gene")


def test_large_sample_p_values_take_each_cohorts_variance_as_known(store, value):
    asked = settings(Effort(500, 500, 50), "burden")
    rows = rows_of(store, trait_of(value), asked)
    z = rows["effect"] / rows["standard_error"]
    np.testing.assert_allclose(rows["p_asymptotic"], 2 * norm.sf(abs(z)), rtol=1e-9)
    plain = rows_of(store, trait_of(value, np.zeros(SAMPLES, int)), asked)
    # One variance: the t-test of the burden beside an intercept.
    own = plain["effect"] / plain["standard_error"]
    degrees = SAMPLES - 2
    t = own * np.sqrt(degrees / (SAMPLES - 1 - own**2))
    np.testing.assert_allclose(plain["p_asymptotic"], 2 * student.sf(abs(t), degrees), rtol=1e-9)


def test_rare_burdens_get_the_exact_law_that_permutations_approach(make_store, value):
    """Carriers near the outer end of their cohorts, each in the units of its own variance."""
    burden = np.zeros((SAMPLES, 1))
    for cohort, taken in enumerate((3, 2, 3)):
        own = np.flatnonzero(cohort == COHORT)
        burden[own[np.argsort(value[own])[-taken - 3 : -3]]] = 1
    store = make_store({"G": burden})
    exact = rows_of(store, trait_of(value), settings(Effort(20_000, 20_000_000, 100), "burden")).loc["G"]
    assert exact["method"] == "exact"
    residual = trait_of(value).model.residuals
    observed = residual[burden[:, 0] == 1].sum()
    rng, drawn = np.random.default_rng(23), np.zeros(400_000)
    for cohort, taken in enumerate((3, 2, 3)):
        own = residual[cohort == COHORT]
        places = np.argpartition(rng.random((drawn.size, own.size)), taken, axis=1)[:, :taken]
        drawn += own[places].sum(axis=1)
    reached = int((np.abs(drawn) >= abs(observed)).sum())
    assert reached > 50
    # Four standard errors of the share of the draws.
    assert exact["p_value"] == pytest.approx(reached / drawn.size, rel=4 / np.sqrt(reached))


@pytest.mark.parametrize("tests", [("burden",), ("skat",), ("burden", "skat_o", "acat_v")])
def test_the_unit_of_a_trait_that_all_cohorts_share_does_not_matter(store, value, tests):
    asked = settings(Effort(2_000, 2_000, 50), *tests)
    one, other = rows_of(store, trait_of(value), asked), rows_of(store, trait_of(254 * value), asked)
    np.testing.assert_array_equal(one["exceedances"], other["exceedances"])
    np.testing.assert_allclose(one["neg_log10_p_asymptotic"], other["neg_log10_p_asymptotic"], rtol=1e-8)


def test_a_cohort_with_a_wide_trait_weighs_less(make_store, value):
    """The same carriers and the same standing among their own count for more where a value tells more."""
    burden = np.zeros((SAMPLES, 2))
    burden[np.flatnonzero(COHORT == 1)[:6], 0] = 1
    burden[np.flatnonzero(COHORT == 2)[:6], 1] = 1
    store = make_store({"G": burden})
    row = rows_of(store, trait_of(value), settings(Effort(500, 500, 50), "burden")).loc["G"]
    information = trait_of(value).model.information
    expected = [(6 - 36 / SIZES[cohort]) * information[cohort == COHORT][0] for cohort in (1, 2)]
    assert row["standard_error"] == pytest.approx(sum(expected) ** -0.5, rel=1e-9)
    assert expected[1] > 50 * expected[0]


def test_large_cohorts_get_the_saddlepoint_in_units_of_their_own_variance(make_store):
    """With hundreds of carriers a normal trait's score is normal, whatever the cohorts' variances."""
    rng, sizes = np.random.default_rng(31), np.array([3_000, 2_500])
    cohort = np.repeat([0, 1], sizes)
    samples = cohort.size
    value = np.array([1.0, 6.0])[cohort] * rng.normal(size=samples)
    trait = replace(trait_of(value, cohort), strata=cohort, store_positions=np.arange(samples), store_samples=samples)
    genes = {f"G{gene}": rng.binomial(1, 0.03, (samples, 2)).astype(float) for gene in range(8)}
    rows = rows_of(make_store(genes), trait, settings(Effort(500, 500, 50), "burden"))
    assert set(rows["method"]) == {"saddlepoint"}
    np.testing.assert_allclose(rows["neg_log10_p"], rows["neg_log10_p_asymptotic"], rtol=0.05, atol=0.02)
