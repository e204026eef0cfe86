"""Objects of buckets: found, listed, copied and removed, with patience where Google asks for it."""

from __future__ import annotations

from google.api_core.retry import Retry
from google.cloud.storage import Blob, Bucket, Client  # type: ignore[import-untyped]
from google.cloud.storage.retry import DEFAULT_RETRY  # type: ignore[import-untyped]

from infra.storage.errors import ChangedError
from infra.storage.refusals import refusals_told
from infra.storage.settings import BucketSettings
from infra.storage.stored_content import StoredContent, of_blob


class Objects:
    """The objects of all buckets, by bucket and name.

    Parameters
    ----------
    client
        Google's client.
    settings
        How buckets are used.

    Attributes
    ----------
    retry
        How requests are repeated that were refused for load or whose connection broke.
    """

    def __init__(self, client: Client, settings: BucketSettings) -> None:
        self._client = client
        self.settings = settings
        delays = DEFAULT_RETRY.with_delay(initial=settings.first_wait, maximum=settings.longest_wait)
        self.retry: Retry = delays.with_timeout(settings.patience)

    def blob(self, bucket: str, name: str, **options: int) -> Blob:
        """Give Google's handle of an object, which need not be there."""
        return self._bucket(bucket).blob(name, kms_key_name=self.settings.kms_key, **options)

    def described(self, bucket: str, name: str) -> Blob:
        """Give Google's description of an object.

        Raises
        ------
        FileNotFoundError
            If there is none.
        InputError, StorageError
            If the bucket is missing, may not be read, or does not answer.
        """
        blob = self.blob(bucket, name)
        with refusals_told(place_of(bucket, name)):
            blob.reload(retry=self.retry)
        return blob

    def find(self, bucket: str, name: str) -> StoredContent | None:
        """Say what an object holds, or give None where there is none.

        Raises
        ------
        InputError, StorageError
            If the bucket is missing, may not be read, or does not answer.
        """
        try:
            return of_blob(self.described(bucket, name))
        except FileNotFoundError:
            return None

    def list(
        self, bucket: str, prefix: str, *, flat: bool = True, at_most: int | None = None
    ) -> tuple[list[Blob], list[str]]:
        """List objects, also those that only mark a folder: their names end in a slash.

        Parameters
        ----------
        bucket, prefix
            Where to look, and how the names begin.
        flat
            Whether to list whatever is below; if not, a name ends at the next slash.
        at_most
            How many are wanted.

        Returns
        -------
        blobs, folders
            The objects, and the beginnings of names that end in a slash.
        """
        with refusals_told(place_of(bucket, prefix)):
            found = self._client.list_blobs(
                self._bucket(bucket),
                prefix=prefix,
                delimiter=None if flat else "/",
                max_results=at_most,
                retry=self.retry,
            )
            blobs = list(found)
            return blobs, sorted(found.prefixes)

    def copy(self, source: tuple[str, str], target: tuple[str, str]) -> StoredContent:
        """Copy an object within Google's storage; nothing passes through this machine.

        Parameters
        ----------
        source, target
            Bucket and name of each.

        Raises
        ------
        FileNotFoundError
            If there is no such object.
        """
        original, copied = self.described(*source), self.blob(*target)
        token, done = None, False
        with refusals_told(place_of(*target)):
            while not done:
                token, _, _ = copied.rewrite(
                    original, token=token, if_source_generation_match=original.generation, retry=self.retry
                )
                done = token is None
        return of_blob(copied)

    def delete(self, bucket: str, name: str, *, generation: int | None = None) -> bool:
        """Remove an object, and say whether it was there.

        Raises
        ------
        ChangedError
            If it has another generation than the one that is to go.
        """
        try:
            with refusals_told(place_of(bucket, name)):
                self.blob(bucket, name).delete(if_generation_match=generation, retry=self.retry)
        except ChangedError:
            # A repetition of ours, whose answer was lost, meets nothing.
            if self.find(bucket, name) is not None:
                raise
            return False
        except FileNotFoundError:
            return False
        return True

    def location(self, bucket: str) -> tuple[str, tuple[str, ...]]:
        """Give a bucket's location and, where it is two regions, which, in capitals."""
        found = self._described(bucket)
        return str(found.location), tuple(found.data_locations or ())

    def default_key(self, bucket: str) -> str | None:
        """Give the key that a bucket encrypts objects with that are written without one."""
        key: str | None = self._described(bucket).default_kms_key_name
        return key

    def _described(self, bucket: str) -> Bucket:
        found = self._bucket(bucket)
        with refusals_told(place_of(bucket, "")):
            found.reload(retry=self.retry)
        return found

    def _bucket(self, bucket: str) -> Bucket:
        return self._client.bucket(bucket, user_project=self.settings.billing_project)


def place_of(bucket: str, name: str) -> str:
    """Name a place in a bucket as people do."""
    return f"gs://{bucket}/{name}" if name else f"gs://{bucket}"
