"""Samples left out by hand: a table of sample and reason."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from infra.storage import Place
from jobs.tables.table import Table

# What a reason given by hand begins with among the reasons of rules.
BY_HAND = "by hand: "


def read_exclusions(path: Place, samples: Collection[str] | None) -> pd.Series:
    """Read who is to be left out, and why.

    Parameters
    ----------
    path
        A table with the columns sample and reason.
    samples
        Ids in the VCFs; None where these can't be used.

    Returns
    -------
    Reasons by sample id.

    Raises
    ------
    InputError
        With every column that is missing, every row without a reason, and every sample that the VCFs do not have.
    """
    table = Table(path, ids="sample")
    table.require(["sample", "reason"], "Name the columns so")
    ids, reasons = table.identifiers("sample"), table.texts("reason")
    table.unique("sample")
    table.note("reason", reasons.isna(), "is empty; say why the sample is left out")
    unknown = ids.notna() & ~ids.isin(set(samples)) if samples is not None else pd.Series(False, index=ids.index)
    table.note("sample", unknown, "is not in the VCFs; write ids as they stand there", show_value=False)
    table.close()
    return pd.Series(reasons.to_numpy(object), index=ids.to_numpy(object), dtype=object)
