"""What the likelihood ratio of carriers finds that their summed residuals do not."""

import numpy as np

from association.calibration.monte_carlo import Effort
from association.gene_tests.masks import Mask
from association.scan import scan
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait, WeightedTest
from association.simulate.random_traits import random_trait

SAMPLES, CARRIERS, COHORTS, PERMUTATIONS = 300, 5, 60, 2_000
STRATA = np.zeros(SAMPLES, np.int64)
BURDEN = ScanSettings(
    (MaskChoice(Mask("missense"), 0.5),), (WeightedTest("burden", "flat"),), 1, Effort(PERMUTATIONS, PERMUTATIONS, 60)
)


def test_harmful_genes_are_found_at_high_event_rates(make_store):
    """Hazard ratio 6, five carriers, 60% events: a residual is at most 1 however early a carrier dies."""
    rng = np.random.default_rng(4)
    dosages = np.zeros((SAMPLES, 1))
    dosages[:CARRIERS] = 1
    store = make_store({"G": dosages})
    ratio_finds, residuals_find = 0, 0
    for _ in range(COHORTS):
        model = random_trait(rng, "frequent_survival", STRATA, np.log(6) * dosages[:, 0]).model
        trait = ScanTrait("survival", model, STRATA, np.arange(SAMPLES), SAMPLES)
        ratio_finds += scan(*store, [trait], BURDEN)["p_value"][0].as_py() <= 0.01
        drawn = rng.permuted(np.tile(model.residuals, (PERMUTATIONS, 1)), axis=1)[:, :CARRIERS].sum(axis=1)
        reached = (abs(drawn) >= abs(model.residuals[:CARRIERS].sum()) * (1 - 1e-9)).sum()
        residuals_find += (1 + reached) / (1 + PERMUTATIONS) <= 0.01
    assert ratio_finds >= 2 * residuals_find
    assert ratio_finds >= COHORTS / 2
