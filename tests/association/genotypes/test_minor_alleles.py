"""Who carries the minor allele, against the same in plain Python."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from association.genotypes.calls import NO_CALL
from association.genotypes.minor_alleles import MINOR_DOSAGE, carriers_of, minor_count, minor_is_reference
from association.genotypes.places import AUTOSOME, ON_Y, PLACES

ALTERNATES, PLOIDY = {0: 0, 1: 1, 2: 2, 3: 0, 4: 1}, {0: 2, 1: 2, 2: 2, 3: 1, 4: 1}


def test_the_minor_allele_is_the_rarer_and_a_tie_does_not_depend_on_the_coding():
    count, number = np.array([4, 6, 5, 5], np.int32), np.full(4, 10, np.int32)
    first = np.array([True, True, True, False])
    assert minor_is_reference(count, number, first).tolist() == [False, True, True, False]
    assert minor_count(count, number).tolist() == [4, 4, 5, 5]


def test_dosage_is_that_of_the_minor_allele_up_to_the_ploidy():
    assert MINOR_DOSAGE[0].tolist() == [0, 1, 2, 0, 1, 0]
    assert MINOR_DOSAGE[1].tolist() == [2, 1, 0, 1, 0, 0]


@st.composite
def blocks(draw):
    variants, samples = draw(st.integers(1, 5)), draw(st.integers(1, 7))
    codes = draw(st.lists(st.integers(0, NO_CALL), min_size=variants * samples, max_size=variants * samples))
    columns = draw(st.lists(st.integers(0, samples - 1), unique=True))
    rows = draw(st.lists(st.integers(0, variants - 1), unique=True))
    by_ref = draw(st.lists(st.booleans(), min_size=variants, max_size=variants))
    places = draw(st.lists(st.sampled_from([AUTOSOME, ON_Y]), min_size=variants, max_size=variants))
    with_y = draw(st.lists(st.booleans(), min_size=len(columns), max_size=len(columns)))
    return np.array(codes, np.uint8).reshape(variants, samples), columns, rows, by_ref, places, with_y


@settings(max_examples=200, deadline=None)
@given(blocks())
def test_carriers_and_missing_calls_are_listed_by_number_as_in_plain_python(block):
    codes, columns, rows, by_ref, places, with_y = block
    expected = np.ones((PLACES, len(columns)), np.bool_)
    expected[ON_Y] = with_y
    numbers = (np.array(columns, np.intp), np.array(rows, np.intp))
    found = carriers_of(codes, *numbers, np.array(by_ref), np.array(places, np.uint8), expected)
    for number, row in enumerate(rows):
        calls = [(sample, int(codes[row, column])) for sample, column in enumerate(columns)]
        dosages = {
            sample: PLOIDY[code] - ALTERNATES[code] if by_ref[row] else ALTERNATES[code]
            for sample, code in calls
            if code != NO_CALL
        }
        own = slice(found.starts[number], found.starts[number + 1])
        carried = dict(zip(found.numbers[own].tolist(), found.dosages[own].tolist(), strict=True))
        assert list(carried.items()) == [(sample, dosage) for sample, dosage in dosages.items() if dosage]
        lost = found.missing[found.missing_starts[number] : found.missing_starts[number + 1]].tolist()
        assert lost == [
            sample for sample, code in calls if code == NO_CALL and (places[row] != ON_Y or with_y[sample])
        ]
