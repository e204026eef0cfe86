"""Which visits count, and baselines, worked out by hand."""

import pandas as pd

from association.phenotypes.visits import baseline_value

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
