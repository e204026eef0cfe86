"""Every node is set up from one lock file: pinned versions, each package checked by its hash, or a plain refusal."""

import hashlib
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from infra.dataproc.lock import OF_THE_IMAGE, lock_file, locked_versions

ROOT = Path(__file__).parents[3]
LOCK = ROOT / "infra" / "dataproc" / "requirements.txt"
INIT = ROOT / "infra" / "dataproc" / "init_action.sh"


def plain(name):
    return name.lower().replace("_", "-")


def test_nodes_have_the_versions_of_the_checkout():
    pins = (line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line)
    constraints = {plain(name): version.strip() for name, version in pins}
    assert {name: constraints.get(name) for name in locked_versions()} == locked_versions()


def test_nodes_have_all_that_progex_needs():
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {plain(re.match(r"[\w-]+", one)[0]) for one in wanted if "python_version" not in one}
    assert names - set(OF_THE_IMAGE) <= set(locked_versions())
    assert set(OF_THE_IMAGE).isdisjoint(locked_versions())


def test_every_package_is_pinned_by_hash():
    lines = [line for line in LOCK.read_text().splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z0-9.-]+==\S+ --hash=sha256:[0-9a-f]{64}", line) for line in lines)


def test_a_package_that_would_have_to_be_built_is_refused():
    report = {
        "install": [{"metadata": {"name": "a", "version": "1"}, "download_info": {"url": "https://x/a-1.tar.gz"}}]
    }
    with pytest.raises(ValueError, match=r"a 1 has no wheel"):
        lock_file(report)


@pytest.fixture
def node(tmp_path):
    """A machine without Google: `gcloud storage cp` copies its own files; `tiny` is the one package."""
    tools = tmp_path / "bin"
    tools.mkdir()
    gcloud = tools / "gcloud"
    gcloud.write_text('#!/bin/bash\nshift 2\n[[ "$1" == --recursive ]] && shift\ncp -r $1 "$2"\n')
    gcloud.chmod(0o755)
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    wheel = wheels / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny.py", "ANSWER = 42\n")
        archive.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("tiny-1.0.dist-info/RECORD", "")
    lock = tmp_path / "lock.txt"
    lock.write_text(f"tiny==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n")
    settings = {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "PROGEX_HOME": str(tmp_path / "home"),
        "PROGEX_PYTHON": sys.executable,
        "PROGEX_REQUIREMENTS": str(lock),
        "PROGEX_WHEELS": str(wheels),
    }

    def run(**changed):
        environment = os.environ | settings | changed
        return subprocess.run(["bash", str(INIT)], env=environment, capture_output=True, text=True, check=False)

    return tmp_path, lock, run


def test_the_init_action_installs_what_is_pinned(node):
    folder, _, run = node
    done = run()
    assert done.returncode == 0, done.stderr
    found = subprocess.run(
        [folder / "home/env/bin/python", "-c", "import tiny; print(tiny.ANSWER)"], capture_output=True, check=True
    )
    assert found.stdout == b"42\n"


def test_the_init_action_refuses_a_package_of_another_content(node):
    _, lock, run = node
    lock.write_text("tiny==1.0 --hash=sha256:" + "0" * 64 + "\n")
    done = run()
    assert done.returncode == 1
    assert "HASH" in done.stderr.upper()
    assert "the pinned packages can't be installed" in done.stderr


@pytest.mark.parametrize(
    ("setting", "value", "complaint"),
    [
        ("PROGEX_REQUIREMENTS", "/nowhere/lock.txt", "can't read /nowhere/lock.txt"),
        ("PROGEX_REQUIREMENTS", "", "metadata progex-requirements is missing"),
        ("PROGEX_WHEELS", "/nowhere", "can't read /nowhere"),
    ],
)
def test_the_init_action_says_what_it_lacks(node, setting, value, complaint):
    _, _, run = node
    done = run(**{setting: value})
    assert done.returncode == 1
    assert complaint in done.stderr
