"""A gene model: where each gene's coding sequence lies, from a GTF or BED file, read without Hail.

GTF: features CDS and stop_codon (Ensembl's CDS ends before the stop codon, RefSeq's holds it), of all of a
gene's transcripts; the gene is `gene_name`, failing that `gene_id`. BED: every interval, the gene in column 4.
Records on contigs that are no chromosome are left out.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import TextIO

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from association.problems import InputError, Problem
from hail_pipelines.places import Place, readable
from hail_pipelines.reference_genome import (
    CHROMOSOMES,
    ReferenceGenome,
    bare_contig,
    genome_contig,
    last_position,
    named_genomes,
    other_genome,
)

SUFFIXES = (".gtf", ".gtf.gz", ".bed", ".bed.gz")
# What is coding in a GTF.
FEATURES = ("CDS", "stop_codon")
MOST_PROBLEMS = 5

_ATTRIBUTE = re.compile(r'(gene_name|gene_id) "([^"]+)"')
_COLUMNS = ["gene", "contig", "start", "end"]


@dataclass(frozen=True)
class Segments:
    """One chromosome, cut so that each stretch (k of them, in order, none overlapping) has one set of genes.

    Attributes
    ----------
    starts, ends
        First and last base of each (k), 1-based.
    genes
        Genes of each (k), in order of names.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    genes: list[tuple[str, ...]]


@dataclass
class _Records:
    """Intervals as the file holds them, and what is wrong with it."""

    rows: set[tuple[str, str, int, int]] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def add(self, number: int, gene: str, contig: str, start: str, end: str, genome: ReferenceGenome) -> None:
        """Take one interval, 1-based and with its last base."""
        own, length = _chromosome(contig, genome)
        if own is None or len(self.problems) >= MOST_PROBLEMS:
            return
        first, last = int(start), int(end)
        if not 1 <= first <= last:
            message = f"the interval {start} to {end} is none; expected a start that is not beyond the end"
            self.problems.append(Problem(f"line {number}", message))
        elif last > length:
            message = (
                f"{contig}:{last} lies beyond the end of the chromosome in {genome} ({length}): the file may be on "
                f"{other_genome(genome)}; use the one on the study's genome"
            )
            self.problems.append(Problem(f"line {number}", message))
        self.rows.add((gene, own, first, last))


@lru_cache(maxsize=1024)
def _chromosome(contig: str, genome: ReferenceGenome) -> tuple[str | None, int]:
    """Give a chromosome's own name and length; no name for a contig that is none."""
    bare = bare_contig(contig)
    return (genome_contig(contig, genome), last_position(bare, genome) or 0) if bare in CHROMOSOMES else (None, 0)


def read_gene_model(path: Place, reference_genome: ReferenceGenome) -> pd.DataFrame:
    """Read the coding intervals of all genes: gene, contig, start and end, 1-based, of one gene none overlapping.

    Parameters
    ----------
    path
        The GTF or BED file, gzipped or not.
    reference_genome
        The study's build; contigs come back in its spelling.

    Raises
    ------
    InputError
        If there is no such file, it is neither GTF nor BED, it is on another build, or it names no gene.
    """
    if not path.name.endswith(SUFFIXES):
        raise InputError.single(str(path), "file", f"expected a name that ends in {', '.join(SUFFIXES)}")
    if not path.is_file():
        raise InputError.single(str(path), "file", "no such file; check its path in the study file")
    records = _Records()
    read = _read_gtf if ".gtf" in path.name[-7:] else _read_bed
    try:
        with _open(path) as lines:
            read(lines, records, reference_genome)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError.single(str(path), "file", f"can't be read ({error}); copy it again") from None
    if not records.rows and not records.problems:
        what = (
            f"no {' or '.join(FEATURES)} with a gene" if read is _read_gtf else "no interval with a gene in column 4"
        )
        records.problems.append(Problem("file", f"{what} on a chromosome; use a file with coding sequence"))
    if records.problems:
        raise InputError(str(path), records.problems[:MOST_PROBLEMS])
    return _merged(pd.DataFrame(list(records.rows), columns=_COLUMNS))


def coding_lengths(intervals: pd.DataFrame) -> pd.DataFrame:
    """Count the coding bases of each gene: gene and coding_length.

    Parameters
    ----------
    intervals
        What `read_gene_model` gives. A base counts once, however many transcripts have it; a gene that lies on two
        chromosomes, as those of X and Y's common regions do, has the longer of its lengths.
    """
    bases = intervals.assign(coding_length=intervals["end"] - intervals["start"] + 1)
    by_contig = bases.groupby(["gene", "contig"], as_index=False)["coding_length"].sum()
    return by_contig.groupby("gene", as_index=False)["coding_length"].max().astype({"coding_length": "int32"})


def segments(intervals: pd.DataFrame, padding: int) -> dict[str, Segments]:
    """Cut each chromosome into stretches with one set of genes; what has none is left out.

    Parameters
    ----------
    intervals
        What `read_gene_model` gives.
    padding
        Bases to add to both ends of each interval.
    """
    padded = intervals.assign(start=(intervals["start"] - padding).clip(lower=1), end=intervals["end"] + padding)
    return {str(contig): _segments(rows) for contig, rows in _merged(padded).groupby("contig", sort=True)}


def _segments(rows: pd.DataFrame) -> Segments:
    """Cut one chromosome where any interval begins or ends; of one gene no two overlap."""
    starts, ends = rows["start"].to_numpy(), rows["end"].to_numpy() + 1
    places = np.unique(np.concatenate([starts, ends]))
    first = np.searchsorted(places, starts)
    sizes = np.searchsorted(places, ends) - first
    stretches = np.arange(sizes.sum()) + np.repeat(first - (np.cumsum(sizes) - sizes), sizes)
    codes, names = pd.factorize(rows["gene"], sort=True)
    codes = np.repeat(codes, sizes)
    order = np.lexsort((codes, stretches))
    genes = names[codes[order]].tolist()
    kept, begins = np.unique(stretches[order], return_index=True)
    bounds = [*begins.tolist(), len(genes)]
    of_each = [tuple(genes[begin:end]) for begin, end in pairwise(bounds)]
    return Segments(places[kept], places[kept + 1] - 1, of_each)


def _merged(intervals: pd.DataFrame) -> pd.DataFrame:
    """Join the overlapping and adjoining intervals of each gene on each chromosome."""
    rows = intervals.sort_values(["gene", "contig", "start", "end"], ignore_index=True)
    same = (rows["gene"] == rows["gene"].shift()) & (rows["contig"] == rows["contig"].shift())
    reach = rows.groupby(["gene", "contig"])["end"].cummax().shift()
    block = (~same | (rows["start"] > reach + 1)).cumsum()
    joined = rows.groupby(block).agg({"gene": "first", "contig": "first", "start": "first", "end": "max"})
    return joined.reset_index(drop=True)[_COLUMNS]


def _open(path: Place) -> TextIO:
    with path.open("rb") as stream:
        gzipped = stream.read(2) == b"\x1f\x8b"
    return gzip.open(readable(path), "rt", encoding="utf-8") if gzipped else path.open(encoding="utf-8")


def _fields(lines: Iterable[str], columns: int, records: _Records) -> Iterator[tuple[int, list[str]]]:
    """Give the fields of each record with its line."""
    for number, line in enumerate(lines, 1):
        if line[:1] == "#" or not line.strip() or line.startswith(("track", "browser")):
            continue
        parts = line.rstrip("\r\n").split("\t")
        if len(parts) < columns:
            message = f"has {len(parts)} columns between tabs, expected at least {columns}"
            records.problems.append(Problem(f"line {number}", message))
            return
        yield number, parts


def _read_gtf(lines: Iterable[str], records: _Records, genome: ReferenceGenome) -> None:
    """Read the coding features."""
    checked = _checked_build(lines, records, genome)
    for number, parts in _fields(checked, 9, records):
        if parts[2] in FEATURES:
            names = {key: name for key, name in _ATTRIBUTE.findall(parts[8])}
            gene = names.get("gene_name") or names.get("gene_id")
            if gene is None or not (parts[3].isdigit() and parts[4].isdigit()):
                records.problems.append(Problem(f"line {number}", "names no gene or no interval; this is no GTF"))
                return
            records.add(number, gene, parts[0], parts[3], parts[4], genome)


def _read_bed(lines: Iterable[str], records: _Records, genome: ReferenceGenome) -> None:
    """Read every interval; BED counts from 0 and leaves the end out."""
    for number, parts in _fields(lines, 4, records):
        if not (parts[1].isdigit() and parts[2].isdigit() and parts[3]):
            message = "expected contig, start, end and gene between tabs"
            records.problems.append(Problem(f"line {number}", message))
            return
        records.add(number, parts[3], parts[0], str(int(parts[1]) + 1), parts[2], genome)


def _checked_build(lines: Iterable[str], records: _Records, genome: ReferenceGenome) -> Iterator[str]:
    """Note the first comment that names the other build alone."""
    noted = False
    for line in lines:
        if line[:1] == "#" and not noted and named_genomes(line) == {other_genome(genome)}:
            noted = True
            message = f"{line.strip()!r} names {other_genome(genome)}; use the file on {genome}, the study's genome"
            records.problems.append(Problem("header", message))
        yield line
