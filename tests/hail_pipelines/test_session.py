import subprocess
import sys
import threading
import time
from pathlib import Path

import pyarrow.parquet
import pytest

from hail_pipelines import session

pytestmark = pytest.mark.usefixtures("hail_session")


def test_starting_again_changes_nothing(tmp_path):
    session.start(session.SessionSettings(cores=1), tmp_path / "other")
    assert not (tmp_path / "other").exists()


@pytest.mark.timeout(120)
def test_tables_leave_as_parquet_and_never_over_another(tmp_path):
    import hail as hl

    table = hl.utils.range_table(10, 3)
    session.write_parquet(table, tmp_path / "rows", files=2)
    assert sorted(pyarrow.parquet.read_table(tmp_path / "rows")["idx"].to_pylist()) == list(range(10))
    assert len(list((tmp_path / "rows").glob("part-*.parquet"))) == 2
    with pytest.raises(FileExistsError):
        session.write_parquet(table, tmp_path / "rows", files=2)


def test_progress_is_seen_from_another_thread():
    import hail as hl

    seen = []
    finished = threading.Event()

    def watch():
        while not finished.is_set():
            seen.append(session.spark_progress())
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    hl.utils.range_table(40_000_000, 8).annotate(x=hl.rand_unif(0, 1))._force_count()
    finished.set()
    watcher.join()
    assert any(total == 8 for _, total in seen)
    assert all(done <= total for done, total in seen)


def test_a_process_ends_cleanly_and_prints_nothing_of_its_own(tmp_path):
    script = (
        "from pathlib import Path\n"
        "from hail_pipelines import session\n"
        f"session.start(session.SessionSettings(cores=1, driver_memory_gib=1), Path({str(tmp_path / 'a b')!r}))\n"
        "import hail as hl\n"
        "print(hl.utils.range_table(5).count())\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "5\n", "")
    assert (tmp_path / "a b" / "hail" / "hail.log").exists()


def test_cores_become_a_local_master():
    assert session.SessionSettings().spark_master == "local[*]"
    assert session.SessionSettings(cores=2).spark_master == "local[2]"
    assert session.SessionSettings(master="yarn").spark_master == "yarn"


def test_counts_of_any_number_of_variants_may_come_back(tmp_path):
    """Spark ends a job whose results are larger than 1 GiB unless told otherwise."""
    settings = session.SessionSettings(master="yarn")
    assert session.spark_configuration(settings, tmp_path)["spark.driver.maxResultSize"] == "0"
