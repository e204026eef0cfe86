"""The wheel: it holds what the tree holds, and works where nothing else is installed."""

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("association", "hail_pipelines", "infra", "jobs")


def succeed(*command, cwd=ROOT):
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    succeed(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder)
    return next(folder.glob("progex-*.whl"))


def test_wheel_holds_every_source_and_nothing_else(wheel):
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    tree = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert inside == tree


def test_wheel_works_in_an_empty_environment(wheel, tmp_path):
    venv.create(tmp_path / "env", with_pip=True)
    python, progex = tmp_path / "env/bin/python", tmp_path / "env/bin/progex"
    succeed(python, "-m", "pip", "install", "--quiet", "--constraint", ROOT / "constraints.txt", wheel, cwd=tmp_path)
    assert "validate" in succeed(progex, "--help", cwd=tmp_path)
    succeed(progex, "simulate", "--samples", "60", "--genes", "20", "--out", "cohort", cwd=tmp_path)
    assert "no problem found" in succeed(progex, "validate", "cohort/study.yaml", cwd=tmp_path)
