"""A disk that is full, or may not be written to: a clear error, status 2, and nothing half-written."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys

import pytest

from jobs.storage_errors import storage_error

RUN = "from jobs.cli import main; main()"


def test_errors_of_the_disk_are_told_from_others():
    assert storage_error(OSError(errno.ENOSPC, "No space left on device")) == errno.ENOSPC
    assert storage_error(PermissionError(errno.EACCES, "Permission denied")) == errno.EACCES
    assert storage_error(PermissionError(errno.EPERM, "Operation not permitted")) == errno.EPERM
    assert storage_error(FileNotFoundError(errno.ENOENT, "No such file or directory")) is None
    assert storage_error(shutil.Error([("a", "b", "[Errno 28] No space left on device: 'a' -> 'b'")])) == errno.ENOSPC
    assert storage_error(RuntimeError("java.io.IOException: No space left on device")) == errno.ENOSPC
    assert storage_error(ValueError("anything else")) is None


@pytest.mark.parametrize(
    "kib", [pytest.param(16, marks=pytest.mark.slow), 120, pytest.param(400, marks=pytest.mark.slow)]
)
def test_a_full_disk_is_told_and_leaves_no_unfinished_stage(folder, small_disk, kib):
    disk, run = small_disk
    folder.set(output=str(disk / "out"), calibration={"max_permutations": 1000})
    done = run(kib, sys.executable, "-c", RUN, "run", str(folder.study))
    assert done.returncode == 2, done.stderr
    assert f"output: {disk / 'out'}: can't be written: {os.strerror(errno.ENOSPC)}; make room there" in done.stderr
    assert "Traceback" not in done.stderr
    found = done.stderr[done.stderr.index(f"\n{disk}\n") :].split()
    stages = {path.split("/stages/")[1].split("/")[0] for path in found if "/stages/" in path}
    assert {f"{disk}/out/stages/{stage}/manifest.json" for stage in stages} <= set(found)
    assert not any(path.endswith(".partial") for path in found)


def test_a_copy_that_does_not_fit_leaves_nothing(small_disk, tmp_path):
    disk, run = small_disk
    source = tmp_path / "source"
    source.mkdir()
    for name in "ab":
        (source / name).write_bytes(bytes(12_000))
    copy = "from infra.storage import copy_whole; copy_whole(*map(Path, sys.argv[1:]))"
    done = run(
        16, sys.executable, "-c", f"import sys; from pathlib import Path; {copy}", str(source), str(disk / "target")
    )
    assert os.strerror(errno.ENOSPC) in done.stderr
    assert done.stderr.split("\n")[-2] == str(disk)


@pytest.mark.slow
def test_a_missing_folder_for_temporary_files_does_not_matter(folder):
    folder.set(calibration={"max_permutations": 1000})
    environment = os.environ | {"TMPDIR": str(folder.path / "absent"), "MPLCONFIGDIR": str(folder.path)}
    command = [sys.executable, "-c", RUN, "run", str(folder.study)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert (folder.output / "report" / "report.html").is_file()
