"""Judge samples: every metric, every reason to leave one out, and who is left.

A sample may fail several rules, and each is given. Duplicates are decided last, among those that pass everything
else: of each the one stays whose event is known, then the better called. Relatives stay: each trait leaves out one
of a pair by itself, as who is in a trait depends on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from association.cohort.ancestry import MAIN, OTHER, UNASSIGNED
from association.cohort.common_variants import Dosages
from association.cohort.contamination import charr
from association.cohort.karyotype import karyotypes
from association.cohort.outliers import outlier_table, strata
from association.cohort.unrelated import duplicates_to_drop, relatives_among
from jobs.quality_control.exclusions import BY_HAND
from jobs.quality_control.sample_rules import (
    METRIC_NAMES,
    Rule,
    failing,
    rules_of_calls,
    rules_of_deviations,
    skipped_rules,
)
from jobs.quality_control.structure import Panel, Structure, cohort_structure, unrelated_of
from jobs.study.quality_control import Qc

if TYPE_CHECKING:
    from hail_pipelines.quality_control.attrition import AttritionRow

Booleans = NDArray[np.bool_]

# Of a ratio both counts must reach this in the usual sample: the deviations of smaller ones are skewed by chance.
FEWEST_COUNTED = 100
# Fewer samples have no usual spread.
FEWEST_COMPARED = 20
PARTS = {
    "ti_tv": ("transitions", "transversions"),
    "het_hom": ("heterozygous", "homozygous_minor"),
    "insertion_deletion": ("insertions", "deletions"),
    "singletons": ("singletons",),
}


@dataclass(frozen=True)
class JudgedSamples:
    """What became of the samples.

    Attributes
    ----------
    table
        A row per sample: metrics, reasons, passes.
    structure
        Relatives and ancestry.
    attrition
        How many each rule took out.
    """

    table: pd.DataFrame
    structure: Structure
    attrition: list[AttritionRow]


def judge_samples(
    counts: pd.DataFrame,
    facts: pd.DataFrame,
    common: tuple[pd.DataFrame, Dosages],
    *,
    settings: Qc,
    reference_genome: str,
    by_hand: pd.Series,
    panel: Panel | None = None,
) -> JudgedSamples:
    """Judge every sample.

    Parameters
    ----------
    counts
        A row per sample, in order of ids, as `sample_counts` gives them (n).
    facts
        What the tables say of the same samples (n).
    common
        Common variants and their dosages (m), (m, n).
    settings
        Of quality control.
    reference_genome
        The build of the positions.
    by_hand
        Reasons to leave samples out, by id.
    panel
        Samples of known ancestry.
    """
    from hail_pipelines.quality_control.attrition import attrition_rows

    table = counts.merge(facts, on="sample", validate="one_to_one")
    table = pd.concat([table, karyotypes(table)], axis=1)
    table = table.assign(charr=charr(table["charr_sum"], table["charr_sites"])).drop(columns="charr_sum")
    told = table["sex_from_genotypes"].notna() & table["reported_sex"].notna()
    table["sex_mismatch"] = told & (table["sex_from_genotypes"] != table["reported_sex"])
    of_calls, of_deviations = rules_of_calls(settings), rules_of_deviations(settings.sample)
    failures = failing(table, of_calls) | _of_karyotype(table, settings) | _failures_by_hand(table, by_hand)
    well_called = ~_any(failures, len(table))
    structure = cohort_structure(
        *common, table, well_called, _foreign(table, settings), settings, reference_genome, panel
    )
    table = _with_structure(table, structure)
    table = pd.concat([table, _deviations(table, structure)], axis=1)
    failures |= _failures_of_ancestry(table, settings) | _by_deviation(table, of_deviations)
    failures |= _duplicates(table, structure, ~_any(failures, len(table)))
    failed = _any(failures, len(table))
    table = _with_verdict(table, failures, ~failed, structure)
    excluded = {reason: int(fails.sum()) for reason, fails in failures.items()}
    reasons, unapplied = {name: name for name in excluded}, skipped_rules(table, of_calls | of_deviations)
    rows = attrition_rows("sample", len(table), int(failed.sum()), excluded, reasons, unapplied)
    return JudgedSamples(table, structure, rows)


def _of_karyotype(table: pd.DataFrame, settings: Qc) -> dict[str, Booleans]:
    return {f"karyotype {name}": (table["karyotype"] == name).to_numpy(np.bool_) for name in settings.sex.exclude}


def _foreign(table: pd.DataFrame, settings: Qc) -> Booleans:
    """Say who is contaminated (n); nobody, where that is not asked."""
    limit = settings.sample.max_contamination
    above: Booleans = table["charr"].to_numpy(np.float64) > (np.inf if limit is None else limit)
    return above


def _failures_by_hand(table: pd.DataFrame, by_hand: pd.Series) -> dict[str, Booleans]:
    """Map each reason given by hand to whom it was given for (n)."""
    reasons = table["sample"].map(by_hand)
    return {f"{BY_HAND}{reason}": (reasons == reason).to_numpy() for reason in sorted(reasons.dropna().unique())}


def _failures_of_ancestry(table: pd.DataFrame, settings: Qc) -> dict[str, Booleans]:
    if not settings.ancestry.exclude_outliers:
        return {}
    return {"far from everyone of its ancestry": table["pca_outlier"].to_numpy(np.bool_)}


def _by_deviation(table: pd.DataFrame, rules: dict[str, Rule]) -> dict[str, Booleans]:
    """Map each reason to whose deviation is beyond the limit (n).

    Samples of no group's ancestry are of all sorts: they are compared, but for being different they do not go.
    """
    comparable = ~table["ancestry"].isin([OTHER, UNASSIGNED]).to_numpy(np.bool_)
    return {reason: fails & comparable for reason, fails in failing(table, rules).items()}


def _duplicates(table: pd.DataFrame, structure: Structure, passing: Booleans) -> dict[str, Booleans]:
    """Say who is a second copy of a sample that stays (n)."""
    dropped = np.zeros(len(table), np.bool_)
    candidates = table[passing]
    dropped[passing] = duplicates_to_drop(
        structure.relatedness.pairs,
        candidates["sample"].tolist(),
        event_known=candidates["event_known"].to_numpy(np.bool_),
        call_rate=candidates["call_rate"].to_numpy(np.float64),
    )
    return {"duplicate of a sample that stays": dropped}


def _with_structure(table: pd.DataFrame, structure: Structure) -> pd.DataFrame:
    """Add ancestry, components and whether a sample has a copy."""
    scores = structure.components.scores
    pairs = structure.relatedness.pairs
    copies = pairs.loc[pairs["relationship"] == "duplicate", ["sample_1", "sample_2"]].to_numpy().ravel()
    return table.assign(
        ancestry=structure.groups.group,
        ancestry_probability=structure.groups.probability,
        projected=structure.components.projected,
        pca_outlier=structure.outliers,
        duplicate=table["sample"].isin(copies),
        **{f"pc{number + 1}": scores[:, number] for number in range(structure.components.number)},
    )


def _deviations(table: pd.DataFrame, structure: Structure) -> pd.DataFrame:
    """Give how far each metric lies from those of comparable samples, as columns outlier_<metric>."""
    stratum = strata(table["batch"], table["ancestry"])
    compared = table.copy()
    for metric, parts in PARTS.items():
        if len(table) < FEWEST_COMPARED or any(table[part].median() < FEWEST_COUNTED for part in parts):
            compared[metric] = np.nan
    ancestry = table["ancestry"]
    # With a main group and a rest of all sorts, components say more than the groups.
    scores = structure.groups.scores if ancestry.isin([MAIN]).any() else None
    return outlier_table(compared, list(METRIC_NAMES), stratum, ancestry, components=scores)


def _with_verdict(
    table: pd.DataFrame, failures: dict[str, Booleans], passes: Booleans, structure: Structure
) -> pd.DataFrame:
    """Add reasons, and how those that pass are related."""
    pairs, ids = structure.relatedness.pairs, table["sample"].tolist()
    return table.assign(
        unrelated=unrelated_of(table, pairs, passes),
        related_to_kept=relatives_among(pairs, ids, passes),
        reasons=[[reason for reason, fails in failures.items() if fails[row]] for row in range(len(table))],
        passes=passes,
    )


def _any(failures: dict[str, Booleans], samples: int) -> Booleans:
    """Say whom any rule holds for (n)."""
    return np.any(list(failures.values()), axis=0) if failures else np.zeros(samples, np.bool_)
