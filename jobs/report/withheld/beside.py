"""Tables beside genes by themselves of which nobody can be found: traits together, gene sets, known carriers."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from association.known_genes import EXCLUDED, MAIN, MODELS
from jobs.report.withheld.carriers import (
    OF_CARRIERS,
    OF_EVENTS,
    WITHHELD,
    in_steps,
    round_p_values,
    withhold_carriers,
    without,
)
from jobs.report.withheld.cells import events_told, few_between, few_of
from jobs.report.withheld.p_values import rounded


def withhold_together(together: Mapping[str, pd.DataFrame], least: int) -> dict[str, pd.DataFrame]:
    """Give the tables of traits together."""
    genes, hidden = withhold_carriers(together["genes"], ["gene"], least)
    pairs, hidden_too = withhold_carriers(together["pairs"], ["gene"], least)
    correlations = together["correlations"]
    changed = {name: few_of(correlations[name], least) for name in ("samples_1", "samples_2", "samples_both")}
    for name in ("samples_1", "samples_2"):
        lacking = correlations[name] - correlations["samples_both"]
        changed["samples_both"] = changed["samples_both"].mask(few_between(lacking, least))
    return {
        **together,
        "genes": round_p_values(genes, hidden).assign(start=in_steps(genes["start"])),
        "pairs": round_p_values(pairs, hidden_too),
        "correlations": correlations.assign(**changed),
    }


def withhold_sets(sets: pd.DataFrame, genes: pd.DataFrame, least: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give gene sets and their genes; of a set, too, where its genes' counts would tell those of one of them."""
    if sets.empty:
        return sets, genes
    genes, hidden = withhold_carriers(genes, ["gene", "trait"], least)
    sets, silent = withhold_carriers(sets, ["gene_set", "trait"], least)
    key = ["gene_set", "version", "trait", "mask", "max_af"]
    own = genes.assign(hidden=hidden, carriers=genes["carriers"].where(genes["carriers"] > 0, 0.0))
    by_set = own.groupby([name for name in key if name in genes], dropna=False).agg(
        told=("carriers", "sum"), some=("hidden", "sum")
    )
    beside = sets[list(by_set.index.names)].merge(by_set.reset_index(), how="left").set_axis(sets.index)
    rest = (sets["carriers"] - beside["told"]).abs()
    telling = (beside["some"] == 1) | few_between(rest, least)
    sets = without(sets, ("carriers", *OF_CARRIERS), telling)
    return round_p_values(sets, silent | telling), round_p_values(genes, hidden)


def withhold_known(known: pd.DataFrame, least: int) -> pd.DataFrame:
    """Give findings beside what is known, without what few known carriers have, or few carriers of the gene."""
    rows = known
    for model in MODELS:
        carriers, events = (known[f"{name}_{model}"].astype(float) for name in ("carriers", "observed_events"))
        main, seen = (known[f"{name}_{MAIN}"].astype(float) for name in ("carriers", "observed_events"))
        hidden = few_between(carriers, least) | few_between(main - carriers, least)
        silent = hidden | few_between(events, least) | few_between(carriers - events, least)
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
