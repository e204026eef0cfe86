"""Type I error of what is reported, on traits of every type without any gene effect.

Carriers are linked to a stratum, as variants are to a site; each setting takes several null traits.
"""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from association.calibration.monte_carlo import Effort
from association.gene_tests.masks import Mask
from association.scan import scan
from association.scan_settings import MaskChoice, ScanSettings, WeightedTest
from association.simulate.random_traits import KINDS

SAMPLES = 300
STRATA = np.arange(SAMPLES) % 2
# Carriers in each stratum, by their total.
CARRIERS = {1: (1, 0), 3: (2, 1), 10: (8, 2)}
TRAITS, GENES = 2, 200
SETTINGS = ScanSettings(
    masks=(MaskChoice(Mask("missense"), 0.5),),
    tests=(
        WeightedTest("burden", "flat"),
        WeightedTest("skat", "beta_1_25"),
        WeightedTest("skat_o", "beta_1_25"),
        WeightedTest("acat_v", "flat"),
    ),
    seed=1,
    effort=Effort(1_000, 4_000, 60),
)
TESTS = ("burden", "skat", "skat_o", "acat_v", "omnibus")


def random_genes(rng, carriers):
    """Give each gene its carriers, over up to three variants, at random within strata."""
    genes = {}
    for number in range(GENES):
        dosages = np.zeros((SAMPLES, min(3, carriers)))
        own = [
            rng.choice(np.flatnonzero(s == STRATA), count, replace=False)
            for s, count in enumerate(CARRIERS[carriers])
        ]
        dosages[rng.permutation(np.concatenate(own)), np.arange(carriers) % dosages.shape[1]] = 1
        genes[f"G{number:04d}"] = dosages
    return genes


@pytest.fixture(scope="module")
def null_p(make_store, make_trait):
    """Rows of all settings; what is reported of a test is a p-value for every gene."""
    scans = []
    for kind in KINDS:
        for carriers in CARRIERS:
            rng = np.random.default_rng(100 * KINDS.index(kind) + carriers)
            for _ in range(TRAITS):
                store, trait = make_store(random_genes(rng, carriers)), make_trait(rng, kind, STRATA)
                rows = scan(*store, [trait], SETTINGS).to_pandas()
                scans.append(
                    rows.assign(kind=kind, number=carriers)[["kind", "number", "test", "p_value", "p_asymptotic"]]
                )
    rows = pd.concat(scans)
    assert rows["p_value"].notna().all()
    return rows.set_index(["kind", "number", "test"]).sort_index()


def most(genes, alpha):
    """Give the count that one setting in a million passes under a level that holds; seeds are fixed."""
    return binom.isf(1e-6, genes, alpha)


def fewest(genes, alpha):
    return binom.ppf(1e-6, genes, alpha)


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize("carriers", CARRIERS)
@pytest.mark.parametrize("kind", KINDS)
def test_p_values_keep_their_level_and_are_not_needlessly_large(null_p, kind, carriers, test):
    p_values = null_p.loc[(kind, carriers, test), "p_value"]
    assert p_values.size == TRAITS * GENES
    assert (p_values <= 0.05).sum() <= most(p_values.size, 0.05)
    assert (p_values <= 0.01).sum() <= most(p_values.size, 0.01)
    if carriers >= 3:
        assert (p_values <= 0.05).sum() >= fewest(p_values.size, 0.05)
        # Five standard errors of the mean are 0.072; ties and stops on a count add a little to one half.
        assert abs(p_values.mean() - 0.5) < 0.08


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize("alpha", [0.05, 0.01, 0.001])
def test_all_settings_together_keep_the_level(null_p, test, alpha):
    p_values = null_p.xs(test, level="test")["p_value"]
    assert (p_values <= alpha).sum() <= most(p_values.size, alpha)
    if alpha > 0.001:
        many = p_values[p_values.index.get_level_values("number") >= 3]
        assert (many <= alpha).sum() >= fewest(many.size, alpha)


@pytest.mark.parametrize("carriers", [1, 3])
def test_textbook_burden_p_values_of_survival_do_not_keep_theirs_at_few_carriers(null_p, carriers):
    textbook = null_p.loc[("survival", carriers, "burden"), "p_asymptotic"]
    assert (textbook <= 0.01).sum() > most(textbook.size, 0.01)
