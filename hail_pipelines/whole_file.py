"""Files of workers that appear whole or not at all, however many attempts a cluster makes at a share.

A worker that is lost may have left half of a file, or may still be at it while another does its share again. So each
attempt writes under a name of its own, and the last to be whole stands; both are the same. What is to be in a bucket
is written on this machine, and put there at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from hail_pipelines.places import Place

SUFFIX = ".partial"


@contextmanager
def whole_file(path: Place) -> Iterator[Path]:
    """Give a name to write under; what is there at the end takes its place, after an error it is removed.

    Parameters
    ----------
    path
        Where the file is to be. If nothing was written, there is none.
    """
    if not isinstance(path, Path):
        with TemporaryDirectory(prefix="progex.") as folder:
            partial = Path(folder) / path.name
            yield partial
            if partial.exists():
                path.upload_from(partial, force_overwrite_to_cloud=True)
        return
    partial = path.with_name(f".{path.name}.{uuid4().hex}{SUFFIX}")
    try:
        yield partial
        if partial.exists():
            partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def remove_partial_files(folder: Place) -> None:
    """Remove what attempts that were lost have left in a folder; in a bucket there is nothing of them."""
    if isinstance(folder, Path):
        for left in folder.glob(f".*{SUFFIX}"):
            left.unlink(missing_ok=True)
