"""Fetch a run's results to this machine, each file verified by its checksum, all of one and the same run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from association.problems import InputError
from infra import storage
from infra.storage import Place, Transferred
from jobs.output_folder import OF_A_RUN
from jobs.run import RUN_RECORD

if TYPE_CHECKING:
    from infra.storage.bucket_path import BucketPath

# What names no patient and draws none: the page of null models shows single patients, so it is not among them. The
# rest of the output folder stays at the site unless it is asked for.
FOR_READERS = ("report/report.html", "results")
NEVER = ("stages", ".lock*", "*.partial")


@dataclass(frozen=True)
class Fetched:
    """What was fetched.

    Attributes
    ----------
    folder
        Where it is.
    files, bytes
        How much.
    removed
        Files of an earlier run that went.
    """

    folder: Path
    files: int
    bytes: int
    removed: int = 0


def fetch_results(
    output: Place, target: Path, *, everything: bool = False, report: Callable[[Transferred], None] | None = None
) -> Fetched:
    """Fetch what a run has written.

    Parameters
    ----------
    output
        The study's output folder, in a bucket.
    target
        A folder on this machine; what is there of the same content is not fetched again. Where results were fetched
        to it before, what this run lacks of them is removed.
    everything
        Whether to fetch what shows single patients too.
    report
        Told how far it is.

    Raises
    ------
    InputError
        If no run has finished there, another one changed the results meanwhile, or a name in the bucket is no file's.
    """
    if isinstance(output, Path):
        raise InputError.single("study", f"output: {output}", "is on this machine already; there is nothing to fetch")
    record = output / RUN_RECORD
    if not record.is_file():
        message = f"there is no {RUN_RECORD} yet: no run has finished there; `progex status` says how it stands"
        raise InputError.single("study", f"output: {output}", message)
    before = storage.fingerprint_of(record)
    # A folder that nothing was fetched to is someone's own, whatever its name.
    folders = [name for name in (OF_A_RUN if everything else ("report", "results")) if name not in NEVER]
    removed = _remove_stale(output, target, folders) if (target / RUN_RECORD).is_file() else 0
    sources = [""] if everything else list(FOR_READERS)
    done = [
        storage.fetch(place, target / name, report, leave_out=NEVER)
        for name in sources
        if (place := output / name if name else output).exists()
    ]
    storage.fetch(record, target / RUN_RECORD)
    if not record.is_file() or storage.fingerprint_of(record) != before:
        message = "another run replaced the results while they were fetched; fetch them again when it is done"
        raise InputError.single("study", f"output: {output}", message)
    files, size = sum(one.files for one in done), sum(one.bytes for one in done)
    return Fetched(target, files + (not everything), size, removed)


def _remove_stale(output: BucketPath, target: Path, folders: Iterable[str]) -> int:
    """Remove what is in folders on this machine and not, with the same content, in those of the run; count it."""
    removed = 0
    for folder in folders:
        here = target / folder
        contents = storage.contents_of(output / folder) if here.is_dir() else {}
        # What is in a folder before the folder itself, which may have to be a file now.
        for path in sorted(here.rglob("*"), reverse=True) if here.is_dir() else ():
            content = contents.get(path.relative_to(here).as_posix())
            if path.is_dir() and not path.is_symlink():
                if not any(path.iterdir()):
                    path.rmdir()
            elif content is None or not storage.fingerprint_of(path).same_bytes(content):
                path.unlink()
                removed += 1
    return removed
