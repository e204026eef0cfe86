"""Make a report anew from a finished output folder, without computing anything; whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pandas as pd

from association.meta import agreement
from association.problems import InputError
from hail_pipelines.places import readable
from infra.storage import Place, copy_whole
from jobs.comparison.compared_meta import read_meta
from jobs.comparison.compared_run import read_compared
from jobs.consortium.meta_report import meta_inputs
from jobs.consortium.share_misfits import Share
from jobs.gene_profiles.profiles import FOLDER as PROFILES_FOLDER
from jobs.report_names import report_names
from jobs.result_files import file_names

if TYPE_CHECKING:
    from jobs.report.audience import Audience
    from jobs.report.inputs import ReportInputs

REPORT = "report"
WITHOUT_PROFILES = (
    f"{PROFILES_FOLDER}/ is missing: genes have no pages, or pages without survival curves, courses and sites. Run "
    "the study again with progex run, which makes it and keeps the stages that are finished"
)


def rebuild_report(
    output: Place, audience: Audience, out: Place | None = None, note: Callable[[str], object] | None = None
) -> Place:
    """Make the report of a finished run or meta-analysis anew.

    Parameters
    ----------
    output
        The folder that `progex run` or `progex meta` wrote.
    audience
        Who is to read it.
    out
        The folder to write; by default where the report was. Files of the report that are there are replaced.
    note
        Is told what the report lacks, and what can be done about it.

    Returns
    -------
    Place
        The page.

    Raises
    ------
    InputError
        If nothing was finished there, something of it is missing, or the folder can't be written to.
    """
    inputs, home = _of_meta(output, audience) or _of_run(output, audience)
    if note is not None and inputs.consortium is None and inputs.profiles is None:
        note(WITHOUT_PROFILES)
    target = home if out is None else out
    if target.is_file():
        raise InputError.single(str(target), "--out", "is a file; name a folder")
    return _publish(inputs, target)


def _of_run(output: Place, audience: Audience) -> tuple[ReportInputs, Place]:
    from jobs.report_inputs import finished_inputs

    run = read_compared(output)
    return finished_inputs(run, audience), run.folder / REPORT


def _of_meta(output: Place, audience: Audience) -> tuple[ReportInputs, Place] | None:
    """Read a meta-analysis; None where the folder holds none."""
    from dataclasses import replace

    meta = read_meta(output)
    if meta is None:
        return None
    files = {name: output / file_names(name)[0] for name in agreement.TABLES}
    if missing := [file.name for file in files.values() if not file.is_file()]:
        message = f"{', '.join(missing)} missing: the folder is not whole; combine the cohorts again"
        raise InputError.single(str(output), "meta", message)
    tables = {name: pd.read_parquet(readable(file)) for name, file in files.items()}
    shares = [Share(output, manifest, None) for manifest in meta.record["shares"]]
    inputs = meta_inputs(shares, meta.record, pd.read_parquet(readable(meta.results)), tables)
    return replace(inputs, audience=audience), output


def _publish(inputs: ReportInputs, target: Place) -> Place:
    """Write everything beside, and put it in place when it is whole, the page last."""
    from jobs.report import write_report_files

    with TemporaryDirectory(prefix="progex.") as name:
        made = Path(name)
        names = write_report_files(made, inputs)
        with _writing_told(target):
            if isinstance(target, Path):
                target.mkdir(parents=True, exist_ok=True)
            for one in names.all():
                copy_whole(made / one, target / one)
    return target / report_names(inputs.audience).page


@contextmanager
def _writing_told(target: Place) -> Iterator[None]:
    """Turn the system's refusal to write into the user's error, also where it says that there is no such folder."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        message = f"can't be written: {os.strerror(error.errno)}; name another folder, or make it writable"
        raise InputError.single(str(target), "--out", message) from None
