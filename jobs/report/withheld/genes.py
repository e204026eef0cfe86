"""What gene pages are drawn from, without single people: no courses, no influence, no variant that few carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from association.gene_profile.profile_columns import CARRIERS, TIMES
from jobs.report.withheld.carriers import round_p_values, without, without_making
from jobs.report.withheld.cells import events_told, few_between, few_of
from jobs.report.withheld.coarse_curve import COARSE_MONTHS, coarse_curve
from jobs.report.withheld.sums import tell_no_rest

KEY = ["gene", "trait", "mask", "max_af"]
WHOSE = ["gene", "trait", "left_out"]
# Tables with a row for each person.
OF_PEOPLE = ("values", "influence")
OF_GROUP_EVENTS = ("events_others", "expected_carriers", "median_carriers", "median_others", "p_proportional")
FIRTH = ("firth_effect", "firth_lower", "firth_upper")
OF_EVENTS = ("expected_events", "effect", "standard_error", "p_asymptotic", *FIRTH)
# Quantiles, each of which may be one person's number.
OF_OTHERS = ("others_low", "others_lower_quartile", "others_upper_quartile", "others_high")


def told_masks(results: pd.DataFrame) -> pd.DataFrame:
    """Give the carriers, and events, that result rows without what is withheld still tell.

    Parameters
    ----------
    results
        Rows of which nothing is left to withhold.
    """
    rows = results[np.isfinite(results["carriers"].astype(float))]
    return rows[[*KEY, "carriers", "observed_events"]].drop_duplicates([*KEY, "carriers"])


def _join(rows: pd.DataFrame, told: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Say of rows of genes and masks whether their carriers are told, and whether their events are."""
    found = (
        rows[[*KEY, "carriers"]]
        .astype({"carriers": float})
        .merge(told.assign(told=True).astype({"carriers": float}), on=[*KEY, "carriers"], how="left")
    )
    events = found["observed_events"].astype(float)
    return (
        pd.Series(found["told"].eq(True).to_numpy(), index=rows.index),
        pd.Series(np.isfinite(events).to_numpy(), index=rows.index),
    )


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
    people, events = _join(groups, told)
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
        kept["sites"] = _sites(profiles["sites"], told, least)
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


def _sites(sites: pd.DataFrame, told: pd.DataFrame, least: int) -> pd.DataFrame:
    """Give variants of which enough people carry, and not nearly all carriers of a mask of the gene."""
    carriers = sites["carriers"].astype(float)
    of_masks = told.groupby("gene")["carriers"].unique()
    close = [
        any(0 < abs(total - count) < least for total in of_masks.get(gene, ()))
        for gene, count in zip(sites["gene"], carriers, strict=True)
    ]
    shown = (carriers >= least) & ~np.array(close, dtype=bool)
    counts = [name for name in ("allele_count", "carriers") if name in sites]
    shown = tell_no_rest(sites, shown, told, least, whose=["gene"], counts=counts, masks=masks_of(sites))
    rows = sites[shown]
    alleles = rows["allele_count"].astype(float)
    more = alleles - rows["carriers"].astype(float)
    rows = without(rows, ("allele_count", "frequency"), few_between(more, least))
    if "missing" not in rows:
        return rows
    # Without a call are single people too, and the share of calls gives how many.
    few_missing = few_between(rows["missing"], least)
    rows = without(rows, ("allele_number", "frequency", "call_rate"), few_missing)
    return rows.assign(missing=few_of(rows["missing"], least))


def masks_of(sites: pd.DataFrame | None) -> dict[str, str]:
    """Give the masks of each variant, separated by ";", as far as they are known."""
    if sites is None or "masks" not in sites:
        return {}
    return dict(zip(sites["variant"], sites["masks"].fillna(""), strict=True))


def withhold_variants(
    variants: pd.DataFrame, told: pd.DataFrame, least: int, masks: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Give single variants that enough people carry; events go where few carriers have them, or few have not."""
    of_masks = told.groupby(["gene", "trait"])["carriers"].unique()
    carriers = variants["carriers"].astype(float)
    close = [
        any(0 < abs(total - count) < least for total in of_masks.get((gene, trait), ()))
        for gene, trait, count in zip(variants["gene"], variants["trait"], carriers, strict=True)
    ]
    shown = (carriers >= least) & ~np.array(close, dtype=bool)
    counts = ["minor_allele_count", "carriers"]
    whose = ["gene", "trait"]
    rows = variants[tell_no_rest(variants, shown, told, least, whose=whose, counts=counts, masks=masks or {})]
    carriers, events = rows["carriers"].astype(float), rows["observed_events"].astype(float)
    silent = few_between(events, least) | few_between(carriers - events, least)
    more = rows["minor_allele_count"].astype(float) - carriers
    rows = without(rows, ("minor_allele_count",), few_between(more, least))
    rows = without(rows, OF_EVENTS, silent)
    kept = events_told(events, carriers, silent, least)
    return round_p_values(rows.assign(observed_events=kept), silent)


def withhold_left_out(
    left_out: pd.DataFrame, told: pd.DataFrame, variants: pd.DataFrame | None, least: int
) -> pd.DataFrame:
    """Give the tests without one variant that is named, where few are neither with it alone, without it, nor both.

    Parameters
    ----------
    left_out
        All tests without one variant.
    told
        Masks with the carriers that are told.
    variants
        Single variants of which nothing is left to withhold. Of one that isn't among them the name is one person's,
        even where that person has another variant too and counts all the same.
    least
        The smallest count of people that may be told.
    """
    if variants is None:
        return left_out.iloc[:0]
    whole = told.drop_duplicates(KEY).rename(columns={"carriers": "whole"})[[*KEY, "whole"]]
    of_variants = variants[["gene", "trait", "variant", "carriers"]].set_axis([*WHOSE, "own"], axis=1)
    columns = [*KEY, "left_out", "carriers"]
    found = left_out[columns].merge(whole, on=KEY, how="left").merge(of_variants.drop_duplicates(WHOSE), how="left")
    rest = found["carriers"].astype(float)
    alone = found["whole"].astype(float) - rest
    both = found["own"].astype(float) - alone
    kept = both.notna() & ~few_between(rest, least) & ~few_between(alone, least) & ~few_between(both, least)
    return left_out[kept.to_numpy(dtype=bool)]


def withhold_effects(effects: pd.DataFrame, told: pd.DataFrame, least: int) -> pd.DataFrame:
    """Give effects of the genes that were followed up, as far as the results tell of their carriers and events."""
    people, events = _join(effects, told)
    carriers, seen = effects["carriers"].astype(float), effects["observed_events"].astype(float)
    silent = ~people | ~(events | seen.isna())
    rows = without(without(effects, OF_EVENTS, silent), ("variants",), ~people)
    kept = rows.assign(
        carriers=few_of(carriers, least).mask(~people & (carriers >= least)),
        observed_events=events_told(seen, carriers, silent, least).mask(~people),
    )
    return round_p_values(without_making(kept, ~people, few_between(carriers, least)), silent)
