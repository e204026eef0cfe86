"""Time between two dates, in months of 30.4375 days.

Dates are datetimes throughout; where a table gives months since onset instead, its reader has placed them on a
calendar that begins at onset, to the second. Whole seconds are exact in double precision, so equal spans are equal
numbers: ties stay ties.
"""

from __future__ import annotations

import pandas as pd

DAYS_PER_MONTH = 30.4375
SECONDS_PER_MONTH = DAYS_PER_MONTH * 86_400
DAYS_PER_YEAR = 365.25


def months_between(later: pd.Series, earlier: pd.Series) -> pd.Series:
    """Give the months from `earlier` to `later` (n), NaN where one of the two is missing; negative if reversed."""
    return (later - earlier).dt.total_seconds() / SECONDS_PER_MONTH


def dates_of(participants: pd.DataFrame, name: str) -> pd.Series:
    """Give a column of dates, all of them missing where the table has no such column."""
    if name in participants:
        return participants[name]
    return pd.Series(pd.NaT, index=participants.index, dtype="datetime64[ns]")
