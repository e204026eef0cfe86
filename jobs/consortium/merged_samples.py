"""The samples of all cohorts: duplicates across them resolved, relatives and components found from common genotypes.

Relatives within a cohort are those that its own quality control found, by more variants than all cohorts share. Of a
person in two cohorts the sample stays whose event is known, then the better called, as within a cohort; of relatives
each trait leaves one out by itself (`association.cohort.unrelated`). Where too few common variants are shared to tell
one person in two cohorts, they are refused: unknown is not nobody.

Axes: n samples of all cohorts that stay in their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from association.cohort.common_variants import Dosages
from association.cohort.relatedness import DUPLICATE as KINSHIP_OF_ONE
from association.cohort.unrelated import duplicates_to_drop
from association.problems import InputError
from jobs.consortium.finished_run import FinishedRun
from jobs.quality_control.common_genotypes import VARIANT
from jobs.quality_control.structure import Structure, cohort_structure
from jobs.study.quality_control import RelatednessQc
from jobs.traits.genotyped import DEGREES

# Of people in two cohorts: leave out one sample, refuse to merge, or do not look for them.
Overlap = Literal["resolve", "refuse", "unchecked"]
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
    left_out
        How many are left out for another cohort's; None where nobody looked for people in two cohorts.
    """

    table: pd.DataFrame
    structure: Structure
    left_out: int | None

    def relatives(self) -> pd.DataFrame:
        """Give the pairs of samples that stay; who is related to a sample left out is to the one of that person."""
        pairs = self.structure.relatedness.pairs
        stays = set(self.table.loc[self.table["passes"], "sample"])
        same = pairs[pairs["kinship"] >= KINSHIP_OF_ONE]
        instead = {}
        for one, other in same[["sample_1", "sample_2"]].itertuples(index=False):
            if (one in stays) != (other in stays):
                left_out, kept = (other, one) if one in stays else (one, other)
                instead[left_out] = kept
        one, other = (pairs[name].replace(instead).to_numpy(object) for name in ("sample_1", "sample_2"))
        moved = pairs.assign(sample_1=np.where(one < other, one, other), sample_2=np.where(one < other, other, one))
        moved = moved[(one != other) & moved["sample_1"].isin(stays) & moved["sample_2"].isin(stays)]
        best = moved.sort_values("kinship", ascending=False).drop_duplicates(["sample_1", "sample_2"])
        return best.sort_values(["sample_1", "sample_2"], ignore_index=True)

    def untold(self, settings: RelatednessQc) -> str | None:
        """Say which relatives in two cohorts can't be told though no two may be in a trait; None where all can."""
        found = self.structure.relatedness
        if settings.unrelated_above is None or found.smallest_kinship <= DEGREES[settings.unrelated_above]:
            return None
        least, asked = found.smallest_kinship, settings.unrelated_above
        below = f"below a kinship of {least:.3f}" if np.isfinite(least) else "at all"
        return (
            f"relatives in two cohorts can't be told {below}, by the {found.sites:,} independent variants that are "
            f"common in every cohort, and qc.relatedness.unrelated_above asks for {DEGREES[asked]} ({asked}); those "
            "within a cohort are known from its own variants"
        )

    def dropped(self, cohort: str) -> set[str]:
        """Give the samples of a cohort that are left out for another cohort's."""
        own = self.table[(self.table["cohort"] == cohort) & self.table["left_out"]]
        return set(own["own_id"])


def merge_samples(runs: Sequence[FinishedRun], *, overlap: Overlap) -> MergedSamples:
    """Put the samples of all cohorts in one table, in order of their ids.

    Parameters
    ----------
    runs
        The cohorts.
    overlap
        What is done about people in two of them.

    Raises
    ------
    InputError
        If people in two cohorts are to be resolved and can't be told, or are to be refused and are found.
    """
    stacked = pd.concat([_samples_of(run) for run in runs], ignore_index=True)
    kept = stacked[stacked["passes"]]
    order = np.argsort(kept["sample"].to_numpy(object), kind="stable")
    table = kept.iloc[order].reset_index(drop=True)
    variants, dosages = _common(runs)
    everyone = np.ones(len(table), np.bool_)
    genome = runs[0].manifest["reference_genome"]
    known, settings = pd.concat([run.relatives() for run in runs], ignore_index=True), runs[0].study.qc
    found = cohort_structure(variants, dosages[:, order], table, everyone, ~everyone, settings, genome, known=known)
    dropped = ~everyone if overlap == "unchecked" else _dropped(table, found)
    _refuse(found, int(dropped.sum()), overlap)
    scores = {f"pc{number + 1}": found.components.scores[:, number] for number in range(found.components.number)}
    reasons = [[DUPLICATE] if left_out else [] for left_out in dropped]
    judged = table.assign(**scores, reasons=reasons, passes=~dropped, left_out=dropped)
    everybody = pd.concat([judged, stacked[~stacked["passes"]].assign(left_out=False)], ignore_index=True)
    left_out = None if overlap == "unchecked" else int(dropped.sum())
    return MergedSamples(everybody.sort_values("sample", ignore_index=True), found, left_out)


def _dropped(table: pd.DataFrame, found: Structure) -> NDArray[np.bool_]:
    """Say who is left out for a sample of the same person (n)."""
    return duplicates_to_drop(
        found.relatedness.pairs,
        table["sample"].tolist(),
        event_known=table["event_known"].to_numpy(np.bool_),
        call_rate=table["call_rate"].to_numpy(np.float64),
    )


def _refuse(found: Structure, dropped: int, overlap: Overlap) -> None:
    """Refuse what can't be resolved, or was not to be.

    With `refuse` fingerprints have been asked already, and common variants may be too few to say more.
    """
    if overlap == "resolve" and found.relatedness.smallest_kinship > KINSHIP_OF_ONE:
        message = (
            f"{found.relatedness.sites:,} independent variants are common in all cohorts, too few to tell one person "
            "in two of them; merge cohorts called in the same regions, or say --overlap unchecked where it is known "
            "that nobody is in two"
        )
        raise InputError.single("the cohorts", "samples", message)
    if overlap == "refuse" and dropped:
        message = (
            f"{dropped:,} samples are of people with another sample, by their common genotypes; leave them out by "
            "qc.sample.exclude, and make their cohorts anew, or say --overlap resolve"
        )
        raise InputError.single("the cohorts", "samples", message)


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
