"""What texts mean as dates, and what is said of those that mean none."""

import numpy as np
import pandas as pd
import pytest

from jobs.tables import dates as table_dates
from jobs.tables.dates import DateStyle, date_fault, likely_formats, read_dates


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(table_dates, "_today", lambda: pd.Timestamp(2024, 6, 10))


def read(*texts, **style):
    dates = read_dates(np.array(texts, dtype=object), DateStyle(**style))
    return [None if np.isnat(date) else str(date)[:10] for date in dates]


def fault(text, *others, **style):
    style = DateStyle(setting="participants.date_format", **style)
    return date_fault(text, style, likely_formats([text, *others], style))


@pytest.mark.parametrize(
    ("text", "date_format"),
    [
        ("2020-02-29", "YYYY-MM-DD"),
        ("29/02/2020", "DD/MM/YYYY"),
        ("29/2/2020", "DD/MM/YYYY"),
        ("02/29/2020", "MM/DD/YYYY"),
        ("29.02.2020", "DD.MM.YYYY"),
        ("29-Feb-2020", "DD-MMM-YYYY"),
        ("29 FEB 20", "DD MMM YY"),
        ("29feb2020", "DDMMMYYYY"),
        ("20200229", "YYYYMMDD"),
        ("Feb 29, 2020", "MMM DD, YYYY"),
    ],
)
def test_every_format_gives_the_same_day(text, date_format):
    assert read(text, date_format=date_format) == ["2020-02-29"]


@pytest.mark.parametrize(
    "time", [" 00:00:00", "T00:00:00", " 13:45", "T13:45:10.25Z", "T13:45:10+02:00", " 1:45 PM", " 00:00:00.000"]
)
def test_the_time_behind_a_date_is_cut_off(time):
    assert read(f"2020-02-29{time}") == ["2020-02-29"]


def test_a_year_of_two_digits_is_the_latest_that_is_not_in_the_future():
    assert read("09/06/24", "11/06/24", "01/01/68", "01/01/70", date_format="DD/MM/YY") == [
        "2024-06-09",
        "1924-06-11",
        "1968-01-01",
        "1970-01-01",
    ]


def test_dates_from_1900_to_today_are_read_and_no_others():
    assert read("1899-12-31", "1900-01-01", "2024-06-10", "2024-06-11", "9999-12-31") == [
        None,
        "1900-01-01",
        "2024-06-10",
        None,
        None,
    ]


def test_a_month_is_day_15_where_it_is_enough():
    assert read("2020-03", known="month") == ["2020-03-15"]
    assert read("03/2020", "2020-03", known="month", date_format="DD/MM/YYYY") == ["2020-03-15", "2020-03-15"]
    assert read("Mar 2020", known="month", date_format="DD MMM YYYY") == ["2020-03-15"]
    assert read("2020-03") == [None]


def test_a_year_is_its_middle_where_it_is_enough():
    assert read("2019", "2020-03", "2020-03-01", known="year") == ["2019-07-01", "2020-03-15", "2020-03-01"]
    assert read("2019", known="month") == [None]


def test_the_middle_of_this_month_and_year_is_today_at_the_latest():
    assert read("2024-06", "2024", "2024-07", known="year") == ["2024-06-10", "2024-06-10", None]


def test_dates_of_a_type_of_their_own_need_no_format():
    assert read("2020-03-01", "01/03/2020", date_format="DD/MM/YYYY", typed=True) == ["2020-03-01", "2020-03-01"]
    assert read("2020-03-01", date_format="DD/MM/YYYY") == [None]


def test_a_format_without_separators_has_two_digits_for_month_and_day():
    assert read("2020111", date_format="YYYYMMDD") == [None]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("43831", "is an Excel serial number for 2020-01-01; format the column as a date before saving"),
        ("43831.5", "is an Excel serial number for 2020-01-01"),
        ("2020-02-30", "is no day of the calendar; write the date as YYYY-MM-DD"),
        ("2020-00-10", "is no day of the calendar"),
        ("1066-10-14", "lies before 1900; check the year"),
        ("2031-01-01", "lies in the future; check the year"),
        ("9999-12-31", "lies in the future"),
        (
            "31/12/2019",
            "is written otherwise than YYYY-MM-DD: it looks like DD/MM/YYYY; state participants.date_format",
        ),
        ("12/31/2019", "looks like MM/DD/YYYY;"),
        ("01/02/2019", "looks like DD/MM/YYYY or MM/DD/YYYY;"),
        ("31-Dec-2019", "looks like DD-MMM-YYYY;"),
        ("20191231", "looks like YYYYMMDD;"),
        ("2019-12", "has no day; only dates of birth, onset and diagnosis"),
        ("2019", "is a year alone; this date is needed to the day"),
        ("soon", "is not a date; leave the cell empty where there was none, or give the word the meaning NA"),
        ("2020/1", "is not a date; write it as YYYY-MM-DD"),
    ],
)
def test_the_fault_of_a_text_says_what_to_do(text, words):
    assert words in fault(text)


def test_a_year_where_a_month_would_do_is_told_of_the_setting():
    assert "find the month, or set participants.year_only: mid_year" in fault("2019", known="month")


def test_the_rest_of_the_column_tells_days_from_months():
    assert "looks like DD/MM/YYYY;" in fault("01/02/2019", "25/12/2019")
    assert "looks like MM/DD/YYYY;" in fault("01/02/2019", "12/25/2019")


def test_iso_dates_in_a_column_of_another_format_are_told():
    assert "otherwise than DD/MM/YYYY: it looks like YYYY-MM-DD" in fault("2019-02-01", date_format="DD/MM/YYYY")


def test_a_swapped_day_and_month_is_not_called_an_impossible_day():
    assert "it looks like DD/MM/YYYY" in fault("31/12/2019", date_format="MM/DD/YYYY")
