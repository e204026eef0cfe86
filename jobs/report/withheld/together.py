"""Traits together, of which nobody can be found: p-values of one trait are told as the results tell them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from jobs.report.withheld.carriers import in_steps, round_p_values, withhold_carriers, without_making
from jobs.report.withheld.cells import few_between, few_of
from jobs.report.withheld.cohort import nearest
from jobs.report.withheld.elsewhere import p_values_told

BY_ITSELF = "p_value_"


def withhold_together(
    together: Mapping[str, pd.DataFrame], results: pd.DataFrame, least: int
) -> dict[str, pd.DataFrame]:
    """Give the tables of traits together.

    Parameters
    ----------
    together
        All that was found.
    results
        Result rows of which nothing is left to withhold: a trait's p-value is told as they tell it.
    least
        The smallest count of people that may be told.
    """
    genes, hidden = withhold_carriers(together["genes"], ["gene"], least)
    pairs, hidden_too = withhold_carriers(together["pairs"], ["gene"], least)
    own = {name: name.removeprefix(BY_ITSELF) for name in map(str, genes) if name.startswith(BY_ITSELF)}
    genes, also = _as_results(
        genes, {name: pd.Series(trait, index=genes.index) for name, trait in own.items()}, results
    )
    pairs, also_too = _as_results(pairs, {"p_1": pairs["trait_1"], "p_2": pairs["trait_2"]}, results)
    pairs["p_both"] = pairs[["p_1", "p_2"]].max(axis=1, skipna=False)
    pairs["neg_log10_p_both"] = 0.0 - np.log10(pairs["p_both"].astype(float))
    hidden, hidden_too = hidden | also, hidden_too | also_too
    correlations = together["correlations"]
    changed = {name: few_of(correlations[name], least) for name in ("samples_1", "samples_2", "samples_both")}
    for name in ("samples_1", "samples_2"):
        lacking = correlations[name] - correlations["samples_both"]
        changed["samples_both"] = changed["samples_both"].mask(few_between(lacking, least))
    # Samples with one of two traits are those of both traits, less those who have both.
    if changed["samples_both"].isna().any():
        genes = genes.assign(samples=genes["samples"].map(nearest, na_action="ignore"))
    return {
        **together,
        "genes": round_p_values(genes, hidden).assign(start=in_steps(genes["start"])),
        "pairs": round_p_values(pairs, hidden_too),
        "correlations": correlations.assign(**changed),
    }


def _as_results(
    rows: pd.DataFrame, own: Mapping[str, pd.Series], results: pd.DataFrame
) -> tuple[pd.DataFrame, pd.Series]:
    """Tell p-values of one trait by itself as the results do, and of how few in a trait nothing that these don't.

    Parameters
    ----------
    rows
        Of traits together.
    own
        Columns of p-values of one trait by itself, and which trait that is in each row.
    results
        Result rows of which nothing is left to withhold.

    Returns
    -------
    tuple
        The rows, and of each whether its carriers are withheld in a trait.
    """
    hidden = pd.Series(False, index=rows.index)
    single = pd.Series(False, index=rows.index)
    changed = {}
    for name, traits in own.items():
        told = p_values_told(rows, results, traits)
        hidden |= rows[name].notna() & ~np.isfinite(told["carriers"].astype(float))
        single |= rows[name].notna() & told["p_value"].isna()
        changed[name] = told["p_value"].where(rows[name].notna())
    return without_making(rows.assign(**changed), hidden, single & ~rows["primary"].eq(True)), hidden
