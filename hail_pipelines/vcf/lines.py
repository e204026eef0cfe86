"""A VCF as lines of text: whether it can be opened at all, and where its header ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from hail_pipelines.places import Place
from hail_pipelines.vcf.bgzip import DamagedBlock, block_problem, blocked_name, compression_of, decompressed_blocks
from hail_pipelines.vcf.header import FIXED_COLUMNS

_BYTE_ORDER_MARK = "\ufeff"
BLOCKS_LOOKED_AT_AFAR = 16
# The specification: a VCF without genotypes may end at INFO.
_SITE_COLUMNS = FIXED_COLUMNS[:8]


def file_problem(path: Place) -> str | None:
    """Say why a file can't be read at all: absent, empty, of another kind, or not blocked gzip."""
    if not path.is_file():
        return "there is no such file; check the path and the glob in the study file"
    if path.stat().st_size == 0:
        return "the file is empty (0 bytes); copy it again"
    if not path.name.endswith((".vcf", ".vcf.gz", ".vcf.bgz")):
        return (
            "expected a name that ends in .vcf, .vcf.gz or .vcf.bgz; rename it, or convert it with: bcftools view -Oz"
        )
    compression = compression_of(path)
    named_compressed = not path.name.endswith(".vcf")
    if compression == "gzip":
        return (
            "compressed by plain gzip, which only one core can read; expected bgzip. "
            f"Make {blocked_name(path).name} with: progex bgzip {path}  and name that in genotypes.vcfs"
        )
    if compression == "bgzip" and not named_compressed:
        return "bgzipped, but named .vcf; rename it to .vcf.bgz"
    if compression == "none" and named_compressed:
        return f"not compressed, although its name says so; rename it to .vcf, or run: progex bgzip {path}"
    # Each block of a file in a bucket would be a request of its own.
    walked = {} if isinstance(path, Path) else {"most_blocks": BLOCKS_LOOKED_AT_AFAR}
    if compression == "bgzip" and (broken := block_problem(path, **walked)) is not None:
        return f"truncated or damaged bgzip: {broken}; copy it again and compare its size with the original's"
    return None


def take_header(lines: Iterator[bytes]) -> tuple[list[str], str | None]:
    """Take the header off the lines; the second value says what is wrong with it, None if nothing is."""
    taken: list[str] = []
    for raw_line in lines:
        line = raw_line.decode("utf-8", "replace")
        taken.append(line)
        if len(taken) == 1 and (problem := _first_line_problem(line)) is not None:
            return taken, problem
        if line.startswith("#CHROM"):
            return taken, _column_line_problem(line.rstrip("\r\n"), len(taken))
        if not line.startswith("#"):
            break
    if not taken:
        return taken, _first_line_problem("")
    message = "there is no line that starts with #CHROM before the first record; put the whole header back"
    return taken, f"{message} with: bcftools reheader -h"


@contextmanager
def open_lines(path: Place) -> Iterator[Iterator[bytes]]:
    """Open a VCF and iterate over its lines.

    Raises
    ------
    OSError
        On the way, where a block does not decompress.
    """
    blocked = compression_of(path) == "bgzip"
    with path.open("rb") as stream:
        yield _decompressed_lines(stream) if blocked else iter(stream)


def _decompressed_lines(stream: BinaryIO) -> Iterator[bytes]:
    """Give the lines of a bgzipped file, without their ends."""
    pieces: list[bytes] = []
    try:
        for _, text in decompressed_blocks(stream, 0):
            first, *others = text.split(b"\n")
            pieces.append(first)
            for line in others:
                yield b"".join(pieces)
                pieces = [line]
    except DamagedBlock as error:
        raise OSError(str(error)) from None
    if any(pieces):
        yield b"".join(pieces)


def _first_line_problem(line: str) -> str | None:
    """Say whether a file does not begin as a VCF must."""
    if line.startswith("##fileformat=VCF"):
        return None
    found = f"the first line is {line[:40].rstrip()!r}, expected '##fileformat=VCFv4.x'"
    if line.startswith(_BYTE_ORDER_MARK):
        return "line 1 begins with a byte order mark, which no VCF has; remove it with: sed '1s/^\\xef\\xbb\\xbf//'"
    if not line.strip():
        return f"not a VCF: {found}; remove the empty lines before it"
    if line.startswith("#CHROM") or line.startswith("##"):
        return f"not a VCF: {found}; put that line before it if the file is one"
    return f"not a VCF: {found}"


def _column_line_problem(line: str, number: int) -> str | None:
    """Say whether the line of column names lacks one, or has its columns apart by something else than tabs."""
    columns = line.split("\t")
    expected = FIXED_COLUMNS if len(columns) > len(_SITE_COLUMNS) else _SITE_COLUMNS
    if tuple(columns[: len(expected)]) == expected:
        return None
    if len(columns) < len(_SITE_COLUMNS) and tuple(line.split()[: len(_SITE_COLUMNS)]) == _SITE_COLUMNS:
        return (
            f"line {number} has its columns separated by spaces, expected tabs; use the file before it was edited, "
            "or replace the spaces by tabs in this line and in all that follow"
        )
    wrong = next(
        f"column {place} is {found!r}, expected {name!r}"
        for place, (found, name) in enumerate(zip([*columns, *[""] * 9], expected, strict=False), 1)
        if found != name
    )
    return f"line {number}: {wrong}; mend the header with: bcftools reheader"
