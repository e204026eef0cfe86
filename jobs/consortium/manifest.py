"""A cohort's manifest: what the other members of a consortium must know before anything is put together.

It holds definitions, counts and versions, and nothing of a single sample.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from association.problems import InputError
from infra.provenance import canonical_json, fingerprint, versions
from infra.storage import Place
from jobs.annotation_settings import annotation_inputs
from jobs.check import CheckedStudy
from jobs.output_folder import input_settings
from jobs.stage import StageRecord
from jobs.stage_folder import name_of
from jobs.study.cohort import CohortFacts

# Raise it when what a manifest holds, or means, changes.
FORMAT = 1
FILE = "manifest.json"
FOLDER = "cohort"

# Settings that must be the same for cohorts to be put together, by what they define.
DEFINITIONS = {
    "traits": ("traits", "covariates", "missing_covariates", "checks"),
    "masks": ("masks", "tests", "condition_on"),
    "annotation": ("annotation",),
    "tables": ("participants", "visits"),
}

Manifest = Mapping[str, Any]


def manifest_of(
    checked: CheckedStudy, facts: CohortFacts, records: Mapping[str, StageRecord], samples: int, bases: int
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
    """
    settings = checked.study.model_dump(mode="json")
    defined = {name: {one: settings[one] for one in parts} for name, parts in DEFINITIONS.items()}
    # Where a site keeps its files, and what it calls them, is its own affair.
    for setting, _ in input_settings(checked.study):
        _leave_out(
            defined["tables"] if setting.startswith(("participants", "visits")) else defined["annotation"], setting
        )
    for table in defined["tables"].values():
        if table is not None:
            table.pop("sheet")
    sources = [fingerprint(file) for file in annotation_inputs(checked.study, checked.path)]
    defined["annotation"]["files"] = [[source.size, source.crc32c] for source in sources]
    return {
        "format": FORMAT,
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
        "definitions": defined,
        "hashes": {name: definition_hash(value) for name, value in defined.items()},
        "covariates": covariate_dictionary(checked),
        "versions": versions(),
        "stages": {record.name: name_of(record.folder) for record in records.values()},
        "gene_store": records["gene store"].key,
    }


def _leave_out(defined: dict[str, Any], setting: str) -> None:
    """Take a setting out of definitions, if it is there, by its place in the study file."""
    *sections, name = setting.split(".")
    for section in sections:
        defined = defined.get(section) or {}
    defined.pop(name, None)


def definition_hash(value: Any) -> str:
    """Give the SHA-256 of a definition; equal definitions have equal ones."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


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
