"""Half-calls: whether a VCF has any, told from lines taken all over it.

Callers that write a man's one allele on X and Y as `0/.` write all of his calls there so, and the few lines that a
look at 64 places of a file finds on X suffice to tell. Nothing is read between the places: it takes a second at most,
whatever the size of the file, where looking for half-calls in every line would make reading a quarter slower.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pysam

from hail_pipelines.vcf.bgzip import compression_of, next_block
from hail_pipelines.vcf.records import MOST_RECORDS

PLACES = 64
MOST_LINE_BYTES = 16 << 20

_HALF_CALL = re.compile(rb"\t(?:\d+[/|]\.|\.[/|]\d+)(?=[:\t\r\n]|$)")


def has_half_calls(path: Path) -> bool:
    """Say whether any of the lines looked at has a half-call."""
    lines = _lines_of_text(path) if compression_of(path) == "none" else _lines_of_blocks(path)
    return any(_HALF_CALL.search(line) for line in lines)


def _places(path: Path) -> list[int]:
    """Spread the places evenly over a file's bytes."""
    size = path.stat().st_size
    return [size * number // PLACES for number in range(PLACES)]


def _lines_of_text(path: Path) -> Iterator[bytes]:
    """Take the first whole line after each place."""
    with path.open("rb") as stream:
        for place in _places(path):
            stream.seek(place)
            stream.readline(MOST_LINE_BYTES)
            yield stream.readline(MOST_LINE_BYTES)


def _lines_of_blocks(path: Path) -> Iterator[bytes]:
    """Take the first whole line of the first block after each place; of a file of few blocks, its first records."""
    with path.open("rb") as stream:
        found = [next_block(stream, place) for place in _places(path)]
    blocks = sorted({block for block in found if block is not None})
    with pysam.BGZFile(str(path), "rb") as blocked:
        for block in blocks:
            # A virtual offset: the block's place in the file, then 16 bits for the place in the block.
            blocked.seek(block << 16)
            blocked.readline()
            for _ in range(1 if len(blocks) > PLACES // 2 else MOST_RECORDS):
                yield blocked.readline()
