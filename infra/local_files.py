"""The names under which stored files were known when all were on this machine; `infra.storage` has them all."""

from infra.storage import FolderInUseError, copy_whole, lock_folder, put_in_place, remove, write_whole

__all__ = ["FolderInUseError", "copy_whole", "lock_folder", "put_in_place", "remove", "write_whole"]
