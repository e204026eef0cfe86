"""A submitted study on its cluster: see that the nodes are alike, then run it as `progex run` does."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from association.problems import InputError
from infra.dataproc.lock import locked_versions
from infra.storage import Place
from jobs.cli import USERS_FAULT, app
from jobs.cloud_probe import check_nodes
from jobs.cloud_study import use_buckets
from jobs.places import place_of
from jobs.progress import warn
from jobs.stage_settings import session_settings
from jobs.study.file import StudyLoader, read_study
from jobs.study.study import Study, resolve

PYTHON = "3.11"


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
            _write_for_spark(place, copy)
        except InputError as error:
            warn(f"error: {error}")
            sys.exit(USERS_FAULT)
        app(["run", str(copy)])


def _write_for_spark(place: str, copy: Path) -> None:
    """Write the study with this Spark as its master, use buckets as it says, and look at the nodes."""
    settings = yaml.load(place_of(place).read_text(encoding="utf-8"), Loader=StudyLoader)
    settings["compute"] = (settings.get("compute") or {}) | {"master": _master()}
    copy.write_text(yaml.safe_dump(settings), encoding="utf-8")
    study = read_study(copy)
    if study.cloud is not None:
        use_buckets(study.cloud)
    _probe(study, resolve(copy, study.output), copy.parent)


def _master() -> str:
    from pyspark import SparkConf, SparkContext

    SparkContext._ensure_initialized()
    return str(SparkConf().get("spark.master", "yarn"))


def _probe(study: Study, output: Place, work: Path) -> None:
    """Start Hail as the run needs it, which finds it started, and look at the nodes."""
    from pyspark import SparkContext

    from hail_pipelines.session import start

    start(session_settings(study), work, None if isinstance(output, Path) else output / "stages")
    nodes = check_nodes(SparkContext.getOrCreate(), locked_versions() | {"python": PYTHON})
    warn(f"{nodes} nodes have the pinned versions")


if __name__ == "__main__":
    run_submitted(sys.argv[1])
