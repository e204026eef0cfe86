"""What gene pages are drawn from, without single people: no courses, no influence, no variant that few carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from association.gene_profile.profile_columns import CARRIERS, TIMES
from jobs.report.withheld.carriers import round_p_values, without, without_making
from jobs.report.withheld.cells import events_told, few_between, few_of
from jobs.report.withheld.coarse_curve import COARSE_MONTHS, coarse_curve
from jobs.report.withheld.told_masks import carriers_told
from jobs.report.withheld.variants import withhold_sites

# Tables with a row for each person.
OF_PEOPLE = ("values", "influence")
OF_GROUP_EVENTS = ("events_others", "expected_carriers", "median_carriers", "median_others", "p_proportional")
# Quantiles, each of which may be one person's number.
OF_OTHERS = ("others_low", "others_lower_quartile", "others_upper_quartile", "others_high")


def withhold_profiles(
    profiles: Mapping[str, pd.DataFrame], told: pd.DataFrame, least: int, endpoints: Sequence[str] = ()
) -> dict[str, pd.DataFrame]:
    """Give the tables of gene pages.

    Parameters
    ----------
    profiles
        Tables of `association.gene_profile.profile_columns`.
    told
        Of `told_masks`.
    least
        The smallest count of people that may be told.
    endpoints
        Traits whose events may lie within each other: carriers at risk are told of the first of them.
    """
    groups = profiles["groups"]
    people, events = carriers_told(groups, told)
    people &= groups["carriers"].astype(float) >= least
    kept = {name: table.iloc[:0] if name in OF_PEOPLE else table for name, table in profiles.items()}
    kept["groups"] = _groups(groups, people, events, least)
    with_events = groups.loc[people & events, ["gene", "trait"]]
    for name, change in (("curves", _curves), ("at_risk", _at_risk)):
        if name in profiles:
            kept[name] = change(profiles[name].merge(with_events, on=["gene", "trait"]), least)
    if "at_risk" in kept:
        kept["at_risk"] = _of_one_endpoint(kept["at_risk"], endpoints)
    if "course" in profiles:
        course = profiles["course"].merge(groups.loc[people, ["gene", "trait"]], on=["gene", "trait"])
        kept["course"] = _quartiles(course, least)
    if "course_band" in profiles:
        kept["course_band"] = profiles["course_band"][profiles["course_band"]["patients"] >= least]
    if "sites" in profiles:
        kept["sites"] = withhold_sites(profiles["sites"], told, least)
    return kept


def _groups(groups: pd.DataFrame, people: pd.Series, events: pd.Series, least: int) -> pd.DataFrame:
    silent = ~(people & (events | groups["events_carriers"].isna()))
    carriers, seen = groups["carriers"].astype(float), groups["events_carriers"].astype(float)
    rows = without(groups, ("variants", "others", "median_carriers"), ~people)
    rows = without(rows, OF_GROUP_EVENTS, silent)
    # Whether the hazard ratio was asked to be the same at all times, or why not, tells if 5 had the event.
    rows = rows.assign(**{name: rows[name].mask(silent) for name in ("reason",) if name in rows})
    times = groups["kind"] == TIMES
    medians = {name: _coarse(rows[name], times) for name in ("median_carriers", "median_others", *OF_OTHERS)}
    rows = rows.assign(
        carriers=few_of(carriers, least).mask(~people & (carriers >= least)),
        events_carriers=events_told(seen, carriers, silent, least).mask(~people),
        **medians,
    )
    return round_p_values(without_making(rows, ~people, few_between(carriers, least)), silent)


def _coarse(values: pd.Series, times: pd.Series) -> pd.Series:
    """Give medians, each of which is one person's number, in steps of time or with two digits."""
    numbers = values.astype(float)
    digits = pd.Series([float(f"{one:.1e}") for one in numbers], index=numbers.index)
    return (COARSE_MONTHS * (numbers / COARSE_MONTHS).round()).where(times, digits)


def _curves(curves: pd.DataFrame, least: int) -> pd.DataFrame:
    """Give curves in steps of time, as far as enough are at risk, without how many they were."""
    parts = [coarse_curve(own, least) for _, own in curves.groupby(["gene", "trait", "group"], sort=False)]
    rows = pd.concat(parts) if parts else curves.iloc[:0]
    return rows.assign(survival=rows["survival"].round(2), lower=np.nan, upper=np.nan)


def _at_risk(at_risk: pd.DataFrame, least: int) -> pd.DataFrame:
    """Give carriers at risk; with the others' they would sum to the same number in every gene."""
    own = at_risk[at_risk["group"] == CARRIERS]
    return own.assign(at_risk=few_of(own["at_risk"], least))


def _of_one_endpoint(at_risk: pd.DataFrame, endpoints: Sequence[str]) -> pd.DataFrame:
    """Leave out a gene's other endpoints: who is at risk of one event and not of another has had that one."""
    place = at_risk["trait"].map({name: number for number, name in enumerate(endpoints)})
    first = place.groupby(at_risk["gene"]).transform("min")
    return at_risk[place.isna() | (place == first)]


def _quartiles(course: pd.DataFrame, least: int) -> pd.DataFrame:
    """Give quartiles of carriers' values, in whole points, where twice as many as enough were measured."""
    columns = ["gene", "trait", "time", "lower", "middle", "upper"]
    if course.empty:
        return pd.DataFrame(columns=columns)
    whose = ["gene", "trait", "time"]
    timed = course.assign(time=COARSE_MONTHS * (course["time"] / COARSE_MONTHS).round())
    # A carrier counts once in a step, by the mean of the visits in it.
    by_step = timed.groupby([*whose, "line"], sort=False)["value"].mean().groupby(whose)
    quartiles = {"lower": by_step.quantile(0.25), "middle": by_step.median(), "upper": by_step.quantile(0.75)}
    return pd.DataFrame(quartiles)[by_step.size() >= 2 * least].round(0).reset_index()[columns]
