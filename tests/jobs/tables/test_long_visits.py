"""Visits in the long layout, with a row per visit and measure."""

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from association.problems import InputError
from jobs.study.tables import VisitColumns, Visits
from jobs.tables.visits import read_visits

SAMPLES = pd.Series(["a", "b"])
ITEMS = [f"q{number}" for number in range(1, 13)]
LONG = {"item": "what", "score": "value"}


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """Give a function that reads visits from rows."""
    path = tmp_path_factory.mktemp("visits") / "visits.tsv"

    def reader(header, rows, **columns):
        path.write_text("\n".join("\t".join(map(str, row)) for row in (header.split(), *rows)) + "\n")
        return read_visits(path, Visits(path=str(path), columns=VisitColumns(**columns)), SAMPLES, None)

    return reader


HEADER = "sample visit_date what value"


def test_the_rows_of_a_sample_and_date_are_one_visit_at_its_first_line(read):
    rows = [
        ["b", "2020-01-01", "FVC", 80],
        ["a", "2020-01-01", "total", 40],
        ["b", "2020-01-01", "total", 39],
        ["b", "2020-02-01", "total", ""],
        ["a", "2020-01-01", "pressure", "120/80"],
    ]
    visits = read(HEADER, rows, **LONG, fvc="FVC").visits
    assert visits["patient"].tolist() == [0, 1, 1]
    assert visits["row"].tolist() == [3, 2, 5]
    np.testing.assert_equal(visits["total"].tolist(), [40, 39, np.nan])
    np.testing.assert_equal(visits["fvc"].tolist(), [np.nan, 80, np.nan])


def test_an_impossible_value_is_handed_on_with_its_own_line(read):
    rows = [["a", "2020-01-01", "FVC", 80], ["a", "2020-01-01", "total", 99]]
    found = read(HEADER, rows, **LONG, fvc="FVC")
    assert found.out_of_range.to_dict("list") == {"row": [3], "patient": [0], "column": ["total"], "value": [99]}


def test_the_same_value_twice_is_one_and_another_value_is_refused_with_its_line(read):
    once = ["a", "2020-01-01", "total", 40]
    assert read(HEADER, [once, once], **LONG).visits["total"].tolist() == [40]
    with pytest.raises(
        InputError, match="line 4, column 'value': '39' contradicts an earlier row, which has another"
    ):
        read(HEADER, [once, once, [*once[:3], 39]], **LONG)


def test_a_value_beside_a_missing_one_is_no_contradiction(read):
    rows = [["a", "2020-01-01", "total", ""], ["a", "2020-01-01", "total", 40]]
    assert read(HEADER, rows, **LONG).visits["total"].tolist() == [40]


def test_a_measure_that_the_table_never_names_is_told_with_what_it_names(read):
    with pytest.raises(InputError) as caught:
        read(HEADER, [["a", "2020-01-01", "totl", 40], ["a", "2020-01-01", "", 3]], **LONG)
    text = str(caught.value)
    assert (
        "column 'what': no row says 'total' (did you mean 'totl'?); it says 'totl'. Map it in visits.columns" in text
    )
    assert "line 3, column 'what': no word for what was measured" in text


scores = st.lists(
    st.tuples(
        st.sampled_from(["a", "b"]),
        st.sampled_from(["2020-01-01", "2020-02-01", "2020-03-01"]),
        st.lists(st.one_of(st.integers(0, 4), st.just("")), min_size=12, max_size=12),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda visit: visit[:2],
)


@settings(max_examples=25)
@given(scores, st.randoms())
def test_long_and_wide_tables_say_the_same_in_any_order_of_rows(read, visits, random):
    wide_rows = [[sample, date, *items] for sample, date, items in visits]
    long_rows = [
        [sample, date, f"q{number}", score]
        for sample, date, items in visits
        for number, score in enumerate(items, start=1)
    ]
    random.shuffle(long_rows)
    wide = read(" ".join(["sample", "visit_date", *ITEMS]), wide_rows, items=ITEMS)
    long = read(HEADER, long_rows, items=ITEMS, **LONG)
    pd.testing.assert_frame_equal(wide.visits.drop(columns="row"), long.visits.drop(columns="row"))
