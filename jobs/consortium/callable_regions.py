"""Where a variant would have been called: a BED file that the study names, or around sites that were called well.

Without a BED, a site whose call rate reaches a threshold vouches for some bases around it, as far as the next site
that was called worse. A site at which no variant stands the rules of quality control vouches for none: what was
called there may be an artefact.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from association.problems import InputError, Problem
from hail_pipelines.places import Place
from hail_pipelines.quality_control.regions import MOST_PROBLEMS, joined, read_bed
from hail_pipelines.reference_genome import ReferenceGenome, last_position
from infra.storage import Place as StoredPlace
from jobs.study.cohort import CohortFacts

FILE = "callable.bed"
Intervals = dict[str, NDArray[np.int64]]


def callable_regions(
    facts: CohortFacts, bed: StoredPlace | None, variants: pd.DataFrame, genome: ReferenceGenome
) -> Intervals:
    """Give the callable regions: first and last bases by contig (intervals, 2).

    Parameters
    ----------
    facts
        What the study says of its cohort.
    bed
        The BED file; None where it names none.
    variants
        contig, position and call_rate of every variant, and whether it is `sound`.
    genome
        The build.

    Raises
    ------
    InputError
        With the lines of the BED file that are no intervals.
    """
    if bed is not None:
        return read_bed(bed, genome, 0)
    return around_sites(variants, facts.min_call_rate, facts.reach)


def around_sites(variants: pd.DataFrame, min_call_rate: float, reach: int) -> Intervals:
    """Give the bases around well called sites.

    Parameters
    ----------
    variants
        contig, position, call_rate, and whether it is `sound`: it passes, or nothing but the lack of a minor allele
        is wrong with it. Of several at one position the best called counts.
    min_call_rate
        From which on a site is well called.
    reach
        Bases on either side.
    """
    found = {}
    rates = variants.assign(sound_rate=variants["call_rate"].where(variants["sound"]))
    sites = rates.groupby(["contig", "position"], sort=True)[["call_rate", "sound_rate"]].max().reset_index()
    for contig, own in sites.groupby("contig"):
        position = own["position"].to_numpy(np.int64)
        well, vouches = (own[name].to_numpy() >= min_call_rate for name in ("call_rate", "sound_rate"))
        poor = np.concatenate([[0], position[~well], [np.iinfo(np.int64).max]])
        at, place = position[vouches], np.searchsorted(poor, position[vouches])
        first, last = np.maximum(at - reach, poor[place - 1] + 1), np.minimum(at + reach, poor[place] - 1)
        found[str(contig)] = joined(np.column_stack([first, last]))
    return found


def write_regions(regions: Intervals, path: Path) -> None:
    """Write regions as BED: starts from 0, ends excluded."""
    lines = [f"{contig}\t{first - 1}\t{last}\n" for contig in regions for first, last in regions[contig].tolist()]
    path.write_text("".join(lines), encoding="utf-8")


def read_regions(folder: Place, genome: ReferenceGenome) -> Intervals:
    """Read the regions that a cohort's folder holds; there are none where its file is empty.

    Raises
    ------
    InputError
        With the lines that `write_regions` can't have written.
    """
    regions = read_bed(folder / FILE, genome, 0)
    with (folder / FILE).open(encoding="utf-8") as lines:
        odd = [
            Problem(f"line {number}", f"{line.strip()[:60]!r}: no region of {genome}; make the cohort's folder again")
            for number, line in enumerate(lines, start=1)
            if not _is_region(line, genome)
        ]
    if odd:
        raise InputError(str(folder / FILE), odd[:MOST_PROBLEMS], len(odd))
    return regions


def _is_region(line: str, genome: ReferenceGenome) -> bool:
    fields = line.split("\t")
    last = last_position(fields[0], genome)
    return last is not None and len(fields) == 3 and 0 <= int(fields[1]) < int(fields[2]) <= last
