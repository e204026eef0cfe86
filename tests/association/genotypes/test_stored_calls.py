import numpy as np
import pytest

from association.genotypes.stored_calls import UNKNOWN, StoredCalls, known, reads_in_all

NAN = np.nan


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_unknown_numbers_are_nan_and_others_themselves(kind):
    stored = np.array([[0, 7, UNKNOWN[kind]], [UNKNOWN[kind], 254, 1]], kind)
    np.testing.assert_array_equal(known(stored), np.array([[0, 7, NAN], [NAN, 254, 1]], np.float32))
    calls = StoredCalls(np.zeros((2, 3), np.uint8), quality=stored).known()
    assert (calls.quality.dtype, calls.depth) == (np.float32, None)


def test_the_largest_byte_is_a_number_among_those_of_two():
    assert known(np.array([255, 65_535], np.uint16)).tolist() == [255, pytest.approx(NAN, nan_ok=True)]


def test_reads_are_given_by_their_places_among_all_calls():
    reference, alternate = np.array([[1, 2], [3, 255]], np.uint8), np.array([[300, 5], [6, 7]], np.uint16)
    calls = StoredCalls(np.zeros((2, 2), np.uint8), reference_reads=reference, alternate_reads=alternate)
    of_reference, of_alternate = calls.reads_at(np.array([3, 0]))
    np.testing.assert_array_equal(of_reference, [NAN, 1])
    np.testing.assert_array_equal(of_alternate, [7, 300])
    assert reads_in_all(of_reference, of_alternate).tolist() == [7, 301]


def test_some_variants_are_taken_with_all_their_fields():
    calls = StoredCalls(np.arange(6, dtype=np.uint8).reshape(3, 2), depth=np.arange(6, dtype=np.uint8).reshape(3, 2))
    taken = calls.take(np.array([2, 0]))
    assert taken.genotypes.tolist() == taken.depth.tolist() == [[4, 5], [0, 1]]
    assert taken.quality is None
