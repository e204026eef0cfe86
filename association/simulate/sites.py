"""The variants of a simulated exome: where they lie, what they do to a protein, how they look in a VCF.

Variants are alternate alleles in minimal representation; a site is what shares a line of a VCF. A few sites hold
two variants (two substitutions, or a deletion and a substitution), a few fail the caller's filter, and a few lie
within a deletion further up, so that its carriers have the allele `*` there.

Axes: one row per variant, in genomic order.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from association.simulate.effects import Effect, Integers

GRCH38_LENGTHS = {
    "chr1": 248956422, "chr2": 242193529, "chr3": 198295559, "chr4": 190214555, "chr5": 181538259,
    "chr6": 170805979, "chr7": 159345973, "chr8": 145138636, "chr9": 138394717, "chr10": 133797422,
    "chr11": 135086622, "chr12": 133275309, "chr13": 114364328, "chr14": 107043718, "chr15": 101991189,
    "chr16": 90338345, "chr17": 83257441, "chr18": 80373285, "chr19": 58617616, "chr20": 64444167,
    "chr21": 46709983, "chr22": 50818468,
}  # fmt: skip
BASES = np.array(["A", "C", "G", "T"])
CLASSES = ("plof", "damaging_missense", "benign_missense", "synonymous", "noncoding")
CLASS_SHARES = (0.07, 0.12, 0.36, 0.35, 0.10)
PLOF, DAMAGING_MISSENSE, BENIGN_MISSENSE, SYNONYMOUS, NONCODING = range(5)
VARIANTS_PER_GENE = (5, 60)
VARIANTS_PER_PLANTED_GENE = 40
QUIET_GENES = 3
MULTIALLELIC_SHARE = 0.015
FILTERED_SHARE = 0.02
OVERLAPPED_SITES = 2


def lay_out_genes(genes: int, effects: tuple[Effect, ...], generator: Generator) -> pd.DataFrame:
    """Spread genes over the autosomes and choose those that act and those in which nothing coding varies.

    Parameters
    ----------
    genes
        How many; more than the planted and the quiet ones together.
    effects
        Each is planted in a gene of its own.
    generator
        Source of randomness.

    Returns
    -------
        Columns gene, contig, start, variants, role ("none", "quiet" or an effect's role).
    """
    lengths = np.array(list(GRCH38_LENGTHS.values()))
    share = np.cumsum(lengths) / lengths.sum()
    contig = np.searchsorted(share, (np.arange(genes) + 0.5) / genes)
    on_contig = np.bincount(contig, minlength=len(lengths))
    rank = np.arange(genes) - np.searchsorted(contig, contig)
    start = lengths[contig] * (rank + generator.uniform(0.1, 0.6, genes)) / on_contig[contig]
    variants = generator.integers(VARIANTS_PER_GENE[0], VARIANTS_PER_GENE[1] + 1, genes)
    special = generator.choice(genes, len(effects) + QUIET_GENES, replace=False)
    role = np.full(genes, "none", dtype=object)
    role[special] = [effect.role for effect in effects] + ["quiet"] * QUIET_GENES
    variants[special[: len(effects)]] = VARIANTS_PER_PLANTED_GENE
    width = max(3, len(str(genes)))
    return pd.DataFrame(
        {
            "gene": [f"SIM{number:0{width}}" for number in range(1, genes + 1)],
            "contig": np.array(list(GRCH38_LENGTHS))[contig],
            "start": start.astype(np.int64),
            "variants": variants,
            "role": role,
        }
    )


def simulate_variants(
    genes: pd.DataFrame, effects: tuple[Effect, ...], samples: int, generator: Generator
) -> pd.DataFrame:
    """Draw the variants of every gene.

    Parameters
    ----------
    genes
        From `lay_out_genes`, with the same effects.
    effects
        A planted gene has as many damaging sites as its effect says, and no other damaging variant.
    samples
        Patients in the cohort.
    generator
        Source of randomness.

    Returns
    -------
        Columns gene (position in `genes`), site, position, ref, alt, kind (position in `CLASSES`, -1 for
        `*`), consequence, revel (NaN where not missense), passes, overlapping (for `*` the deletion's row,
        else -1).
    """
    gene = np.repeat(np.arange(len(genes)), genes["variants"])
    gap = generator.integers(12, 400, len(gene))
    first = np.searchsorted(gene, gene)
    distance = np.cumsum(gap)
    kind = _draw_kinds(gene, genes, effects, samples, generator)
    consequence = _draw_consequences(kind, generator)
    ref, alt = _draw_alleles(consequence, generator)
    variants = pd.DataFrame(
        {
            "gene": gene,
            "position": genes["start"].to_numpy()[gene] + distance - distance[first],
            "ref": ref,
            "alt": alt,
            "kind": kind,
            "consequence": consequence,
            "revel": _draw_revel(kind, generator),
        }
    )
    variants["passes"] = True
    variants["overlapping"] = -1
    return _share_sites(variants, genes, generator)


def _draw_kinds(
    gene: Integers, genes: pd.DataFrame, effects: tuple[Effect, ...], samples: int, generator: Generator
) -> Integers:
    kind = generator.choice(len(CLASSES), len(gene), p=CLASS_SHARES)
    kind[(genes["role"] == "quiet").to_numpy()[gene]] = NONCODING
    for effect in effects:
        members = generator.permutation(np.flatnonzero((genes["role"] == effect.role).to_numpy()[gene]))
        damaging, rest = np.split(members, [effect.damaging_sites(samples)])
        kind[rest] = generator.choice([BENIGN_MISSENSE, SYNONYMOUS], len(rest))
        kind[damaging] = np.where(np.arange(len(damaging)) % 3 == 0, PLOF, DAMAGING_MISSENSE)
    return kind


def _draw_consequences(kind: Integers, generator: Generator) -> NDArray[np.object_]:
    """Name each variant's consequence as VEP does, the most severe first."""
    choices = (
        ("stop_gained", "frameshift_variant", "splice_donor_variant"),
        ("missense_variant", "missense_variant", "missense_variant&splice_region_variant"),
        ("missense_variant", "missense_variant", "missense_variant"),
        ("synonymous_variant", "synonymous_variant", "splice_region_variant&synonymous_variant"),
        ("intron_variant", "splice_region_variant&intron_variant", "5_prime_UTR_variant"),
    )
    table = np.array(choices, dtype=object)
    return table[kind, generator.choice(3, len(kind), p=(0.48, 0.44, 0.08))]


def _draw_revel(kind: Integers, generator: Generator) -> NDArray[np.float64]:
    damaging = generator.uniform(0.505, 0.985, len(kind))
    benign = 0.49 * generator.beta(1.2, 1.8, len(kind))
    revel = np.where(kind == DAMAGING_MISSENSE, damaging, benign).round(3)
    return np.where((kind == DAMAGING_MISSENSE) | (kind == BENIGN_MISSENSE), revel, np.nan)


def _draw_alleles(
    consequence: NDArray[np.object_], generator: Generator
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Draw ref and alt: indels for frameshifts and some non-coding variants, else substitutions."""
    count = len(consequence)
    base = generator.integers(4, size=count)
    # Transitions are twice as frequent as transversions, as in exomes.
    shift = generator.choice([1, 2, 3], count, p=(1 / 6, 2 / 3, 1 / 6))
    size = generator.choice([1, 2, 4], count)
    more = np.array(["".join(row) for row in BASES[generator.integers(4, size=(count, 4))]], dtype=object)
    intronic = consequence == "intron_variant"
    indel = (consequence == "frameshift_variant") | (intronic & (generator.random(count) < 0.3))
    deletion = indel & (generator.random(count) < 0.6)
    ref, alt = BASES[base].astype(object), BASES[(base + shift) % 4].astype(object)
    for row in np.flatnonzero(indel):
        longer = ref[row] + more[row][: size[row]]
        ref[row], alt[row] = (longer, ref[row]) if deletion[row] else (ref[row], longer)
    return ref, alt


def _share_sites(variants: pd.DataFrame, genes: pd.DataFrame, generator: Generator) -> pd.DataFrame:
    """Put some variants on one site, some within deletions, and let some sites fail the filter."""
    gene = variants["gene"].to_numpy()
    longer = variants["ref"].str.len().to_numpy() > 1
    inserted = variants["alt"].str.len().to_numpy() > 1
    substitution = ~longer & ~inserted
    # Every second variant can lead a pair, so no variant is asked to be in two pairs.
    leads = np.zeros(len(gene), dtype=bool)
    leads[:-1:2] = (gene[:-1] == gene[1:])[::2] & substitution[1::2][: len(leads[:-1:2])]
    planted = (~genes["role"].isin(["none", "quiet"])).to_numpy()[gene]
    above = np.flatnonzero(leads & longer & ~planted)
    above = generator.permutation(above)[:OVERLAPPED_SITES]
    leads[above] = False
    pairs = np.flatnonzero(leads & ~inserted)
    pairs = generator.permutation(pairs)[: max(2, int(MULTIALLELIC_SHARE * len(gene)))]
    taken = np.concatenate([above, above + 1, pairs, pairs + 1])
    free = np.setdiff1d(np.flatnonzero(~planted), taken)
    variants.loc[generator.permutation(free)[: int(FILTERED_SHARE * len(gene))], "passes"] = False
    _move_into_place(variants, pairs, offset=0)
    _move_into_place(variants, above, offset=1)
    return _with_spanning_deletions(variants, above, pairs)


def _move_into_place(variants: pd.DataFrame, leads: Integers, *, offset: int) -> None:
    """Move the variant after each lead to `offset` bases from it, and give it the reference base found there."""
    position = variants["position"].to_numpy(copy=True)
    ref, alt = variants["ref"].to_numpy(copy=True), variants["alt"].to_numpy(copy=True)
    position[leads + 1] = position[leads] + offset
    for lead in leads:
        ref[lead + 1] = ref[lead][offset]
        others = [base for base in BASES if base not in (ref[lead + 1], alt[lead])]
        alt[lead + 1] = alt[lead + 1] if alt[lead + 1] in others else others[0]
    variants["position"], variants["ref"], variants["alt"] = position, ref, alt


def _with_spanning_deletions(variants: pd.DataFrame, above: Integers, pairs: Integers) -> pd.DataFrame:
    """Add a `*` to the site within each deletion, and number the sites."""
    new_site = np.ones(len(variants), dtype=bool)
    new_site[pairs + 1] = False
    variants["site"] = np.cumsum(new_site) - 1
    below = variants.loc[above + 1].assign(
        alt="*", kind=-1, consequence="", revel=np.nan, overlapping=np.asarray(above)
    )
    return pd.concat([variants, below], ignore_index=True)
