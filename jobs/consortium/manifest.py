"""A cohort's manifest: what the other members of a consortium must know before anything is put together.

It holds definitions, counts and versions, and nothing of a single sample.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from association.cohort.fingerprints import salt_check
from association.problems import InputError
from infra.provenance import versions
from infra.storage import Place
from jobs.check import CheckedStudy
from jobs.consortium.definitions import definition_hash, definitions_of
from jobs.stage import StageRecord
from jobs.stage_folder import name_of
from jobs.study.cohort import CohortFacts

# Raise it when what a manifest holds, or means, changes.
FORMAT = 3
FILE = "manifest.json"
FOLDER = "cohort"

Manifest = Mapping[str, Any]


def manifest_of(
    checked: CheckedStudy,
    facts: CohortFacts,
    records: Mapping[str, StageRecord],
    *,
    samples: int,
    bases: int,
    salt: bytes | None,
    made: str,
) -> dict[str, Any]:
    """Make a cohort's manifest.

    Parameters
    ----------
    checked
        The study.
    facts
        What it says of its cohort.
    records
        Its genotype stages, by name.
    samples
        How many samples stay.
    bases
        How many bases are callable.
    salt
        The consortium's secret; None where the study names none.
    made
        What the folder `pooling/` that belongs to it says too.
    """
    defined = definitions_of(checked.study, checked.path)
    return {
        "format": FORMAT,
        "made": made,
        "cohort": facts.name,
        "reference_genome": checked.study.genotypes.reference_genome,
        "caller": facts.caller,
        "capture_kit": facts.capture_kit,
        "callable": {
            "from": "BED" if facts.callable_regions is not None else "call rates",
            "min_call_rate": None if facts.callable_regions is not None else facts.min_call_rate,
            "bases": bases,
        },
        "samples": samples,
        "salt_check": None if salt is None else salt_check(salt),
        "definitions": defined,
        "hashes": {name: definition_hash(value) for name, value in defined.items()},
        "covariates": covariate_dictionary(checked),
        "versions": versions(),
        "stages": {record.name: name_of(record.folder) for record in records.values()},
        "gene_store": records["gene store"].key,
    }


def covariate_dictionary(checked: CheckedStudy) -> dict[str, list[str]]:
    """List the terms of each trait's null model."""
    return {trait.name: [one.name for one in trait.fit.coefficients] for trait in checked.traits}


def read_manifest(folder: Place) -> dict[str, Any]:
    """Read the manifest of a run's output folder.

    Raises
    ------
    InputError
        If there is none, or another version of the engine wrote it in another form.
    """
    path = folder / FOLDER / FILE
    if not path.is_file():
        message = f"no {FOLDER}/{FILE}; make it by `progex cohort study.yaml`, at the site, with this version"
        raise InputError.single(str(folder), "manifest", message)
    manifest: dict[str, Any] = json.loads(path.read_text())
    if manifest.get("format") != FORMAT:
        message = (
            f"has form {manifest.get('format')}, and this version reads form {FORMAT}; make all of them anew by one "
            "version of progex"
        )
        raise InputError.single(str(path), "format", message)
    return manifest
