"""Checks of a visits table: visits that can't have been, scores that contradict each other."""

from __future__ import annotations

import pandas as pd

from association.phenotypes.alsfrs import ITEMS
from association.phenotypes.checks.findings import DataCheck, day, no_findings, of_visits
from association.phenotypes.stages import has_gastrostomy, kings_without_region
from association.phenotypes.timeline import dates_of
from association.phenotypes.visits import of_patients

# What two raters may differ by; the scale itself hardly ever rises.
MOST_RISE = 4


def scores_after_death(participants: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """Find visits after the day of death."""
    table = _beside(visits, dates_of(participants, "death_date"))
    return of_visits(table, table["date"] > table["limit"], lambda some: _visit_and("death", some))


def visits_before_onset(participants: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """Find visits before the day of onset."""
    table = _beside(visits, dates_of(participants, "onset_date"))
    return of_visits(table, table["date"] < table["limit"], lambda some: _visit_and("onset", some))


def duplicate_visits(_: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """Find every visit but a patient's first on the same day."""
    again = visits.duplicated(["patient", "date"]) & visits["date"].notna()
    return of_visits(visits, again, lambda some: "another visit on " + day(some["date"]))


def visits_without_date(_: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """Find visits without a date."""
    return of_visits(visits, visits["date"].isna(), lambda some: pd.Series("no date", index=some.index))


def incomplete_items(_: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """Find visits at which some of the items were scored and others were not."""
    if not set(ITEMS) <= set(visits):
        return no_findings()
    scored = visits[list(ITEMS)].notna().sum(axis=1)
    return of_visits(
        visits.assign(scored=scored),
        scored.between(1, len(ITEMS) - 1),
        lambda some: some["scored"].map("{} of 12 items".format),
    )


def total_differs_from_items(_: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """Find totals that are not the sum of the items beside them."""
    if "stated_total" not in visits:
        return no_findings()
    stated, summed = visits["stated_total"], visits["total"]
    return of_visits(
        visits,
        stated.notna() & summed.notna() & (stated != summed),
        lambda some: "total " + _points(some["stated_total"]) + ", its items sum to " + _points(some["total"]),
    )


def alsfrs_rise(_: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """Find totals more than 4 points above the same patient's last scored visit."""
    if "total" not in visits:
        return no_findings()
    scored = visits[visits["total"].notna() & visits["date"].notna()]
    before = scored["total"].shift().where(scored["patient"] == scored["patient"].shift())
    table = visits.assign(before=before.reindex(visits.index))
    return of_visits(
        table,
        table["total"] - table["before"] > MOST_RISE,
        lambda some: "from " + _points(some["before"]) + " to " + _points(some["total"]),
    )


def no_region_involved(participants: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """Find visits at which no region is involved, which King's staging takes for stage 1."""
    if not set(ITEMS) <= set(visits):
        return no_findings()
    fed = has_gastrostomy(visits, dates_of(participants, "gastrostomy_date"))
    return of_visits(
        visits,
        kings_without_region(visits, fed),
        lambda some: pd.Series("no region involved: King's stage 1", index=some.index),
    )


def _beside(visits: pd.DataFrame, dates: pd.Series) -> pd.DataFrame:
    """Put each patient's date beside the visits, as `limit`."""
    return visits.assign(limit=of_patients(dates, visits))


def _visit_and(words: str, visits: pd.DataFrame) -> pd.Series:
    return "visit " + day(visits["date"]) + f", {words} " + day(visits["limit"])


def _points(scores: pd.Series) -> pd.Series:
    return scores.map("{:g}".format)


VISIT_CHECKS = (
    DataCheck("visits_without_date", "a visit without a date", "visit", visits_without_date),
    DataCheck("scores_after_death", "a visit after death", "visit", scores_after_death),
    DataCheck("visits_before_onset", "a visit before symptom onset", "visit", visits_before_onset),
    DataCheck("duplicate_visits", "another visit on the same day, with other values", "visit", duplicate_visits),
    DataCheck(
        "total_differs_from_items",
        "an ALSFRS-R total that is not the sum of its items",
        "visit",
        total_differs_from_items,
    ),
    DataCheck("incomplete_items", "a visit with some of the 12 items and not all", "visit", incomplete_items),
    DataCheck("alsfrs_rise", "ALSFRS-R more than 4 points above the visit before", "visit", alsfrs_rise),
    DataCheck("no_region_involved", "a visit at which no region is involved", "visit", no_region_involved),
)
