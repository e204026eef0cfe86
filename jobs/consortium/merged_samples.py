"""The samples of all cohorts: duplicates across them resolved, relatives and components found from common genotypes.

Of a person in two cohorts the sample stays whose event is known, then the better called, as within a cohort; of
relatives each trait leaves one out by itself (`association.cohort.unrelated`).

Axes: n samples of all cohorts that stay in their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import pandas as pd

from association.cohort.common_variants import Dosages
from association.cohort.unrelated import duplicates_to_drop
from jobs.consortium.finished_run import FinishedRun
from jobs.quality_control.common_genotypes import VARIANT
from jobs.quality_control.structure import Structure, cohort_structure

DUPLICATE = "duplicate of a sample that stays"
COLUMNS = ("sample", "call_rate", "event", "event_known", "batch", "karyotype", "sex_from_genotypes")


@dataclass(frozen=True)
class MergedSamples:
    """The samples of all cohorts.

    Attributes
    ----------
    table
        A row per sample, those that are excluded in their own cohort too, in order of ids: `COLUMNS`, cohort,
        own_id, reasons, passes, left_out (for another cohort's) and pc1, pc2, ...
    structure
        Relatives and components, of all of them.
    """

    table: pd.DataFrame
    structure: Structure

    def dropped(self, cohort: str) -> set[str]:
        """Give the samples of a cohort that are left out for another cohort's."""
        own = self.table[(self.table["cohort"] == cohort) & self.table["left_out"]]
        return set(own["own_id"])


def merge_samples(runs: Sequence[FinishedRun]) -> MergedSamples:
    """Put the samples of all cohorts in one table, in order of their ids."""
    stacked = pd.concat([_samples_of(run) for run in runs], ignore_index=True)
    kept = stacked[stacked["passes"]]
    order = np.argsort(kept["sample"].to_numpy(object), kind="stable")
    table = kept.iloc[order].reset_index(drop=True)
    variants, dosages = _common(runs)
    everyone = np.ones(len(table), np.bool_)
    genome = runs[0].manifest["reference_genome"]
    found = cohort_structure(variants, dosages[:, order], table, everyone, ~everyone, runs[0].study.qc, genome)
    dropped = duplicates_to_drop(
        found.relatedness.pairs,
        table["sample"].tolist(),
        event_known=table["event_known"].to_numpy(np.bool_),
        call_rate=table["call_rate"].to_numpy(np.float64),
    )
    scores = {f"pc{number + 1}": found.components.scores[:, number] for number in range(found.components.number)}
    reasons = [[DUPLICATE] if left_out else [] for left_out in dropped]
    judged = table.assign(**scores, reasons=reasons, passes=~dropped, left_out=dropped)
    everybody = pd.concat([judged, stacked[~stacked["passes"]].assign(left_out=False)], ignore_index=True)
    return MergedSamples(everybody.sort_values("sample", ignore_index=True), found)


def _samples_of(run: FinishedRun) -> pd.DataFrame:
    """Give a cohort's samples under their merged ids, with what is needed of them."""
    samples = run.samples[[*COLUMNS, "reasons", "passes"]]
    return samples.assign(cohort=run.name, own_id=samples["sample"], sample=run.prefix + samples["sample"])


def _common(runs: Sequence[FinishedRun]) -> tuple[pd.DataFrame, Dosages]:
    """Give the variants that are common in every cohort, with the dosages of all samples, cohort by cohort."""
    read = [run.common() for run in runs]
    numbered = [
        variants.assign(**{f"row_{place}": np.arange(len(variants))}) for place, (variants, _) in enumerate(read)
    ]
    shared = reduce(lambda one, other: one.merge(other, on=list(VARIANT), how="inner"), numbered)
    dosages = [of_run[shared[f"row_{place}"].to_numpy()] for place, (_, of_run) in enumerate(read)]
    return shared[list(VARIANT)], np.concatenate(dosages, axis=1)
