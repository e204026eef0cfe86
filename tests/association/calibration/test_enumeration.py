"""Arrangements against itertools."""

from itertools import permutations

import numpy as np
import pytest

from association.calibration.enumeration import arrange

CASES = [
    ([3], [0], [0] * 6),
    ([1, 4], [0, 0], [0] * 6),
    ([1, 4], [0, 1], [0] * 6),
    ([0, 1, 5], [0, 0, 1], [0, 0, 0, 1, 1, 1, 1]),
    ([0, 1, 2, 5, 6], [0, 0, 1, 0, 0], [0, 0, 0, 1, 1, 1, 1]),
    ([6, 2, 3], [1, 0, 1], [1, 0, 1, 0, 1, 0, 0]),
]


def labelled(carriers, classes, strata):
    """All distinct ways to hand the samples' labels round within strata."""
    label = dict(zip(carriers, classes, strict=True))
    found = set()
    for order in permutations(range(len(strata))):
        if all(strata[source] == strata[target] for target, source in enumerate(order)):
            found.add(tuple(label.get(source) for source in order))
    return found


@pytest.mark.parametrize(("carriers", "classes", "strata"), CASES)
def test_every_distinct_arrangement_is_listed_once(carriers, classes, strata):
    expected = labelled(carriers, classes, strata)
    arranged = arrange(np.array(carriers), np.array(classes), np.array(strata), len(expected))
    kinds = [classes[carriers.index(carrier)] for carrier in arranged.carriers]
    listed = [
        tuple(dict(zip(places, kinds, strict=True)).get(sample) for sample in range(len(strata)))
        for places in arranged.places.T
    ]
    assert len(listed) == len(expected)
    assert set(listed) == expected


def test_three_singletons_of_thirty_have_24360():
    arranged = arrange(np.array([2, 9, 20]), np.array([0, 1, 2]), np.zeros(30, int), 30 * 29 * 28)
    assert len({tuple(places) for places in arranged.places.T}) == 30 * 29 * 28


@pytest.mark.parametrize(("samples", "other", "ways"), [(60, None, 34_220), (20, 5, 19_380)])
def test_where_nearly_all_are_carriers_no_time_goes_to_places_that_leave_no_room(samples, other, ways):
    strata = np.repeat([0, 1], [samples, 40])
    carriers = np.r_[np.arange(samples - 3), np.arange(samples, samples + 40)]
    places = arrange(carriers, (carriers == other).astype(int), strata, ways).places
    assert len({tuple(one) for one in places.T}) == ways
    assert (np.diff(np.sort(places, axis=0), axis=0) > 0).all()


@pytest.mark.parametrize("ways", [14, 16])
def test_a_number_that_is_not_that_of_arrangements_is_refused(ways):
    with pytest.raises(RuntimeError, match=f"listed 15 arrangements where {ways}"):
        arrange(np.array([1, 4]), np.zeros(2, int), np.zeros(6, int), ways)
