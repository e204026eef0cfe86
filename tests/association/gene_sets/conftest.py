"""Genes with carriers drawn at random, a trait on them, and the settings of a scan."""

import numpy as np
import pytest

from association.calibration.monte_carlo import Effort
from association.gene_sets.gene_carriers import GeneCarriers
from association.gene_sets.mask_genes import make_ready
from association.gene_tests.masks import Mask
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait
from association.score import Carriers

SAMPLES = 90


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.fixture
def settings():
    return ScanSettings((MaskChoice(Mask("missense"), 0.5),), (), 7, Effort(2_000, 2_000, 2_001))


@pytest.fixture
def carriers_of():
    """Give a function from {gene: samples} to carriers."""

    def make(genes):
        names = sorted(genes)
        samples = [np.sort(np.asarray(genes[name], np.int64)) for name in names]
        offsets = np.concatenate(([0], np.cumsum([own.size for own in samples]))).astype(np.int64)
        together = np.concatenate(samples)
        return GeneCarriers(np.array(names, object), Carriers(offsets, together, np.ones(together.size)))

    return make


@pytest.fixture
def drawn(rng, carriers_of):
    """Give sixty genes, fifteen of each of four numbers of carriers."""
    return carriers_of({f"G{at:02d}": rng.choice(SAMPLES, (9, 2, 6, 4)[at % 4], replace=False) for at in range(60)})


@pytest.fixture
def trait(rng, make_trait):
    """Give a survival trait of two strata."""
    return make_trait(rng, "frequent_survival", np.arange(SAMPLES) % 2)


@pytest.fixture
def plain_trait(make_model):
    """Give a function from residuals to a trait whose samples carry equal information, in one stratum."""

    def make(residuals):
        model = make_model(np.random.default_rng(0), "linear", residuals.size)
        strata = np.zeros(residuals.size, np.int64)
        model = type(model)("linear", residuals, *(getattr(model, name) for name in PIECES))
        return ScanTrait("plain", model, strata, np.arange(residuals.size), residuals.size)

    return make


PIECES = ("information", "cross_information", "covariate_information")


@pytest.fixture
def ready():
    """Give a function that makes genes ready to be tested as sets."""
    return lambda carriers, trait, settings, lengths=None: make_ready(
        carriers, lengths or {}, trait, settings, settings.masks[0]
    )
