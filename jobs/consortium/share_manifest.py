"""What a shared folder says of itself: its cohort, versions, masks, and each trait as it is defined."""

from __future__ import annotations

from collections.abc import Mapping
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


def describe_trait(summary: Mapping[str, Any], samples: int, residual_variance: float | None) -> dict[str, Any]:
    """Give what of a trait's summary is shared: its definition, the names of covariates, and counts."""
    known = {name: summary[name] for name in DEFINITION}
    covariates = [one["name"] for one in summary["coefficients"]]
    return known | {"covariates": covariates, "samples": samples, "residual_variance": residual_variance}
