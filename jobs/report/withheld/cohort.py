"""Who is in a study and who is not, where few were left out: attrition, exclusions, totals, covariates' levels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

from jobs.report.numbers import FEW
from jobs.report.withheld.cells import Group, is_few, told_groups
from jobs.traits.genotyped import EXCLUDED

SAMPLE, CALLS, ALL = "sample", "genotype", "all"
TIMES, LEVEL = " x ", "="
# Endings of what models say of themselves: repeated counts, and a share by which events could be reckoned.
REPEATED, SHARE_OF_EVENTS = ("events", "cases"), "tied_fraction"
# A whole number in a model that counts nobody.
COUNTS_NOBODY = ("categories",)
ROUNDED_TO = 5
Row = dict[str, Any]


def withhold_cohort(
    attrition: Sequence[Mapping[str, Any]], traits: Sequence[Mapping[str, Any]], least: int
) -> tuple[list[Row], list[Row]]:
    """Give attrition and traits' summaries without counts of few people, and without what tells them.

    Where a total less another, or less the exclusions that are told, would be of few, totals of traits are rounded to
    5 and those of quality control are not told. Likewise where exclusions of few must be 4 each, or 1 each, for it.
    """
    rules = _rules(attrition, least)
    rows = [_trait(summary, least) for summary in traits]
    if any(row["step"] == ALL and row["excluded"] is None for row in rules if row["unit"] == SAMPLE):
        _without_quality(rows)
    own = [row for row in rules if row["unit"] == SAMPLE]
    totals = [row[name] for row in own for name in ("before", "after")]
    totals += [row["samples"] for row in rows] + [row["samples"] + _told_exclusions(row) for row in rows]
    if _any_close(totals, least) or any(_fills(row, totals, least) for row in rows):
        for row in own:
            row["before"], row["after"] = None, None
        for row in rows:
            row["samples"] = nearest(row["samples"])
    if _any_close([row["events"] for row in rows], least):
        for row in rows:
            row["events"] = None if row["events"] is None else nearest(row["events"])
    return rules, rows


def _rules(attrition: Sequence[Mapping[str, Any]], least: int) -> list[Row]:
    """Give the rules of quality control; calls and variants that they exclude are nobody's.

    All rules begin with the same samples, so where one excluded few, neither before nor after is told of any.
    """
    rows = [dict(row) for row in attrition]
    own = [row for row in rows if row["unit"] == SAMPLE]
    told = told_groups([Group(row["excluded"], union=row["step"] == ALL) for row in own], least)
    for row in own:
        shown, _ = told[Group(row["excluded"], union=row["step"] == ALL)]
        if not shown:
            row["excluded"] = FEW if is_few(row["excluded"], least) else None
    if any(row["excluded"] in (FEW, None) for row in own):
        for row in own:
            row["before"], row["after"] = None, None
    # Every sample has a call at every variant, so calls over variants are the samples before anybody was excluded.
    for row in rows:
        if row["unit"] == CALLS:
            row |= {name: two_digits(row[name]) for name in ("before", "excluded", "after")}
    return rows


def two_digits(count: float) -> int:
    """Round a count to two digits."""
    return int(float(f"{count:.1e}"))


def _trait(summary: Mapping[str, Any], least: int) -> Row:
    """Give a trait's summary; events are withheld where few have the event, or few have not."""
    row = {name: value for name, value in summary.items() if name != "levels"}
    row["exclusions"] = [
        {**one, "count": FEW if is_few(one["count"], least) else one["count"]}
        for one in summary.get("exclusions", ())
    ]
    row["coefficients"] = _coefficients(summary, least)
    row["details"] = _details(summary, least)
    events, samples = summary.get("events"), summary["samples"]
    few = events is not None and (is_few(events, least) or is_few(samples - events, least))
    months = summary.get("person_months")
    # Of two endpoints of the same patients the difference may be one person's time.
    told = {} if months is None else {"person_months": two_digits(months)}
    return row | told | {"events": None if few else events}


def _without_quality(rows: Iterable[Row]) -> None:
    """Take out whom quality control excluded, of which its rules tell no total."""
    for row in rows:
        row["exclusions"] = [one for one in row["exclusions"] if one["reason"] != EXCLUDED or one["count"] == FEW]


def _told_exclusions(row: Mapping[str, Any]) -> int:
    return sum(one["count"] for one in row["exclusions"] if one["count"] != FEW)


def _fills(row: Mapping[str, Any], totals: Iterable[Any], least: int) -> bool:
    """Say whether exclusions of few leave no doubt of themselves, as they are all that a total has more."""
    few = sum(one["count"] == FEW for one in row["exclusions"])
    told = row["samples"] + _told_exclusions(row)
    return few > 0 and any(total - told in (few, few * (least - 1)) for total in totals if total is not None)


def nearest(count: float) -> int:
    """Round a total, so that its difference to another says nothing of single people."""
    return int(ROUNDED_TO * round(count / ROUNDED_TO))


def _any_close(totals: Iterable[Any], least: int) -> bool:
    """Say whether two totals differ by few people."""
    known = sorted({total for total in totals if total is not None})
    return any(is_few(other - one, least) for one, other in combinations(known, 2))


def _coefficients(summary: Mapping[str, Any], least: int) -> list[Row]:
    """Give coefficients but those of a column with a level that few have: a standard error tells how few."""
    rows = [dict(one) for one in summary.get("coefficients", ())]
    levels: Mapping[str, int] = summary.get("levels", {})
    by_column: dict[str, list[int]] = {}
    for name, count in levels.items():
        column, found, _ = name.partition(LEVEL)
        if found:
            by_column.setdefault(column, []).append(count)
    samples = summary["samples"]
    rare = {
        column
        for column, counts in by_column.items()
        if any(is_few(count, least) for count in (*counts, samples - sum(counts)))
    }
    return [one for one in rows if not any(_column(part) in rare for part in one["name"].split(TIMES))]


def _column(name: str) -> str:
    return str(name).partition(LEVEL)[0]


def _details(summary: Mapping[str, Any], least: int) -> Row:
    """Give what a model says of itself without counts of few, and without shares of a known number that are few."""
    events = summary.get("events") or 0
    return {
        name: value
        for name, value in summary.get("details", {}).items()
        if not name.endswith(REPEATED)
        and not (name.endswith(SHARE_OF_EVENTS) and (name != SHARE_OF_EVENTS or is_few(value * events, least)))
        and (name in COUNTS_NOBODY or not _counts_few(value, least))
    }


def _counts_few(value: Any, least: int) -> bool:
    return isinstance(value, int | float) and float(value).is_integer() and is_few(value, least)
