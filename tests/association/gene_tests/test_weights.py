"""Weights against the beta density they stand for."""

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


def test_unknown_weights_are_refused():
    with pytest.raises(ValueError, match="no such weights"):
        variant_weights("cubic", FREQUENCIES)
