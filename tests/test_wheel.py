"""The wheel: it holds what the tree holds, and works without the tree, also where nothing else is installed."""

import subprocess
import sys
import sysconfig
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


def assert_works(progex, folder):
    assert "validate" in succeed(progex, "--help", cwd=folder)
    succeed(progex, "simulate", "--samples", "60", "--genes", "20", "--out", "cohort", cwd=folder)
    assert "no problem found" in succeed(progex, "validate", "cohort/study.yaml", cwd=folder)


def test_wheel_works_without_the_tree(wheel, tmp_path):
    venv.create(tmp_path / "env")
    python = tmp_path / "env/bin/python"
    succeed(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", wheel, cwd=tmp_path)
    place = Path(succeed(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    # What the wheel needs is lent by the environment of the tests; pointers of that to the tree are not followed.
    (place / "lent.pth").write_text(sysconfig.get_path("purelib"))
    imported = succeed(python, "-c", "import jobs; print(jobs.__file__)", cwd=tmp_path)
    assert Path(imported.strip()).is_relative_to(place)
    assert_works(tmp_path / "env/bin/progex", tmp_path)


@pytest.mark.slow
def test_wheel_works_in_an_empty_environment(wheel, tmp_path):
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env/bin/python"
    succeed(python, "-m", "pip", "install", "--quiet", "--constraint", ROOT / "constraints.txt", wheel, cwd=tmp_path)
    assert_works(tmp_path / "env/bin/progex", tmp_path)
