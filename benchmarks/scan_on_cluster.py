"""The driver of a scan on a cluster, as a process of its own: a process can hold one Spark session only.

    python -m benchmarks.scan_on_cluster MASTER STORE FOLDER [REPEATS]

FOLDER holds what `write_asked` wrote; the results go there too, and the seconds.
"""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq

from association.scan_settings import ScanSettings
from benchmarks.spark_cluster import environment

EVENTS = "events"


def write_asked(folder: Path, traits: Sequence[bytes], settings: ScanSettings) -> None:
    """Write what is asked for."""
    (folder / EVENTS).mkdir(parents=True)
    (folder / "asked.pickle").write_bytes(pickle.dumps((list(traits), settings)))
    events = f"spark.eventLog.enabled true\nspark.eventLog.dir {(folder / EVENTS).as_uri()}\n"
    (folder / "spark-defaults.conf").write_text(events + "spark.executor.memory 1g\n")


def start_scan(master: str, store: Path, folder: Path, *, repeats: int = 1) -> subprocess.Popen[bytes]:
    """Start the driver."""
    command = [sys.executable, "-m", "benchmarks.scan_on_cluster", master, str(store), str(folder), str(repeats)]
    # Executors of a local cluster write below Spark's own folder, unless told otherwise.
    folders = {"SPARK_CONF_DIR": str(folder), "SPARK_WORKER_DIR": str(folder / "work")}
    with (folder / "driver.log").open("wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, env=environment(**folders))


def shuffled_bytes(folder: Path) -> dict[str, int]:
    """Add up, from Spark's event log, the bytes that tasks wrote for others, read, and sent to the driver."""
    found = {"shuffle written": 0, "shuffle read": 0, "sent to the driver": 0, "tasks": 0}
    for log in (folder / EVENTS).iterdir():
        for line in log.read_text().splitlines():
            event = json.loads(line)
            metrics = event.get("Task Metrics") if event["Event"] == "SparkListenerTaskEnd" else None
            if metrics:
                read = metrics["Shuffle Read Metrics"]
                found["shuffle written"] += metrics["Shuffle Write Metrics"]["Shuffle Bytes Written"]
                found["shuffle read"] += read["Remote Bytes Read"] + read["Local Bytes Read"]
                found["sent to the driver"] += metrics["Result Size"]
                found["tasks"] += 1
    return found


def main() -> None:
    """Scan, as often as asked, and write the last table and the seconds of each time."""
    from hail_pipelines import session
    from hail_pipelines.gene_scan import scan_on_spark

    master, store, folder, repeats = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    traits, settings = pickle.loads((folder / "asked.pickle").read_bytes())
    session.start(session.SessionSettings(master=master, driver_memory_gib=1), folder / "driver")
    seconds = []
    for repeat in range(repeats):
        began = time.perf_counter()
        table = scan_on_spark(store, traits, settings, folder / f"scratch-{repeat}")
        seconds.append(time.perf_counter() - began)
    session.stop()
    pq.write_table(table, folder / "results.parquet")
    (folder / "seconds.json").write_text(json.dumps(seconds))


if __name__ == "__main__":
    main()
