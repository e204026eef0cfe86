"""Delayed-entry survival times on patients worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from association.phenotypes.survival import survival_times
from association.phenotypes.timeline import DAYS_PER_MONTH

DATES = ["onset_date", "enrolment_date", "death_date", "ventilation_date", "last_contact_date"]


def patients(*rows, **more):
    frame = pd.DataFrame(rows, columns=DATES).apply(pd.to_datetime)
    return frame.assign(**more)


def months(first, last):
    return (pd.Timestamp(last) - pd.Timestamp(first)).days / DAYS_PER_MONTH


def test_exit_is_the_earlier_of_death_and_ventilation():
    table = patients(("2020-01-01", "2020-06-01", "2021-03-01", "2020-12-01", "2021-03-01"))
    composite = survival_times(table, endpoint="composite", origin="onset").iloc[0]
    assert composite["exit"] == months("2020-01-01", "2020-12-01")
    assert composite["entry"] == months("2020-01-01", "2020-06-01")
    assert composite["event"] == 1
    death = survival_times(table, endpoint="death", origin="onset").iloc[0]
    assert death["exit"] == months("2020-01-01", "2021-03-01")


def test_without_an_event_follow_up_ends_at_last_contact():
    table = patients(("2020-01-01", "2020-06-01", None, None, "2021-01-01"))
    row = survival_times(table, endpoint="composite", origin="enrolment").iloc[0]
    assert (row["entry"], row["event"]) == (0, 0)
    assert row["exit"] == months("2020-06-01", "2021-01-01")


def test_entry_waits_for_dna_when_its_date_is_given():
    table = patients(("2020-01-01", "2020-06-01", None, None, "2021-01-01"))
    table["dna_date"] = pd.to_datetime(["2020-09-01"])
    row = survival_times(table, endpoint="composite", origin="onset").iloc[0]
    assert row["entry"] == months("2020-01-01", "2020-09-01")
    table["dna_date"] = pd.to_datetime([None])
    row = survival_times(table, endpoint="composite", origin="onset").iloc[0]
    assert row["entry"] == months("2020-01-01", "2020-06-01")


def test_event_column_tells_whether_last_contact_was_the_endpoint():
    rows = [("2020-01-01", "2020-06-01", None, None, "2021-01-01")] * 3
    table = patients(*rows, event=[1.0, 0.0, np.nan])
    times = survival_times(table, endpoint="composite", origin="onset")
    assert times["event"].tolist()[:2] == [1, 0]
    assert times["reason"].tolist() == [None, None, "no event status"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((None, "2020-06-01", None, None, "2021-01-01"), "no onset date"),
        (("2020-01-01", None, None, None, "2021-01-01"), "no enrolment date"),
        (("2020-01-01", "2020-06-01", None, None, None), "no event date and no last contact date"),
        (("2020-07-01", "2020-06-01", None, None, "2021-01-01"), "enrolled before onset"),
        (("2020-01-01", "2020-06-01", None, "2020-05-01", "2021-01-01"), "endpoint reached before entry"),
        (("2020-01-01", "2020-06-01", None, "2020-06-01", "2021-01-01"), "endpoint reached before entry"),
        (("2020-01-01", "2020-06-01", None, None, "2020-06-01"), "not followed after entry"),
    ],
)
def test_patients_who_cannot_be_placed_in_time_are_left_out_with_a_reason(row, reason):
    table = patients(row, ("2020-01-01", "2020-06-01", None, None, "2021-01-01"))
    times = survival_times(table, endpoint="composite", origin="onset")
    assert times["reason"].tolist() == [reason, None]


def test_noninvasive_ventilation_around_the_clock_counts_only_where_asked():
    table = patients(("2020-01-01", "2020-06-01", None, None, "2021-03-01"))
    table["niv23_date"] = pd.to_datetime(["2020-11-01"])
    wide = survival_times(table, endpoint="composite_niv23", origin="onset").iloc[0]
    assert (wide["exit"], wide["event"]) == (months("2020-01-01", "2020-11-01"), 1)
    narrow = survival_times(table, endpoint="composite", origin="onset").iloc[0]
    assert (narrow["exit"], narrow["event"]) == (months("2020-01-01", "2021-03-01"), 0)


def test_the_earliest_of_death_and_both_ventilations_counts():
    table = patients(
        ("2020-01-01", "2020-06-01", "2021-03-01", "2020-12-01", None),
        ("2020-01-01", "2020-06-01", "2020-08-01", None, None),
    )
    table["niv23_date"] = pd.to_datetime(["2020-12-15", "2020-09-01"])
    exits = survival_times(table, endpoint="composite_niv23", origin="onset")["exit"].tolist()
    assert exits == [months("2020-01-01", "2020-12-01"), months("2020-01-01", "2020-08-01")]


def test_fractions_of_a_day_are_kept():
    table = patients(("1970-01-01", "1970-01-16 05:15:00", None, None, "1970-05-17 23:15:00"))
    row = survival_times(table, endpoint="composite", origin="onset").iloc[0]
    assert (row["entry"], row["exit"]) == (0.5, 4.5)


def test_an_exit_hours_after_entry_is_followed():
    table = patients(("2020-01-01", "2020-06-01", None, None, "2020-06-01 06:00:00"))
    assert survival_times(table, endpoint="death", origin="onset")["reason"].tolist() == [None]
