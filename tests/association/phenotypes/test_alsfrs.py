"""Visits of a slope model on patients worked out by hand."""

import pandas as pd

from association.phenotypes.alsfrs import slope_reasons, slope_visits
from association.phenotypes.survival import DAYS_PER_MONTH


def visits(*rows):
    frame = pd.DataFrame(rows, columns=["sample", "visit_date", "total"])
    return frame.assign(visit_date=pd.to_datetime(frame["visit_date"]))


NOBODY_DIED = pd.Series(dtype="datetime64[ns]")


def test_months_run_from_the_first_scored_visit():
    used = slope_visits(
        visits(("a", "2020-04-01", 40), ("a", "2020-01-01", 44), ("a", "2019-10-01", None), ("b", "2020-01-01", 30)),
        NOBODY_DIED,
    )
    assert used["sample"].tolist() == ["a", "a", "b"]
    assert used["months"].tolist() == [0, 91 / DAYS_PER_MONTH, 0]
    assert used["total"].tolist() == [44, 40, 30]


def test_scores_after_death_are_not_used():
    death = pd.Series(pd.to_datetime(["2020-03-01"]), index=["a"])
    used = slope_visits(visits(("a", "2020-01-01", 44), ("a", "2020-03-01", 41), ("a", "2020-03-02", 40)), death)
    assert used["total"].tolist() == [44, 41]


def test_patients_without_two_times_say_nothing_of_a_slope():
    used = slope_visits(
        visits(
            ("a", "2020-01-01", 44),
            ("a", "2020-04-01", 40),
            ("b", "2020-01-01", 30),
            ("c", "2020-01-01", None),
            ("d", "2020-01-01", 30),
            ("d", "2020-01-01", 31),
        ),
        NOBODY_DIED,
    )
    reasons = slope_reasons(used, pd.Series(["a", "b", "c", "d", "e"]))
    assert reasons.tolist() == [
        None,
        "scored on a single day",
        "no scored visit",
        "scored on a single day",
        "no scored visit",
    ]
