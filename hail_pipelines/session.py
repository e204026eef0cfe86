"""The one Hail session of a process: how it is started, watched and stopped, and how a table leaves it.

Hail runs on Spark, which runs on Java. Everything here keeps that machinery out of the user's sight:
nothing is written to the terminal, the log lives below the work folder and can't grow beyond 80 MB, and
progress is read from Spark's status tracker by whoever wants to show it.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path

import hail as hl
from pyspark import SparkContext

from hail_pipelines.java import find_java_home
from hail_pipelines.places import Place
from hail_pipelines.processes import ONE_THREAD

log = logging.getLogger(__name__)

LOG_CONFIGURATION = """\
status = error
appender.rolling.type = RollingFile
appender.rolling.name = rolling
appender.rolling.fileName = {folder}/hail.log
appender.rolling.filePattern = {folder}/hail-%i.log
appender.rolling.layout.type = PatternLayout
appender.rolling.layout.pattern = %d{{yyyy-MM-dd HH:mm:ss}} %p %c{{1}}: %m%n%ex
appender.rolling.policies.type = Policies
appender.rolling.policies.size.type = SizeBasedTriggeringPolicy
appender.rolling.policies.size.size = 20MB
appender.rolling.strategy.type = DefaultRolloverStrategy
appender.rolling.strategy.max = 3
rootLogger.level = warn
rootLogger.appenderRef.rolling.ref = rolling
"""


@dataclass(frozen=True)
class SessionSettings:
    """What a session may use of the machine.

    Attributes
    ----------
    cores
        How many cores Spark runs tasks on; None takes all of this machine.
    driver_memory_gib
        Memory of the Java process that drives the work, and on one machine also does it.
    master
        Spark's master, such as "yarn" on a cluster; None runs on this machine.
    brief
        Whether the work is over in a few minutes. Java then compiles lightly, which spares a small cohort a third of
        its processor time and makes a large one slower.
    """

    cores: int | None = None
    driver_memory_gib: float = 4
    master: str | None = None
    brief: bool = False

    @property
    def spark_master(self) -> str:
        """The master in Spark's own notation."""
        if self.master is not None:
            return self.master
        return f"local[{'*' if self.cores is None else self.cores}]"


def start(settings: SessionSettings, work_dir: Path, shared: Place | None = None) -> None:
    """Start Hail, or do nothing if this process has started it already.

    Parameters
    ----------
    settings
        Cores, memory and master.
    work_dir
        A folder on this machine for the log and temporary files; it is made if absent.
    shared
        A folder in a bucket that Hail writes to, for results and for what workers exchange; None where there is none.

    Raises
    ------
    InputError
        If there is no Java that Hail can run on.
    """
    if is_started():
        return
    folder = work_dir.absolute() / "hail"
    (folder / "scratch").mkdir(parents=True, exist_ok=True)
    os.environ["JAVA_HOME"] = str(find_java_home())
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    os.environ.update(ONE_THREAD)
    if shared is not None:
        # Else Hail asks for the bucket's storage class before it writes, which needs a right of its own.
        os.environ.setdefault("HAIL_GCS_BUCKET_ALLOW_LIST", shared.drive)
    with warnings.catch_warnings():
        # Hail warns that it was built with Java 11; it works on 17.
        warnings.filterwarnings("ignore", message="Hail was built and tested with Java 11")
        _initialise(settings, folder, folder if shared is None or settings.master is None else shared)
    log.info("Hail %s started on Spark master %s", hl.version(), settings.spark_master)


def _initialise(settings: SessionSettings, folder: Path, shared: Place) -> None:
    """Call hl.init, silently and with the log in `folder`."""
    hl.init(
        app_name="progex",
        master=settings.spark_master,
        quiet=True,
        show_progress=False,
        skip_logging_configuration=True,
        log=str(folder / "hail.log"),
        tmp_dir=str(shared / "scratch"),
        local_tmpdir=str(folder / "scratch"),
        spark_conf=spark_configuration(settings, folder),
        idempotent=True,
    )


def spark_configuration(settings: SessionSettings, folder: Path) -> dict[str, str]:
    """Write the log's configuration and return Spark's.

    Parameters
    ----------
    settings
        Cores, memory and master.
    folder
        Where the log is to lie; it must exist.

    Notes
    -----
    Adaptive execution stays on but may not merge a shuffle's partitions: it shrinks a small shuffle to one or two
    tasks, and the store's files are one per partition.

    What workers give back is not bounded (Spark's bound is 1 GiB): the counts of every variant are, which the driver
    holds in any case.
    """
    configuration_file = folder / "log4j2.properties"
    configuration_file.write_text(LOG_CONFIGURATION.format(folder=folder))
    java_options = f"-Dlog4j2.configurationFile={configuration_file.as_uri()}"
    if settings.master is None:
        java_options += f" -Djava.io.tmpdir={folder / 'scratch'}" if " " not in str(folder) else ""
    if settings.brief:
        java_options += " -XX:TieredStopAtLevel=1"
    configuration = {
        "spark.driver.memory": f"{round(settings.driver_memory_gib * 1024)}m",
        "spark.driver.maxResultSize": "0",
        "spark.driver.extraJavaOptions": java_options,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.adaptive.coalescePartitions.enabled": "false",
        "spark.sql.shuffle.partitions": str(settings.cores or os.cpu_count() or 1),
    }
    for name, setting in ONE_THREAD.items():
        configuration[f"spark.executorEnv.{name}"] = setting
    return configuration


def is_started() -> bool:
    """Say whether this process has a running session."""
    return SparkContext._active_spark_context is not None


def stop() -> None:
    """Stop the session; the process may end without it."""
    if is_started():
        hl.stop()


def spark_progress() -> tuple[int, int]:
    """Count the finished tasks and all tasks of the stages that Spark is working on; safe from any thread."""
    context = SparkContext._active_spark_context
    # While Spark starts, the context is there before what it drives.
    if getattr(context, "_jsc", None) is None:
        return 0, 0
    tracker = context.statusTracker()
    stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
    running = [stage for stage in stages if stage is not None]
    return sum(stage.numCompletedTasks for stage in running), sum(stage.numTasks for stage in running)


def write_parquet(table: hl.Table, path: Place, *, files: int) -> None:
    """Write a Hail table as Parquet, the one way by which a table may leave Hail.

    A Spark stage that reads a Hail table and runs a Python function never ends, so the table is written
    first and whatever needs Python reads the files.

    Parameters
    ----------
    table
        The table; its key is dropped, its fields become columns.
    path
        The folder to write; it must not exist.
    files
        How many files to write.

    Raises
    ------
    FileExistsError
        If there is something at `path` already.
    """
    if path.exists():
        raise FileExistsError(f"{path} exists; a stage never overwrites what another has written")
    table.to_spark(flatten=False).coalesce(files).write.mode("errorifexists").parquet(str(path))
