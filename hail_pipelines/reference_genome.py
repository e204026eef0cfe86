"""The two human builds in use: their chromosomes, the names of these, and how to tell the builds apart.

GRCh37 names its chromosomes 1, 2, ... and GRCh38 chr1, chr2, ...; files of both kinds occur for both
builds, so every name is recoded to the build's own while it is read.
"""

from __future__ import annotations

import re
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from association.genotypes.places import AUTOSOME, ON_X, ON_Y, PSEUDOAUTOSOMAL

ReferenceGenome = Literal["GRCh37", "GRCh38"]

CHROMOSOMES = (*(str(number) for number in range(1, 23)), "X", "Y")

_GRCH37_LENGTHS = (
    *(249250621, 243199373, 198022430, 191154276, 180915260, 171115067, 159138663, 146364022),
    *(141213431, 135534747, 135006516, 133851895, 115169878, 107349540, 102531392, 90354753),
    *(81195210, 78077248, 59128983, 63025520, 48129895, 51304566, 155270560, 59373566),
)
_GRCH38_LENGTHS = (
    *(248956422, 242193529, 198295559, 190214555, 181538259, 170805979, 159345973, 145138636),
    *(138394717, 133797422, 135086622, 133275309, 114364328, 107043718, 101991189, 90338345),
    *(83257441, 80373285, 58617616, 64444167, 46709983, 50818468, 156040895, 57227415),
)
CHROMOSOME_LENGTHS: dict[ReferenceGenome, dict[str, int]] = {
    "GRCh37": dict(zip(CHROMOSOMES, _GRCH37_LENGTHS, strict=True)),
    "GRCh38": dict(zip(CHROMOSOMES, _GRCH38_LENGTHS, strict=True)),
}
# The pseudoautosomal regions, from their first base to their last.
_PSEUDOAUTOSOMAL: dict[ReferenceGenome, dict[str, tuple[tuple[int, int], ...]]] = {
    "GRCh37": {
        "X": ((60_001, 2_699_520), (154_931_044, 155_260_560)),
        "Y": ((10_001, 2_649_520), (59_034_050, 59_363_566)),
    },
    "GRCh38": {
        "X": ((10_001, 2_781_479), (155_701_383, 156_030_895)),
        "Y": ((10_001, 2_781_479), (56_887_903, 57_217_415)),
    },
}
# Contigs besides the chromosomes that calls on a build may lie on: the mitochondrion, unplaced sequences and decoys.
_OTHER_CONTIGS: dict[ReferenceGenome, re.Pattern[str]] = {
    "GRCh37": re.compile(r"MT|GL000\d{3}\.1|NC_007605|hs37d5"),
    "GRCh38": re.compile(
        r"chrM|chrEBV|chr(\d\d?|[XY])_[A-Z]{2}\d{6}v\d_(alt|random)|chrUn_[A-Z0-9]+v\d(_decoy)?|HLA-\w+\*[\d:]+[A-Z]?"
    ),
}
_BUILD_NAMES: dict[ReferenceGenome, re.Pattern[str]] = {
    "GRCh37": re.compile(r"(grch37|hg19|b37|hs37|human_g1k_v37)", re.IGNORECASE),
    "GRCh38": re.compile(r"(grch38|hg38|b38|hs38|homo_sapiens_assembly38)", re.IGNORECASE),
}


def other_genome(reference_genome: ReferenceGenome) -> ReferenceGenome:
    """Return the build that a file may be on by mistake."""
    return "GRCh38" if reference_genome == "GRCh37" else "GRCh37"


def bare_contig(contig: str) -> str:
    """Return a contig's name without `chr`, with MT for the mitochondrion."""
    bare = contig[3:] if contig[:3].lower() == "chr" else contig
    return "MT" if bare == "M" else bare


def genome_contig(contig: str, reference_genome: ReferenceGenome) -> str:
    """Return a contig's name as the build itself writes it.

    Parameters
    ----------
    contig
        A name with or without `chr`; one that is neither a chromosome nor the mitochondrion comes back
        unchanged.
    reference_genome
        The build.
    """
    bare = bare_contig(contig)
    if bare not in (*CHROMOSOMES, "MT"):
        return contig
    if reference_genome == "GRCh37":
        return bare
    return "chrM" if bare == "MT" else f"chr{bare}"


def contig_recoding(reference_genome: ReferenceGenome) -> dict[str, str]:
    """Map every other spelling of the build's chromosomes to the build's own."""
    spellings = [name for bare in (*CHROMOSOMES, "MT", "M") for name in (bare, f"chr{bare}")]
    recoding = {name: genome_contig(name, reference_genome) for name in spellings}
    return {name: own for name, own in recoding.items() if name != own}


def places_of(
    contigs: NDArray[np.str_], positions: NDArray[np.int32], reference_genome: ReferenceGenome
) -> NDArray[np.uint8]:
    """Say of each variant (v) what its place is to a man, as `association.genotypes.places` names it.

    Parameters
    ----------
    contigs
        Chromosomes as the build writes them (v).
    positions
        Positions (v), from 1.
    reference_genome
        The build.
    """
    places = np.full(len(contigs), AUTOSOME, np.uint8)
    for bare, place in (("X", ON_X), ("Y", ON_Y)):
        on_it = np.asarray(contigs == genome_contig(bare, reference_genome))
        places[on_it] = place
        for first, last in _PSEUDOAUTOSOMAL[reference_genome][bare]:
            places[on_it & (positions >= first) & (positions <= last)] = PSEUDOAUTOSOMAL
    return places


def named_genomes(text: str) -> set[ReferenceGenome]:
    """Find the builds that a header's free text names, such as a path to hg19.fa."""
    return {genome for genome, names in _BUILD_NAMES.items() if names.search(text)}


def length_problem(contig: str, length: int, reference_genome: ReferenceGenome) -> str | None:
    """Say how a declared chromosome length contradicts the build; None if it agrees or can't be judged.

    Parameters
    ----------
    contig
        The contig's name in the header.
    length
        Its declared length in bases.
    reference_genome
        The build the study is on.
    """
    bare = bare_contig(contig)
    expected = CHROMOSOME_LENGTHS[reference_genome].get(bare)
    if expected is None or length == expected:
        return None
    other = other_genome(reference_genome)
    owner = other if CHROMOSOME_LENGTHS[other][bare] == length else "neither GRCh37 nor GRCh38"
    return f"contig {contig} has {length:,} bases, which is {owner}; {reference_genome} has {expected:,}"


def last_position(contig: str, reference_genome: ReferenceGenome) -> int | None:
    """Return a chromosome's length; None for a contig without a known one."""
    return CHROMOSOME_LENGTHS[reference_genome].get(bare_contig(contig))


def is_other_contig(contig: str, reference_genome: ReferenceGenome) -> bool:
    """Say whether a name, as the build writes it, is that of a contig that is no chromosome."""
    return _OTHER_CONTIGS[reference_genome].fullmatch(contig) is not None
