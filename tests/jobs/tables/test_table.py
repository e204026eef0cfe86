"""A table: what is read of its columns, and how what is wrong is told."""

import numpy as np
import pandas as pd
import pytest

from association.problems import InputError
from jobs.tables.dates import DateStyle
from jobs.tables.table import Table


@pytest.fixture
def table(tmp_path):
    """Give a function that reads a table of the given text."""

    def read(text, name="table.tsv"):
        path = tmp_path / name
        path.write_text(text)
        return Table(path)

    return read


def problems_of(table):
    with pytest.raises(InputError) as caught:
        table.close()
    return {problem.place: problem.message for problem in caught.value.problems}


def test_every_way_to_write_a_missing_value_is_one(table):
    one = table('id\tx\na\t\nb\tNA\nc\tNaN\nd\tnan\ne\tNULL\nf\tnull\ng\t.\nh\t  NA \ni\t""\nj\tN/A\nk\tn/a\nl\t-\n')
    assert one.texts("x").tolist() == [None] * 11 + ["-"]
    assert np.isnan(one.numbers("x")[:9]).all()
    assert one.dates("x")[:9].isna().all()


def test_numbers_are_read_whatever_way_they_are_written(table):
    assert table("id\tx\na\t1\nb\t 2.50 \nc\t-3e-1\nd\t+4\n").numbers("x").tolist() == [1, 2.5, -0.3, 4]


def test_a_column_of_numbers_may_be_named_in_any_alphabet(table):
    assert table("échantillon\tµ\na\t1\n").numbers("µ").tolist() == [1]


def test_missing_columns_and_bad_values_of_the_others_are_told_together(table):
    one = table("id\tage\na\told\n")
    one.require(["id", "agee", "sex"], "Map it in columns")
    one.numbers("agee")
    one.numbers("age")
    one.note("sex", np.array([True]), "is wrong")
    with pytest.raises(InputError) as caught:
        one.close()
    assert [(problem.place, problem.message) for problem in caught.value.problems] == [
        ("line 1", "no column 'agee' (did you mean 'age'?); it has 'id', 'age'. Map it in columns"),
        ("line 1", "no column 'sex'; it has 'id', 'age'. Map it in columns"),
        ("line 2, column 'age'", "'old' is not a number; write one, or leave it empty"),
    ]


def test_a_column_that_differs_in_capitals_is_suggested(table):
    one = table("ID\tAGE_AT_ONSET\na\t1\n")
    one.require(["age_at_onset"], "Map it")
    assert "did you mean 'AGE_AT_ONSET'?" in problems_of(one)["line 1"]


def test_a_number_outside_its_range_is_told_with_the_range(table):
    one = table("id\tx\na\t-1\nb\t0\nc\t4\nd\t5\n")
    one.numbers("x", lowest=0, highest=4)
    assert problems_of(one) == {
        "line 2, column 'x'": "'-1' is outside 0 to 4",
        "line 5, column 'x'": "'5' is outside 0 to 4",
    }


def test_only_rows_that_hold_numbers_are_read_as_such(table):
    one = table("id\tx\na\t1\nb\t120/80\n")
    assert one.numbers("x", where=np.array([True, False]))[0] == 1
    one.close()


def test_a_thousand_problems_are_shown_as_twenty_and_a_count(table):
    one = table("id\tx\n" + "".join(f"s{number}\tbad{number}\n" for number in range(1000)))
    one.numbers("x")
    assert len(problems_of(one)) == 20
    with pytest.raises(InputError, match="1,000 problems, the first 20 of them"):
        one.close()


def test_of_many_problems_some_of_every_kind_are_shown(table):
    one = table("id\tx\ty\n" + "".join(f"s{number}\tbad\tworse\n" for number in range(1000)))
    one.numbers("x")
    one.dates("y")
    found = problems_of(one)
    assert sum("'x'" in place for place in found) == 10
    assert sum("'y'" in place for place in found) == 10


def test_a_column_that_is_read_twice_has_its_problems_once(table):
    one = table("id\tx\na\tbad\n")
    one.numbers("x")
    one.numbers("x")
    with pytest.raises(InputError, match="1 problem\n"):
        one.close()


def test_a_missing_id_and_a_second_row_of_an_id_are_told_without_the_id(table):
    one = table("id\tx\nSECRET\t1\n\t2\nSECRET\t3\n")
    assert one.identifiers("id").tolist() == ["SECRET", None, "SECRET"]
    one.unique("id")
    found = problems_of(one)
    assert found == {
        "line 3, column 'id'": "no sample id; every row needs one",
        "line 4, column 'id'": "this sample id stands in an earlier row too; keep one row per sample",
    }


def test_ids_that_differ_in_spaces_around_them_alone_are_one(table):
    one = table("id\tx\n a\t1\na\t2\nb b\t3\n")
    assert one.identifiers("id").tolist() == ["a", "a", "b b"]
    one.unique("id")
    assert "spaces around it aside" in problems_of(one)["line 3, column 'id'"]


def test_an_id_keeps_its_leading_zeros(table):
    assert table("id\tx\n007\t1\n").identifiers("id").tolist() == ["007"]


def test_codes_are_put_into_words_and_a_meaning_of_na_is_missing(table):
    one = table("id\tsex\na\t0\nb\t1\nc\t9\nd\t\n")
    one.recode("sex", {"male": [0], "female": ["1"], "NA": [9]})
    assert one.texts("sex").tolist() == ["male", "female", None, None]
    one.close()


def test_an_unknown_code_and_an_ambiguous_one_are_told(table):
    one = table("id\tsex\na\t0\nb\t3\n")
    one.recode("sex", {"male": [0], "female": [0, 1]})
    found = problems_of(one)
    assert found["codes of column 'sex'"] == "code '0' stands for both 'male' and 'female'; keep one of them"
    assert found["line 3, column 'sex'"] == "'3' is none of its codes, '0' (male), '1' (female); add it to codes"


def test_a_code_for_a_missing_value_is_refused(table):
    one = table("id\tsite\na\tNA\n")
    one.recode("site", {"Namibia": ["NA"]})
    assert "stands for a missing value" in problems_of(one)["codes of column 'site'"]


def test_numbers_may_be_coded(table):
    one = table("id\tdied\na\tyes\nb\tno\n")
    one.recode("died", {"1": ["yes"], "0": ["no"]})
    assert one.numbers("died").tolist() == [1, 0]


def test_a_name_over_two_columns_is_told_when_it_is_needed(table):
    one = table("id\tx\tx\na\t1\t2\n")
    one.close()
    one.numbers("x")
    assert problems_of(one)["line 1"] == "'x' is the name of columns 2 and 3; rename one of them, or leave it out"


def test_dates_follow_the_stated_format(table):
    one = table("id\td\na\t31/12/2019\nb\t1/2/2020\n")
    style = DateStyle("DD/MM/YYYY", "participants.date_format")
    assert one.dates("d", style).tolist() == [pd.Timestamp(2019, 12, 31), pd.Timestamp(2020, 2, 1)]
    one.close()
