"""The adjustment over genes of whole scans: its error rate, and that it sees the statistics that are tested."""

import numpy as np
import pytest
from scipy.stats import binom

from association.calibration.monte_carlo import Effort
from association.family import adjust_for_family
from association.gene_tests.masks import Mask
from association.null_models.design import Design
from association.null_models.linear import fit_linear
from association.results import DEVIATIONS
from association.scan import scan
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait, WeightedTest

SAMPLES, GENES, PERMUTATIONS = 40, 6, 199
STRATA = np.arange(SAMPLES) % 2


def settings(*tests, seed=1, family_permutations=PERMUTATIONS):
    return ScanSettings(
        masks=(MaskChoice(Mask("missense"), 0.5),),
        tests=tests,
        seed=seed,
        effort=Effort(500, 500, 20),
        family_permutations=family_permutations,
    )


BURDEN, SKAT = WeightedTest("burden", "flat"), WeightedTest("skat", "flat")


@pytest.fixture(scope="module")
def store(make_store):
    """Genes of 4 to 8 carriers, of whom neighbours share some."""
    rng = np.random.default_rng(3)
    order, dosages = rng.permutation(SAMPLES), {}
    for gene in range(GENES):
        dosages[f"G{gene}"] = np.zeros((SAMPLES, 2))
        carriers = order[np.arange(4 * gene, 4 * gene + rng.integers(4, 9)) % SAMPLES]
        dosages[f"G{gene}"][carriers, np.arange(carriers.size) % 2] = 1
    return make_store(dosages)


def null_trait(rng, name="height"):
    design = Design(("age",), rng.normal(size=(SAMPLES, 1)))
    model = fit_linear(rng.exponential(size=SAMPLES), design).model
    return ScanTrait(name, model, STRATA, np.arange(SAMPLES), SAMPLES)


def test_the_family_wise_error_rate_is_kept_and_not_needlessly_low(store):
    rng, runs, found = np.random.default_rng(8), 0, 0
    for seed in range(6):
        traits = [null_trait(rng, str(number)) for number in range(40)]
        rows = adjust_for_family(scan(*store, traits, settings(BURDEN, SKAT, seed=seed))).to_pandas()
        smallest = rows.groupby("trait")["p_family"].min()
        runs, found = runs + smallest.size, found + int((smallest <= 0.05).sum())
    # 200 ranks: exactly 5% where there are no ties. A fixed seed, and a chance of 1 in 1,000 on either side.
    assert binom.ppf(1e-3, runs, 0.05) <= found <= binom.isf(1e-3, runs, 0.05)


def test_deviations_rank_permutations_as_the_test_does(store):
    """A single burden: its p-value over the same permutations is the share of deviations that reach the data's."""
    trait = null_trait(np.random.default_rng(9))
    rows = scan(*store, [trait], settings(BURDEN, family_permutations=20_000)).to_pandas()
    shares = rows[DEVIATIONS].map(lambda one: (1 + (one[1:] >= one[0] - 1e-5).sum()) / one.size)
    # Sequential: 20 exceedances are known to 22%.
    np.testing.assert_allclose(rows["p_value"], shares, rtol=0.8)
    adjusted = adjust_for_family(scan(*store, [trait], settings(BURDEN, family_permutations=20_000)))
    assert (adjusted["p_family"].to_numpy() >= shares - 1e-12).all()


def test_only_primary_rows_have_adjusted_p_values(store):
    rows = adjust_for_family(scan(*store, [null_trait(np.random.default_rng(1))], settings(BURDEN, SKAT))).to_pandas()
    assert (rows["primary"] == (rows["test"] == "omnibus")).all()
    for column in ("q_value", "p_family"):
        assert (rows[column].notna() == rows["primary"]).all()


def test_no_family_permutations_leave_false_discovery_rates_alone(store):
    trait = null_trait(np.random.default_rng(2))
    without, with_them = (
        adjust_for_family(scan(*store, [trait], settings(BURDEN, SKAT, family_permutations=count))).to_pandas()
        for count in (0, PERMUTATIONS)
    )
    assert without["p_family"].isna().all()
    assert without.drop(columns="p_family").equals(with_them.drop(columns="p_family"))
    assert without["q_value"].notna().any()
