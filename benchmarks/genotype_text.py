"""Random joint calls as VCF text, fast enough for benchmarks of 150 million genotypes: GT:AD:DP:GQ, bgzipped.

Sites lie on chr1 to chr22, X and Y as an exome's do; most variants are rare, some common ones differ between two
ancestries. Depth goes by sample and site, reads by genotype, and a call is the likeliest genotype of its reads, so
that there are as many missing, wrong and doubtful calls as low depth makes. Every pair of read counts (reference,
alternate) has a few texts, by quality, each written once: a line is a look-up per sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pysam
from numpy.random import Generator
from numpy.typing import NDArray

from association.simulate.sites import GRCH38_LENGTHS

LENGTHS = GRCH38_LENGTHS | {"chrX": 156_040_895, "chrY": 57_227_415}
SHARE_ON_X, SHARE_ON_Y = 0.025, 0.001
# Where X and Y are not pseudoautosomal.
FIRST_POSITION, LAST_POSITION = 3_000_000, 50_000_000
SHARE_COMMON, SHARE_POOR_SAMPLES, SHARE_FILTERED = 0.12, 0.007, 0.02
VARIANTS_PER_GENE = 10
BATCHES = 2
# Differentiation of the two ancestries (Balding and Nichols).
FST = 0.05
DEPTH, DEPTH_OF_POOR, MOST_READS = 38.0, 7.0, 128
ERROR = 5e-5
# Phred-scaled: what a read against a homozygote costs, and any read for a heterozygote.
AGAINST, HALF = 37.0, 3.0103
# Bases differ in quality: of equal reads, calls have qualities down to half of what perfect bases give.
QUALITIES = 12
BLOCK = 500
EFFECTS = np.array(["missense_variant", "synonymous_variant", "stop_gained", "intron_variant"])
ALTERNATES = {"A": "G", "C": "T", "G": "A", "T": "C"}
Booleans = NDArray[np.bool_]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class People:
    """Samples of a made-up cohort.

    Attributes
    ----------
    names
        Sample ids, sorted.
    male
        Sex of each.
    ancestry, batch
        Numbers of each sample's ancestry and batch.
    depth
        Mean reads per autosomal site of each.
    """

    names: list[str]
    male: Booleans
    ancestry: Integers
    batch: Integers
    depth: NDArray[np.float64]


def make_people(samples: int, generator: Generator) -> People:
    """Draw samples: two ancestries, two batches, a few of poor depth."""
    depth = DEPTH * np.exp(generator.normal(0, 0.15, samples))
    depth[generator.random(samples) < SHARE_POOR_SAMPLES] = DEPTH_OF_POOR
    return People(
        [f"B{number:06}" for number in range(samples)],
        generator.random(samples) < 0.6,
        (generator.random(samples) < 0.2).astype(np.int64),
        generator.integers(0, BATCHES, samples),
        depth,
    )


def write_random_vcf(path: Path, people: People, variants: int, generator: Generator) -> None:
    """Write so many variants to `path`, bgzipped.

    Parameters
    ----------
    path
        Where the file goes; its folder exists.
    people
        From `make_people`.
    variants
        Lines of genotypes, a variant each.
    generator
        Source of randomness.
    """
    cells = _texts_of_reads()
    with pysam.BGZFile(str(path), "wb") as stream:
        stream.write(_header(people.names).encode())
        written = 0
        for contig, count in _variants_of_contigs(variants).items():
            positions = _positions(contig, count, generator)
            for start in range(0, count, BLOCK):
                here = positions[start : start + BLOCK]
                keys, dosages = _draw_reads(people, contig, here.size, generator)
                fields = _fixed_fields(contig, here, dosages, written, generator)
                lines = ("\t".join((one, *cells.take(row))) for one, row in zip(fields, keys, strict=True))
                stream.write(("\n".join(lines) + "\n").encode())
                written += here.size


def _variants_of_contigs(variants: int) -> dict[str, int]:
    """Share variants out by length, X and Y as an exome has them."""
    shares = np.array(list(GRCH38_LENGTHS.values())) / sum(GRCH38_LENGTHS.values()) * (1 - SHARE_ON_X - SHARE_ON_Y)
    ends = np.round(np.cumsum([*shares, SHARE_ON_X, SHARE_ON_Y]) * variants).astype(int)
    return dict(zip(LENGTHS, np.diff(ends, prepend=0).tolist(), strict=True))


def _positions(contig: str, count: int, generator: Generator) -> Integers:
    last = LAST_POSITION if contig in ("chrX", "chrY") else LENGTHS[contig] - FIRST_POSITION
    gaps = generator.integers(1, 2 * (last - FIRST_POSITION) // (count + 1), count)
    return FIRST_POSITION + np.cumsum(gaps) * (last - FIRST_POSITION) // max(last - FIRST_POSITION, gaps.sum() + 1)


def _frequencies(count: int, people: People, generator: Generator) -> NDArray[np.float64]:
    """Draw alternate frequencies in each ancestry (variants, 2): rare ones from a single carrier upwards."""
    samples = len(people.names)
    rare = 10 ** generator.uniform(np.log10(0.5 / samples), np.log10(max(0.01, 1 / samples)), count)
    common = generator.beta(0.8, 1.5, count)
    overall = np.where(generator.random(count) < SHARE_COMMON, common, rare).clip(1e-6, 1 - 1e-6)
    spread = (1 - FST) / FST
    return generator.beta(overall[:, None] * spread, (1 - overall[:, None]) * spread, (count, 2))


def _draw_reads(people: People, contig: str, count: int, generator: Generator) -> tuple[Integers, NDArray[np.int8]]:
    """Draw true dosages and reads of some sites: places in `_texts_of_reads` and dosages, both (sites, samples)."""
    shape = (count, len(people.names))
    frequency = _frequencies(count, people, generator)[:, people.ancestry].astype(np.float32)
    one, other = (generator.random(shape, np.float32) < frequency for _ in range(2))
    # The variant was found in somebody.
    one[np.arange(count), generator.integers(0, shape[1], count)] = True
    depth = people.depth * np.exp(generator.normal(0, 0.2, (count, 1)))
    if contig in ("chrX", "chrY"):
        other = np.where(people.male | (contig == "chrY"), one, other)
        depth = depth * np.where(people.male, 0.5, 1.0 if contig == "chrX" else 0.004)
    noise = generator.standard_normal(shape, np.float32)
    reads = np.rint(depth + np.sqrt(1.3 * depth) * noise).clip(0, MOST_READS - 1).astype(np.int64)
    dosages = one.astype(np.int8) + other
    alternate = np.where(dosages == 2, reads, 0)
    split = np.nonzero(dosages == 1)
    alternate[split] = generator.binomial(reads[split], 0.48)
    wrong = generator.integers(0, reads.size, generator.binomial(reads.sum(), ERROR))
    alternate.flat[wrong] = np.minimum(alternate.flat[wrong] + 1, reads.flat[wrong])
    level = generator.integers(0, QUALITIES, shape, np.int64)
    return (level * MOST_READS + reads - alternate) * MOST_READS + alternate, dosages


def _texts_of_reads() -> NDArray[np.object_]:
    """Write the call of every pair of read counts at every level of quality: level, reference, alternate in order."""
    level, reference, alternate = np.indices((QUALITIES, MOST_READS, MOST_READS)).reshape(3, -1)
    cost = np.rint([AGAINST * alternate, HALF * (reference + alternate), AGAINST * reference]).astype(int)
    best, second = np.sort(cost, axis=0)[:2]
    quality = np.minimum((second - best) * (1 - 0.5 * level / QUALITIES), 99).astype(int)
    called = np.array(["0/0", "0/1", "1/1"])[cost.argmin(axis=0)]
    columns = zip(called, reference.tolist(), alternate.tolist(), quality.tolist(), strict=True)
    texts = [f"{call}:{ref},{alt}:{ref + alt}:{gq}" if ref + alt else "./.:0,0:0:0" for call, ref, alt, gq in columns]
    return np.array(texts, dtype=object)


def _fixed_fields(
    contig: str, positions: Integers, dosages: NDArray[np.int8], written: int, generator: Generator
) -> Iterator[str]:
    """Write the first nine columns of some lines."""
    count = positions.size
    refs = np.array(list(ALTERNATES))[generator.integers(0, 4, count)]
    filtered = generator.random(count) < SHARE_FILTERED
    effects = EFFECTS[generator.choice(4, count, p=[0.5, 0.3, 0.03, 0.17])]
    depth_scores = generator.uniform(2, 30, count)
    for line, (position, ref, effect) in enumerate(zip(positions.tolist(), refs, effects, strict=True)):
        info = (
            f"AC={int(dosages[line].sum())};AN={2 * dosages.shape[1]};QD={depth_scores[line]:.2f};"
            f"GENE=G{(written + line) // VARIANTS_PER_GENE:06};EFFECT={effect}"
        )
        status = "LowQual" if filtered[line] else "PASS"
        yield "\t".join((contig, str(position), ".", ref, ALTERNATES[ref], "500", status, info, "GT:AD:DP:GQ"))


def _header(names: list[str]) -> str:
    contigs = "".join(f"##contig=<ID={name},length={length}>\n" for name, length in LENGTHS.items())
    return (
        "##fileformat=VCFv4.2\n"
        '##FILTER=<ID=PASS,Description="All filters passed">\n'
        '##FILTER=<ID=LowQual,Description="Low quality">\n'
        '##INFO=<ID=AC,Number=A,Type=Integer,Description="Alternate alleles">\n'
        '##INFO=<ID=AN,Number=1,Type=Integer,Description="Alleles">\n'
        '##INFO=<ID=QD,Number=1,Type=Float,Description="Quality by depth">\n'
        '##INFO=<ID=GENE,Number=1,Type=String,Description="Gene">\n'
        '##INFO=<ID=EFFECT,Number=1,Type=String,Description="Consequence">\n'
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
        '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Reads per allele">\n'
        '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Reads">\n'
        '##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="Genotype quality">\n'
        f"{contigs}#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t" + "\t".join(names) + "\n"
    )
