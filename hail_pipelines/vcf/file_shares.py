"""VCFs cut into shares of their bytes, and the lines that belong to each.

A share ends at a byte of the file, not at the end of a line. A line belongs to the share that it begins in; one that
begins just where a share ends still belongs to that share, so that the next one finds its first line behind the first
line end that it meets, whatever came before. A share that no line begins in has none.

Where bgzipped text is not sound, the first block of a share may be looked for in vain and a later one be found. So a
share says where its blocks begin and end: in a sound file each begins where the one before it ends.

How large shares are depends on the bytes of all files alone, so the lines of a share are the same on any machine.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from hail_pipelines.places import Place
from hail_pipelines.vcf.bgzip import compression_of, decompressed_blocks, next_block

SMALLEST_BYTES = 4 << 20
LARGEST_BYTES = 64 << 20
SHARES_WANTED = 1_000
# A chunk of text and the arrays that are made of it fit a laptop's memory a few times over.
CHUNK_BYTES = 8 << 20
# So many bytes of no meaning follow a chunk, so that what reads it may look a few bytes ahead.
PADDING = 8
_READ_BYTES = 1 << 20


@dataclass(frozen=True)
class FileShare:
    """A stretch of a file.

    Attributes
    ----------
    number
        Its place among the shares of all files.
    path
        The file.
    start, end
        Its first byte, and the one after its last.
    compressed
        Whether the file is bgzipped. Its bytes are those on disk; a block belongs to the share that it begins in.
    """

    number: int
    path: Place
    start: int
    end: int
    compressed: bool


@dataclass
class Stretch:
    """Where the blocks of a share lie; an uncompressed share is one block.

    Attributes
    ----------
    start
        Where the first block begins that begins in the share or after it, or the file's end.
    end
        The same for the end of the share, as the chain of blocks leads there; -1 while it has not been followed.
    """

    start: int = -1
    end: int = -1


def shares_of(paths: Sequence[Place], share_bytes: int | None = None) -> list[FileShare]:
    """Cut files into shares.

    Parameters
    ----------
    paths
        VCFs, bgzipped or uncompressed.
    share_bytes
        Bytes of a share; chosen by the bytes of all files unless given.
    """
    sizes = [path.stat().st_size for path in paths]
    step = share_bytes or min(max(SMALLEST_BYTES, sum(sizes) // SHARES_WANTED), LARGEST_BYTES)
    compressed = [compression_of(path) != "none" for path in paths]
    stretches = [
        (path, start, min(start + step, size), blocked)
        for path, size, blocked in zip(paths, sizes, compressed, strict=True)
        for start in range(0, size, step)
    ]
    return [FileShare(number, *stretch) for number, stretch in enumerate(stretches)]


def share_text(share: FileShare, chunk_bytes: int = CHUNK_BYTES, blocks: Stretch | None = None) -> Iterator[bytes]:
    """Read the lines of a share, some megabytes at a time.

    Parameters
    ----------
    share
        The share.
    chunk_bytes
        How much text to give at a time; a longer line is given whole.
    blocks
        Filled in with where the share's blocks lie, by the time that all is read.

    Yields
    ------
    Whole lines, each ended by a newline, which the file's last line may lack; then `PADDING` bytes of zero.

    Raises
    ------
    DamagedBlock
        If a block does not decompress.
    """
    pieces, size, within = [], 0, share.start == 0
    for own, text in _texts(share, blocks or Stretch()):
        if not text:
            continue
        if not within:
            if not own:
                return
            _, found, text = text.partition(b"\n")
            within = bool(found)
            if not within:
                continue
        if not own:
            cut = text.find(b"\n") + 1
            pieces.append(text[:cut] if cut else text)
            if cut:
                break
            continue
        size += len(text)
        if size < chunk_bytes or (cut := text.rfind(b"\n") + 1) == 0:
            pieces.append(text)
            continue
        yield b"".join([*pieces, text[:cut], bytes(PADDING)])
        pieces, size = [text[cut:]], len(text) - cut
    if any(pieces):
        ended = pieces[-1].endswith(b"\n")
        yield b"".join([*pieces, b"" if ended else b"\n", bytes(PADDING)])


def _texts(share: FileShare, blocks: Stretch) -> Iterator[tuple[bool, bytes]]:
    """Read a file from a share's start to the file's end, and say of each piece whether it belongs to the share."""
    with share.path.open("rb", buffering=_READ_BYTES) as stream:
        for offset, text in _pieces(share, stream):
            if blocks.start < 0:
                blocks.start = offset
            if blocks.end < 0 and offset >= share.end:
                blocks.end = offset
            yield offset < share.end, text
        size = stream.seek(0, os.SEEK_END)
        blocks.start = size if blocks.start < 0 else blocks.start
        blocks.end = size if blocks.end < 0 else blocks.end


def _pieces(share: FileShare, stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Read a file from a share's start to the file's end; give its text and where each piece of it begins."""
    if share.compressed:
        start = next_block(stream, share.start)
        if start is not None:
            yield from decompressed_blocks(stream, start)
        return
    stream.seek(share.start)
    offset = share.start
    while text := stream.read(min(_READ_BYTES, share.end - offset) if offset < share.end else _READ_BYTES):
        yield offset, text
        offset += len(text)
