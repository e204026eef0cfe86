"""Where compiled kernels are kept: in a folder named after the code that they were compiled from.

Numba takes a compiled kernel for current while the kernel's own file is unchanged. One that calls a kernel of another
file, or reads a table there, would then go on with that file's old code, and a result be filed under code that did
not make it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

VARIABLE = "NUMBA_CACHE_DIR"
NAME = "kernels"
_IMPORTED = re.compile(r"^from ([a-z_.]+) import", re.MULTILINE)


def keep_kernels(packages: Sequence[Path]) -> None:
    """Tell Numba, before it is imported, where to keep what it compiles; a folder that was named already stays.

    Parameters
    ----------
    packages
        Folders of the packages with kernels, side by side; of earlier code nothing is kept.
    """
    if VARIABLE in os.environ:
        return
    home = next((place for place in _places(packages[0]) if _is_writable(place)), None)
    if home is None:
        home = Path(tempfile.mkdtemp(prefix="progex-"))
    folder = home / f"{NAME}-{kernel_digest(packages)}"
    if not folder.exists():
        for old in home.glob(f"{NAME}-*"):
            shutil.rmtree(old, ignore_errors=True)
    os.environ[VARIABLE] = str(folder)


def are_kept() -> bool:
    """Say whether any kernel of this code is kept, so that not all must be compiled."""
    return any(Path(os.environ[VARIABLE]).rglob("*.nbc"))


def kernel_digest(packages: Sequence[Path]) -> str:
    """Digest the files that hold kernels, and all that these import from the packages; an archive, as a whole."""
    archive = next((folder for folder in packages[0].parents if folder.is_file()), None)
    if archive is not None:
        return _archive_digest(archive)
    texts = {path: path.read_text(encoding="utf-8") for package in packages for path in package.rglob("*.py")}
    root = packages[0].parent
    found: set[Path] = set()
    waiting = [path for path, text in texts.items() if "njit" in text]
    while waiting:
        path = waiting.pop()
        if path in texts and path not in found:
            found.add(path)
            waiting += [root.joinpath(*name.split(".")).with_suffix(".py") for name in _IMPORTED.findall(texts[path])]
    digest = hashlib.sha256()
    for path in sorted(found):
        digest.update(path.relative_to(root).as_posix().encode() + texts[path].encode())
    return digest.hexdigest()[:16]


def _archive_digest(archive: Path) -> str:
    digest = hashlib.sha256()
    with zipfile.ZipFile(archive) as book:
        for name in sorted(book.namelist()):
            digest.update(name.encode() + book.read(name))
    return digest.hexdigest()[:16]


def _places(package: Path) -> tuple[Path, ...]:
    """Beside the code; where that is another's, in the user's own cache."""
    own = Path(os.environ.get("XDG_CACHE_HOME") or Path("~").expanduser() / ".cache")
    return package / "__pycache__", own / "progex"


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)
