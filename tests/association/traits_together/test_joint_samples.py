import numpy as np
import pytest

from association.traits_together.joint_samples import LACKS, common_strata, divide_by_traits, join_samples


def same_division(first, second):
    """Say whether two divisions put the same samples together."""
    return np.array_equal(first[:, None] == first, second[:, None] == second)


@pytest.mark.parametrize(
    ("strata", "expected"),
    [
        pytest.param([[0, 0, 1, 1]], [0, 0, 1, 1], id="one trait's own"),
        pytest.param([[0, 0, 1, 1], [0, 1, 1, 1]], [0, 1, 2, 2], id="the common refinement"),
        pytest.param([[0, 0, 1, 1], [0, LACKS, 1, LACKS]], [0, 0, 1, 1], id="filled in where the other tells"),
        pytest.param(
            [[0, 0, 0, 0], [0, 1, LACKS, LACKS]], [0, 1, 2, 2], id="by themselves where the other does not tell"
        ),
        pytest.param([[0, 1, LACKS], [LACKS, 0, 0]], [0, 1, 1], id="filled in both ways"),
    ],
)
def test_samples_are_exchanged_within(strata, expected):
    assert same_division(common_strata(np.array(strata)), np.array(expected))


def test_samples_are_exchanged_with_those_that_have_the_same_traits_where_these_are_not_few():
    present = np.ones((3, 60), bool)
    present[1, :10] = present[2, 30:39] = False
    present[1, 39:42] = False
    strata = (np.arange(60) >= 42).astype(np.int64)
    found = divide_by_traits(strata, present)
    # Ten lack the second trait alone, with three more; nine lack the third; the other stratum is whole.
    groups = [[*range(10), 39, 40, 41], range(30, 39), [*range(10, 30)], range(42, 60)]
    expected = np.empty(60, np.int64)
    for number, own in enumerate(groups):
        expected[list(own)] = number
    assert same_division(found, expected)
    few = divide_by_traits(np.zeros(18, np.int64), np.arange(18)[None] < np.array([[18], [9]]))
    assert np.unique(few).size == 1


def test_everyone_with_a_trait_is_in_and_in_the_order_of_the_store(make_trait):
    values = np.arange(8.0)
    traits = [make_trait("a", values, np.array([5, 1, 2])), make_trait("b", values, np.array([7, 2]))]
    samples = join_samples(traits)
    np.testing.assert_array_equal(samples.store_positions, [1, 2, 5, 7])
    np.testing.assert_array_equal(samples.present, [[True, True, True, False], [False, True, False, True]])
    np.testing.assert_array_equal(samples.spread(0, np.array([50.0, 10.0, 20.0])), [10, 20, 50, 0])
