"""What a shared folder says of itself: its cohort, versions, masks, and each trait as it is defined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from association.cohort.fingerprints import salt_check
from association.meta.share_schema import VERSION
from infra.provenance import versions
from infra.storage import Place
from jobs.consortium.definitions import definition_hash, definitions_of
from jobs.study.study import Study

MANIFEST = "share.json"
DEFINITION = ("type", "kind", "ties", "definition")
# Parts of what a study defines that no summary depends on.
NOT_SHARED = ("analysis",)
# How names of covariates are put together.
LEVEL, TIMES, ANOTHER = "=", " x ", "another level"


def make_manifest(
    study: Study,
    path: Place,
    run: Mapping[str, Any],
    left_out: Mapping[str, str],
    *,
    salt: bytes | None,
    at_least: int,
) -> dict[str, Any]:
    """Say of a share what others must know to combine it; `traits` is filled in as they are told.

    Parameters
    ----------
    study, path
        The study whose results are shared, and where its file stands.
    run
        The record of its run.
    left_out
        Why traits are not shared, by name.
    salt
        The consortium's secret; None where there is none.
    at_least
        The smallest number of samples that is told of.
    """
    defined = {part: own for part, own in definitions_of(study, path).items() if part not in NOT_SHARED}
    keys = {stage["name"]: stage["key"] for stage in run["stages"]}
    return {
        "schema_version": VERSION,
        "versions": versions(),
        "cohort": study.name if study.cohort is None else study.cohort.name,
        "caller": None if study.cohort is None else study.cohort.caller,
        "capture_kit": None if study.cohort is None else study.cohort.capture_kit,
        "run": definition_hash(keys),
        "gene_store": keys["gene store"],
        "reference_genome": study.genotypes.reference_genome,
        "definitions": defined,
        "hashes": {part: definition_hash(own) for part, own in defined.items()},
        "salt_check": None if salt is None else salt_check(salt),
        "smallest_cell": at_least,
        "left_out": dict(left_out),
        "traits": {},
    }


def describe_trait(
    summary: Mapping[str, Any],
    levels: Mapping[str, int],
    samples: int,
    residual_variance: float | None,
    *,
    at_least: int,
) -> dict[str, Any]:
    """Give what of a trait's summary is shared: its definition, the names of covariates, and counts.

    Parameters
    ----------
    summary
        As the run has it.
    levels
        How many samples have each level of its covariates (`traits.files.read_levels`).
    samples, residual_variance
        As they are told.
    at_least
        The smallest number of samples that is told of.
    """
    known = {name: summary[name] for name in DEFINITION}
    covariates = told_covariates([one["name"] for one in summary["coefficients"]], levels, at_least=at_least)
    told = {"covariates": covariates, "samples": samples, "residual_variance": residual_variance}
    events = summary["events"]
    if events is not None and min(events, samples - events) >= at_least:
        told["events"] = events
    return known | told


def told_covariates(names: Sequence[str], levels: Mapping[str, int], *, at_least: int) -> list[str]:
    """Name covariates; of levels that too few samples have, that there is another one.

    Parameters
    ----------
    names
        Of a null model's coefficients: a column, COLUMN=LEVEL, or either times another.
    levels
        How many samples have each.
    at_least
        The smallest number of samples that is told of.
    """
    found = []
    for name in names:
        base, times, by = name.partition(TIMES)
        column, level, _ = base.partition(LEVEL)
        if level and levels.get(base, 0) < at_least:
            base = f"{column}{level}{ANOTHER}"
        found.append(base + times + by)
    return list(dict.fromkeys(found))
