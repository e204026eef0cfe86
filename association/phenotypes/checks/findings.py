"""What a data check gives: a row per thing found, with where it stands and what was found.

A check takes the participants and the visits and gives findings; it changes neither. Its caller decides whether what
was found is warned of, left out, or stops everything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

COLUMNS = ["patient", "visit", "row", "found"]
NO_VISIT = -1

Find = Callable[[pd.DataFrame, pd.DataFrame], pd.DataFrame]
Words = Callable[[pd.DataFrame], pd.Series]


@dataclass(frozen=True)
class DataCheck:
    """A check by name.

    Attributes
    ----------
    name
        As in the study file.
    meaning
        What it finds, in words.
    unit
        What is left out where it is to exclude: the participant or the visit.
    find
        Takes participants (n) and visits (v), gives findings: patient (position), visit (position, -1 for none), row
        of the table, and what was found, in words.
    """

    name: str
    meaning: str
    unit: Literal["participant", "visit"]
    find: Find


def no_findings() -> pd.DataFrame:
    """Give findings of nothing."""
    return pd.DataFrame(
        {"patient": np.zeros(0, int), "visit": np.zeros(0, int), "row": np.zeros(0, int), "found": []}
    )


def of_participants(participants: pd.DataFrame, wrong: pd.Series, words: Words) -> pd.DataFrame:
    """Make findings of the participants for whom `wrong` (n) holds; `words` says of their rows what was found."""
    place = np.flatnonzero(wrong)
    return _findings(participants.iloc[place], place, np.full(place.size, NO_VISIT), words)


def of_visits(visits: pd.DataFrame, wrong: pd.Series, words: Words) -> pd.DataFrame:
    """Make findings of the visits for which `wrong` (v) holds; `words` says of their rows what was found."""
    place = np.flatnonzero(wrong)
    chosen = visits.iloc[place]
    return _findings(chosen, chosen["patient"].to_numpy(), place, words)


def _findings(
    chosen: pd.DataFrame, patient: NDArray[np.int64], visit: NDArray[np.int64], words: Words
) -> pd.DataFrame:
    if chosen.empty:
        return no_findings()
    rows, found = chosen["row"].to_numpy(), words(chosen).to_numpy()
    return pd.DataFrame({"patient": patient, "visit": visit, "row": rows, "found": found})


def together(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Put findings one below the other, in the order of patients."""
    parts = [part for part in parts if len(part)]
    if not parts:
        return no_findings()
    return pd.concat(parts, ignore_index=True).sort_values("patient", kind="stable", ignore_index=True)


def day(dates: pd.Series) -> pd.Series:
    """Write dates as days."""
    return dates.dt.strftime("%Y-%m-%d")
