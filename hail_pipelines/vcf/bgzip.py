"""Blocked gzip (BGZF): telling it from plain gzip, seeing that it is whole, and making it.

A BGZF file is a chain of small gzip members, each with its own size in an extra header field `BC`, and an
empty member at the end. The chain lets many cores read one file; plain gzip has no such chain. SAM
specification, section 4.1.
"""

from __future__ import annotations

import gzip
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal

import pysam
from isal import isal_zlib
from isal.igzip_lib import IsalError

from association.problems import InputError
from hail_pipelines.places import Place, readable
from hail_pipelines.whole_file import whole_file

Compression = Literal["none", "gzip", "bgzip"]


class DamagedBlock(Exception):  # noqa: N818
    """A block of a bgzipped file does not decompress."""


END_BLOCK = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_GZIP_MAGIC = b"\x1f\x8b"
_BLOCK_START = _GZIP_MAGIC + b"\x08\x04"
_LARGEST_BLOCK = 64 << 10
_CHUNK_BYTES = 4 << 20
# zlib's word for a stream with a gzip header, whose checksum is to be verified.
_GZIP_WINDOW = 31


def compression_of(path: Place) -> Compression:
    """Tell from a file's first bytes how it is compressed, whatever its name says."""
    with path.open("rb") as stream:
        if stream.read(2) != _GZIP_MAGIC:
            return "none"
        stream.seek(0)
        return "gzip" if _block_size(stream) is None else "bgzip"


def block_problem(path: Place, *, most_blocks: int = 1_000_000) -> str | None:
    """Walk the chain of a bgzipped file's blocks and say where it breaks; None if it is whole.

    Only block headers are read, so this takes a few milliseconds per 100 MB.

    Parameters
    ----------
    path
        A bgzipped file.
    most_blocks
        Where to stop walking; the end of the file is looked at in any case.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        offset = 0
        for _ in range(most_blocks):
            if offset == size:
                break
            stream.seek(offset)
            block = _block_size(stream)
            if block is None:
                return f"a broken block at byte {offset:,} of {size:,}"
            if offset + block > size:
                return f"the last block, at byte {offset:,}, is cut off"
            offset += block
        stream.seek(-min(size, len(END_BLOCK)), os.SEEK_END)
        if stream.read() != END_BLOCK:
            return "the end-of-file block is absent: the file was cut off, or its writer was stopped"
    return None


def next_block(stream: BinaryIO, offset: int) -> int | None:
    """Find the first block of a bgzipped file that begins at an offset or after it; None if there is none.

    Parameters
    ----------
    stream
        The compressed file.
    offset
        Where to begin, in bytes of it.
    """
    stream.seek(offset)
    # No block is larger than 64 KiB, so two of them hold the beginning of one and the beginning of the next.
    window = stream.read(2 * _LARGEST_BLOCK + len(_BLOCK_START))
    start = window.find(_BLOCK_START)
    while start >= 0:
        stream.seek(offset + start)
        size = _block_size(stream)
        if size is not None and window[start + size :][: len(_BLOCK_START)] in (_BLOCK_START, b""):
            return offset + start
        start = window.find(_BLOCK_START, start + 1)
    return None


def decompressed_blocks(stream: BinaryIO, offset: int) -> Iterator[tuple[int, bytes]]:
    """Decompress a bgzipped file block by block, every checksum right.

    Parameters
    ----------
    stream
        The compressed file.
    offset
        Where a block begins, in bytes of it.

    Yields
    ------
    Where each block begins, and its text.

    Raises
    ------
    DamagedBlock
        If a block does not decompress, or none begins where the last one ends.
    """
    while True:
        stream.seek(offset)
        size = _block_size(stream)
        stream.seek(offset)
        block = stream.read(size or 1)
        if not block:
            return
        try:
            text = isal_zlib.decompress(block, _GZIP_WINDOW, _LARGEST_BLOCK)
        except IsalError as error:  # type: ignore[misc]
            raise DamagedBlock(f"the block at byte {offset:,}: {error}") from None
        yield offset, text
        offset += len(block)


def blocked_name(source: Place) -> Place:
    """Name the bgzipped copy of a VCF: sample.vcf.gz becomes sample.vcf.bgz beside it."""
    stem = source.name.removesuffix(".gz").removesuffix(".bgz")
    return source.with_name(f"{stem}.bgz")


def reblock(source: Place, target: Place) -> None:
    """Write a plain gzip or uncompressed file as bgzip, whole or not at all.

    Parameters
    ----------
    source
        The file to read.
    target
        The file to write; it must not exist, its folder must.

    Raises
    ------
    InputError
        If the source is not there or can't be read to its end, or the target can't be made; nothing is left behind.
    """
    if not source.is_file():
        raise InputError.single(str(source), "file", "no such file")
    if target.exists():
        raise InputError.single(str(target), "file", "exists already; remove it, or choose another name")
    if isinstance(target, Path) and not target.parent.is_dir():
        raise InputError.single(str(target), "folder", f"{target.parent} does not exist; make it, or choose another")
    try:
        with (
            whole_file(target) as partial,
            _open_text(source) as reader,
            pysam.BGZFile(str(partial), "wb") as writer,
        ):
            while chunk := reader.read(_CHUNK_BYTES):
                writer.write(chunk)
    except (OSError, EOFError, zlib.error) as error:
        message = f"can't be re-blocked: {error}; if it was cut off on its way, copy it again"
        raise InputError.single(str(source), "file", message) from None


def _open_text(path: Place) -> BinaryIO:
    """Open a file for its decompressed bytes."""
    plain = compression_of(path) == "none"
    return path.open("rb") if plain else gzip.open(readable(path), "rb")  # type: ignore[return-value]


def _block_size(stream: BinaryIO) -> int | None:
    """Read a gzip header where the stream stands; return its block's size in bytes, None if it isn't BGZF."""
    header = stream.read(12)
    if len(header) < 12 or header[:2] != _GZIP_MAGIC or not header[3] & 4:
        return None
    extra = stream.read(struct.unpack("<H", header[10:12])[0])
    while len(extra) >= 4:
        name, length = extra[:2], struct.unpack("<H", extra[2:4])[0]
        if name == b"BC" and length == 2 and len(extra) >= 6:
            return int(struct.unpack("<H", extra[4:6])[0]) + 1
        extra = extra[4 + length :]
    return None
