"""Sex from words."""

import pandas as pd
import pytest

from association.phenotypes.sex import is_male
from association.problems import InputError


@pytest.mark.parametrize("word", ["m", "M", "male", "Male", "MALE", " male ", "1", "1.0"])
def test_words_for_male(word):
    assert is_male(pd.Series([word], name="sex")).tolist() == [True]


@pytest.mark.parametrize("word", ["f", "F", "female", "Female", " f", "2", "2.0", None, float("nan")])
def test_words_for_female_and_a_missing_value_are_not_male(word):
    assert is_male(pd.Series([word], dtype=object, name="sex")).tolist() == [False]


def test_a_column_keeps_its_index_and_holds_plain_truth_values():
    found = is_male(pd.Series(["M", None, "F"], index=[4, 7, 9], name="sex"))
    assert found.index.tolist() == [4, 7, 9]
    assert found.to_numpy(bool).tolist() == [True, False, False]


def test_other_words_are_refused_with_the_column_and_all_of_them():
    with pytest.raises(InputError) as caught:
        is_male(pd.Series(["man", "F", "0", "man", None], name="gender"))
    assert caught.value.problems[0].place == "column 'gender'"
    assert "found '0', 'man' where male and female, M and F, or 1 and 2 were expected" in str(caught.value)
