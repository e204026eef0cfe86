"""Single variants that enough people carry, and what is told of genes without one of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jobs.report.withheld.carriers import round_p_values, without
from jobs.report.withheld.cells import events_told, few_between, few_of
from jobs.report.withheld.effects import OF_EVENTS
from jobs.report.withheld.sums import tell_no_rest
from jobs.report.withheld.told_masks import KEY

WHOSE = ["gene", "trait", "left_out"]


def withhold_sites(sites: pd.DataFrame, told: pd.DataFrame, least: int) -> pd.DataFrame:
    """Give variants of which enough people carry, and not nearly all carriers of a mask of the gene."""
    carriers = sites["carriers"].astype(float)
    shown = (carriers >= least) & ~_leave_few(sites, told, ["gene"], least)
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


def _leave_few(variants: pd.DataFrame, told: pd.DataFrame, whose: list[str], least: int) -> NDArray[np.bool_]:
    """Say which variants all but few carriers of one of their gene's masks carry."""
    of_masks = told.groupby(whose)["carriers"].unique()
    keys = zip(*(variants[name] for name in whose), strict=True)
    counts = variants["carriers"].astype(float)
    return np.array(
        [
            any(0 < abs(total - count) < least for total in of_masks.get(key if len(whose) > 1 else key[0], ()))
            for key, count in zip(keys, counts, strict=True)
        ],
        dtype=bool,
    )


def masks_of(sites: pd.DataFrame | None) -> dict[str, str]:
    """Give the masks of each variant, separated by ";", as far as they are known."""
    if sites is None or "masks" not in sites:
        return {}
    return dict(zip(sites["variant"], sites["masks"].fillna(""), strict=True))


def withhold_variants(
    variants: pd.DataFrame, told: pd.DataFrame, least: int, masks: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Give single variants that enough people carry; events go where few carriers have them, or few have not."""
    whose, counts = ["gene", "trait"], ["minor_allele_count", "carriers"]
    shown = (variants["carriers"].astype(float) >= least) & ~_leave_few(variants, told, whose, least)
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
