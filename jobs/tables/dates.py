"""What a text means as a date in a stated format, and where it means none, why and what to do.

The time behind a date is cut off. Where a date may be known to the month alone it is day 15, to the year alone 1 July
(at the latest today). A year of two digits is the latest one that isn't in the future.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jobs.tables.values import Texts

Dates = NDArray[np.datetime64]

ISO = "YYYY-MM-DD"
EARLIEST = pd.Timestamp(1900, 1, 1)
TOKEN = re.compile("YYYY|YY|MMM|MM|DD")
STRPTIME = {"YYYY": "%Y", "YY": "%y", "MMM": "%b", "MM": "%m", "DD": "%d"}
SHAPES = {"YYYY": r"\d{4}", "YY": r"\d{2}", "MMM": "[A-Za-z]{3}", "MM": r"\d{1,2}", "DD": r"\d{1,2}"}

TIME = re.compile(r"(?:T| +)\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[APap][Mm])?(?: ?(?:Z|[+-]\d{2}:?\d{2}))?")
SERIAL = re.compile(r"\d{3,5}(?:\.\d+)?")
YEAR = re.compile(r"(?:19|20)\d{2}")

# Day 0 of Excel's calendar, which counts a 29 February 1900 that never was.
EXCEL_DAY_ZERO = datetime(1899, 12, 30)

# What tables are found to use, the more common first.
COMMON_FORMATS = (
    "YYYY-MM-DD",
    "DD/MM/YYYY",
    "MM/DD/YYYY",
    "DD.MM.YYYY",
    "DD-MM-YYYY",
    "YYYY/MM/DD",
    "YYYYMMDD",
    "DD-MMM-YYYY",
    "DD MMM YYYY",
    "DDMMMYYYY",
    "MMM DD, YYYY",
    "DD-MMM-YY",
    "DD/MM/YY",
    "MM/DD/YY",
    "DD.MM.YY",
)

# Texts of a column that are looked at to tell which format it has.
TEXTS_TRIED = 1000


@dataclass(frozen=True)
class DateStyle:
    """How a column writes dates.

    Attributes
    ----------
    date_format
        Of YYYY, YY, MM, MMM, DD and what stands between.
    setting
        Where the study file says so.
    known
        What of a date must be known at least: month and year for those of slow changes.
    typed
        Whether the file has dates of a type of its own, which read as YYYY-MM-DD whatever the format of texts is.
    """

    date_format: str = ISO
    setting: str = "date_format"
    known: Literal["day", "month", "year"] = "day"
    typed: bool = False


def read_dates(texts: Texts, style: DateStyle) -> Dates:
    """Give the date that each text stands for (k), NaT where it stands for none from 1900 to today.

    Parameters
    ----------
    texts
        Distinct texts, without spaces around them (k).
    style
        How they write dates.
    """
    bare = pd.Series([without_time(text) for text in texts], dtype=object)
    whole = style.date_format if "DD" in style.date_format else None
    dates = pd.Series(pd.NaT, index=bare.index, dtype="datetime64[ns]")
    for date_format in filter(None, (whole, ISO if style.typed else None)):
        dates = dates.fillna(_parse(bare, date_format))
    today = _today()
    if style.known != "day":
        for date_format in _month_formats(style):
            dates = dates.fillna(_middle(_parse(bare, date_format), pd.Timedelta(days=14), today))
    if style.known == "year":
        dates = dates.fillna(_middle(_parse(bare, "YYYY"), pd.Timedelta(days=181), today))
    sound: Dates = dates.where((dates >= EARLIEST) & (dates <= today)).to_numpy("datetime64[ns]")
    return sound


def date_fault(text: str, style: DateStyle, likely: Iterable[str]) -> str:
    """Say why a text is no date in a style, and what to do.

    Parameters
    ----------
    text
        As the table has it.
    style
        How it should be written.
    likely
        Other formats that fit it, from `likely_formats`.
    """
    bare = without_time(text)
    if found := _calendar_day(bare, style.date_format):
        when = "lies before 1900" if found < EARLIEST else "lies in the future"
        return f"{when}; check the year, or leave it empty"
    if YEAR.fullmatch(bare):
        remedy = f"find the month, or set {style.setting.partition('.')[0]}.year_only: mid_year"
        return f"is a year alone; {remedy if style.known == 'month' else 'this date is needed to the day'}"
    if any(_calendar_day(bare, one) for one in _month_formats(style)):
        return "has no day; only dates of birth, onset and diagnosis may be known to the month alone"
    if SERIAL.fullmatch(bare) and (day := _serial_day(float(bare))) is not None:
        return f"is an Excel serial number for {day}; format the column as a date before saving"
    if fitting := [one for one in likely if _calendar_day(bare, one)]:
        looks = " or ".join(fitting)
        return (
            f"is written otherwise than {style.date_format}: it looks like {looks}; state {style.setting}, "
            "and write all dates of the table alike"
        )
    if _shape(style.date_format).fullmatch(bare):
        return f"is no day of the calendar; write the date as {style.date_format}"
    if not any(sign.isdigit() for sign in text):
        return "is not a date; leave the cell empty where there was none, or give the word the meaning NA in codes"
    return f"is not a date; write it as {style.date_format}"


def likely_formats(texts: Iterable[str], style: DateStyle) -> list[str]:
    """Give the common formats that fit texts which don't have the stated one.

    A format is left out where another fits all the texts that it does, and more.
    """
    bare = [without_time(text) for _, text in zip(range(TEXTS_TRIED), texts, strict=False)]
    fits = {
        date_format: sum(_calendar_day(text, date_format) is not None for text in bare)
        for date_format in COMMON_FORMATS
        if date_format != style.date_format
    }
    return [one for one, count in fits.items() if count and not _outdone(one, fits, bare)]


def without_time(text: str) -> str:
    """Cut the time off a date."""
    found = TIME.search(text) if ":" in text else None
    return text[: found.start()] if found and found.end() == len(text) else text


def _outdone(date_format: str, fits: dict[str, int], texts: list[str]) -> bool:
    """Say whether some format fits all the texts that this one fits, and more."""
    own = [text for text in texts if _calendar_day(text, date_format)]
    return any(fits[other] > fits[date_format] and all(_calendar_day(text, other) for text in own) for other in fits)


def _parse(texts: pd.Series, date_format: str) -> pd.Series:
    """Parse all texts that have a format to the letter; a year of two digits isn't in the future."""
    if not len(texts):
        return pd.Series([], dtype="datetime64[ns]")
    shaped = texts.where(texts.str.fullmatch(_shape(date_format)))
    dates = pd.to_datetime(shaped, format=_strptime(date_format), errors="coerce").astype("datetime64[ns]")
    if "YYYY" not in date_format:
        dates = dates.where(~(dates > _today()), dates - pd.DateOffset(years=100))
    return dates


def _middle(starts: pd.Series, days: pd.Timedelta, today: pd.Timestamp) -> pd.Series:
    """Give the middle of months or years that have begun, today at the latest."""
    return (starts + days).where(starts > today, (starts + days).clip(upper=today))


def _calendar_day(text: str, date_format: str) -> datetime | None:
    if not _shape(date_format).fullmatch(text):
        return None
    try:
        return datetime.strptime(text, _strptime(date_format))
    except ValueError:
        return None


def _month_formats(style: DateStyle) -> list[str]:
    """Give the formats of a date known to the month: the stated one without the day, and YYYY-MM."""
    month = re.sub(r"DD[-./ ,]*|[-./ ,]*DD$", "", style.date_format)
    return list(dict.fromkeys((month, "YYYY-MM") if "MM" in month else ("YYYY-MM",)))


def _serial_day(number: float) -> str | None:
    """Give the day of an Excel serial number, if it is a plausible one."""
    day = EXCEL_DAY_ZERO + timedelta(days=int(number))
    return day.date().isoformat() if EARLIEST <= day <= _today() else None


@cache
def _strptime(date_format: str) -> str:
    return TOKEN.sub(lambda token: STRPTIME[token[0]], date_format)


@cache
def _shape(date_format: str) -> Any:
    """Give the pattern of a format; without separators, months and days have two digits."""
    pattern = TOKEN.sub(lambda token: SHAPES[token[0]], re.sub(r"[. ]", lambda one: f"\\{one[0]}", date_format))
    if not re.search("[-./ ,]", date_format):
        pattern = pattern.replace("{1,2}", "{2}")
    return re.compile(pattern)


def _today() -> pd.Timestamp:
    return pd.Timestamp.now().normalize()
