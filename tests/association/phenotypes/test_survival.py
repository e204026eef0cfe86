"""Delayed-entry survival times on patients worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from association.phenotypes.survival import DAYS_PER_MONTH, survival_times

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
