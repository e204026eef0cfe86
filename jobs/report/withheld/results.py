"""Gene results of which nobody can be found: carriers and events of few people, and everything that tells them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import numpy as np
import pandas as pd

from association.calibration.multiplicity import Multiplicity
from association.scan_settings import ALL_MASKS, CONTROL_MASK, OMNIBUS
from jobs.report.numbers import FEW
from jobs.report.withheld.carriers import WITHHELD, in_steps
from jobs.report.withheld.cells import Group, events_told, few_between, few_of, told_groups
from jobs.report.withheld.endpoints import near_another
from jobs.report.withheld.p_values import neg_log10, rounded

# Masks of one gene may lie within each other; the control has variants of its own.
NESTED = ["gene", "trait", "control"]
MASK_OF_GENE = ["gene", "mask", "max_af"]
TOO_FEW = "fewer than 3 carriers"
# What tells how many had the event: it is observed = expected + effect / standard_error^2.
OF_EVENTS = ("expected_events", "effect", "standard_error", "p_asymptotic", "neg_log10_p_asymptotic")
# What tells how many carry. Arrangements of the carriers that were enumerated are a function of their number.
OF_CARRIERS = ("variants", "minor_allele_count", "permutations", "exceedances", *OF_EVENTS)


def withhold_results(
    results: pd.DataFrame,
    families: Mapping[str, Multiplicity],
    counting: pd.Series,
    least: int,
    endpoints: Sequence[str] = (),
) -> pd.DataFrame:
    """Give result rows without what may not be told.

    Parameters
    ----------
    results
        Columns of `association.results.COLUMNS`.
    families
        The line of significance of each trait: on which side of it a row is can still be seen.
    counting
        Says which rows count in their trait's family; no other is primary then.
    least
        The smallest count of people that may be told.
    endpoints
        Traits whose events may lie within each other, those first whose events are rather told.
    """
    told = _told(results, least)
    told["events"] &= ~near_another(results, told["events"], MASK_OF_GENE, endpoints, least)
    hidden, silent = ~told["people"], ~told["events"]
    line = results["trait"].map({name: family.threshold for name, family in families.items()}).astype(float)
    rows = results.assign(
        carriers=_withheld(results["carriers"], hidden, least),
        observed_events=events_told(results["observed_events"], results["carriers"], silent, least).mask(hidden),
        start=in_steps(results["start"]),
        flags=results["flags"].mask(hidden, ""),
        method=results["method"].mask(hidden & results["method"].notna(), WITHHELD),
        primary=counting,
    )
    for name in OF_CARRIERS:
        rows[name] = rows[name].astype(float).mask(hidden)
    for name in OF_EVENTS:
        rows[name] = rows[name].mask(silent)
    more = results["minor_allele_count"].astype(float) - results["carriers"].astype(float)
    rows["minor_allele_count"] = rows["minor_allele_count"].mask(few_between(more, least))
    # Who passes the line can reach it; of others it would tell how few they are.
    passes = counting & (results["p_value"] <= line) & (results["min_attainable_p"] <= line)
    rows["min_attainable_p"] = rows["min_attainable_p"].mask(hidden, pd.Series(0.0, index=rows.index).where(passes))
    rows = _with_rounded(rows, hidden | silent, line)
    few = rows["carriers"] == FEW
    single = (results["test"] != OMNIBUS) & ~results["primary"].eq(True)
    described = uncounted(results, results["primary"].eq(True) & ~counting & few, ["gene", "trait"])
    rows = _without_single_tests(rows, few, few & (single | described))
    return rows.assign(reason=rows["reason"].mask(few & described, TOO_FEW))


def uncounted(rows: pd.DataFrame, primary: pd.Series, whose: list[str]) -> pd.Series:
    """Say which rows are of a gene that has too few carriers to count; p-values of its masks would tell 1 from 2."""
    genes = pd.MultiIndex.from_frame(rows.loc[primary, whose])
    return pd.Series(pd.MultiIndex.from_frame(rows[whose]).isin(genes), index=rows.index) & rows["mask"].ne(
        CONTROL_MASK
    )


def _without_single_tests(rows: pd.DataFrame, few: pd.Series, single: pd.Series) -> pd.DataFrame:
    """Leave out of rows of few carriers how p-values were made, and of single tests all: of one carrier all agree."""
    ends = {name: rows[name].mask(few) for name in ("p_lower", "p_upper", "reason")}
    rows = rows.assign(**ends)
    return rows.assign(**{name: rows[name].mask(single) for name in ("p_value", "neg_log10_p", "method")})


def _told(results: pd.DataFrame, least: int) -> pd.DataFrame:
    """Say for each row whether its carriers and its events may be told; what is not known can be."""
    cells = pd.DataFrame(
        {
            "gene": results["gene"],
            "trait": results["trait"],
            "control": results["mask"] == CONTROL_MASK,
            "union": results["mask"] == ALL_MASKS,
            "carriers": results["carriers"].astype(float),
            "observed": results["observed_events"].astype(float),
        }
    )
    known = cells[np.isfinite(cells["carriers"])]
    # Most rows are tests of the same carriers.
    number = known.groupby(list(known), dropna=False, sort=True).ngroup().to_numpy()
    distinct = known.assign(number=number).drop_duplicates("number").sort_values("number")
    verdicts = np.array(list(_verdicts(distinct, least)), dtype=bool).reshape(-1, 2)
    told = pd.DataFrame(True, index=results.index, columns=["people", "events"])
    told.loc[known.index] = verdicts[number]
    # Where a trait has no events there is nothing to tell.
    told["events"] |= cells["observed"].isna() & told["people"]
    return told


def _verdicts(distinct: pd.DataFrame, least: int) -> Iterator[tuple[bool, bool]]:
    """Give what may be told of each distinct cell; cells of one gene, trait and kind of mask are together."""
    for _, own in groupby(distinct.itertuples(index=False), key=lambda cell: cell[: len(NESTED)]):
        groups = [
            Group(int(cell.carriers), int(cell.observed) if np.isfinite(cell.observed) else None, bool(cell.union))
            for cell in own
        ]
        told = told_groups(groups, least)
        yield from (told[group] for group in groups)


def _withheld(counts: pd.Series, hidden: pd.Series, least: int) -> pd.Series:
    """Take counts out: few people are told to be few, others are missing."""
    marked = few_of(counts, least)
    return marked.mask(hidden & (marked != FEW))


def _with_rounded(rows: pd.DataFrame, where: pd.Series, line: pd.Series) -> pd.DataFrame:
    """Round the p-values of some rows, their intervals and what is adjusted of them."""
    some = rows[where]
    p_value = rounded(some["p_value"], line[where])
    exact = (some["p_lower"] == some["p_value"]) & (some["p_upper"] == some["p_value"])
    changed = {
        "p_value": p_value,
        "neg_log10_p": neg_log10(p_value, some["neg_log10_p"]),
        "p_lower": p_value.where(exact, rounded(some["p_lower"])),
        "p_upper": p_value.where(exact, rounded(some["p_upper"])),
    }
    for name, values in changed.items():
        rows[name] = rows[name].astype(float).mask(where, values)
    # What is adjusted may be another gene's p-value times a known number.
    return rows.assign(**{name: rounded(rows[name].astype(float)) for name in ("p_family", "q_value")})
