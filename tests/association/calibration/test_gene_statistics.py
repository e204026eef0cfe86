"""A gene's rows against dense matrix products."""

import numpy as np
import pytest
from scipy.special import xlogy
from scipy.stats import beta, chi2

from association.calibration.evidence import evidence_of
from association.gene_plan import GenePlan
from association.gene_tests.acat import acat_v_weights
from association.gene_tests.columns import Burden

SAMPLES = 60
KINDS = ("linear", "slope", "cox", "logistic", "risks")


def dense_ratio(kind, burden, model):
    """Write the likelihood ratio of one column by its definition."""
    scaled = burden * burden.sum() / (burden**2).sum()
    size = scaled.sum()
    information = scaled**2 @ model.information
    if kind in ("linear", "slope"):
        return (scaled @ (model.residuals - model.residuals.mean())) ** 2 / information
    observed, expected = scaled @ model.events, scaled @ model.expected_events
    if kind == "cox":
        return 2 * (xlogy(observed, observed / expected) - observed + expected)
    failures = size - observed
    ratio = 2 * (xlogy(observed, observed / expected) + xlogy(failures, failures / (size - expected)))
    return ratio * expected * (size - expected) / size / information if kind == "risks" else ratio


def dosages(rng, variants=6):
    rows = rng.binomial(2, np.r_[0.2, np.full(variants - 1, 0.04)], size=(SAMPLES, variants)).astype(float)
    rows[np.arange(variants), np.arange(variants)] = 1
    return rows


def plan_of(compress, rows):
    counts = rows.sum(axis=0)
    return GenePlan(compress(rows), counts, acat_v_weights(counts / (2 * SAMPLES)))


@pytest.fixture(params=KINDS)
def case(request, make_model):
    rng = np.random.default_rng(3)
    model = make_model(rng, request.param, SAMPLES)
    return request.param, model, evidence_of(model, np.zeros(SAMPLES, int)), dosages(rng)


def test_rows_are_what_their_definitions_say(case, compress):
    kind, model, evidence, rows = case
    weights = np.array([0.5, 1, 2, 0, 1.5, 1])
    plan = plan_of(compress, rows)
    readings = [plan.burden(Burden("sum", weights)), plan.skat(weights), plan.skat_o(weights), plan.acat_v(weights)]
    found = plan.statistics(evidence.family).observe(evidence)
    burden = dense_ratio(kind, rows @ weights, model)
    alone = np.array([dense_ratio(kind, column, model) for column in rows.T])
    skat = (weights**2 * (rows**2).sum(axis=0)) @ alone
    mixed = [
        (1 - rho) * skat + rho * ((rows @ weights) ** 2).sum() * burden for rho in (0, 0.01, 0.04, 0.09, 0.25, 0.5, 1)
    ]
    frequency = rows.sum(axis=0) / (2 * SAMPLES)
    shares = (beta.pdf(frequency, 1, 25) / beta.pdf(frequency, 0.5, 0.5)) ** 2
    common = (rows.sum(axis=0) > 10) & (weights != 0)
    ultra_rare = ~common & (weights != 0)
    together = dense_ratio(kind, rows[:, ultra_rare].sum(axis=1), model)
    tails = np.minimum(chi2.sf(np.r_[alone[common], together], 1), 0.99)
    cauchy = np.r_[shares[common], shares[ultra_rare].mean()] @ (1 / np.tan(np.pi * tails))
    expected = [[burden], [skat], mixed, [cauchy]]
    for own, values in zip(readings, expected, strict=True):
        np.testing.assert_allclose(
            [(1 - one.rho) * found[one.first] + one.rho * found[one.second] for one in own], values, rtol=1e-10
        )


def test_skat_of_a_plain_trait_is_the_usual_one(compress, make_model):
    rng = np.random.default_rng(6)
    model, rows, weights = make_model(rng, "linear", SAMPLES), dosages(rng), np.linspace(0.5, 2, 6)
    plan = plan_of(compress, rows)
    plan.skat(weights)
    evidence = evidence_of(model, np.zeros(SAMPLES, int))
    usual = ((weights * (rows.T @ (model.residuals - model.residuals.mean()))) ** 2).sum()
    assert plan.statistics(evidence.family).observe(evidence)[0] == pytest.approx(usual, rel=1e-12)


@pytest.mark.parametrize("unit", [1e-6, 0.3, 1e5])
def test_a_burden_has_no_unit(case, compress, unit):
    _, _, evidence, rows = case
    plan = plan_of(compress, rows)
    for scale in (1.0, unit):
        plan.burden(Burden("sum", scale * np.linspace(0.5, 2, 6)))
    one, other = plan.statistics(evidence.family).observe(evidence)
    assert one == pytest.approx(other, rel=1e-9)


def test_one_carrier_says_what_it_says_alone_whatever_its_dosage(case, compress):
    kind, model, evidence, _ = case
    for dosage in (1.0, 2.0, 0.3):
        rows = np.zeros((SAMPLES, 1))
        rows[7] = dosage
        plan = plan_of(compress, rows)
        plan.burden(Burden("sum", np.ones(1)))
        found = plan.statistics(evidence.family).observe(evidence)[0]
        assert found == pytest.approx(dense_ratio(kind, np.eye(SAMPLES)[7], model), rel=1e-12)


def test_permutations_of_a_block_do_not_disturb_each_other(case, compress):
    _, _, evidence, rows = case
    plan = plan_of(compress, rows)
    plan.skat_o(np.linspace(0.5, 2, 6))
    plan.acat_v(np.ones(6))
    statistics = plan.statistics(evidence.family)
    rng = np.random.default_rng(5)
    orders = [rng.permutation(SAMPLES) for _ in range(700)]
    block = np.stack([evidence.values[:, order] for order in orders], axis=2)
    apart = np.stack([statistics.evaluate(block[:, :, [b]])[:, 0] for b in range(700)], axis=1)
    assert np.array_equal(statistics.evaluate(block), apart)


def test_rows_shared_by_tests_are_computed_once(compress):
    rows = dosages(np.random.default_rng(1))
    plan = plan_of(compress, rows)
    weights = np.ones(6)
    skat, mixed = plan.skat(weights), plan.skat_o(weights)
    assert {skat[0].first} == {reading.first for reading in mixed}
    assert plan.columns.offsets.size == 1 + 6 + 1


def test_an_outlier_beyond_all_p_values_leaves_finite_moments(compress, make_model):
    model = make_model(np.random.default_rng(1), "linear", SAMPLES)
    model.residuals[7] = 1e4
    evidence = evidence_of(model, np.zeros(SAMPLES, int))
    plan = plan_of(compress, np.eye(SAMPLES)[:, [7]])
    plan.acat_v(np.ones(1))
    assert np.isfinite(plan.statistics(evidence.family).observe(evidence) ** 2).all()
