"""Sex from words."""

import pandas as pd
import pytest

from association.phenotypes.sex import other_words, sex_codes, sex_from_x


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


def test_x_tells_males_from_females_where_it_holds_enough():
    heterozygous = pd.Series([0, 6, 8, 20, 20, 40, 0])
    expected = pd.Series([15, 30.6, 39.6, 40, 39.7, 40, 14.9])
    found = sex_from_x(heterozygous, expected)
    # F is 1, 0.804, 0.798, 0.5, 0.496, 0, and nothing where fewer than 15 are expected.
    assert found.fillna(-1).tolist() == [1, 1, -1, -1, 0, 0, -1]
