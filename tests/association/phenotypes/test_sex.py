"""Sex from words."""

import pandas as pd
import pytest

from association.phenotypes.sex import other_words, sex_codes


@pytest.mark.parametrize("word", ["m", "M", "male", "Male", "MALE", " male ", "1", "1.0"])
def test_words_for_male(word):
    assert sex_codes(pd.Series([word], name="sex")).tolist() == [1]


@pytest.mark.parametrize("word", ["f", "F", "female", "Female", " f", "2", "2.0"])
def test_words_for_female(word):
    assert sex_codes(pd.Series([word], dtype=object, name="sex")).tolist() == [0]


def test_a_column_keeps_its_index_and_a_missing_value_is_neither():
    found = sex_codes(pd.Series(["M", None, "F"], index=[4, 7, 9], name="sex"))
    assert found.index.tolist() == [4, 7, 9]
    assert found.isna().tolist() == [False, True, False]


def test_other_words_are_told_from_missing_ones():
    texts = pd.Series(["man", "F", "0", " m", None], name="gender")
    assert other_words(texts).tolist() == [True, False, True, False, False]
    assert sex_codes(texts).isna().tolist() == [True, False, True, False, True]
