"""Type I error of what is reported: every test and kind of trait, carriers linked to a site."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from association.calibration.monte_carlo import Effort
from association.gene_tests.masks import Mask
from association.null_models.design import Design
from association.null_models.linear import fit_linear
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait, WeightedTest
from association.self_check import scan_null
from association.simulate.random_traits import KINDS

SITES = (150, 100, 50)
STRATA = np.repeat([0, 1, 2], SITES)
# Carriers are likelier at the smaller sites.
CHANCE = np.array([1.0, 2.0, 4.0])[STRATA]
GENES = 300
SETTINGS = ScanSettings(
    masks=(MaskChoice(Mask("missense"), 0.5),),
    tests=(
        WeightedTest("burden", "flat"),
        WeightedTest("skat", "beta_1_25"),
        WeightedTest("skat_o", "beta_1_25"),
        WeightedTest("acat_v", "flat"),
    ),
    seed=1,
    effort=Effort(5_000, 5_000, 50),
)
LEVELS = (0.05, 0.01, 1e-3)


def random_genes(rng, carriers):
    """Give each gene its carriers, over up to three variants."""
    genes = {}
    for number in range(GENES):
        dosages = np.zeros((STRATA.size, min(3, carriers)))
        chosen = rng.choice(STRATA.size, carriers, replace=False, p=CHANCE / CHANCE.sum())
        dosages[chosen, np.arange(carriers) % dosages.shape[1]] = 1
        genes[f"G{number:04d}"] = dosages
    return genes


@pytest.fixture(scope="module", params=[1, 3, 10])
def null_rows(request, make_store):
    carriers = request.param
    rng = np.random.default_rng(100 + carriers)
    model = fit_linear(rng.normal(size=STRATA.size), Design(("x",), rng.normal(size=(STRATA.size, 1)))).model
    like = ScanTrait("any", model, STRATA, np.arange(STRATA.size), STRATA.size)
    batch = make_store(random_genes(rng, carriers))
    rows = [scan_null(*batch, like, SETTINGS, kind=kind, number=carriers) for kind in KINDS]
    return carriers, pd.concat(rows)


def test_reported_p_values_keep_their_level(null_rows):
    _, rows = null_rows
    for (kind, test), own in rows.groupby(["kind", "test"]):
        for level in LEVELS:
            # One chance in a million of more under a level that holds; the seed is fixed.
            assert (own["p_value"] <= level).sum() <= binom.isf(1e-6, GENES, level), (kind, test, level)


def test_reported_p_values_are_not_needlessly_large(null_rows):
    carriers, rows = null_rows
    for (kind, test), own in rows.groupby(["kind", "test"]):
        # A lone carrier has as many p-values as its site has patients, and ties: half a case more, or less.
        most = 0.62 if carriers == 1 else 0.56
        assert 0.44 < own["p_value"].mean() < most, (kind, test)
        if carriers > 1:
            assert (own["p_value"] <= 0.05).sum() >= binom.ppf(1e-6, GENES, 0.05), (kind, test)


@pytest.mark.parametrize("null_rows", [1], indirect=True)
@pytest.mark.parametrize("kind", ["survival", "frequent_survival"])
def test_textbook_p_values_do_not_keep_theirs_at_a_lone_carrier(null_rows, kind):
    _, rows = null_rows
    textbook = rows.loc[(rows["kind"] == kind) & (rows["test"] == "burden flat"), "p_asymptotic"]
    assert (textbook <= 0.01).sum() > binom.isf(1e-6, GENES, 0.01)
