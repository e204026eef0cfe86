"""Scales of a gene's readings against moments over shuffles by numpy, and of rows that never vary."""

from types import SimpleNamespace

import numpy as np
import pytest

from association.calibration.evidence import evidence_of
from association.calibration.permutation_stream import PermutationStream
from association.gene_plan import GenePlan
from association.gene_tests.acat import acat_v_weights
from association.ready_unit import make_ready

SAMPLES = 80
KINDS = ("linear", "logistic", "cox")


def make_gene(compress, rows, weights):
    plan = GenePlan(compress(rows), rows.sum(axis=0), acat_v_weights(rows.mean(axis=0) / 2))
    return SimpleNamespace(plan=plan, tested=[SimpleNamespace(readings=plan.skat_o(weights))])


def ready(unit, model, strata):
    evidence = evidence_of(model, strata)
    return make_ready([unit], evidence, PermutationStream(evidence.values, strata, 1))[0], evidence


@pytest.mark.parametrize("kind", KINDS)
def test_scales_have_the_moments_over_shuffled_samples(compress, make_model, kind):
    rng = np.random.default_rng(2)
    rows, strata = rng.binomial(1, 0.05, (SAMPLES, 3)).astype(float), np.zeros(SAMPLES, np.int64)
    one, evidence = ready(make_gene(compress, rows, np.ones(3)), make_model(rng, kind, SAMPLES), strata)
    shuffled = np.stack([evidence.values[:, rng.permutation(SAMPLES)] for _ in range(4_000)], axis=2)
    values = one.statistics.evaluate(shuffled)
    for reading, mean, variance in zip(
        one.unit.tested[0].readings, one.scales.mean, one.scales.variance, strict=True
    ):
        read = (1 - reading.rho) * values[reading.first] + reading.rho * values[reading.second]
        # 1,024 permutations give a mean to 5% or so, and the variance of a skewed statistic to a quarter.
        assert mean == pytest.approx(read.mean(), rel=0.15)
        assert variance == pytest.approx(read.var(), rel=0.6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(5))
def test_a_burden_that_never_varies_has_no_scale(compress, make_model, kind, seed):
    strata = np.repeat([0, 1], [12, SAMPLES - 12])
    rows = np.zeros((SAMPLES, 3))
    rows[np.arange(12), np.arange(12) % 3] = 1
    one, _ = ready(
        make_gene(compress, rows, np.ones(3)), make_model(np.random.default_rng(seed), kind, SAMPLES), strata
    )
    assert one.scales.varies.tolist() == [True] * 6 + [False]
