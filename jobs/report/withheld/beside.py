"""Tables beside genes by themselves of which nobody can be found: traits together, gene sets, known carriers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from association.gene_sets.gene_sets import WITHOUT
from association.known_genes import EXCLUDED, GENE_SET, MAIN, MODELS
from jobs.report.withheld.carriers import (
    OF_CARRIERS,
    OF_EVENTS,
    WITHHELD,
    in_steps,
    round_p_values,
    told_among,
    withhold_carriers,
    without,
    without_making,
)
from jobs.report.withheld.cells import events_told, few_between, few_of
from jobs.report.withheld.cohort import nearest
from jobs.report.withheld.elsewhere import Untold, p_values_told, untold
from jobs.report.withheld.endpoints import near_another
from jobs.report.withheld.p_values import rounded

OF_GENES = {"gene": "gene", "trait": "trait"}
OF_A_SET = ["gene_set", "version", "overlap", "mask", "max_af"]
BY_ITSELF = "p_value_"
KNOWN = ["kind", "name", "trait"]
MEDIANS = ("carriers_per_gene", "carriers_per_matched_gene")


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


def withhold_known(known: pd.DataFrame, results: pd.DataFrame, sets: pd.DataFrame, least: int) -> pd.DataFrame:
    """Give findings beside what is known, without what few known carriers have, or few carriers of the gene.

    Parameters
    ----------
    known
        All that was found.
    results, sets
        Result rows, and gene sets, of which nothing is left to withhold.
    least
        The smallest count of people that may be told.
    """
    if known.empty:
        return known
    rows = known
    of_genes = untold(known, results, {"name": "gene", "trait": "trait"})
    of_sets = untold(known, sets[sets["overlap"] != WITHOUT], {"name": "gene_set", "trait": "trait"})
    is_set = known["kind"] == GENE_SET
    for model in MODELS:
        carriers, events = (known[f"{name}_{model}"].astype(float) for name in ("carriers", "observed_events"))
        main, seen = (known[f"{name}_{MAIN}"].astype(float) for name in ("carriers", "observed_events"))
        shown, with_events = told_among(known.assign(carriers=carriers, observed_events=events), KNOWN, least)
        hidden = ~shown | few_between(main - carriers, least) | of_sets.people.where(is_set, of_genes.people)
        silent = hidden | (events.notna() & ~with_events) | of_sets.events.where(is_set, of_genes.events)
        silent |= few_between(events, least) | few_between(carriers - events, least)
        silent |= few_between(seen - events, least) | few_between((main - seen) - (carriers - events), least)
        of_model = (*OF_EVENTS, "firth_effect", "firth_lower", "firth_upper")
        rows = without(rows, [f"{name}_{model}" for name in of_model], silent)
        rows = rows.assign(
            **{
                f"carriers_{model}": few_of(carriers, least).mask(hidden & (carriers >= least)),
                f"observed_events_{model}": events_told(events, carriers, silent, least).mask(hidden),
            }
        )
        p_values = [f"{name}_{model}" for name in ("p_value", "p_lower", "p_upper")]
        rows = rows.assign(**{name: rows[name].astype(float).mask(silent, rounded(rows[name])) for name in p_values})
        logs = rows[f"neg_log10_p_{model}"].astype(float).round(1)
        # These are single tests, all of which have the same p-value of one carrier.
        few = few_between(carriers, least)
        rows = rows.assign(
            **{name: rows[name].mask(few) for name in p_values},
            **{
                f"neg_log10_p_{model}": logs.mask(few),
                f"method_{model}": rows[f"method_{model}"].mask(hidden, WITHHELD).mask(few),
                f"reason_{model}": rows[f"reason_{model}"].mask(few),
            },
        )
    left_out = known[f"samples_{MAIN}"].astype(float) - known[f"samples_{EXCLUDED}"].astype(float)
    return without(rows, [f"samples_{EXCLUDED}"], few_between(left_out, least))
