"""Whether capture kits, or callers, go along with strata: what confounds a gene that one kit covers better.

A site or batch whose kit lacks a gene has missing calls there, and counts its patients as without a variant. So calls
that are missing are counted by kit, caller, cohort and stratum, and genes that each two kits cover are compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import pandas as pd

from hail_pipelines.merging.merge import MergeCounts
from jobs.consortium.finished_run import FinishedRun

MISSING_COLUMNS = ("capture_kit", "caller", "cohort", "stratum", "samples", "calls", "missing_share")
GENE_COLUMNS = ("first_kit", "second_kit", "genes_in_both", "genes_in_first_alone", "genes_in_second_alone")
NO_STRATUM = "not in participants"


def missing_by_kit(runs: Sequence[FinishedRun], counts: MergeCounts) -> pd.DataFrame:
    """Tabulate what share of the calls of stored variants is missing.

    Parameters
    ----------
    runs
        The cohorts.
    counts
        What was merged.

    Returns
    -------
    A row per kit, caller, cohort and stratum within the cohort: `MISSING_COLUMNS`.
    """
    tables = [_of_run(run, counts.calls[counts.calls["cohort"] == run.name]) for run in runs]
    table = pd.concat(tables, ignore_index=True)
    table["missing_share"] = table["missing"] / table["calls"].where(table["calls"] > 0)
    return table.sort_values(list(MISSING_COLUMNS[:4]), ignore_index=True)[list(MISSING_COLUMNS)]


def _of_run(run: FinishedRun, calls: pd.DataFrame) -> pd.DataFrame:
    """Add up a cohort's calls by its strata."""
    strata = stratum_of(run).reindex(run.prefix + calls["sample"]).fillna(NO_STRATUM)
    grouped = calls.assign(stratum=strata.to_numpy()).groupby("stratum")
    summed = grouped.agg(samples=("sample", "size"), calls=("calls", "sum"), missing=("missing", "sum"))
    named = {"capture_kit": run.manifest["capture_kit"], "caller": run.manifest["caller"], "cohort": run.name}
    return summed.reset_index().assign(**named)


def stratum_of(run: FinishedRun) -> pd.Series:
    """Give each participant's stratum, as the columns of strata say it, by merged id."""
    participants, _ = run.tables()
    texts = participants[run.study.strata_columns].fillna("").astype(str)
    values = texts.agg(" / ".join, axis=1) if len(texts.columns) else pd.Series("all", participants.index)
    by_id = pd.Series(values.to_numpy(), index=participants[run.study.participants.columns.sample])
    return by_id[~by_id.index.duplicated()]


def genes_by_kit(runs: Sequence[FinishedRun], counts: MergeCounts) -> pd.DataFrame:
    """Count the genes that each two kits cover: those with calls of a stored variant in a cohort of the kit.

    Returns
    -------
    A row per pair of kits: `GENE_COLUMNS`.
    """
    covered: dict[str, frozenset[str]] = {}
    for run in runs:
        kit = str(run.manifest["capture_kit"])
        covered[kit] = covered.get(kit, frozenset()) | counts.genes[run.name]
    rows = [
        (*pair, len(one & other), len(one - other), len(other - one))
        for pair in combinations(sorted(covered), 2)
        for one, other in [[covered[kit] for kit in pair]]
    ]
    return pd.DataFrame(rows, columns=list(GENE_COLUMNS))
