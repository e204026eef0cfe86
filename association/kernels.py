"""Numba's ``njit``, whose kept kernels can't be taken for one another: what kernels here are compiled with.

Numba numbers the kept signatures of a function, in an index that is read, added to and written back. Of two processes
that compile two signatures at once, on a first run, both may give theirs the same number; every later process then
runs the code of one where it asks for the other: rows of an array summed for its columns, or a crash. Here a file is
named after its signature, so that there is nothing to agree on.

Numba also names the folder after the place of the code, which a cluster's workers give every application anew. Here
it is named after the module: what was compiled from the same code once is not compiled again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import Any

from numba import njit
from numba.core import caching, config

__all__ = ["njit"]


class FilePerSignature(caching.IndexDataCacheFile):  # type: ignore[misc]
    """Kept signatures of one function, each in a file named after all that tells it from others."""

    def save(self, key: Any, data: Any) -> None:
        """Keep what was compiled; a file appears whole."""
        self._save_data(self._name(key), data)

    def load(self, key: Any) -> Any:
        """Return what was kept, or None."""
        try:
            return self._load_data(self._name(key))
        except FileNotFoundError:
            return None

    def _name(self, key: Any) -> str:
        digest = hashlib.sha256(repr((self._version, self._source_stamp, key)).encode()).hexdigest()
        return str(self._data_name_pattern.format(number=int(digest[:16], 16)))


class FolderPerModule(caching.UserProvidedCacheLocator):  # type: ignore[misc]
    """The folder of a module's kernels, among those that are kept."""

    def __init__(self, kernel: Callable[..., Any], file: str) -> None:
        super().__init__(kernel, file)
        self._cache_path = module_folder(kernel)


class FolderPerZippedModule(caching.ZipCacheLocator):  # type: ignore[misc]
    """The same, of a module that lies in an archive, as on a cluster's workers."""

    def __init__(self, kernel: Callable[..., Any], file: str) -> None:
        super().__init__(kernel, file)
        self._cache_path = module_folder(kernel)


def module_folder(kernel: Callable[..., Any]) -> str:
    """Name the folder in which kernels of a module are kept."""
    return os.path.join(config.CACHE_DIR, kernel.__module__)


caching.IndexDataCacheFile = FilePerSignature
caching.CacheImpl._locator_classes[:0] = [FolderPerModule, FolderPerZippedModule]
