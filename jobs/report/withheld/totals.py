"""Totals of patients as the traits tell them, in every table: rounded in one, they are exact in none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from jobs.report.inputs import ReportInputs
from jobs.report.withheld.carriers import without
from jobs.report.withheld.cohort import nearest

TABLES = ("results", "gene_sets", "set_genes", "known_genes", "interactions", "mechanism", "variants", "effects")
# Alleles and calls are twice the samples.
OF_ALL = ("allele_number", "frequency", "call_rate", "missing")


def tell_totals(inputs: ReportInputs, told: Sequence[Mapping[str, Any]]) -> ReportInputs:
    """Round the totals of every table where those of the traits are.

    Parameters
    ----------
    inputs
        All that was found.
    told
        The traits' summaries as they are told.
    """
    before = {str(one["name"]): one for one in inputs.traits}
    samples = any(one["samples"] != before[str(one["name"])]["samples"] for one in told)
    events = {str(one["name"]): one.get("events") for one in told}
    tables: dict[str, Any] = {}
    if samples:
        for name in TABLES:
            table = getattr(inputs, name)
            if table is not None:
                tables[name] = _rounded(table)
        if inputs.together is not None:
            tables["together"] = {name: _rounded(table) for name, table in inputs.together.items()}
    if inputs.profiles is not None:
        kept = dict(inputs.profiles)
        kept["groups"] = _groups(kept["groups"], events, {name: one.get("events") for name, one in before.items()})
        if samples:
            kept["groups"] = _rest(kept["groups"], "carriers", "others", kept["groups"]["trait"].notna())
            if "course_band" in kept:
                patients = kept["course_band"]["patients"].map(nearest)
                kept["course_band"] = kept["course_band"].assign(patients=patients)
            if "sites" in kept:
                kept["sites"] = kept["sites"].assign(**{name: np.nan for name in OF_ALL if name in kept["sites"]})
        tables["profiles"] = kept
    return replace(inputs, **tables)


def _rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Round the samples of a table."""
    totals = [name for name in map(str, table) if name.startswith("samples")]
    return table.assign(**{name: table[name].map(nearest, na_action="ignore") for name in totals})


def _groups(groups: pd.DataFrame, told: Mapping[str, Any], before: Mapping[str, Any]) -> pd.DataFrame:
    """Give groups whose events sum to those that their trait tells."""
    changed = groups["trait"].map({name: told[name] != before[name] for name in told}).eq(True)
    unknown = groups["trait"].map({name: told[name] is None for name in told}).eq(True)
    groups = _rest(groups, "events_carriers", "events_others", changed)
    return without(groups, ("events_others",), changed & unknown)


def _rest(groups: pd.DataFrame, part: str, rest: str, where: pd.Series) -> pd.DataFrame:
    """Give the rest of a rounded total."""
    numbers = groups[rest].astype(float)
    own = groups[part].astype(float)
    return groups.assign(**{rest: numbers.mask(where, (own + numbers).map(nearest, na_action="ignore") - own)})
