"""Where a stage's outputs are, and what makes them whole.

On this machine they lie in STAGE-KEY/ beside their manifest, which is written last; the lock on the output folder
keeps every other run away. In a bucket a run may lose that lock and learn of it late. There each run writes to a
folder of its own, STAGE-KEY/attempt-ID/, and removes no other; STAGE-KEY/manifest.json, which one run alone can
create, names the attempt that counts, with the number of its objects and bytes.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from association.problems import InputError
from infra.provenance import canonical_json
from infra.storage import (
    AlreadyThereError,
    ChangedError,
    Place,
    StoredContent,
    contents_of,
    fingerprint_of,
    remove,
    remove_unchanged,
    write_new,
    write_whole,
)

log = logging.getLogger(__name__)

MANIFEST = "manifest.json"
ATTEMPT = "attempt-"

Manifest = dict[str, Any]


def begin(home: Place) -> Place:
    """Give the folder to write a stage's outputs to: nothing is in it."""
    if isinstance(home, Path):
        remove(home)
        return home
    return home / f"{ATTEMPT}{uuid4().hex}"


def read_whole(home: Place, key: str, outputs: Sequence[str]) -> tuple[Manifest, Place] | None:
    """Give a stage's manifest and the folder of its outputs, if they are of this key and all there, else None."""
    try:
        manifest: Manifest = json.loads((home / MANIFEST).read_text())
    except FileNotFoundError:
        return None
    if manifest.get("key") != key:
        return None
    if isinstance(home, Path):
        return (manifest, home) if all((home / output).exists() for output in outputs) else None
    folder = home / str(manifest.get("attempt"))
    contents = contents_of(folder)
    there = all(any(name == one or name.startswith(f"{one}/") for name in contents) for one in outputs)
    return (manifest, folder) if there and manifest.get("holds") == _extent(contents) else None


def claim(home: Place, folder: Place, manifest: Manifest) -> bool:
    """Make a folder that is complete the stage's outputs; give False where another run's are or were there first."""
    if isinstance(folder, Path):
        # No other run can be at the stage, and not every disk can refuse to replace a file.
        write_whole(folder / MANIFEST, canonical_json(manifest).encode())
        return True
    named = manifest | {"attempt": folder.name, "holds": _extent(contents_of(folder))}
    try:
        write_new(home / MANIFEST, canonical_json(named).encode())
    except AlreadyThereError:
        return False
    return True


def forget_broken(home: Place, key: str, outputs: Sequence[str]) -> None:
    """Remove a manifest in a bucket whose outputs are not whole, unless another run has replaced it meanwhile."""
    if isinstance(home, Path):
        return
    try:
        seen = fingerprint_of(home / MANIFEST)
        if read_whole(home, key, outputs) is None:
            remove_unchanged(home / MANIFEST, seen)
    except (FileNotFoundError, ChangedError):
        log.info("%s: another run has seen to it", home)


def discard(folder: Place) -> None:
    """Remove outputs that don't count; where that fails they stay, and what led to it is told in its place."""
    try:
        remove(folder)
    except (OSError, InputError) as error:
        log.warning("%s can't be removed: %s", folder, error)


def name_of(folder: Place) -> str:
    """Name the folder of a finished stage's outputs, as seen from the folder of all stages."""
    return f"{folder.parent.name}/{folder.name}" if folder.name.startswith(ATTEMPT) else folder.name


def manifest_of(folder: Place) -> Manifest:
    """Read the manifest of a finished stage, from the folder of its outputs."""
    home = folder.parent if folder.name.startswith(ATTEMPT) else folder
    manifest: Manifest = json.loads((home / MANIFEST).read_text())
    return manifest


def _extent(contents: Mapping[str, StoredContent]) -> dict[str, int]:
    return {"objects": len(contents), "bytes": sum(content.size for content in contents.values())}
