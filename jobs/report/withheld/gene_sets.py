"""Gene sets and their genes, of which nobody can be found, nor by sets that share genes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from jobs.report.withheld.carriers import OF_CARRIERS, round_p_values, withhold_carriers, without
from jobs.report.withheld.cells import few_between, few_of
from jobs.report.withheld.elsewhere import Untold, untold
from jobs.report.withheld.endpoints import near_another

OF_GENES = {"gene": "gene", "trait": "trait"}
OF_A_SET = ["gene_set", "version", "overlap", "mask", "max_af"]
MEDIANS = ("carriers_per_gene", "carriers_per_matched_gene")


def withhold_sets(
    sets: pd.DataFrame, genes: pd.DataFrame, results: pd.DataFrame, least: int, endpoints: Sequence[str] = ()
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give gene sets and their genes; of a set, too, where its genes' counts would tell those of one of them.

    Parameters
    ----------
    sets, genes
        All that was found.
    results
        Result rows of which nothing is left to withhold.
    least
        The smallest count of people that may be told.
    endpoints
        Traits whose events may lie within each other.
    """
    if sets.empty:
        return sets, genes
    genes, hidden = withhold_carriers(genes, ["gene", "trait"], least, elsewhere=untold(genes, results, OF_GENES))
    # Carriers of a list may lie within those of another that has some of its genes.
    sets = sets.assign(related=_related(sets, genes))
    told = pd.Series(np.isfinite(sets["observed_events"].astype(float)), index=sets.index)
    near = Untold(pd.Series(False, index=sets.index), near_another(sets, told, OF_A_SET, endpoints, least))
    related, silent = withhold_carriers(sets, ["related", "trait"], least, elsewhere=near)
    sets = related.drop(columns="related")
    key = ["gene_set", "version", "trait", "mask", "max_af"]
    own = genes.assign(hidden=hidden, carriers=genes["carriers"].where(genes["carriers"] > 0, 0.0))
    by_set = own.groupby([name for name in key if name in genes], dropna=False).agg(
        told=("carriers", "sum"), some=("hidden", "sum")
    )
    beside = sets[list(by_set.index.names)].merge(by_set.reset_index(), how="left").set_axis(sets.index)
    rest = (sets["carriers"] - beside["told"]).abs()
    # Genes that are few fill what others leave, with one carrier each or with 4.
    telling = (beside["some"] == 1) | few_between(rest, least)
    telling |= (beside["some"] > 0) & (rest.eq(beside["some"]) | rest.eq((least - 1) * beside["some"]))
    sets = without(sets, ("carriers", *OF_CARRIERS), telling)
    # A median of few genes is the count of one of them.
    sets = without(sets, ("carriers_per_gene",), beside["some"].gt(0))
    medians = {name: few_of(sets[name], least) for name in MEDIANS}
    sets = sets.assign(**medians)
    return round_p_values(sets, silent | telling), round_p_values(genes, hidden)


def _related(sets: pd.DataFrame, genes: pd.DataFrame) -> pd.Series:
    """Give the lists that share genes, directly or by way of others, one name."""
    name = {one: one for one in sets["gene_set"]}
    for _, having in genes.groupby("gene")["gene_set"]:
        joined = {name[one] for one in having}
        name = {one: min(joined) if other in joined else other for one, other in name.items()}
    return sets["gene_set"].map(name)
