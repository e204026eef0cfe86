"""The best of several statistics against its definition, written by hand, and against its own promise."""

import math

import numpy as np
import pytest

from association.traits_together.min_p import TAIL, count_as_extreme


def ranks_by_hand(row):
    """Give each value's mid-rank from the top, and the exponential tail beyond the tenth."""
    above = (row[None] > row[:, None]).sum(axis=1)
    ranks = above + (row[None] == row[:, None]).sum(axis=1) / 2
    begin = np.sort(row)[max(row.size - TAIL, 0)]
    far = row > begin
    if far.any():
        ranks[far] = far.sum() * np.exp(-(row[far] - begin) / (row[far] - begin).mean())
    return ranks


def by_hand(values, observed):
    ranks = np.array([ranks_by_hand(row) for row in values]).min(axis=0)
    return int((ranks <= ranks[observed] * (1 + 1e-12)).sum())


@pytest.mark.parametrize("digits", [0, 1, 6])
def test_counts_what_the_definition_counts_with_and_without_ties(digits):
    rng = np.random.default_rng(digits)
    values = rng.exponential(size=(3, 80)).round(digits)
    for observed in (*range(0, 80, 7), *values.argmax(axis=1)):
        counted = count_as_extreme(values, values[:, observed], np.zeros(3), np.ones((1, 3), np.bool_))
        assert counted[0] == by_hand(values, observed)


def test_no_level_is_exceeded_whichever_permutation_is_the_data():
    rng = np.random.default_rng(3)
    values = np.vstack([rng.exponential(size=(2, 200)), rng.poisson(0.2, (1, 200)).astype(float)])
    everything = np.ones((1, 3), np.bool_)
    counts = [count_as_extreme(values, values[:, b], np.zeros(3), everything)[0] for b in range(200)]
    assert all((np.array(counts) <= most).sum() <= most for most in range(1, 201))


def test_one_statistic_is_judged_by_its_own_law_alone():
    rng = np.random.default_rng(4)
    values = rng.normal(size=(1, 500))
    for observed in (0, 1, int(values.argmax())):
        counted = count_as_extreme(values, values[:, observed], np.zeros(1), np.ones((1, 1), np.bool_))
        assert counted[0] == (values >= values[0, observed]).sum()


def test_a_value_far_beyond_all_others_is_alone_among_many_statistics():
    rng = np.random.default_rng(5)
    values = rng.exponential(size=(20, 1000))
    values[7, 0] = 60.0
    assert count_as_extreme(values, values[:, 0], np.zeros(20), np.ones((1, 20), np.bool_))[0] == 1
    assert math.isclose(ranks_by_hand(values[0]).min(), 1.0, abs_tol=1.5)


def test_questions_are_about_their_own_statistics():
    rng = np.random.default_rng(6)
    values = rng.exponential(size=(3, 300))
    questions = np.array([[True, False, False], [False, True, True], [True, True, True]])
    counted = count_as_extreme(values, values[:, 5], np.zeros(3), questions, np.array([True, True, False]))
    assert counted[0] == by_hand(values[:1], 5)
    assert counted[1] == by_hand(values[1:], 5)
    assert counted[2] == 0


def test_differences_within_the_noise_are_ties():
    values = np.array([[3.0, 3.0 + 1e-13, 2.0, 1.0] + [0.5] * 20])
    assert count_as_extreme(values, values[:, 0], np.array([1e-12]), np.ones((1, 1), np.bool_))[0] == 2
