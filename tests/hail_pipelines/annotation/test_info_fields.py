import numpy as np
import pyarrow as pa

from hail_pipelines.annotation.info_fields import InfoFields

NUMBERS = [[1.0, 2.0], [1.0, 2.0], [1.0, 2.0, 3.0], [5.0], [], None, [None, 4.0], [None, 6.0, 7.0]]
ALTERNATES = np.array([2, 2, 2, 1, 1, 1, 2, 2])
A_INDEX = np.array([1, 2, 2, 1, 1, 1, 1, 1])


def test_as_many_values_as_alternates_are_one_for_each_and_any_other_number_is_the_records():
    info = InfoFields({"X": pa.array(NUMBERS), "Y": pa.array(range(8))}, ALTERNATES, A_INDEX)
    found = info.of_alleles("X", np.arange(8)).to_pylist()
    assert found == [[1.0], [2.0], [1.0, 2.0, 3.0], [5.0], [], [], [None], [None, 6.0, 7.0]]
    some = info.of_alleles("X", np.array([3, 1, 1, 2]))
    assert some.to_pylist() == [[5.0], [2.0], [2.0], [1.0, 2.0, 3.0]]
    assert info.of_alleles("Y", np.array([6, 0])).to_pylist() == [6, 0]


def test_the_first_value_of_an_allele_is_taken_and_is_missing_where_there_is_none():
    info = InfoFields({"X": pa.array(NUMBERS), "Y": pa.array(range(8))}, ALTERNATES, A_INDEX)
    assert info.first_of_alleles("X").to_pylist() == [1.0, 2.0, 1.0, 5.0, None, None, None, 6.0]
    assert info.first_of_alleles("Y").to_pylist() == list(range(8))
