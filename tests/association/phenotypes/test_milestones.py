"""Times to a milestone on patients worked out by hand."""

import pandas as pd
import pytest

from association.phenotypes.milestones import first_visit, last_visit, milestone_times
from association.phenotypes.timeline import DAYS_PER_MONTH


def months(first, last):
    return (pd.Timestamp(last) - pd.Timestamp(first)).days / DAYS_PER_MONTH


def times(onset, enrolled, death, reached, known, **more):
    table = pd.DataFrame({"onset_date": [onset], "enrolment_date": [enrolled], "death_date": [death], **more})
    return milestone_times(
        table.apply(pd.to_datetime),
        reached_date=pd.Series(pd.to_datetime([reached])),
        known_until=pd.Series(pd.to_datetime([known])),
        origin="onset",
    ).iloc[0]


@pytest.mark.parametrize(
    ("death", "reached", "known", "leaving", "cause"),
    [
        (None, "2020-09-01", "2020-12-01", "2020-09-01", 1),
        ("2021-01-01", "2020-09-01", "2020-12-01", "2020-09-01", 1),
        ("2021-01-01", None, "2020-12-01", "2021-01-01", 2),
        (None, None, "2020-12-01", "2020-12-01", 0),
        ("2020-09-01", "2020-09-01", "2020-09-01", "2020-09-01", 1),
        ("2020-08-31", "2020-09-01", "2020-09-01", "2020-08-31", 2),
    ],
)
def test_exit_is_milestone_then_death_then_the_last_visit_that_tells(death, reached, known, leaving, cause):
    row = times("2020-01-01", "2020-06-01", death, reached, known)
    assert row["entry"] == months("2020-01-01", "2020-06-01")
    assert row["exit"] == months("2020-01-01", leaving)
    assert row["cause"] == cause
    assert row["reason"] is None


def test_entry_waits_for_dna():
    row = times("2020-01-01", "2020-06-01", None, "2020-09-01", "2020-09-01", dna_date=["2020-08-01"])
    assert row["entry"] == months("2020-01-01", "2020-08-01")


@pytest.mark.parametrize(
    ("dates", "reason"),
    [
        ((None, "2020-06-01", None, "2020-09-01", "2020-09-01"), "no onset date"),
        (("2020-01-01", None, None, "2020-09-01", "2020-09-01"), "no enrolment date"),
        (("2020-01-01", "2020-06-01", None, None, None), "no visit that tells"),
        (("2020-01-01", "2020-06-01", "2020-09-01", None, None), "no visit that tells"),
        (("2020-07-01", "2020-06-01", None, "2020-09-01", "2020-09-01"), "enrolled before onset"),
        (("2020-01-01", "2020-06-01", None, "2020-06-01", "2020-09-01"), "milestone reached before entry"),
        (("2020-01-01", "2020-06-01", None, "2020-05-01", "2020-09-01"), "milestone reached before entry"),
        (("2020-01-01", "2020-06-01", None, "2020-06-02", "2020-09-01"), None),
        (("2020-01-01", "2020-06-01", None, None, "2020-06-01"), "not followed after entry"),
        (("2020-01-01", "2020-06-01", "2020-06-01", None, "2020-06-01"), "not followed after entry"),
    ],
)
def test_patients_who_cannot_be_placed_in_time_are_left_out_with_a_reason(dates, reason):
    assert times(*dates)["reason"] == reason


VISITS = pd.DataFrame(
    {
        "patient": [0, 0, 0, 2, 2, 3],
        "date": pd.to_datetime(["2020-01-01", "2020-02-01", "2020-03-01", None, "2020-06-01", "2020-07-01"]),
    }
)


def test_first_visit_is_the_first_dated_one_that_shows_the_milestone():
    found = first_visit(VISITS, pd.Series([False, True, True, True, True, False]), 4)
    assert found.isna().tolist() == [False, True, False, True]
    assert found[[0, 2]].tolist() == [pd.Timestamp("2020-02-01"), pd.Timestamp("2020-06-01")]


def test_last_visit_is_the_last_that_tells():
    found = last_visit(VISITS, pd.Series([True, True, False, True, True, False]), 4)
    assert found[[0, 2]].tolist() == [pd.Timestamp("2020-02-01"), pd.Timestamp("2020-06-01")]
    assert found.isna().tolist() == [False, True, False, True]


def test_nobody_may_show_the_milestone():
    assert first_visit(VISITS, pd.Series([False] * 6), 4).isna().all()
