"""Variants that are told beside the masks which hold them: what is left of a mask is nobody, or people enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from jobs.report.withheld.cells import is_few

WHOLE = ""


def tell_no_rest(
    rows: pd.DataFrame,
    shown: pd.Series,
    told: pd.DataFrame,
    least: int,
    *,
    whose: Sequence[str],
    counts: Sequence[str],
    masks: Mapping[str, str],
) -> pd.Series:
    """Say which variants may be told, where those of a mask leave 1 to 4 of its alleles or carriers: none of them.

    Parameters
    ----------
    rows
        All variants, with columns `whose` and `counts`.
    shown
        Those that may be told each by itself.
    told
        Masks with the carriers that are told.
    least
        The smallest count of people that may be told.
    whose
        Columns of rows and masks that belong together.
    counts
        Columns of alleles and of carriers.
    masks
        Of each variant the masks that hold it, separated by ";".
    """
    members = rows.assign(shown=shown, mask=rows["variant"].map(masks).fillna(WHOLE))
    members["mask"] = [[WHOLE, *(one for one in text.split(";") if one)] for text in members["mask"]]
    members = members.explode("mask")
    named = [*whose, "mask"]
    totals = {key: own["carriers"].dropna().unique() for key, own in told.groupby(named)}
    of_genes = {key: own["carriers"].dropna().unique() for key, own in told.groupby(list(whose))}
    kept = shown.copy()
    for key, own in members.groupby(named):
        beside = of_genes.get(key[:-1], ()) if key[-1] == WHOLE else totals.get(key, ())
        sums = own.loc[own["shown"], list(counts)].astype(float).sum()
        rest = own.loc[~own["shown"], list(counts)].astype(float).sum()
        telling = any(is_few(one, least) for one in rest)
        telling |= any(is_few(np.abs(total - one), least) for total in beside for one in sums if one)
        if telling:
            kept[own.index] = False
    return kept
