"""Compiled kernels are kept for the code that they were compiled from, that of the files they call included."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from association.kernel_cache import kernel_digest

CALLEE = (
    "from numba import njit\n\nTABLE = ({factor},)\n\n@njit(cache=True)\ndef times(x):\n    return {factor} * x\n"
)
CALLER = (
    "from numba import njit\nfrom one.callee import times\n\n"
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
    # `association` itself names a folder when it is imported; here the package's own is wanted.
    use = USE.replace("keep_kernels([", "import os; del os.environ['NUMBA_CACHE_DIR']; keep_kernels([")
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


def test_this_programs_kernels_are_kept_apart():
    folder = Path(os.environ["NUMBA_CACHE_DIR"])
    assert folder.name.startswith("kernels-")
