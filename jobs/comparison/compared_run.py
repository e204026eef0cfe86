"""A finished run that is compared: its record, its settings, and where its files are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
from pydantic import ValidationError

from association.problems import InputError, Problem
from association.scan_settings import ScanSettings
from hail_pipelines.call_files import KEY
from hail_pipelines.places import readable
from infra.storage import Place
from jobs.comparison.comparable import READ, REMEDY, columns_missing, read_record, trait_unreadable
from jobs.consortium.merged_genotypes import MERGED
from jobs.result_files import file_names
from jobs.run import RUN_RECORD
from jobs.stage_settings import scan_settings, store_ceiling
from jobs.study.study import Study, resolve
from jobs.trait_stages import GENE_TESTS
from jobs.traits.files import read_summary

# Where the study of merged cohorts writes, within what `progex merge` made.
MERGED_OUTPUT = "out"
SAMPLES, JUDGED, STORE, TRAITS = "qc/samples.parquet", "qc/variants.parquet", "genes", "traits"
NEEDED = (f"{STORE}/samples.parquet", f"{TRAITS}/excluded.tsv")
# What is read of tables beside the results.
TABLES = {
    SAMPLES: ("sample", "reasons", "passes"),
    JUDGED: (*KEY, "allele_count", "allele_number", "passes"),
    f"{STORE}/genes.parquet": ("gene", "contig", "file"),
}
# What is read of run.json, and of its settings where nothing has a default; and of what `progex merge` made.
RECORDED, SETTINGS_RECORDED = ("study", "ended", "settings", "versions"), ("genotypes", "traits", "masks", "tests")
MERGED_RECORDED, MANIFEST = ("cohorts", "states"), ("cohort", "samples")


@dataclass(frozen=True)
class ComparedRun:
    """A finished run.

    Attributes
    ----------
    folder
        Its output folder.
    record
        Its run.json.
    merged
        What was merged, and what became of it; None of a study that is not of merged cohorts.
    study
        Its settings.
    """

    folder: Place
    record: dict[str, Any]
    merged: dict[str, Any] | None
    study: Study

    @property
    def settings(self) -> dict[str, Any]:
        """All settings, defaults too, as they were recorded."""
        settings: dict[str, Any] = self.record["settings"]
        return settings

    @property
    def traits(self) -> list[str]:
        """The names of its traits."""
        return [trait.name for trait in self.study.traits]

    @cached_property
    def scan(self) -> ScanSettings:
        """What it asked of a scan."""
        return scan_settings(self.study)

    @property
    def ceiling(self) -> float:
        """The highest minor allele frequency of a variant in its gene store."""
        return store_ceiling(self.study)

    @property
    def results(self) -> Place:
        """Its result rows."""
        return self.folder / "results" / file_names(GENE_TESTS)[0]

    @property
    def store(self) -> Place:
        """Its gene store."""
        return self.folder / STORE

    @cached_property
    def genes(self) -> pd.DataFrame:
        """Its annotated genes: gene, contig, and the file of the store."""
        return pd.read_parquet(readable(self.store / "genes.parquet"), columns=["gene", "contig", "file"])

    def summary(self, trait: str) -> dict[str, Any]:
        """Read a trait's summary."""
        return read_summary(self.folder / TRAITS, trait)


def read_compared(folder: Place) -> ComparedRun:
    """Read a finished run.

    Parameters
    ----------
    folder
        Its output folder, or the folder that `progex merge` made.

    Raises
    ------
    InputError
        If it is not a finished run, or something of it is missing.
    """
    output = folder
    if not (folder / RUN_RECORD).is_file() and (folder / MERGED_OUTPUT / RUN_RECORD).is_file():
        output = folder / MERGED_OUTPUT
    if not (output / RUN_RECORD).is_file():
        message = f"no {RUN_RECORD}: no run was finished here; name a study's output folder, or run the study first"
        raise InputError.single(str(folder), "run", message)
    record = read_record(output / RUN_RECORD, RECORDED)
    study = study_of(record, output)
    run = ComparedRun(output, record, _merged_record(study, output), study)
    _refuse_missing(run)
    _refuse_unreadable(run)
    return run


def study_of(record: dict[str, Any], output: Place) -> Study:
    """Read the settings of a run as this version does."""
    settings = record["settings"]
    missing = [name for name in SETTINGS_RECORDED if name not in settings]
    if missing:
        message = f"has no {', '.join(missing)}; {REMEDY}"
        raise InputError.single(str(output / RUN_RECORD), "settings", message)
    if settings["genotypes"].get("merged") is not None:
        # A study names VCFs or what was merged; a record has a place for both.
        settings = settings | {"genotypes": {**settings["genotypes"]}}
        settings["genotypes"].pop("vcfs", None)
    try:
        return Study.model_validate_json(json.dumps(settings))
    except ValidationError as error:
        version = record.get("versions", {}).get("progex", "another version")
        message = (
            f"settings of progex {version} that this version can't read ({error.error_count()} places); run the "
            "study anew with this version, and compare then"
        )
        raise InputError.single(str(output / RUN_RECORD), "settings", message) from None


def _refuse_missing(run: ComparedRun) -> None:
    of_traits = [f"{TRAITS}/{name}.{kind}" for name in run.traits for kind in ("json", "npz", "parquet")]
    needed = [run.results, *(run.folder / name for name in (*TABLES, *NEEDED, *of_traits))]
    missing = [Problem(f"{one.parent.name}/{one.name}", "is missing; run the study again") for one in needed]
    missing = [problem for problem, one in zip(missing, needed, strict=True) if not one.is_file()]
    if missing:
        raise InputError(str(run.folder), missing)


def _refuse_unreadable(run: ComparedRun) -> None:
    """Refuse what another version wrote in another form."""
    problems = [*columns_missing(run.results, READ)]
    for name, columns in TABLES.items():
        problems += columns_missing(run.folder / name, columns)
    for name in run.traits:
        problems += trait_unreadable(run.folder / TRAITS, name)
    if problems:
        raise InputError(str(run.folder), problems)


def _merged_record(study: Study, output: Place) -> dict[str, Any] | None:
    """Read what was merged, from beside the output folder, where `progex merge` puts it."""
    if study.genotypes.merged is None:
        return None
    file = resolve(output.parent / "study.yaml", study.genotypes.merged) / MERGED
    if not file.is_file():
        message = f"{file} is missing; keep the folder that `progex merge` made together"
        raise InputError.single(str(output), "genotypes.merged", message)
    record = read_record(file, MERGED_RECORDED)
    if any(name not in one for one in record["cohorts"] for name in MANIFEST):
        raise InputError.single(str(file), "cohorts", f"tell no {' or no '.join(MANIFEST)}; {REMEDY}")
    return record
