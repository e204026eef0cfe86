"""Every line belongs to just one share, wherever the shares end and however much text is taken at a time."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from hail_pipelines.vcf.bgzip import END_BLOCK, DamagedBlock, decompressed_blocks, next_block
from hail_pipelines.vcf.file_shares import (
    LARGEST_BYTES,
    PADDING,
    SMALLEST_BYTES,
    FileShare,
    Stretch,
    share_text,
    shares_of,
)

TEXT = b"##header\n#CHROM\n\n1\t100\tA\n22\t1\n" + b"a line longer than a share and a chunk " * 3 + b"\n\r\nX\tlast"


def block(text: bytes) -> bytes:
    """Make a block of BGZF by the specification."""
    deflate = zlib.compressobj(wbits=-15)
    data = deflate.compress(text) + deflate.flush()
    header = b"\x1f\x8b\x08\x04" + bytes(6) + struct.pack("<H", 6) + b"BC" + struct.pack("<HH", 2, len(data) + 25)
    return header + data + struct.pack("<II", zlib.crc32(text), len(text))


def blocked(text: bytes, size: int) -> bytes:
    return b"".join(block(text[start : start + size]) for start in range(0, len(text), size)) + END_BLOCK


def lines(path: Path, share_bytes: int, chunk_bytes: int) -> list[bytes]:
    """Read the lines of all shares, chunk by chunk."""
    texts = [text for share in shares_of([path], share_bytes) for text in share_text(share, chunk_bytes)]
    assert all(text.endswith(b"\n" + bytes(PADDING)) for text in texts)
    return [line for text in texts for line in text[:-PADDING].splitlines(keepends=True)]


@pytest.mark.parametrize("ending", [b"", b"\n", b"\n\n"])
def test_the_lines_of_a_file_cut_anywhere_are_its_lines(tmp_path, ending):
    path = tmp_path / "cohort.vcf"
    path.write_bytes(TEXT + ending)
    expected = (TEXT + (ending or b"\n")).splitlines(keepends=True)
    for share_bytes in range(1, len(TEXT) + 3):
        for chunk_bytes in (1, 7, 1000):
            assert lines(path, share_bytes, chunk_bytes) == expected


@pytest.mark.parametrize("size", [1, 2, 5, 40, 1000])
def test_the_lines_of_a_bgzipped_file_cut_anywhere_are_its_lines(tmp_path, size):
    path = tmp_path / "cohort.vcf.gz"
    path.write_bytes(blocked(TEXT, size))
    assert gzip.decompress(path.read_bytes()) == TEXT
    expected = (TEXT + b"\n").splitlines(keepends=True)
    for share_bytes in (1, 3, 28, 29, 30, 50, 97, 500, 100_000):
        for chunk_bytes in (1, 64, 1000):
            assert lines(path, share_bytes, chunk_bytes) == expected


@pytest.mark.parametrize("compressed", [True, False])
def test_the_blocks_of_shares_begin_where_those_before_them_end(tmp_path, compressed):
    path = tmp_path / "cohort.vcf.gz"
    path.write_bytes(blocked(TEXT, 40) if compressed else TEXT)
    size = path.stat().st_size
    for share_bytes in (1, 3, 28, 29, 50, 97, 500, 100_000):
        end = 0
        for share in shares_of([path], share_bytes):
            blocks = Stretch()
            list(share_text(share, 64, blocks))
            assert blocks.start == end
            end = blocks.end
        assert end == size


def test_shares_follow_from_the_bytes_of_all_files(tmp_path):
    paths = [tmp_path / "a.vcf", tmp_path / "b.vcf"]
    for path in paths:
        path.write_bytes(b"#" * (SMALLEST_BYTES + 1))
    assert [(share.number, share.path, share.start, share.end) for share in shares_of(paths)] == [
        (0, paths[0], 0, SMALLEST_BYTES),
        (1, paths[0], SMALLEST_BYTES, SMALLEST_BYTES + 1),
        (2, paths[1], 0, SMALLEST_BYTES),
        (3, paths[1], SMALLEST_BYTES, SMALLEST_BYTES + 1),
    ]
    with paths[0].open("r+b") as stream:
        stream.truncate(1000 * 2 * LARGEST_BYTES)
    assert max(share.end - share.start for share in shares_of(paths)) == LARGEST_BYTES


def test_blocks_are_found_from_anywhere_between_them(tmp_path):
    path = tmp_path / "noise.vcf.gz"
    noise = np.random.default_rng(1).integers(0, 256, 200_000, np.uint8).tobytes()
    content = blocked(noise, 50_000)
    path.write_bytes(content)
    with path.open("rb") as stream:
        starts = [start for start, _ in decompressed_blocks(stream, 0)]
        assert b"".join(text for _, text in decompressed_blocks(stream, 0)) == noise
        for place in range(0, len(content), 997):
            assert next_block(stream, place) == min(start for start in starts if start >= place)
        assert next_block(stream, len(content)) is None


@pytest.mark.parametrize("place", [20, -40, -34])
def test_a_changed_byte_is_damage(tmp_path, place):
    path = tmp_path / "cohort.vcf.gz"
    content = bytearray(blocked(TEXT, 1000))
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(DamagedBlock):
        list(share_text(FileShare(0, path, 0, len(content), compressed=True)))


def test_a_block_that_is_cut_off_is_damage(tmp_path):
    path = tmp_path / "cohort.vcf.gz"
    path.write_bytes(blocked(TEXT, 1000)[:-40])
    with pytest.raises(DamagedBlock):
        list(share_text(FileShare(0, path, 0, path.stat().st_size, compressed=True)))
