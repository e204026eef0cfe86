"""What a study can find, before any result is looked at: `progex power`.

It needs the clinical tables alone; where a run has made the gene store, and it is current, who carries what comes
from there. No scan, result or report of a run is opened.

    OUTPUT/power/power.html                 the page
    OUTPUT/power/power.tsv, .parquet        curves: power by trait, family, carriers and effect
    OUTPUT/power/detectable.tsv, .parquet   detectable effects, attainable p-values, samples needed
    OUTPUT/power/depletion.tsv, .parquet    carriers lost before entry, and what that does to power
    OUTPUT/power/genes.tsv, .parquet        which genes can be significant, where there is a gene store
    OUTPUT/power/columns.tsv                what the columns mean
    OUTPUT/power/power.json                 the figures of each trait, settings, seed, fingerprints, versions
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from association.power.power_columns import TABLES, table_of
from association.power.power_curve import REPLICATES
from association.power.power_tables import CARRIER_CLASSES, PowerRows, power_rows
from association.problems import InputError, Problem
from infra.provenance import canonical_json, fingerprint, versions
from infra.storage import FolderInUseError, Place, lock_folder, put_in_place, remove, write_whole
from jobs.clinical.read import read_clinical
from jobs.cloud_study import use_buckets_of
from jobs.output_folder import check_output
from jobs.places import made_here
from jobs.power.asked import AskedTrait, PowerSettings, ask
from jobs.power.current_store import CurrentStore, current_store
from jobs.power.summary import trait_summary
from jobs.progress import Progress
from jobs.report.power.page import write_power_page
from jobs.result_files import COLUMNS_FILE, write_columns_of, write_rows
from jobs.study.file import read_clinical_study
from jobs.study.gene_tests import Calibration
from jobs.study.study import ClinicalStudy, Study, resolve
from jobs.traits.prepare import prepare_traits
from jobs.traits.prepared import PreparedTrait

FOLDER, RECORD, PAGE = "power", "power.json", "power.html"
FEWEST_SAMPLES = 20


@dataclass(frozen=True)
class PowerRun:
    """What came of it.

    Attributes
    ----------
    folder
        Where its files are.
    page
        The page.
    traits
        What is said of each trait, as in power.json.
    without_store
        Why no gene store was used; empty where one was.
    """

    folder: Place
    page: Place
    traits: list[dict[str, Any]]
    without_store: str


def run_power(path: Place, *, samples: int | None = None, carriers: Sequence[int] = CARRIER_CLASSES) -> PowerRun:
    """Say what the study at `path` can find.

    Parameters
    ----------
    path
        The study file.
    samples
        As many as are planned with each trait; None: the study's own.
    carriers
        Numbers of carriers to look at.

    Raises
    ------
    InputError, ExceptionGroup
        If the study file or a table can't be used as it is, or a number makes no sense; nothing is written then.
    """
    _check_numbers(samples, carriers)
    study = read_clinical_study(path)
    if isinstance(study, Study):
        use_buckets_of(study, path)
    check_output(study, path, [FOLDER])
    output = resolve(path, study.output)
    _check_own(output / FOLDER, path)
    told = _settings(study, samples, carriers)
    progress, at = Progress(("tables", "power", "page")), ["reading"]
    with progress.stage("tables", lambda: at[0]) as say:
        store, without_store = current_store(study, path)
        traits = store.traits if store else prepare_traits(study, read_clinical(study, path), None)
        say(f"{len(traits)} traits; {'carriers from the gene store' if store else without_store}")
    with progress.stage("power", lambda: at[0]) as say:
        asked, rows = _simulate(study, traits, told, store, at)
        say(f"{REPLICATES:,} simulated studies for each effect and number of carriers")
    summaries = [trait_summary(one, of_trait) for one, of_trait in zip(asked, rows, strict=True)]
    record = _record(study, path, told, without_store, summaries)
    with progress.stage("page", lambda: "writing") as say:
        _write(output, path, record, asked, rows)
        say("written")
    return PowerRun(output / FOLDER, output / FOLDER / PAGE, summaries, without_store)


def _check_numbers(samples: int | None, carriers: Sequence[int]) -> None:
    problems = []
    if samples is not None and samples < FEWEST_SAMPLES:
        problems.append(
            Problem("--samples", f"{samples} are too few for a null model; give {FEWEST_SAMPLES} or more")
        )
    if not carriers or min(carriers) < 1:
        problems.append(Problem("--carriers", "give numbers of carriers from 1 on, such as 3,10,30"))
    if problems:
        raise InputError("progex power", problems)


def _check_carriers(asked: Sequence[AskedTrait], carriers: Sequence[int]) -> None:
    """Refuse numbers of carriers that a trait has not samples enough for; usual ones are left out there."""
    if tuple(carriers) == CARRIER_CLASSES:
        return
    problems = []
    for one in asked:
        many = [str(number) for number in carriers if number >= one.asked.trait.samples]
        if many:
            message = f"{', '.join(many)}: not fewer than the {one.asked.trait.samples} samples with"
            problems.append(Problem("--carriers", f"{message} {one.asked.trait.name}; leave them out"))
    if problems:
        raise InputError("progex power", problems)


def _settings(study: ClinicalStudy, samples: int | None, carriers: Sequence[int]) -> PowerSettings:
    """Take the error rate and the seed from the study, or what a study has that says nothing of them."""
    alpha, seed = float(Study.model_fields["alpha"].default), Calibration().seed
    if isinstance(study, Study):
        alpha, seed = study.alpha, study.calibration.seed
    return PowerSettings(alpha, seed, samples, tuple(sorted(set(carriers))))


def _check_own(folder: Place, path: Place) -> None:
    """Refuse to replace a folder that an earlier call did not make."""
    if folder.is_dir() and any(folder.iterdir()) and not (folder / RECORD).is_file():
        message = f"{folder} holds files that progex did not make, and would be replaced; name another output"
        raise InputError.single(path.name, "output", message)


def _simulate(
    study: ClinicalStudy,
    traits: Sequence[PreparedTrait],
    told: PowerSettings,
    store: CurrentStore | None,
    at: list[str],
) -> tuple[list[AskedTrait], list[PowerRows]]:
    """Ask of every trait what can be asked, then simulate; `at` says how far it is."""
    asked = []
    for trait, settings in zip(traits, study.traits, strict=True):
        at[0] = f"{trait.name}: genes"
        asked.append(ask(trait, settings, told, store))
    _check_carriers(asked, told.carriers)
    rows = []
    for number, one in enumerate(asked, 1):

        def tell(done: int, of: int, name: str = one.asked.trait.name, number: int = number) -> None:
            at[0] = f"trait {number} of {len(asked)}, {name}: {done} of {of} numbers of carriers"

        rows.append(power_rows(one.asked, told.seed, tell, REPLICATES))
    return asked, rows


def _record(
    study: ClinicalStudy, path: Place, told: PowerSettings, without_store: str, traits: list[dict[str, Any]]
) -> dict[str, Any]:
    """Say what was asked, of what, with what, and what came of it."""
    tables = [study.participants.path, *([study.visits.path] if study.visits else [])]
    return {
        "study": study.name,
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "alpha": told.alpha,
        "seed": told.seed,
        "planned_samples": told.samples,
        "carriers": list(told.carriers),
        "replicates": REPLICATES,
        "without_gene_store": without_store,
        "traits": traits,
        "settings": study.model_dump(mode="json"),
        "inputs": [fingerprint(resolve(path, table)) for table in tables],
        "versions": versions(),
    }


def _write(
    output: Place, path: Place, record: dict[str, Any], asked: Sequence[AskedTrait], rows: Sequence[PowerRows]
) -> None:
    """Write everything beside the old, and put it in its place whole."""
    partial = output / f".{FOLDER}.partial"
    try:
        with lock_folder(output):
            remove(partial)
            try:
                with made_here(partial) as here:
                    _write_files(here, record, asked, rows)
                put_in_place(partial, output / FOLDER)
            finally:
                remove(partial)
    except OSError as error:
        message = f"can't be written: {error.strerror}; make room there, or name another output"
        raise InputError.single(path.name, f"output: {output}", message) from None
    except FolderInUseError:
        message = "another run is writing to this folder; wait for it, or give this study an output of its own"
        raise InputError.single(path.name, f"output: {output}", message) from None


def _write_files(
    folder: Path, record: dict[str, Any], asked: Sequence[AskedTrait], rows: Sequence[PowerRows]
) -> None:
    found = {
        "power": [row for one in rows for row in one.power],
        "detectable": [row for one in rows for row in one.detectable],
        "depletion": [row for one in rows for row in one.depletion],
        "genes": [row for one in asked for row in one.genes],
    }
    tables = {name: table_of(name, of_table) for name, of_table in found.items() if of_table}
    for name, table in tables.items():
        write_rows(table, folder, name)
    write_columns_of({name: TABLES[name] for name in tables}, folder / COLUMNS_FILE)
    write_whole(folder / RECORD, canonical_json(record).encode() + b"\n")
    frames = {name: table.to_pandas() for name, table in tables.items()}
    write_power_page(folder / PAGE, record=record, tables=frames)
