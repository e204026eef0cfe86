"""Power by formula."""

import numpy as np
import pytest
from statsmodels.stats.power import NormalIndPower

from association.power.formula import carriers_information, detectable_effect, formula_power, needed_information


@pytest.mark.parametrize(("carriers", "ratio"), [(3, 26), (5, 12), (10, 6.0), (20, 3.6)])
def test_detectable_hazard_ratios_are_schoenfelds(carriers, ratio):
    """300 patients, 180 events, one of 100 tests at a family-wise 5%, power 80%."""
    information = carriers_information(180 / 300, 300, carriers)
    assert np.exp(detectable_effect(information, 0.05 / 100)) == pytest.approx(ratio, rel=0.04)


@pytest.mark.parametrize("carriers", [5, 60])
def test_a_quantitative_traits_power_is_that_of_two_groups_of_known_variance(carriers):
    samples, shift, deviation, level = 300, 1.3, 2.0, 1e-3
    information = carriers_information(1 / deviation**2, samples, carriers)
    other = NormalIndPower().power(shift / deviation, carriers, level, ratio=(samples - carriers) / carriers)
    assert formula_power(shift, information, level) == pytest.approx(other, rel=1e-9)


def test_power_without_an_effect_is_the_level_and_its_sign_does_not_matter():
    assert formula_power(0.0, 40.0, 1e-4) == pytest.approx(1e-4, rel=1e-12)
    assert formula_power(-0.7, 40.0, 1e-4) == formula_power(0.7, 40.0, 1e-4)


def test_needed_information_detects_the_effect_that_it_was_asked_for():
    assert detectable_effect(needed_information(0.4, 1e-5), 1e-5) == pytest.approx(0.4, rel=1e-12)
