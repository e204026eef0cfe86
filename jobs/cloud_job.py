"""A submitted study on its cluster: see that the nodes are alike, then run it as `progex run` does."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from association.problems import InputError
from infra.storage import Place
from jobs.cli import app
from jobs.cloud_done import mark_done
from jobs.cloud_probe import check_nodes, pinned
from jobs.cloud_study import use_buckets
from jobs.command_line import USERS_FAULT
from jobs.places import place_of
from jobs.progress import warn
from jobs.stage_settings import session_settings
from jobs.study.file import StudyLoader, read_study
from jobs.study.study import Study, resolve


def run_submitted(place: str) -> None:
    """Run the study file at `place`, on the Spark that started this process.

    Parameters
    ----------
    place
        A gs:// name. Every place in the file is one too, so that a copy of it may lie on this machine.
    """
    with TemporaryDirectory(prefix="progex-study-") as folder:
        copy = Path(folder) / "study.yaml"
        try:
            study, run = _write_for_spark(place, copy), _spark_setting("spark.progex.run", "")
        except InputError as error:
            warn(f"error: {error}")
            sys.exit(USERS_FAULT)
        try:
            app(["run", str(copy)])
        except SystemExit as end:
            if not end.code and run:
                _mark(resolve(copy, study.output), run)
            raise


def _mark(output: Place, run: str) -> None:
    """Mark what lies in the output as this run's; without the mark it is only not known for it."""
    try:
        mark_done(output, run)
    except InputError as error:
        warn(f"the run can't be marked as done: {error}")


def _write_for_spark(place: str, copy: Path) -> Study:
    """Write the study with this Spark as its master, use buckets as it says, and look at the nodes."""
    settings = yaml.load(place_of(place).read_text(encoding="utf-8"), Loader=StudyLoader)
    settings["compute"] = (settings.get("compute") or {}) | {"master": _spark_setting("spark.master", "yarn")}
    copy.write_text(yaml.safe_dump(settings), encoding="utf-8")
    study = read_study(copy)
    if study.cloud is not None:
        use_buckets(study.cloud)
    _probe(study, resolve(copy, study.output), copy.parent)
    return study


def _spark_setting(name: str, otherwise: str) -> str:
    from pyspark import SparkConf, SparkContext

    SparkContext._ensure_initialized()
    return str(SparkConf().get(name, otherwise))


def _probe(study: Study, output: Place, work: Path) -> None:
    """Start Hail as the run needs it, which finds it started, and look at the nodes."""
    from pyspark import SparkContext

    from hail_pipelines.session import start

    start(session_settings(study), work, None if isinstance(output, Path) else output / "stages")
    workers = int(_spark_setting("spark.progex.workers", "1"))
    seen = check_nodes(SparkContext.getOrCreate(), pinned(), workers=workers)
    nodes = len({one.node for one in seen})
    later = f"; {workers + 1} were asked for, and those that come later look at themselves"
    warn(f"{nodes} nodes have the pinned versions{later if nodes <= workers else ''}")


if __name__ == "__main__":
    run_submitted(sys.argv[1])
