"""Counts that are told never give a count of few people, by themselves or by difference."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from jobs.report.numbers import FEW
from jobs.report.withheld.cells import Group, events_told, few_of, told_groups
from jobs.report.withheld.p_values import neg_log10, rounded

LEAST = 5


def few(count):
    return 0 < abs(count) < LEAST


@pytest.mark.parametrize(("count", "told"), [(0, True), (1, False), (4, False), (5, True), (6, True)])
def test_a_count_is_told_from_the_limit_on_and_where_it_is_of_nobody(count, told):
    assert told_groups([Group(count)], LEAST)[Group(count)] == (told, False)


def test_of_two_groups_that_differ_by_few_the_smaller_is_told():
    told = told_groups([Group(12), Group(9), Group(17)], LEAST)
    assert [told[Group(count)][0] for count in (9, 12, 17)] == [True, False, True]


def test_a_union_is_not_told_where_it_gives_how_many_are_in_two_groups():
    whole = Group(18, union=True)
    assert not told_groups([Group(6), Group(13), whole], LEAST)[whole][0]
    assert told_groups([Group(6), Group(12), whole], LEAST)[whole][0]


@pytest.mark.parametrize(("events", "told"), [(0, True), (2, False), (6, True), (9, False), (12, True)])
def test_events_are_told_where_neither_they_nor_the_others_are_few(events, told):
    assert told_groups([Group(12, events)], LEAST)[Group(12, events)] == (True, told)


@pytest.mark.parametrize(("one", "other", "whole", "told"), [(4, 4, 8, False), (4, 3, 7, True), (6, 4, 10, False)])
def test_a_union_that_groups_of_few_only_just_fill_is_not_told(one, other, whole, told):
    union = Group(whole, union=True)
    assert told_groups([Group(one), Group(other), union], LEAST)[union][0] == told


def test_what_is_told_of_withheld_events_leaves_at_least_four_counts():
    pairs = [(people, events) for people in range(LEAST, 30) for events in range(people + 1)]
    people, events = (pd.Series(one) for one in zip(*pairs, strict=True))
    silent = pd.Series([not told_groups([Group(*one)], LEAST)[Group(*one)][1] for one in pairs])
    told = events_told(events, people, silent, LEAST)
    possible = events[silent].groupby([people[silent], told[silent].fillna(-1)]).nunique()
    assert possible.min() >= LEAST - 1


cells = some.lists(
    some.integers(0, 40).flatmap(lambda people: some.tuples(some.just(people), some.integers(0, people))), max_size=6
)


@given(cells)
def test_no_difference_of_told_counts_is_of_few(counts):
    told = told_groups([Group(*one) for one in counts], LEAST)
    people = [group.people for group, (shown, _) in told.items() if shown]
    cases = [group for group, (_, shown) in told.items() if shown]
    assert not any(few(count) for count in people)
    assert not any(few(one - other) for one, other in combinations(people, 2))
    for one in cases:
        assert not few(one.events)
        assert not few(one.people - one.events)
    for one, other in combinations(cases, 2):
        assert not few(one.events - other.events)
        assert not few((one.people - one.events) - (other.people - other.events))


def test_few_people_are_marked_and_nobody_is_not():
    marked = few_of(pd.Series([0, 1, 4, 5, None]), LEAST)
    assert marked.tolist()[:4] == [0, FEW, FEW, 5]
    assert np.isnan(marked.iloc[4])


def test_p_values_keep_two_digits_and_their_side_of_the_line():
    p_values, line = pd.Series([65 / 132, 0.01234, 2.5049e-4, 2.4951e-4, 1.0, 0.0, np.nan]), 2.501e-4
    assert rounded(p_values).tolist()[:6] == [0.49, 0.012, 2.5e-4, 2.5e-4, 1.0, 0.0]
    assert rounded(p_values, line).tolist()[:4] == [0.49, 0.012, 2.6e-4, 2.5e-4]
    assert np.isnan(rounded(p_values).iloc[6])


@given(some.floats(1e-300, 1.0), some.floats(1e-300, 1.0))
def test_rounding_moves_no_p_value_over_the_line(p_value, line):
    found = rounded(pd.Series([p_value]), line).iloc[0]
    assert (found <= line) == (p_value <= line) or line < p_value * 1.0000001
    assert found == pytest.approx(p_value, rel=0.11)


def test_a_p_value_that_underflows_keeps_its_exponent():
    assert neg_log10(pd.Series([0.0, 0.01]), pd.Series([400.123456, 2.0])).tolist() == [400.12, 2.0]


def test_three_masks_that_tell_of_the_overlap_of_two_are_not_all_told():
    told = told_groups([Group(10), Group(20), Group(27)], 5)
    assert [told[Group(count)][0] for count in (10, 20, 27)] == [True, True, False]
