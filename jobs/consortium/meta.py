"""Combine what cohorts share: gene results as of one study, each cohort's part, whether they agree, and a report."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa

from association.meta import agreement
from association.problems import InputError
from association.results import COLUMNS
from association.scan_settings import WeightedTest
from hail_pipelines.gene_scan import in_order
from hail_pipelines.places import whole_folder
from infra.provenance import versions
from infra.storage import Place
from jobs.consortium.meta_combine import CombinedTrait, combine_trait
from jobs.consortium.meta_report import meta_inputs
from jobs.consortium.meta_traits import read_traits
from jobs.consortium.overlap import look_for_overlap
from jobs.consortium.share_files import refuse_wrong_files
from jobs.consortium.share_misfits import Share, read_shares
from jobs.places import made_here
from jobs.progress import Progress
from jobs.result_files import COLUMNS_FILE, write_columns_of, write_rows
from jobs.trait_stages import GENE_TESTS

RECORD = "meta.json"


def meta_analyse(folders: Sequence[Place], out: Place, *, unchecked: bool = False) -> dict[str, tuple[str, ...]]:
    """Combine shared folders.

    Parameters
    ----------
    folders
        What sites shared, two or more.
    out
        The folder to write, which must not exist.
    unchecked
        Whether cohorts that can't be compared for people in both may go on.

    Returns
    -------
    dict
        The cohorts of each trait.

    Raises
    ------
    InputError
        If they don't fit together, or the folder is there already.
    """
    if out.exists():
        raise InputError.single("meta", "out", f"{out} is there already; name another folder, or remove it")
    if len(folders) < 2:
        raise InputError.single("meta", "shares", "one cohort is no meta-analysis; name two or more shared folders")
    from jobs.report import write_report_files

    shares = read_shares(folders)
    looked = look_for_overlap(shares, unchecked=unchecked)
    refuse_wrong_files(shares)
    traits = _combine_all(shares)
    record = {
        "versions": versions(),
        "cohorts": {one.name: list(one.cohorts) for one in traits},
        "overlap": [asdict(pair) for pair in looked],
        "above_ceiling": {one.name: dict(one.above_ceiling) for one in traits},
        "shares": [dict(share.manifest) for share in shares],
    }
    results = in_order([one.results for one in traits])
    tables = {name: pa.concat_tables([one.agreement[name] for one in traits]) for name in agreement.TABLES}
    with _whole(out) as folder:
        write_rows(results, folder, GENE_TESTS)
        for name, table in tables.items():
            write_rows(table, folder, name)
        write_columns_of({GENE_TESTS: COLUMNS, **agreement.TABLES}, folder / COLUMNS_FILE)
        (folder / RECORD).write_text(json.dumps(record, indent=2) + "\n")
        frames = {name: table.to_pandas() for name, table in tables.items()}
        write_report_files(folder, meta_inputs(shares, record, results.to_pandas(), frames))
    return {one.name: one.cohorts for one in traits}


@contextmanager
def _whole(out: Place) -> Iterator[Path]:
    """Give a folder on this machine to write to, which is whole at its place or not there at all."""
    if isinstance(out, Path):
        out.parent.mkdir(parents=True, exist_ok=True)
        with whole_folder(out) as partial:
            yield Path(str(partial))
    else:
        with made_here(out) as folder:
            yield folder


def _combine_all(shares: Sequence[Share]) -> list[CombinedTrait]:
    """Combine every trait over the shares that have it, and say how far the work is."""
    names = list(dict.fromkeys(name for share in shares for name in share.traits))
    progress, done = Progress(names), [0, 0]
    masks = shares[0].manifest["definitions"]["masks"]
    tests = tuple(WeightedTest(**test) for test in masks["tests"])
    combined = []
    for name in names:
        having = [share for share in shares if name in share.traits]
        with progress.stage(name, lambda: "{:,} of {:,} genes".format(*done)) as report:
            cohorts = read_traits(having, name)
            combined.append(combine_trait(name, cohorts, masks["masks"], tests, done))
            report(f"{done[1]:,} genes, {len(having)} cohorts")
    return combined
