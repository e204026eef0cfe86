"""Rows of two runs find their partners, and what became of each is said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from association.comparison.paired_rows import (
    KEY,
    MOVED,
    NEWLY_TESTED,
    NO_LONGER_TESTED,
    PairedRows,
    pair_rows,
    what_became,
)

ROWS = [
    ("A", "survival", "plof", "burden", 0.01, "flat", "sum"),
    ("A", "survival", "plof", "skat", 0.01, "beta_1_25", None),
    ("A", "survival", "plof", "omnibus", 0.01, None, None),
    ("A", "survival", "all", "omnibus", None, None, None),
    ("B", "survival", "plof", "burden", 0.01, "flat", "sum"),
]


def table(rows):
    return pd.DataFrame(rows, columns=["gene", "trait", "mask", "test", "max_af", "weights", "coding"])[list(KEY)]


def pairs_of(old, new):
    paired = pair_rows(table(old), table(new))
    return set(zip(paired.old.tolist(), paired.new.tolist(), strict=True))


def test_the_same_rows_in_any_order_are_paired():
    order = [3, 0, 4, 2, 1]
    assert pairs_of(ROWS, [ROWS[place] for place in order]) == {(place, n) for n, place in enumerate(order)}


def test_a_row_of_one_run_is_paired_with_nobody():
    assert pairs_of(ROWS, ROWS[1:]) == {(0, -1), *((n + 1, n) for n in range(4))}
    assert pairs_of(ROWS[1:], ROWS) == {(-1, 0), *((n, n + 1) for n in range(4))}


@pytest.mark.parametrize(("column", "value"), [(4, 0.001), (5, "madsen_browning"), (6, "any")])
def test_a_row_that_is_asked_otherwise_is_paired_where_it_can_be_no_other(column, value):
    changed = [tuple(value if place == column else cell for place, cell in enumerate(ROWS[0])), *ROWS[1:]]
    assert pairs_of(ROWS, changed) == {(n, n) for n in range(5)}


def test_a_ceiling_that_stayed_is_paired_with_itself_and_two_new_ones_with_nobody():
    first = ROWS[0]
    others = [(*first[:4], ceiling, *first[5:]) for ceiling in (0.001, 0.01, 0.05)]
    assert pairs_of([first], others) == {(-1, 0), (0, 1), (-1, 2)}
    assert pairs_of([first], [others[0], others[2]]) == {(0, -1), (-1, 0), (-1, 1)}


def test_no_rows_on_one_side_leave_all_others_alone():
    assert pairs_of([], ROWS) == {(-1, n) for n in range(5)}
    assert pairs_of(ROWS, []) == {(n, -1) for n in range(5)}


def test_more_than_ten_fold_is_a_move_and_ten_fold_is_not():
    places = np.arange(6)
    old = np.array([3.0, 3.0, 3.0, np.nan, 3.0, np.nan])
    new = np.array([4.0, 4.01, 1.9, 2.0, np.nan, np.nan])
    became = what_became(PairedRows(places, places), old, new).tolist()
    assert became == [None, MOVED, MOVED, NEWLY_TESTED, NO_LONGER_TESTED, None]


def test_a_row_without_partner_is_newly_or_no_longer_tested():
    paired = PairedRows(np.array([-1, 0]), np.array([0, -1]))
    assert what_became(paired, np.array([2.0]), np.array([3.0])).tolist() == [NEWLY_TESTED, NO_LONGER_TESTED]
