"""Findings beside what is known, of which nobody can be found, nor by what other tables tell of the same people."""

from __future__ import annotations

import pandas as pd

from association.gene_sets.gene_sets import WITHOUT
from association.known_genes import EXCLUDED, GENE_SET, MAIN, MODELS
from jobs.report.withheld.carriers import OF_EVENTS, WITHHELD, told_among, without
from jobs.report.withheld.cells import events_told, few_between, few_of
from jobs.report.withheld.elsewhere import Untold, untold
from jobs.report.withheld.p_values import rounded

KNOWN = ["kind", "name", "trait"]
OF_MODEL = (*OF_EVENTS, "firth_effect", "firth_lower", "firth_upper")


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
    of_genes = untold(known, results, {"name": "gene", "trait": "trait"})
    of_sets = untold(known, sets[sets["overlap"] != WITHOUT], {"name": "gene_set", "trait": "trait"})
    is_set = known["kind"] == GENE_SET
    elsewhere = Untold(*(getattr(of_sets, one).where(is_set, getattr(of_genes, one)) for one in ("people", "events")))
    rows = known
    for model in MODELS:
        hidden, silent = _of_few(known, model, elsewhere, least)
        rows = _without_few(rows, model, hidden, silent, least)
    left_out = known[f"samples_{MAIN}"].astype(float) - known[f"samples_{EXCLUDED}"].astype(float)
    return without(rows, [f"samples_{EXCLUDED}"], few_between(left_out, least))


def _of_few(known: pd.DataFrame, model: str, elsewhere: Untold, least: int) -> tuple[pd.Series, pd.Series]:
    """Say of which rows carriers in a model are withheld, and of which those with the event."""
    carriers, events = (known[f"{name}_{model}"].astype(float) for name in ("carriers", "observed_events"))
    main, seen = (known[f"{name}_{MAIN}"].astype(float) for name in ("carriers", "observed_events"))
    shown, with_events = told_among(known.assign(carriers=carriers, observed_events=events), KNOWN, least)
    hidden = ~shown | few_between(main - carriers, least) | elsewhere.people
    silent = hidden | (events.notna() & ~with_events) | elsewhere.events
    silent |= few_between(events, least) | few_between(carriers - events, least)
    silent |= few_between(seen - events, least) | few_between((main - seen) - (carriers - events), least)
    return hidden, silent


def _without_few(rows: pd.DataFrame, model: str, hidden: pd.Series, silent: pd.Series, least: int) -> pd.DataFrame:
    """Take out of a model's columns what tells of few carriers, or of few with or without the event."""
    carriers, events = (rows[f"{name}_{model}"].astype(float) for name in ("carriers", "observed_events"))
    p_values = [f"{name}_{model}" for name in ("p_value", "p_lower", "p_upper")]
    rows = without(rows, [f"{name}_{model}" for name in OF_MODEL], silent)
    told = {name: rows[name].astype(float).mask(silent, rounded(rows[name])) for name in p_values}
    told[f"neg_log10_p_{model}"] = rows[f"neg_log10_p_{model}"].astype(float).round(1)
    # These are single tests, all of which have the same p-value of one carrier.
    few = few_between(carriers, least)
    told |= {
        f"method_{model}": rows[f"method_{model}"].mask(hidden, WITHHELD),
        f"reason_{model}": rows[f"reason_{model}"],
    }
    return rows.assign(
        **{name: cells.mask(few) for name, cells in told.items()},
        **{
            f"carriers_{model}": few_of(carriers, least).mask(hidden & (carriers >= least)),
            f"observed_events_{model}": events_told(events, carriers, silent, least).mask(hidden),
        },
    )
