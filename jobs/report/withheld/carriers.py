"""Carriers of genes or sets in tables beside the results, and the numbers that tell how many they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from association.meta.share_schema import START_STEP
from association.results import FEW_CARRIERS
from association.scan_settings import ALL_MASKS, CONTROL_MASK, OMNIBUS
from jobs.report.withheld.cells import Group, events_told, few_between, few_of, told_groups
from jobs.report.withheld.elsewhere import Untold
from jobs.report.withheld.p_values import rounded

# How a p-value was made, where that would tell how few carry.
WITHHELD = "withheld"
MADE = ("_asymptotic", "_permutations", "_lower", "_upper")
OF_EVENTS = ("observed_events", "expected_events", "effect", "standard_error", "evidence", "evidence_of_matched")
OF_CARRIERS = ("variants", "min_attainable_p", "permutations", "exceedances", "p_asymptotic", *OF_EVENTS)


def withhold_carriers(
    rows: pd.DataFrame,
    whose: Sequence[str],
    least: int,
    *,
    apart: pd.Series | None = None,
    elsewhere: Untold | None = None,
) -> tuple[pd.DataFrame, pd.Series]:
    """Take carriers out where they are few, or differ by few from others of the same gene or set.

    Parameters
    ----------
    rows
        With a column "carriers", and "observed_events" where there are events.
    whose
        Columns that name what carriers may lie within each other of.
    least
        The smallest count of people that may be told.
    apart
        Names rows whose carriers don't lie within those of others; by default those of the control.
    elsewhere
        What another table withholds of the same people.

    Returns
    -------
    tuple
        The rows, and of each whether anything was taken out.
    """
    if rows.empty:
        return rows, pd.Series(False, index=rows.index)
    people, events, verdicts = _verdicts(rows, whose, least, apart)
    shown = pd.Series([one for one, _ in verdicts], index=rows.index)
    quiet = ~pd.Series([two for _, two in verdicts], index=rows.index)
    if elsewhere is not None:
        shown &= ~elsewhere.people
        quiet |= elsewhere.events | elsewhere.people
    silent = quiet & (events.notna() | ~shown)
    kept = rows.assign(carriers=few_of(people, least).mask(~shown & (people >= least)))
    if "observed_events" in rows:
        kept["observed_events"] = events_told(events, people, silent, least).mask(~shown)
    kept = without(kept, OF_CARRIERS, ~shown, but="observed_events")
    kept = without(kept, OF_EVENTS, silent, but="observed_events")
    few = few_between(people, least)
    single = few
    if "primary" in rows:
        # A row is primary only where its gene counts; of other genes only that they don't is told.
        described = few & rows["primary"].eq(True) & has_flag(rows["flags"], FEW_CARRIERS)
        of_them = rows["gene"].isin(rows.loc[described, "gene"]) & rows["mask"].ne(CONTROL_MASK)
        single = few & (rows["test"].ne(OMNIBUS) & ~rows["primary"].eq(True) | of_them)
        kept["primary"] = rows["primary"].mask(described, False)
    return without_making(kept, ~shown, single), ~shown | silent


def without_making(rows: pd.DataFrame, hidden: pd.Series, single: pd.Series) -> pd.DataFrame:
    """Leave out of hidden rows how p-values were made, and of single tests of few carriers the p-values.

    Of one carrier all tests have the same p-value.
    """
    changed: dict[str, Any] = {}
    if "flags" in rows:
        changed["flags"] = rows["flags"].mask(hidden, "")
    for name in map(str, rows):
        is_number = pd.api.types.is_numeric_dtype(rows[name])
        if name.endswith("method"):
            changed[name] = rows[name].mask(hidden & rows[name].notna(), WITHHELD)
        elif is_number and name.endswith(MADE):
            changed[name] = rows[name].astype(float).mask(hidden)
        elif is_number and name.startswith(("p_", "q_", "neg_log10_p")):
            changed[name] = rows[name].astype(float)
        if name in changed and name.startswith(("p_", "q_", "neg_log10_p", "method")):
            changed[name] = changed[name].mask(single)
    if "strongest_trait" in rows:
        changed["strongest_trait"] = rows["strongest_trait"].mask(single)
    return rows.assign(**changed)


def has_flag(flags: pd.Series, flag: str) -> pd.Series:
    """Say which rows have a caution."""
    return flags.fillna("").map(lambda text: flag in text.split(";")).astype(bool)


def told_among(rows: pd.DataFrame, whose: Sequence[str], least: int) -> tuple[pd.Series, pd.Series]:
    """Say of rows whether their carriers may be told beside the others of the same gene or set, and their events."""
    _, _, verdicts = _verdicts(rows, whose, least, None)
    people, events = zip(*verdicts, strict=True)
    return pd.Series(people, index=rows.index), pd.Series(events, index=rows.index)


def _verdicts(
    rows: pd.DataFrame, whose: Sequence[str], least: int, apart: pd.Series | None
) -> tuple[pd.Series, pd.Series, list[tuple[bool, bool]]]:
    people = rows["carriers"].astype(float)
    events = rows["observed_events"].astype(float) if "observed_events" in rows else people * np.nan
    own = rows["mask"] == CONTROL_MASK if apart is None else apart
    groups = [
        Group(int(count), None if np.isnan(seen) else int(seen), bool(mask == ALL_MASKS)) if count >= 0 else None
        for count, seen, mask in zip(people, events, rows["mask"], strict=True)
    ]
    found: list[tuple[bool, bool]] = [(True, True)] * len(rows)
    numbered = pd.Series(range(len(rows)))
    for _, places in numbered.groupby([rows[name].to_numpy() for name in whose] + [own.to_numpy()]):
        told = told_groups([group for one in places if (group := groups[one]) is not None], least)
        for one in places:
            group = groups[one]
            if group is not None:
                found[one] = told[group]
    return people, events, found


def without(rows: pd.DataFrame, columns: Sequence[str], where: Any, *, but: str = "") -> pd.DataFrame:
    """Take numbers out of some rows."""
    named = [name for name in columns if name in rows and name != but]
    return rows.assign(**{name: rows[name].astype(float).mask(where) for name in named})


def round_p_values(rows: pd.DataFrame, where: pd.Series) -> pd.DataFrame:
    """Round every p-value, and its interval, of some rows; -log10 of them with two decimals."""
    changed: dict[str, pd.Series] = {}
    for name in map(str, rows):
        if not name.startswith(("p_", "q_", "neg_log10_p")) or not pd.api.types.is_numeric_dtype(rows[name]):
            continue
        values = rows[name].astype(float)
        if name.endswith("_permutations"):
            changed[name] = values.mask(where)
        elif name.startswith("neg_log10_p"):
            changed[name] = values.mask(where, values.round(1))
        else:
            # A q-value may be another row's p-value times a known number.
            changed[name] = rounded(values) if name.startswith("q_") else values.mask(where, rounded(values))
    return rows.assign(**changed)


def in_steps(start: pd.Series) -> pd.Series:
    """Give where a gene begins in steps, since its first variant may be one person's."""
    return (start // START_STEP * START_STEP).clip(lower=1)
