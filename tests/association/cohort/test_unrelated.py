"""The unrelated set against all subsets."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from association.cohort import unrelated
from association.cohort.unrelated import duplicates_to_drop, maximal_unrelated_set, relatives_among


def pairs_of(edges, names, kinship=0.25):
    rows = [(names[one], names[other], kinship) for one, other in edges]
    return pd.DataFrame(rows, columns=["sample_1", "sample_2", "kinship"])


@st.composite
def cohorts(draw, most=9):
    number = draw(st.integers(1, most))
    edges = draw(st.lists(st.sampled_from(list(combinations(range(number + 1), 2))), unique=True))
    edges = [edge for edge in edges if max(edge) < number]
    events = draw(st.lists(st.booleans(), min_size=number, max_size=number))
    rates = draw(st.lists(st.sampled_from([0.9, 0.95, 0.97, 1.0, np.nan]), min_size=number, max_size=number))
    return number, edges, np.array(events), np.array(rates)


def best_by_hand(number, edges, events, rates):
    """Compare all subsets without an edge: events, samples, call rates, then the first samples."""
    rates = np.nan_to_num(rates)
    subsets = [set(some) for size in range(number + 1) for some in combinations(range(number), size)]
    free = [some for some in subsets if not any(one in some and other in some for one, other in edges)]
    key = lambda some: (  # noqa: E731
        sum(events[list(some)]),
        len(some),
        round(sum(rates[list(some)]), 6),
        tuple(-one for one in sorted(some)),
    )
    return max(free, key=key)


@settings(max_examples=80, deadline=None)
@given(cohorts())
def test_no_subset_has_more_events_then_samples_then_call_rate(cohort):
    number, edges, events, rates = cohort
    names = [f"S{sample}" for sample in range(number)]
    kept = maximal_unrelated_set(pairs_of(edges, names), names, events=events, call_rate=rates)
    assert set(np.flatnonzero(kept)) == best_by_hand(*cohort)


@settings(max_examples=50, deadline=None)
@given(cohorts(most=14), st.booleans())
def test_nobody_kept_is_related_and_nobody_can_be_added(cohort, exact):
    number, edges, events, rates = cohort
    names = [f"S{sample}" for sample in range(number)]
    before, unrelated.EXACT_SAMPLES = unrelated.EXACT_SAMPLES, 24 if exact else 0
    try:
        kept = maximal_unrelated_set(pairs_of(edges, names), names, events=events, call_rate=rates)
    finally:
        unrelated.EXACT_SAMPLES = before
    assert not any(kept[one] and kept[other] for one, other in edges)
    for sample in np.flatnonzero(~kept):
        assert any(kept[one] or kept[other] for one, other in edges if sample in (one, other))


@settings(max_examples=50, deadline=None)
@given(cohorts(), st.randoms())
def test_order_of_pairs_and_their_ends_does_not_matter(cohort, random):
    number, edges, events, rates = cohort
    names = [f"S{sample}" for sample in range(number)]
    shuffled = [edge[::-1] if random.random() < 0.5 else edge for edge in random.sample(edges, len(edges))]
    one, other = (
        maximal_unrelated_set(pairs_of(some, names), names, events=events, call_rate=rates)
        for some in (edges, shuffled)
    )
    np.testing.assert_array_equal(one, other)


def test_a_large_family_is_solved_in_time_and_greedily_about_as_well():
    rng = np.random.default_rng(1)
    greedy_events, exact_events = 0, 0
    for _ in range(20):
        edges = [edge for edge in combinations(range(24), 2) if rng.random() < 0.15]
        names, events, rates = [f"S{one:02d}" for one in range(24)], rng.random(24) < 0.3, rng.uniform(0.9, 1, 24)
        exact = maximal_unrelated_set(pairs_of(edges, names), names, events=events, call_rate=rates)
        unrelated.EXACT_SAMPLES, before = 0, unrelated.EXACT_SAMPLES
        greedy = maximal_unrelated_set(pairs_of(edges, names), names, events=events, call_rate=rates)
        unrelated.EXACT_SAMPLES = before
        greedy_events += events[greedy].sum()
        exact_events += events[exact].sum()
        assert (events[exact].sum(), exact.sum()) >= (events[greedy].sum(), greedy.sum())
    assert greedy_events >= 0.95 * exact_events


def test_ten_thousand_samples_in_one_family_take_no_time():
    names = [f"S{one:05d}" for one in range(10_000)]
    edges = [(0, one) for one in range(1, 10_000)]
    kept = maximal_unrelated_set(
        pairs_of(edges, names), names, events=np.zeros(10_000, dtype=bool), call_rate=np.ones(10_000)
    )
    assert kept.sum() == 9_999
    assert not kept[0]


@pytest.mark.parametrize(("kinship", "kept"), [(0.0884, 1), (0.0883, 2)])
def test_second_degree_relatives_are_the_furthest_joined(kinship, kept):
    pairs = pairs_of([(0, 1)], ["A", "B"], kinship)
    assert maximal_unrelated_set(pairs, ["A", "B"], events=np.zeros(2, bool), call_rate=np.ones(2)).sum() == kept


def test_pairs_of_samples_that_are_not_listed_are_passed_over():
    pairs = pairs_of([(0, 1), (1, 2)], ["A", "gone", "B"])
    assert maximal_unrelated_set(pairs, ["A", "B"], events=np.zeros(2, bool), call_rate=np.ones(2)).all()


def test_an_event_outweighs_many_relatives_without_one():
    names = list("ABCDE")
    events = np.array([True, False, False, False, False])
    star = pairs_of([(0, one) for one in range(1, 5)], names)
    kept = maximal_unrelated_set(star, names, events=events, call_rate=np.array([0.5, 1, 1, 1, 1]))
    assert kept.tolist() == [True, False, False, False, False]


@pytest.mark.parametrize(
    ("kinship", "known", "rates", "dropped"),
    [
        (0.354, [False, True], [1.0, 0.9], [0]),
        (0.354, [True, True], [0.9, 1.0], [0]),
        (0.354, [True, True], [np.nan, 0.1], [0]),
        (0.354, [False, False], [0.9, 0.9], [1]),
        (0.3539, [True, True], [0.9, 1.0], []),
    ],
)
def test_of_duplicates_the_one_with_a_known_event_then_the_better_called_stays(kinship, known, rates, dropped):
    pairs = pairs_of([(0, 1)], ["A", "B"], kinship)
    found = duplicates_to_drop(pairs, ["A", "B"], event_known=np.array(known), call_rate=np.array(rates))
    assert np.flatnonzero(found).tolist() == dropped


def test_of_three_copies_one_stays_even_where_one_pair_was_missed():
    pairs = pairs_of([(0, 1), (1, 2)], list("ABCD"), 0.49)
    found = duplicates_to_drop(
        pairs, list("ABCD"), event_known=np.ones(4, bool), call_rate=np.array([0.9, 1, 0.8, 1])
    )
    assert found.tolist() == [True, False, True, False]


def test_relatives_are_counted_once_among_those_who_count():
    pairs = pd.concat(
        [pairs_of([(0, 1), (0, 2), (0, 3), (1, 2)], list("ABCD")), pairs_of([(2, 3)], list("ABCD"), 0.05)]
    )
    counted = np.array([True, True, True, False])
    assert relatives_among(pairs, list("ABCDE"), np.append(counted, True)).tolist() == [2, 2, 2, 1, 0]
    assert relatives_among(pairs[:0], ["A"], np.ones(1, bool)).tolist() == [0]
    assert relatives_among(pairs, list("ABCD"), counted, min_kinship=0.05).tolist() == [2, 2, 2, 2]
