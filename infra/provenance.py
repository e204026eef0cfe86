"""What a result was made from: input fingerprints, versions, and the code that computed it."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from infra.storage import Place, fingerprint_of

PACKAGES = ("progex", "hail", "pyspark", "numpy", "scipy", "numba", "pandas", "pyarrow", "pysam", "isal")


@dataclass(frozen=True)
class Fingerprint:
    """What identifies an input file's content.

    Attributes
    ----------
    name
        File name, without its folder.
    size
        Bytes.
    crc32c
        Castagnoli checksum, as cloud storage reports it, in hexadecimal.
    """

    name: str
    size: int
    crc32c: str


def fingerprint(place: Place) -> Fingerprint:
    """Fingerprint a file; it is the same on this machine and in a bucket, where the file is not fetched for it.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    """
    content = fingerprint_of(place)
    return Fingerprint(place.name, content.size, content.crc32c)


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Give the versions of Python and of the packages that compute."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def code_digest(packages: Iterable[str]) -> str:
    """Give the SHA-256 of the source files of packages or modules; changed code is never taken for old."""
    digest = hashlib.sha256()
    for package in packages:
        for source in _sources(package):
            digest.update(source.name.encode())
            digest.update(source.read_bytes())
    return digest.hexdigest()


def canonical_json(value: Any) -> str:
    """Write JSON in the one way that equal values share."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Fingerprint):
        return asdict(value)
    if isinstance(value, os.PathLike):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a settings record")


def _sources(package: str) -> list[Path]:
    specification = importlib.util.find_spec(package)
    if specification is None or specification.origin is None:
        raise ModuleNotFoundError(f"no package {package!r}")
    origin = Path(specification.origin)
    if origin.name != "__init__.py":
        return [origin]
    return sorted(path for suffix in ("*.py", "*.jinja", "*.css") for path in origin.parent.rglob(suffix))
