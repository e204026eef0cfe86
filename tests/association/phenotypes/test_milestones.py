"""Times to a milestone on patients worked out by hand."""

import pandas as pd
import pytest

from association.phenotypes.milestones import Known, known_by_visits, milestone_times, reached_between
from association.phenotypes.timeline import DAYS_PER_MONTH


def months(first, last):
    return (pd.Timestamp(last) - pd.Timestamp(first)).days / DAYS_PER_MONTH


def times(onset, enrolled, death, reached, known, *, since="2020-06-01", gap=6.0, **more):
    table = pd.DataFrame({"onset_date": [onset], "enrolment_date": [enrolled], "death_date": [death], **more})
    since = since if known else None
    return milestone_times(
        table.apply(pd.to_datetime),
        reached_date=pd.Series(pd.to_datetime([reached])),
        known=Known(*(pd.Series(pd.to_datetime([date])) for date in (since, known)), gap),
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


def test_nobody_is_at_risk_before_the_first_visit_that_tells():
    dates = ("2020-01-01", "2020-06-01", None, "2020-09-01", "2020-12-01")
    assert times(*dates, since="2020-07-01")["entry"] == months("2020-01-01", "2020-07-01")
    assert times(*dates, since="2020-05-01")["entry"] == months("2020-01-01", "2020-06-01")
    # A milestone that the first visit shows may be older than that visit.
    assert times(*dates, since="2020-09-01")["reason"] == "milestone reached before entry"


@pytest.mark.parametrize(
    ("death", "leaving", "cause"), [("2021-03-01", "2021-03-01", 2), ("2021-06-01", "2020-12-01", 0)]
)
def test_death_long_after_the_last_visit_that_tells_is_no_other_way_out(death, leaving, cause):
    """One and a half gaps of three months are 137 days, to 2021-04-17."""
    row = times("2020-01-01", "2020-06-01", death, None, "2020-12-01", gap=3.0)
    assert (row["exit"], row["cause"]) == (months("2020-01-01", leaving), cause)


def test_a_date_of_treatment_is_known_all_along():
    dates = ("2020-01-01", "2020-06-01", "2023-01-01", None, "2020-12-01")
    row = times(*dates, since="2020-12-01", gap=None)
    assert (row["entry"], row["exit"], row["cause"]) == (months(*dates[:2]), months("2020-01-01", "2023-01-01"), 2)


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


def test_a_milestone_is_dated_midway_between_the_visits_around_it():
    tells = pd.Series([True, True, True, True, True, True])
    found = reached_between(VISITS, tells, pd.Series([False, False, True, True, True, False]), 4)
    assert found.isna().tolist() == [False, True, False, True]
    # February of 2020 had 29 days; patient 2 has no dated visit before, so the date is that of the visit.
    assert found[[0, 2]].tolist() == [pd.Timestamp("2020-02-15 12:00"), pd.Timestamp("2020-06-01")]
    untold = pd.Series([True, False, True, True, True, True])
    found = reached_between(VISITS, untold, pd.Series([False, False, True, False, False, False]), 4)
    assert found[0] == pd.Timestamp("2020-01-31")


def test_visits_tell_from_the_first_to_the_last_and_in_their_usual_gap():
    tells = pd.Series([True, True, False, True, True, True])
    known = known_by_visits(VISITS, tells, 4)
    assert known.since[[0, 2, 3]].tolist() == list(pd.to_datetime(["2020-01-01", "2020-06-01", "2020-07-01"]))
    assert known.until[[0, 2]].tolist() == [pd.Timestamp("2020-02-01"), pd.Timestamp("2020-06-01")]
    assert known.since.isna().tolist() == known.until.isna().tolist() == [False, True, False, False]
    assert known.gap == months("2020-01-01", "2020-02-01")
    assert known_by_visits(VISITS, tells & False, 4).gap == 0


def test_nobody_may_show_the_milestone():
    nobody = pd.Series([False] * 6)
    assert reached_between(VISITS, ~nobody, nobody, 4).isna().all()
