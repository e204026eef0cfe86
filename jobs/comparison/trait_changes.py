"""What changed about a trait: who is in it, what was observed, how it is defined, what its null model says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from association.comparison import causes
from association.comparison.reasons import TraitMoves
from hail_pipelines.places import readable
from jobs.comparison.comparable import COUNTS
from jobs.comparison.compared_run import TRAITS, ComparedRun
from jobs.comparison.compared_trait import ComparedTrait, RunTrait, definition
from jobs.comparison.sample_changes import counted
from jobs.consortium.refusals import difference

NOT_STATED = "not among the participants"
# What became of a coefficient.
MOVED, NEW, GONE = "moved", "new", "gone"
# Of a list that holds everyone who is out of any trait.
ROWS_AT_ONCE = 500_000


def trait_changes(old: ComparedRun, new: ComparedRun, trait: ComparedTrait) -> dict[str, Any]:
    """Say what changed about a trait that both runs have."""
    before, now = old.summary(trait.name), new.summary(trait.name)
    fates, stays = trait.fates, trait.fates.stays
    own_before, own_now = trait.old.samples["sample"], trait.new.samples["sample"]
    joined, left = own_now[trait.old_of_new < 0], own_before[~stays]
    return {
        "trait": trait.name,
        **{name: [before[name], now[name]] for name in COUNTS},
        "in_both": int(stays.sum()),
        "joined": len(joined),
        "left": len(left),
        "joined_because": counted(_excluded(old, trait.name, joined), "before: "),
        "left_because": counted(_excluded(new, trait.name, left)),
        "of_samples_in_both": {
            name: int((fates.cause == name).sum()) for name in causes.OF_A_PERSON if (fates.cause == name).any()
        },
        "other_covariates": trait.other_covariates,
        "cohorts_added": _without(trait.new, trait.old),
        "cohorts_removed": _without(trait.old, trait.new),
        "definition": difference(definition(before), definition(now)),
        "coefficients": coefficient_changes(before["coefficients"], now["coefficients"]),
    }


def _without(one: RunTrait, other: RunTrait) -> list[str]:
    """Name the cohorts with a model of their own that another run's trait is without."""
    own, others = (set(side.samples["cohort"]) if "cohort" in side.samples else set() for side in (one, other))
    return sorted(map(str, own - others))


def trait_moves(changes: Mapping[str, Any], *, read_otherwise: bool) -> TraitMoves:
    """Say what of a trait's changes may move the p-value of any gene.

    Parameters
    ----------
    changes
        Of `trait_changes`.
    read_otherwise
        Whether the clinical tables are read otherwise.
    """
    return TraitMoves(
        redefined=bool(changes["definition"]) or read_otherwise,
        covariates=changes["other_covariates"] > 0,
        others=bool(changes["joined"] or changes["left"] or changes["of_samples_in_both"]),
    )


def coefficient_changes(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """List coefficients of a null model that are in one run alone, or moved by more than a standard error."""
    before, now = ({one["name"]: one for one in side} for side in (old, new))
    return [
        {
            "name": name,
            "became": MOVED if name in before and name in now else NEW if name in now else GONE,
            **{
                part: [side[name][part] if name in side else None for side in (before, now)]
                for part in ("estimate", "standard_error")
            },
        }
        for name in dict.fromkeys((*before, *now))
        if not (name in before and name in now) or _moved(before[name], now[name])
    ]


def _moved(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Say whether a coefficient moved by more than a standard error, the larger one."""
    return bool(abs(new["estimate"] - old["estimate"]) > max(old["standard_error"], new["standard_error"]))


def _excluded(run: ComparedRun, trait: str, samples: pd.Series) -> list[str]:
    """Give why samples are out of a trait in a run."""
    file = readable(run.folder / TRAITS / "excluded.tsv")
    parts = pd.read_csv(file, sep="\t", dtype=str, chunksize=ROWS_AT_ONCE)
    own = pd.concat([part[part["trait"] == trait] for part in parts]).set_index("sample")["reason"]
    return [str(reason) for reason in samples.map(own).fillna(NOT_STATED)]
