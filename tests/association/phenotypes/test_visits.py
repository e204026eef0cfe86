"""Which visits count, and baselines, worked out by hand."""

import numpy as np
import pandas as pd

from association.phenotypes.visits import baseline_value, merge_same_day

VISITS = pd.DataFrame(
    {
        "patient": [0, 0, 0, 2, 2],
        "date": pd.to_datetime(["2020-01-01", "2020-02-01", "2020-03-01", None, "2020-06-01"]),
        "fvc": [None, 80.0, 70.0, 90.0, 60.0],
    }
)


def participants(*death):
    return pd.DataFrame({"death_date": pd.to_datetime(list(death))})


def test_baseline_is_the_first_dated_visit_with_a_value():
    baseline = baseline_value(VISITS, VISITS["fvc"], participants(None, None, None))
    assert baseline["value"].tolist()[0::2] == [80, 60]
    assert baseline["reason"].tolist() == [None, "no visit with a value", None]


def test_a_value_after_death_is_no_baseline():
    baseline = baseline_value(VISITS, VISITS["fvc"], participants("2020-02-01", None, "2020-05-31"))
    assert baseline["reason"].tolist() == [None, "no visit with a value", "no visit with a value"]


def test_nobody_needs_to_have_died():
    assert baseline_value(VISITS, VISITS["fvc"], pd.DataFrame(index=range(3)))["value"].notna().sum() == 2


def test_rows_of_one_day_are_put_together_unless_they_contradict_each_other():
    days = pd.to_datetime(["2020-01-01", "2020-01-01", "2020-02-01", "2020-02-01", None, None, "2020-01-01"])
    table = pd.DataFrame(
        {
            "patient": [0, 0, 0, 0, 0, 0, 1],
            "date": days,
            "total": [40.0, None, 38, 37, 1, 1, 30],
            "fvc": [None, 80.0, None, None, None, None, 70],
            "row": [2, 3, 4, 5, 6, 7, 8],
        }
    )
    merged = merge_same_day(table)
    assert merged["row"].tolist() == [2, 4, 5, 6, 7, 8]
    assert merged["total"].tolist() == [40, 38, 37, 1, 1, 30]
    assert merged["fvc"].fillna(-1).tolist() == [80, -1, -1, -1, -1, 70]
    assert list(merged) == list(table)


def test_items_in_several_rows_of_a_day_make_a_total():
    items = {f"item_{number}": [3.0, None] if number <= 6 else [None, 4.0] for number in range(1, 13)}
    table = pd.DataFrame({"patient": 0, "date": pd.to_datetime(["2020-01-01"] * 2), **items, "total": np.nan})
    merged = merge_same_day(table.assign(row=[2, 3]))
    assert merged["total"].tolist() == [42]
