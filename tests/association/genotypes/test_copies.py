import numpy as np
import pytest

from association.genotypes.copies import UNKNOWN, any_copies, copies_by_place, is_single, may_be_single, of_others
from association.genotypes.judged_calls import CallLimits, People, judge_calls
from association.genotypes.places import AUTOSOME, ON_X, ON_Y, PSEUDOAUTOSOMAL
from association.genotypes.stored_calls import StoredCalls

CALLS = ["0/0", "0/1", "1/1", "0", "1", None]
# What each of these calls becomes with so many copies; with three they are called as with two.
NONE = [None] * 6
ONE = ["0", None, "1", "0", "1", None]
TWO = ["0/0", "0/1", "1/1", None, None, None]
COPIES = {"XX": (2, 0), "XY": (1, 1), "X0": (1, 0), "XXY": (2, 1), "XYY": (1, 2), "XXX": (3, 0),
          "unclear": (UNKNOWN, UNKNOWN)}  # fmt: skip
# On X and on Y.
FITTED = {
    "XX": (TWO, NONE), "XY": (ONE, ONE), "X0": (ONE, NONE), "XXY": (TWO, ONE), "XYY": (ONE, ONE), "XXX": (TWO, NONE),
    "unclear": (CALLS, CALLS),
}  # fmt: skip


def fitted(place, people):
    """Make every call of every sample fit, with no rule on: one variant a call."""
    genotypes = np.repeat(np.arange(6, dtype=np.uint8)[:, None], len(people.included), axis=1)
    judged = judge_calls(StoredCalls(genotypes), np.full(6, place, np.uint8), people, CallLimits())
    return [[CALLS[code] for code in column] for column in judged.genotypes.T]


def people_of(karyotypes):
    x_copies, y_copies = np.array([COPIES[name] for name in karyotypes], np.int8).T.copy()
    everybody = np.ones(len(karyotypes), np.bool_)
    return People(everybody, is_single(x_copies), copies_by_place(x_copies, y_copies))


@pytest.mark.parametrize("place", [AUTOSOME, PSEUDOAUTOSOMAL, ON_X, ON_Y])
def test_every_karyotype_keeps_what_it_can_have_and_pseudoautosomal_calls_stay(place):
    chromosome = {ON_X: 0, ON_Y: 1}.get(place)
    expected = [CALLS if chromosome is None else FITTED[name][chromosome] for name in FITTED]
    assert fitted(place, people_of(list(FITTED))) == expected


@pytest.mark.parametrize("place", [AUTOSOME, PSEUDOAUTOSOMAL, ON_X, ON_Y])
def test_calls_stay_while_nothing_is_known(place):
    assert fitted(place, People(np.ones(3, np.bool_), may_be_single(3), any_copies(3))) == [CALLS] * 3


def test_one_copy_is_that_of_one_x_and_of_everybody_on_y_and_may_be_anybodys_before():
    x_copies = np.array([2, 1, 3, UNKNOWN], np.int8)
    assert is_single(x_copies)[ON_X].tolist() == [False, True, False, False]
    assert is_single(x_copies)[ON_Y].all()
    assert may_be_single(4)[[ON_X, ON_Y]].all()
    for single in (is_single(x_copies), may_be_single(4)):
        assert not single[[AUTOSOME, PSEUDOAUTOSOMAL]].any()


def test_others_have_no_call_anywhere():
    included = np.array([True, False, True])
    copies = of_others(any_copies(3), included)
    for place in (AUTOSOME, PSEUDOAUTOSOMAL, ON_X, ON_Y):
        assert fitted(place, People(included, may_be_single(3), copies)) == [CALLS, NONE, CALLS]
