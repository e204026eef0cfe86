import numpy as np

from association.traits_together.conjunction import at_least, both


def test_both_is_the_weaker_one_and_needs_two():
    found = both(np.array([0.01, 0.2, np.nan]), np.array([0.3, 0.1, 0.1]))
    np.testing.assert_array_equal(found, [0.3, 0.2, np.nan])


def test_at_least_u_of_three_by_hand():
    p_values = np.array([[0.02, 0.5, 0.03], [0.6, 0.9, 0.8]])
    np.testing.assert_allclose(at_least(p_values, 1), [0.06, 1.0])
    np.testing.assert_allclose(at_least(p_values, 2), [0.06, 1.0])
    np.testing.assert_allclose(at_least(p_values, 3), [0.5, 0.9])


def test_at_least_all_of_two_is_both():
    p_values = np.random.default_rng(1).random((50, 2))
    np.testing.assert_array_equal(at_least(p_values, 2), both(*p_values.T))


def test_a_trait_without_a_p_value_counts_as_no_evidence():
    p_values = np.array([[0.01, np.nan, 0.02], [np.nan, np.nan, np.nan]])
    np.testing.assert_array_equal(at_least(p_values, 2), [0.04, np.nan])
    np.testing.assert_array_equal(at_least(p_values, 3), [1.0, np.nan])
