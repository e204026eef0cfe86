"""Traits of a few samples, some of which lack some of them."""

import numpy as np
import pytest

from association.null_models.null_model import NullModel
from association.scan_settings import ScanTrait


def residual_model(residuals, information=None):
    """Give residuals as a null model without covariates."""
    known = np.ones(residuals.size) if information is None else information
    return NullModel("linear", residuals, known, np.zeros((residuals.size, 0)), np.zeros((0, 0)))


@pytest.fixture(scope="session")
def make_trait():
    """Give a function from a name, residuals, who has the trait and strata of all samples to a trait."""

    def make(name, residuals, kept=None, strata=None, information=None, harm=1):
        everyone = np.arange(residuals.size)
        kept = everyone if kept is None else kept
        strata = np.zeros(residuals.size, np.int64) if strata is None else strata
        own = np.unique(strata[kept], return_inverse=True)[1].astype(np.int64)
        model = residual_model(residuals[kept], None if information is None else information[kept])
        return ScanTrait(name, model, own, kept, residuals.size, harm=harm)

    return make
