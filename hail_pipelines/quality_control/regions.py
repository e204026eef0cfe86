"""Whether a variant lies in regions that short reads cover badly, or within the capture kits' targets."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from association.problems import InputError, Problem
from hail_pipelines.places import Place, readable
from hail_pipelines.reference_genome import ReferenceGenome, contig_recoding, last_position

# Comments, what genome browsers are told, and empty lines.
HEADER_LINE = re.compile(r"#|track\b|browser\b|$")
# How a compressed file begins when it is read as text whose odd bytes are kept.
COMPRESSED = "\x1f\udc8b"
# No base is so far; numbers up to it can be widened within 64 bits.
LARGEST = 1 << 62
# Of a file that holds no intervals at all, this many problems say enough.
MOST_PROBLEMS = 20
# Of a line, this many letters.
MOST_SHOWN = 60
REMEDY = "expected chromosome, start and end, separated by tabs; mend the line or leave it out"


@dataclass(frozen=True)
class Regions:
    """BED files that variants are looked up in; None or empty where there are none.

    Attributes
    ----------
    low_complexity
        Regions of low complexity.
    segmental_duplications
        Segmental duplications.
    targets
        Targets of each capture kit; a variant must lie within those of all.
    padding
        Bases by which targets are widened on either side.
    """

    low_complexity: Place | None = None
    segmental_duplications: Place | None = None
    targets: tuple[Place, ...] = ()
    padding: int = 50


def look_up(
    contigs: NDArray[np.object_], positions: NDArray[np.int32], regions: Regions, genome: ReferenceGenome
) -> dict[str, NDArray[np.bool_]]:
    """Say where variants lie: `low_complexity`, `segmental_duplication`, `in_targets` (v each), if a file tells.

    Parameters
    ----------
    contigs, positions
        Of the variants, contigs as the build writes them (v).
    regions
        The files.
    genome
        The build of both.

    Raises
    ------
    InputError
        With the lines of a file that are no intervals.
    """

    def within(path: Place, padding: int = 0) -> NDArray[np.bool_]:
        return inside(contigs, positions, read_bed(path, genome, padding))

    found = {}
    if regions.low_complexity is not None:
        found["low_complexity"] = within(regions.low_complexity)
    if regions.segmental_duplications is not None:
        found["segmental_duplication"] = within(regions.segmental_duplications)
    if regions.targets:
        found["in_targets"] = np.logical_and.reduce([within(path, regions.padding) for path in regions.targets])
    return found


def read_bed(path: Place, genome: ReferenceGenome, padding: int) -> dict[str, NDArray[np.int64]]:
    """Read a BED file as intervals by contig: their first and last bases, widened on both sides (intervals, 2).

    Header lines and other contigs are left out, and what ends beyond its chromosome is cut there. A place between two
    bases, as insertions are written, holds none.
    """
    recoding = contig_recoding(genome)
    problems: list[Problem] = []
    starts: dict[str, list[int]] = defaultdict(list)
    ends: dict[str, list[int]] = defaultdict(list)
    for number, fields in _lines(path, problems):
        try:
            start, end = int(fields[1]), int(fields[2])
            sound = max(abs(start), abs(end)) <= LARGEST
        except (IndexError, ValueError):
            sound = False
        if sound:
            starts[fields[0]].append(start)
            ends[fields[0]].append(end)
        elif last_position(recoding.get(fields[0], fields[0]), genome) is not None:
            problems.append(Problem(f"line {number}", f"{' '.join(fields[:3])[:MOST_SHOWN]!r}: {REMEDY}"))
    if problems:
        raise InputError(str(path), problems[:MOST_PROBLEMS], len(problems))
    intervals: dict[str, list[NDArray[np.int64]]] = defaultdict(list)
    for name in starts:
        contig = recoding.get(name, name)
        last = last_position(contig, genome)
        if last is not None:
            firsts, lasts = np.array(starts[name], np.int64) + 1 - padding, np.array(ends[name], np.int64) + padding
            found = np.column_stack([np.maximum(firsts, 1), np.minimum(lasts, last)])
            intervals[contig].append(found[found[:, 0] <= found[:, 1]])
    return {contig: np.concatenate(found) for contig, found in intervals.items()}


def _lines(path: Place, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """Give the fields of each interval, with the number of its line; add what can't be read to the problems."""
    number = 0
    try:
        with io.TextIOWrapper(_open(path), encoding="utf-8", errors="surrogateescape") as lines:
            for number, line in enumerate(lines, start=1):
                text = line.strip()
                if number == 1 and line.startswith(COMPRESSED):
                    problems.append(Problem("line 1", "is compressed; give the file a name that ends in .gz"))
                    return
                if not line.isascii() and _has_odd_bytes(line):
                    problems.append(Problem(f"line {number}", "has bytes that are no UTF-8; write it as UTF-8"))
                elif not HEADER_LINE.match(text):
                    yield number, text.split()
    except (OSError, EOFError, zlib.error) as error:
        message = f"can't be read on ({error}); copy the file again, and name it .gz only if it is compressed"
        # In front of odd lines, which may be of the same damage.
        problems.insert(0, Problem(f"after line {number}", message))


def _open(path: Place) -> BinaryIO:
    compressed = path.suffix in (".gz", ".bgz")
    return gzip.open(readable(path)) if compressed else path.open("rb")  # type: ignore[return-value]


def _has_odd_bytes(line: str) -> bool:
    """Say whether a line that was read with its odd bytes kept has any."""
    try:
        line.encode()
    except UnicodeEncodeError:
        return True
    return False


def inside(
    contigs: NDArray[np.object_],
    positions: NDArray[np.int32],
    intervals: dict[str, NDArray[np.int64]],
    bases: NDArray[np.int32] | None = None,
) -> NDArray[np.bool_]:
    """Say which variants lie in intervals, with all of their bases.

    Parameters
    ----------
    contigs, positions
        Of the variants, contigs as the build writes them (v).
    intervals
        First and last bases by contig, as `read_bed` gives them (intervals, 2).
    bases
        How many bases of each variant must lie there, from its position on; None: the first (v).
    """
    inside = np.zeros(len(positions), np.bool_)
    last = positions if bases is None else positions + bases - 1
    for contig, found in intervals.items():
        starts, ends = joined(found).T
        on_it = np.flatnonzero(contigs == contig)
        begun = np.searchsorted(starts, positions[on_it], side="right")
        inside[on_it] = np.append(0, ends)[begun] >= last[on_it]
    return inside


def joined(intervals: NDArray[np.int64]) -> NDArray[np.int64]:
    """Make one of intervals that overlap or meet, in order (intervals, 2)."""
    if not len(intervals):
        return np.empty((0, 2), np.int64)
    first, last = intervals[np.argsort(intervals[:, 0], kind="stable")].T
    furthest = np.maximum.accumulate(last)
    opens = np.append(True, first[1:] > furthest[:-1] + 1)
    return np.column_stack([first[opens], furthest[np.append(opens[1:], True)]])
