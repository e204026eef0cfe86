"""Small simulated cohorts, copied and changed; the command run in this process or in one of its own."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pysam
import pytest
import yaml
from typer.testing import CliRunner

from jobs.cli import app
from jobs.simulate_cohort import simulate_cohort
from jobs.study.file import StudyLoader


class StudyFolder:
    """A folder with a study file, its VCFs and its tables, free to be changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.study = path / "study.yaml"
        self.output = path / "out"

    def set(self, **sections: Any) -> None:
        """Change settings: a mapping is merged into its section, anything else takes the setting's place."""
        settings = yaml.load(self.study.read_text(), Loader=StudyLoader)
        merged = {
            name: settings[name] | value
            if isinstance(value, dict) and isinstance(settings.get(name), dict)
            else value
            for name, value in sections.items()
        }
        self.replace(**merged)

    def replace(self, **sections: Any) -> None:
        """Put whole sections in place of what there is."""
        settings = yaml.load(self.study.read_text(), Loader=StudyLoader)
        self.study.write_text(yaml.safe_dump(settings | sections, sort_keys=False))

    def read_vcf(self, name: str) -> tuple[list[str], list[list[str]]]:
        """Give a VCF's header lines and the columns of its records."""
        with gzip.open(self.path / "vcf" / name, "rt") as stream:
            lines = stream.read().splitlines()
        header = [line for line in lines if line.startswith("#")]
        return header, [line.split("\t") for line in lines[len(header) :]]

    def write_vcf(self, name: str, header: list[str], records: list[list[str]]) -> Path:
        """Write a VCF, bgzipped."""
        path = self.path / "vcf" / name
        lines = [*header, *("\t".join(record) for record in records)]
        with pysam.BGZFile(str(path), "wb") as stream:
            stream.write(("\n".join(lines) + "\n").encode())
        return path

    def edit_table(self, name: str, change: Callable[[list[list[str]]], list[list[str]]]) -> None:
        """Change a table's rows, the header being the first."""
        path = self.path / name
        rows = [line.split("\t") for line in path.read_text().splitlines()]
        path.write_text("".join("\t".join(row) + "\n" for row in change(rows)))


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty patients and twelve genes; copy it, don't change it."""
    folder = tmp_path_factory.mktemp("simulated") / "cohort"
    simulate_cohort(folder, samples=40, genes=12, seed=1)
    return folder


@pytest.fixture(scope="session")
def copy_of() -> Callable[[Path, Path], StudyFolder]:
    """Give a function that copies a cohort's folder to a new place."""

    def copy(source: Path, target: Path) -> StudyFolder:
        shutil.copytree(source, target)
        return StudyFolder(target)

    return copy


@pytest.fixture
def folder(
    simulated: Path, copy_of: Callable[[Path, Path], StudyFolder], tmp_path_factory: pytest.TempPathFactory
) -> StudyFolder:
    """Give a test its own cohort: forty patients, one VCF with 50 variants of one gene."""
    own = copy_of(simulated, tmp_path_factory.mktemp("study") / "cohort")
    own.set(genotypes={"vcfs": ["vcf/chr1.vcf.gz"]})
    return own


@pytest.fixture(scope="session")
def progex() -> Callable[..., Any]:
    """Give a function that calls the command in this process."""
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="session")
def progex_process() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Give a function that runs the command in a process of its own."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from jobs.cli import main; main()", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return run


@pytest.fixture
def small_disk(tmp_path):
    """Give a function that runs a command where the folder `disk` is a file system of so many KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    probe = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", str(disk)]
    if shutil.which("unshare") is None or subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")

    def run(kib, *command):
        script = f'mount -t tmpfs -o size={kib}k tmpfs "{disk}"; "$@"; status=$?; find "{disk}" >&2; exit $status'
        return subprocess.run(
            ["unshare", "-rm", "sh", "-c", script, "sh", *command], capture_output=True, text=True, check=False
        )

    return disk, run
