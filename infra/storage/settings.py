"""How buckets are used: who pays, which key encrypts, how long to be patient."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class BucketSettings:
    """What every access to a bucket has in common; holds no credentials, and may go to workers.

    Attributes
    ----------
    billing_project
        Project that pays for requests, as a requester-pays bucket demands; the bucket's owner if None.
    kms_key
        Full name of the key that new objects are encrypted with; the bucket's own choice if None.
    patience
        Seconds that a request is tried again while Google is overloaded or out of reach.
    first_wait
        Seconds before the first of these attempts; each later wait is about twice as long.
    longest_wait
        Seconds that no wait exceeds.
    attempts
        How often content is sent or fetched whose checksum does not hold.
    piece
        Bytes of a piece of an upload, and of the longest range that is read ahead; a multiple of 256 KiB.
    threads
        Files that are sent, fetched, copied or removed at the same time.
    """

    billing_project: str | None = None
    kms_key: str | None = None
    patience: float = 300.0
    first_wait: float = 1.0
    longest_wait: float = 30.0
    attempts: int = 3
    piece: int = 8 * MEBIBYTE
    threads: int = 8
