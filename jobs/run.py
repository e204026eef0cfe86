"""Run a study: do the stages that are not current, publish what people read, and write down how it was made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from association.kernel_cache import are_kept
from association.problems import InputError
from infra.provenance import Fingerprint, canonical_json, versions
from infra.storage import FolderInUseError, Place, copy_whole, lock_folder, remove, write_whole
from jobs.check import CheckedStudy, check_study
from jobs.gene_profiles.profiles import FOLDER as PROFILES_FOLDER
from jobs.gene_profiles.stage import PROFILES
from jobs.interaction_stage import INTERACTIONS
from jobs.mechanism_stage import MECHANISM
from jobs.pipeline import Pipeline
from jobs.progress import Progress, Tally, warn
from jobs.report_names import CONSORTIUM, SITE, report_names
from jobs.result_files import NULL_MODELS
from jobs.stage import Counts, Stage, StageRecord, finished, perform, stage_key
from jobs.stage_settings import cores_of
from jobs.storage_errors import storage_errors_told
from jobs.traits_together import TOGETHER, TOGETHER_FOLDER
from jobs.transfer_tally import TransferTally

# Written when all else is in place: without it the folder's files may be of different runs.
RUN_RECORD = "run.json"

# Where the files that people read are found, by the stage that makes them.
PUBLISHED = {
    "samples": ("qc", ("samples.parquet", "kinship.parquet", "structure.json")),
    "matrix table": (".", ("calls.mt",)),
    "variants": ("qc", ("attrition.json", "variants.parquet")),
    "qc page": ("qc", ("qc.html", "tables")),
    "annotate": ("annotation", ("gene_lengths.parquet",)),
    "gene store": (".", ("genes",)),
    "traits": (".", ("traits", "checks")),
    "results": (".", ("results", "follow_up", "gene_sets", "known_genes")),
    TOGETHER: (".", (TOGETHER_FOLDER,)),
    INTERACTIONS: (".", (INTERACTIONS,)),
    MECHANISM: (".", (MECHANISM,)),
    PROFILES: (".", (PROFILES_FOLDER,)),
    "report": ("report", (*report_names(CONSORTIUM).all(), NULL_MODELS)),
}
# Stages that a study may ask for in one run and not in the next, when what they left must not stay beside the rest.
ASKED_FOR = {TOGETHER: TOGETHER_FOLDER, INTERACTIONS: INTERACTIONS, MECHANISM: MECHANISM}
# What stands in the report's folder by a command of its own, or by a name that an earlier version gave it.
OF_EARLIER_RESULTS = (*report_names(SITE).all(), "gene_*.html", "null_models.html")


def run_study(path: Place) -> Place:
    """Run the study at `path` from what is current to its report.

    Returns
    -------
    Place
        The report.

    Raises
    ------
    InputError, ExceptionGroup
        If an input can't be used as it is; nothing is left half-written.
    """
    checked = check_study(path)
    with output_held(checked) as still_held:
        return _run_stages(checked, still_held)


@contextmanager
def output_held(checked: CheckedStudy) -> Iterator[Callable[[], None]]:
    """Hold a study's output folder against other runs, and leave the cluster tidy.

    It gives a check that the folder is still held, for before anything is changed there.

    Raises
    ------
    InputError
        If another run holds the folder or took it over, or it can't be written to.
    """
    try:
        with (
            storage_errors_told(checked),
            lock_folder(checked.output, tell=warn) as still_held,
            _cluster_left_tidy(checked),
            # Once more, for what Java says of an error can't be read when the cluster has been left.
            storage_errors_told(checked),
        ):
            yield still_held
    except FolderInUseError as error:
        told = "" if isinstance(checked.output, Path) else f" ({error})"
        message = f"another run is writing to this folder{told}; wait for it, or give this study an output of its own"
        raise InputError.single(checked.path.name, f"output: {checked.output}", message) from None


@contextmanager
def _cluster_left_tidy(checked: CheckedStudy) -> Iterator[None]:
    """Give a cluster's executors back at the end; on one machine they end with the process."""
    try:
        yield
    finally:
        if checked.study.compute.master is not None:
            from hail_pipelines.session import stop

            stop()


def _run_stages(checked: CheckedStudy, still_held: Callable[[], None]) -> Place:
    pipeline = Pipeline(checked, cores_of(checked.study))
    stages = pipeline.stages()
    began = datetime.now(UTC)
    progress = Progress([stage.name for stage in stages])
    if not are_kept():
        progress.say("the first run of this version compiles its kernels, which takes a minute or two")
    records = bring_current(stages, checked.output, progress, pipeline.tally, still_held)
    still_held()
    remove(checked.output / RUN_RECORD)
    for name in set(ASKED_FOR) - set(records):
        remove(checked.output / ASKED_FOR[name])
    if not records["report"].reused:
        remove_outdated(checked.output / "report")
    for record in records.values():
        publish(record, checked.output)
    still_held()
    inputs = [one for stage in stages for one in stage.inputs]
    _write_run_record(checked, inputs, list(records.values()), began)
    return checked.output / "report" / "report.html"


def bring_current(
    stages: Sequence[Stage],
    output: Place,
    progress: Progress,
    tally: Tally,
    still_held: Callable[[], None] = lambda: None,
) -> dict[str, StageRecord]:
    """Do the stages that are not current, in order.

    Parameters
    ----------
    stages
        Each after those that it reads.
    output
        The study's output folder.
    progress
        Where to tell of it.
    tally
        Says how far the stage at work is.
    still_held
        Raises an error if the output folder is another run's by now.

    Returns
    -------
    dict
        Of every stage, by name, what became of it.
    """
    store = output / "stages"
    records: dict[str, StageRecord] = {}
    for stage in stages:
        still_held()
        sent = TransferTally()
        folders = {name: done.folder for name, done in records.items()}
        key = stage_key(stage, {name: record.key for name, record in records.items()}, folders)
        record = finished(stage, key, store)
        if record is not None:
            progress.reused(stage.name, _describe(record.counts))
        else:
            with progress.stage(stage.name, partial(_tell_both, sent, tally)) as report_counts:
                record = perform(stage, key, store, folders, sent)
                others = "; another run was first with it, and what that one made is taken" if record.reused else ""
                report_counts(_describe(record.counts) + others)
        records[stage.name] = record
    return records


def remove_outdated(report: Place) -> None:
    """Remove from the report's folder what was made from earlier results and would stay beside the new ones."""
    found: list[Place] = [one for pattern in OF_EARLIER_RESULTS for one in report.glob(pattern)]
    for one in found:
        remove(one)


def _tell_both(sent: TransferTally, tally: Tally) -> str:
    return f"{sent.told()} sent" if sent.under_way else tally()


def publish(record: StageRecord, output: Place) -> None:
    """Put a stage's readable files where people look for them; what only some studies have, where it is."""
    place, names = PUBLISHED.get(record.name, (".", ()))
    for name in names:
        if (record.folder / name).exists():
            copy_whole(record.folder / name, output / place / name, leave_out=("*.crc",))


def _write_run_record(
    checked: CheckedStudy, inputs: list[Fingerprint], records: Sequence[StageRecord], began: datetime
) -> None:
    """Write run.json: what was run, on what, with what, and how long it took."""
    record: dict[str, Any] = {
        "study": checked.study.name,
        "began": began.isoformat(timespec="seconds"),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "settings": checked.study.model_dump(mode="json"),
        "inputs": inputs,
        "versions": versions(),
        "seed": checked.study.calibration.seed,
        "stages": [
            {
                "name": one.name,
                "key": one.key,
                "reused": one.reused,
                "seconds": round(one.seconds, 3),
                "counts": one.counts,
            }
            for one in records
        ],
    }
    write_whole(checked.output / RUN_RECORD, canonical_json(record).encode() + b"\n")


def _describe(counts: Counts) -> str:
    """Say what a stage counted; what it met none of goes without saying."""
    return ", ".join(f"{name.replace('_', ' ')} {value:,}" for name, value in counts.items() if value)
