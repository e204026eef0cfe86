"""What each carrier does to the effect, against the effect without them, made from scratch."""

from dataclasses import replace

import numpy as np
import pytest

from association.gene_profile.influence import influence
from association.gene_profile.mask_carriers import MaskCarriers
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.linear import fit_linear
from association.null_models.logistic import fit_logistic
from association.score import Carriers, score_statistics

SAMPLES = 90


def cox(rng, design):
    entry = rng.uniform(0, 8, SAMPLES)
    leave = entry + np.ceil(rng.exponential(10, SAMPLES))
    event = (rng.random(SAMPLES) < 0.7).astype(float)
    return fit_cox(entry, leave, event, design, strata=np.arange(SAMPLES) % 3)


MODELS = {
    "cox": cox,
    "linear": lambda rng, design: fit_linear(rng.normal(size=SAMPLES), design),
    "logistic": lambda rng, design: fit_logistic((rng.random(SAMPLES) < 0.4).astype(float), design),
}


def null_model(kind):
    rng = np.random.default_rng(5)
    return MODELS[kind](rng, Design(("age",), rng.normal(size=(SAMPLES, 1)))).model


def carriers_of(samples, alleles):
    """Give carriers whose burden is their alleles."""
    order = np.argsort(samples)
    burden = Carriers(np.array([0, samples.size]), samples[order], alleles[order])
    return MaskCarriers(samples, alleles, burden, 3)


def one_step(model, samples, alleles):
    order = np.argsort(samples)
    found = score_statistics(model, Carriers(np.array([0, samples.size]), samples[order], alleles[order]))
    return found.score[0] / found.covariance[0, 0]


@pytest.mark.parametrize("kind", MODELS)
def test_dfbeta_is_the_effect_less_the_effect_without_the_carrier(kind):
    model = null_model(kind)
    samples, alleles = np.array([40, 3, 77, 12, 55]), np.array([1.0, 2.0, 1.0, 1.0, 3.0])
    found = influence(model, carriers_of(samples, alleles))
    assert found.effect == pytest.approx(one_step(model, samples, alleles), rel=1e-12)
    for place in range(samples.size):
        without = one_step(model, np.delete(samples, place), np.delete(alleles, place))
        assert found.dfbeta[place] == pytest.approx(found.effect - without, rel=1e-9)


def test_dfbeta_is_near_what_taking_the_carrier_out_of_the_cohort_does():
    rng = np.random.default_rng(2)
    design, value = Design(("age",), rng.normal(size=(SAMPLES, 1))), rng.normal(size=SAMPLES)
    samples = np.arange(10)
    found = influence(fit_linear(value, design).model, carriers_of(samples, np.ones(10)))
    for place in range(10):
        left = np.delete(np.arange(SAMPLES), place)
        model = fit_linear(value[left], replace(design, matrix=design.matrix[left])).model
        without = one_step(model, np.arange(9), np.ones(9))
        # One of ninety patients is gone, and the covariate's estimate has moved with them.
        assert found.dfbeta[place] == pytest.approx(found.effect - without, abs=0.06)


def test_without_the_only_carrier_nothing_is_left():
    found = influence(null_model("cox"), carriers_of(np.array([4]), np.array([1.0])))
    assert np.isfinite(found.effect)
    assert np.isnan(found.dfbeta).all()


def test_a_carrier_with_an_early_event_pulls_the_effect_up():
    model = null_model("cox")
    order = np.argsort(model.residuals)
    samples = np.array([order[-1], order[0], order[45]])
    found = influence(model, carriers_of(samples, np.ones(3)))
    assert found.dfbeta[0] > 0 > found.dfbeta[1]


def test_an_imputed_call_counts_in_the_burden_and_is_nobodys_influence():
    model = null_model("linear")
    burden = Carriers(np.array([0, 3]), np.array([1, 5, 9]), np.array([1.0, 0.2, 1.0]))
    found = influence(model, MaskCarriers(np.array([9, 1]), np.ones(2), burden, 1))
    assert found.effect == pytest.approx(one_step(model, np.array([1, 5, 9]), np.array([1.0, 0.2, 1.0])))
    without = one_step(model, np.array([1, 5]), np.array([1.0, 0.2]))
    assert found.dfbeta[0] == pytest.approx(found.effect - without, rel=1e-9)
