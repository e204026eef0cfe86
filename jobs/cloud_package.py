"""The code that a run brings to its nodes: this project's packages as one `.zip`, the same bytes from the same code.

It is what a wheel holds (a file named `.whl` would not be imported on workers): the packages with their data, and
the name and version of the distribution. Where a wheel was installed its own list of files says which; in a checkout
it is what Git keeps, with new modules, so that what somebody has left beside the code stays here.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("association", "hail_pipelines", "infra", "jobs")
# The earliest time that a zip knows: when a file was written must not change the package.
NO_TIME = (1980, 1, 1, 0, 0, 0)
LEFT_OUT = ("__pycache__", "terraform")
# What code and its data end in, for a checkout without Git.
ENDINGS = (".css", ".jinja", ".js", ".py", ".sh", ".tsv", ".txt", ".yaml")


@dataclass(frozen=True)
class CodeFile:
    """A file of code to upload.

    Attributes
    ----------
    name
        With a digest of the content in it: what has the name has the content.
    content
        Bytes.
    """

    name: str
    content: bytes


def code_package() -> CodeFile:
    """Give the packages that this process runs, as a zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, content in sorted(_contents().items()):
            entry = zipfile.ZipInfo(name, NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return named("progex", "zip", buffer.getvalue())


def named(stem: str, ending: str, content: bytes) -> CodeFile:
    """Name a file after its content."""
    return CodeFile(f"{stem}-{hashlib.sha256(content).hexdigest()[:16]}.{ending}", content)


def _contents() -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for package in PACKAGES:
        root = _folder_of(package)
        for path in _files_of(root):
            name = path.relative_to(root.parent)
            if path.is_file() and not set(LEFT_OUT) & set(name.parts):
                found[name.as_posix()] = path.read_bytes()
    version = importlib.metadata.version("progex")
    metadata = f"Metadata-Version: 2.1\nName: progex\nVersion: {version}\n"
    return found | {f"progex-{version}.dist-info/METADATA": metadata.encode()}


def _files_of(root: Path) -> Iterator[Path]:
    """Give the files of a package: those that its wheel lists, or Git, or else those that end as code does."""
    listed = (Path(str(file.locate())) for file in importlib.metadata.files("progex") or ())
    if of_wheel := [path for path in listed if path.is_relative_to(root)]:
        return iter(of_wheel)
    command = ["git", "-C", str(root), "ls-files", "-z", "-t", "--cached", "--others", "--exclude-standard", "."]
    try:
        names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        names = []
    if not any(name.startswith("H ") for name in names):
        return (path for path in root.rglob("*") if path.suffix in ENDINGS)
    return (root / name[2:] for name in names if name.endswith(".py" if name.startswith("? ") else ENDINGS))


def _folder_of(package: str) -> Path:
    specification = find_spec(package)
    if specification is None or specification.origin is None:
        raise ModuleNotFoundError(f"no package {package!r}")
    return Path(specification.origin).parent
