"""Critical values and curves of power, against enumeration, the engine's own p-values, and formulas."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from association.calibration.evidence import evidence_of
from association.calibration.monte_carlo import Effort
from association.gene_tests.masks import Mask
from association.power.carrier_spread import draw_carriers, spread_over_strata
from association.power.critical_ratio import DRAWN, EXACT, UNATTAINABLE, CriticalRatios, group_ratios
from association.power.detectable import detectable_size
from association.power.formula import formula_power
from association.power.power_curve import power_curves
from association.power.studied_trait import RATIOS, EffectScale
from association.scan import scan
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait, WeightedTest

LEVEL = 5e-4
BURDEN = ScanSettings(
    (MaskChoice(Mask("missense"), 0.5),), (WeightedTest("burden", "flat"),), 1, Effort(20_000, 20_000, 50)
)


@pytest.mark.parametrize("kind", ["survival", "quantitative", "slope"])
def test_critical_ratios_of_three_carriers_are_those_of_all_choices(make_studied, kind):
    trait = make_studied(np.random.default_rng(1), kind, 40, strata=1)
    evidence = evidence_of(trait.model, trait.strata)
    every = np.sort(group_ratios(evidence, np.array(list(combinations(range(40), 3)))))[::-1]
    (found,) = CriticalRatios(np.array([3]), trait.strata, 1).at(evidence, [0.01])
    assert found.method == (DRAWN if kind == "slope" else EXACT)
    place = int(0.01 * every.size) - 1
    assert found.ratio == pytest.approx(every[place], rel=0.02)


def test_a_level_below_what_carriers_can_attain_is_out_of_reach(make_studied):
    trait = make_studied(np.random.default_rng(2), "survival")
    low, high = power_curves(trait, 1, [1e-3, 0.05], 1)
    assert not low.attainable
    assert {point.simulated.method for point in low.points} == {UNATTAINABLE}
    assert all(point.simulated.power == point.small_effects == 0 for point in low.points)
    assert high.attainable
    assert max(point.simulated.power for point in high.points) > 0.15


@pytest.mark.parametrize("kind", ["survival", "quantitative"])
def test_a_replicate_is_significant_where_the_engines_p_value_is(make_studied, make_store, kind):
    """The engine scans a store with the carriers, for the null model of the samples with the effect in them."""
    trait = make_studied(np.random.default_rng(3), kind)
    taken, effect = spread_over_strata(6, np.bincount(trait.strata)), trait.scale.on_predictor(trait.scale.sizes[5])
    drawn = draw_carriers(taken, trait.strata, (3,), 24).astype(np.int64)
    chances = trait.planted.draws(np.random.default_rng(3), drawn.shape)
    ratios = trait.planted.ratios(drawn, chances, effect)
    reached, reported = [], []
    for own, chance, ratio in zip(drawn, chances, ratios, strict=True):
        model = trait.planted.refitted(own, chance, effect)
        (critical,) = CriticalRatios(taken, trait.strata, 1).at(evidence_of(model, trait.strata), [LEVEL])
        dosages = np.zeros((trait.samples, 1))
        dosages[own] = 1
        like = ScanTrait(kind, model, trait.strata, np.arange(trait.samples), trait.samples)
        rows = scan(*make_store({"G": dosages}), [like], BURDEN)
        reported.append(rows["p_value"][0].as_py() <= LEVEL)
        reached.append(ratio >= critical.ratio)
    assert 2 < sum(reported) < 24
    assert reached == reported


@pytest.mark.parametrize("kind", ["survival", "slope", "quantitative", "binary"])
def test_simulation_and_formula_agree_within_three_points_from_20_carriers_on(make_studied, kind):
    trait = make_studied(np.random.default_rng(4), kind)
    trait = replace(trait, scale=replace(trait.scale, sizes=trait.scale.sizes[:5]))
    for curve in power_curves(trait, 30, [LEVEL, 0.05], 1):
        differences = [abs(point.simulated.power - point.simulated.by_formula) for point in curve.points]
        # The simulation itself is known to a point and a half.
        assert max(differences) < 0.03 + 0.015


def test_small_effects_of_many_carriers_have_schoenfelds_power(make_studied):
    trait = make_studied(np.random.default_rng(5), "survival", 2_000, strata=1)
    scale = EffectScale("hazard ratio", (1.5,), None)
    (curve,) = power_curves(replace(trait, scale=scale), 200, [0.05], 1)
    point = curve.points[0]
    information = 200 * 0.9 * trait.events / 2_000
    assert point.small_effects == pytest.approx(formula_power(np.log(1.5), information, 0.05))
    assert point.simulated.power == pytest.approx(point.small_effects, abs=0.03)


def test_the_detectable_effect_lies_where_power_crosses_80_percent():
    scale = EffectScale("hazard ratio", RATIOS, None)
    assert detectable_size(scale, [2.0, 8.0], [0.8, 0.9]) == 2
    assert np.isnan(detectable_size(scale, [2.0, 8.0], [0.1, 0.7]))
    # Probits are symmetric around one half: 80% lies as far from 70% and 87.4% as these are from each other.
    assert detectable_size(scale, [2.0, 8.0], [0.2, 0.8], asked=0.5) == pytest.approx(4)


def test_the_same_seed_gives_the_same_power(make_studied):
    trait = make_studied(np.random.default_rng(6), "survival")
    assert power_curves(trait, 5, [LEVEL], 9) == power_curves(trait, 5, [LEVEL], 9)
    assert power_curves(trait, 5, [LEVEL], 9) != power_curves(trait, 5, [LEVEL], 10)
