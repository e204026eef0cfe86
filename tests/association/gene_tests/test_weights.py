"""Weights against the beta density they stand for, and against the scores they take."""

import numpy as np
import pytest
from scipy.stats import beta

from association.gene_tests.weights import variant_weights

FREQUENCIES = np.array([1e-6, 0.001, 0.01, 0.2, 0.5])


@pytest.mark.parametrize(
    ("scheme", "shape"), [("flat", (1, 1)), ("beta_1_25", (1, 25)), ("madsen_browning", (0.5, 0.5))]
)
def test_weights_are_beta_densities(scheme, shape):
    np.testing.assert_allclose(variant_weights(scheme, FREQUENCIES), beta.pdf(FREQUENCIES, *shape), rtol=1e-11)


def test_a_score_is_the_weight_and_variants_without_one_or_below_zero_weigh_nothing():
    scores = {"REVEL": np.array([0.9, np.nan, -2.0, 0.0, 0.1]), "CADD": np.arange(5.0)}
    assert variant_weights("score:REVEL", FREQUENCIES, scores).tolist() == [0.9, 0, 0, 0, 0.1]


@pytest.mark.parametrize("scheme", ["cubic", "score:CADD", "REVEL", "score:"])
def test_unknown_weights_are_refused(scheme):
    with pytest.raises(ValueError, match=f"no such weights: '{scheme}'"):
        variant_weights(scheme, FREQUENCIES, {"REVEL": np.ones(5)})


def test_scores_are_refused_where_there_are_none():
    with pytest.raises(ValueError, match="no such weights"):
        variant_weights("score:REVEL", FREQUENCIES)
