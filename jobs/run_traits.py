"""The clinical part of a study by itself: tables read and checked, traits derived, null models fitted and shown.

It needs no genotypes: everyone in the participants table counts. What it writes stays at the site, for it has rows of
single patients:

    OUTPUT/clinical/null_models_site.html   the page
    OUTPUT/clinical/checks/                 what each data check found
    OUTPUT/clinical/traits/                 a table and a model per trait, and who is out and why
    OUTPUT/clinical/visits.tsv, .parquet    the visits, with scores and stages
    OUTPUT/clinical/run.json                settings, fingerprints of the tables, versions
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from association.problems import InputError
from infra.provenance import canonical_json, fingerprint, versions
from infra.storage import FolderInUseError, Place, lock_folder, put_in_place, remove, write_whole
from jobs.clinical.checks import CheckOutcome
from jobs.clinical.files import check_summaries, derived_visits, write_checks
from jobs.clinical.read import Clinical, read_clinical
from jobs.output_folder import CLINICAL, check_output
from jobs.places import made_here
from jobs.progress import Progress
from jobs.report.null_models.page import write_null_models
from jobs.result_files import NULL_MODELS, write_tsv
from jobs.study.file import read_clinical_study
from jobs.study.study import ClinicalStudy, resolve
from jobs.traits.files import write_traits
from jobs.traits.pages import page_of
from jobs.traits.prepare import prepare_traits
from jobs.traits.prepared import PreparedTrait

RECORD = "run.json"


@dataclass(frozen=True)
class ClinicalRun:
    """What came of the clinical part.

    Attributes
    ----------
    page
        The page of null models.
    traits
        The prepared traits.
    outcomes
        What the data checks found.
    """

    page: Place
    traits: list[PreparedTrait]
    outcomes: list[CheckOutcome]


def run_traits(path: Place) -> ClinicalRun:
    """Derive and show the traits of the study at `path`.

    Raises
    ------
    InputError
        If the study file or a table can't be used as it is; nothing is written then.
    """
    study = read_clinical_study(path)
    check_output(study, path, [CLINICAL])
    output = resolve(path, study.output)
    _check_own(output / CLINICAL, path)
    progress = Progress(("tables", "traits", "page"))
    stage = ["working"]
    with progress.stage("tables", lambda: "reading") as say:
        clinical = read_clinical(study, path)
        say(_sizes(clinical))
    with progress.stage("traits", lambda: stage[0]) as say:
        traits = prepare_traits(study, clinical, None, tell=lambda name: stage.__setitem__(0, name))
        say(f"{len(traits)} fitted")
    outcomes = [*clinical.checks, *(one for trait in traits for one in trait.checks)]
    with progress.stage("page", lambda: "writing") as say:
        try:
            with lock_folder(output):
                _write(output / CLINICAL, study, path, clinical, traits, outcomes)
        except OSError as error:
            remove(output / f".{CLINICAL}.partial")
            message = f"can't be written: {error.strerror}; make room there, or name another output"
            raise InputError.single(path.name, f"output: {output}", message) from None
        except FolderInUseError:
            message = "another run is writing to this folder; wait for it, or give this study an output of its own"
            raise InputError.single(path.name, f"output: {output}", message) from None
        say("written")
    return ClinicalRun(output / CLINICAL / NULL_MODELS, traits, outcomes)


def _check_own(folder: Place, path: Place) -> None:
    """Refuse to replace a folder that an earlier call did not make."""
    if folder.is_dir() and any(folder.iterdir()) and not (folder / NULL_MODELS).is_file():
        message = f"{folder} holds files that progex did not make, and would be replaced; name another output"
        raise InputError.single(path.name, "output", message)


def _write(
    folder: Place,
    study: ClinicalStudy,
    path: Place,
    clinical: Clinical,
    traits: list[PreparedTrait],
    outcomes: list[CheckOutcome],
) -> None:
    """Write everything beside the old, and put it in its place whole."""
    partial = folder.with_name(f".{folder.name}.partial")
    remove(partial)
    with made_here(partial) as here:
        _write_files(here, study, path, clinical, traits, outcomes)
    put_in_place(partial, folder)


def _write_files(
    folder: Path,
    study: ClinicalStudy,
    path: Place,
    clinical: Clinical,
    traits: list[PreparedTrait],
    outcomes: list[CheckOutcome],
) -> None:
    for part in ("checks", "traits"):
        (folder / part).mkdir()
    write_checks(outcomes, clinical.participants["sample"], folder / "checks")
    write_traits(traits, folder / "traits")
    write_whole(folder / RECORD, _record(study, path))
    visits = derived_visits(clinical)
    if visits is not None:
        visits.to_parquet(folder / "visits.parquet", index=False)
        write_tsv(visits, folder / "visits.tsv")
    write_null_models(
        folder / NULL_MODELS,
        study=study.name,
        traits=[page_of(trait) for trait in traits],
        checks=check_summaries(outcomes),
        versions=versions(),
    )


def _record(study: ClinicalStudy, path: Place) -> bytes:
    """Say what was read, how, and with what."""
    tables = [study.participants.path, *([study.visits.path] if study.visits else [])]
    record = {
        "study": study.name,
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "settings": study.model_dump(mode="json"),
        "inputs": [fingerprint(resolve(path, table)) for table in tables],
        "versions": versions(),
    }
    return canonical_json(record).encode() + b"\n"


def _sizes(clinical: Clinical) -> str:
    visits = "" if clinical.visits is None else f", {len(clinical.visits):,} visits"
    return f"{len(clinical.participants):,} participants{visits}"
