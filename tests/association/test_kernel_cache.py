"""Compiled kernels are kept for the code that they were compiled from, that of the files they call included."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from association.kernel_cache import are_kept, kernel_digest

CALLEE = """
from association.kernels import njit

TABLE = ({factor},)

@njit(cache=True)
def times(x):
    return {factor} * x
"""
CALLER = (
    "from association.kernels import njit\nfrom one.callee import times\n\n"
    "@njit(cache=True)\ndef twice(x):\n    return times(times(x))\n"
)
USE = """
import sys
from pathlib import Path
from association.kernel_cache import keep_kernels
sys.path.insert(0, sys.argv[1])
keep_kernels([Path(sys.argv[1]) / "one"])
from one.caller import twice
print(twice(1))
"""


# `association` itself names a folder when it is imported; here the package's own is wanted.
UNNAMED = "import os; del os.environ['NUMBA_CACHE_DIR']; "
SUMMED = """
from association.kernels import njit

@njit(cache=True)
def total(x):
    s = 0.0
    for value in x:
        s += value
    return s
"""
USE_SUMMED = """
import sys
import numpy as np
sys.path.insert(0, sys.argv[1])
from summed import total
array = np.arange(12.0).reshape(3, 4)
wanted = {"row": array[0], "column": array[:, 0]}
print(*(total(wanted[name]) for name in sys.argv[2:]), sum(total.stats.cache_hits.values()))
"""


@pytest.fixture
def package(tmp_path):
    folder = tmp_path / "one"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "caller.py").write_text(CALLER)
    (folder / "plain.py").write_text("ANSWER = 42\n")
    return folder


def test_a_kernel_follows_the_code_of_the_file_that_it_calls(package):
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    use = USE.replace("keep_kernels([", f"{UNNAMED}keep_kernels([")
    found = []
    for factor in (3, 5, 5):
        (package / "callee.py").write_text(CALLEE.format(factor=factor))
        command = [sys.executable, "-c", use, str(package.parent)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        found.append(int(done.stdout))
    assert found == [9, 25, 25]
    (kept,) = (package / "__pycache__").glob("kernels-*")
    assert list(kept.rglob("*.nbc"))


def test_the_digest_changes_with_kernels_and_what_they_import_alone(package):
    (package / "callee.py").write_text(CALLEE.format(factor=3))
    before = kernel_digest([package])
    (package / "plain.py").write_text("ANSWER = 43\n")
    assert kernel_digest([package]) == before
    (package / "callee.py").write_text(CALLEE.format(factor=4))
    assert kernel_digest([package]) != before


def test_kernels_are_kept_once_one_is_compiled(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kernels"))
    assert not are_kept()
    (tmp_path / "kernels" / "module").mkdir(parents=True)
    (tmp_path / "kernels" / "module" / "total-1.py311.5.nbc").touch()
    assert are_kept()


def test_this_programs_kernels_are_kept_apart():
    folder = Path(os.environ["NUMBA_CACHE_DIR"])
    assert folder.name.startswith("kernels-")


def test_kernels_that_two_processes_compile_at_once_for_rows_and_columns_stay_apart(tmp_path):
    (tmp_path / "summed.py").write_text(SUMMED)

    def sums(kept: Path, *names: str) -> list[float]:
        command = [sys.executable, "-c", USE_SUMMED, str(tmp_path), *names]
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(kept)}
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        return [float(word) for word in done.stdout.split()]

    # Two that start with nothing kept and end together leave the files of both; of one name, those of one.
    assert sums(tmp_path / "one", "column") == [12, 0]
    assert sums(tmp_path / "other", "row") == [6, 0]
    for kernels, suffix in (("one", "*.nbi"), ("one", "*.nbc"), ("other", "*.nbc")):
        for file in (tmp_path / kernels).rglob(suffix):
            at = tmp_path / "both" / file.relative_to(tmp_path / kernels)
            at.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, at)
    assert sums(tmp_path / "both", "row", "column") == [6, 12, 2]


def test_kernels_of_an_archive_are_kept_apart_from_those_of_another_and_found_again_wherever_it_lies(package):
    kept = package.parent / "kept"

    def use(place: str, factor: int) -> list[str]:
        (package / "callee.py").write_text(CALLEE.format(factor=factor))
        place_of_archive = package.parent / place
        place_of_archive.mkdir(exist_ok=True)
        archive = shutil.make_archive(str(place_of_archive / "code"), "zip", package.parent, "one")
        end = "print(twice(1), sum(twice.stats.cache_hits.values()))"
        use = USE.replace("print(twice(1))", end).replace("keep_kernels([", f"{UNNAMED}keep_kernels([")
        command = [sys.executable, "-c", use, archive]
        environment = {**os.environ, "XDG_CACHE_HOME": str(kept)}
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        return done.stdout.split()

    assert use("here", 3) == ["9", "0"]
    assert use("there", 3) == ["9", "1"]
    assert use("here", 5) == ["25", "0"]
