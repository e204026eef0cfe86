"""Who carries what: true dosages of a simulated exome, with carriers placed in the planted genes.

Alternate allele counts k follow k^-1.7, as in exomes of a few hundred people: about two thirds of the sites
are singletons or doubletons, and the spectrum is cut at a frequency of 5%. A few synonymous variants are common,
and a few sites are monomorphic, as after taking a cohort out of a larger call set.

Axes: variants x samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import Generator

from association.simulate.effects import Dosages, Effect, Floats, Integers, PlantedGene
from association.simulate.sites import DAMAGING_MISSENSE, PLOF, SYNONYMOUS, lay_out_genes, simulate_variants

SPECTRUM_EXPONENT = 1.7
RARE_UP_TO = 0.05
COMMON_SYNONYMOUS_SHARE = 0.06
MONOMORPHIC_SHARE = 0.01
QUALIFYING_FREQUENCY = 0.01


@dataclass(frozen=True)
class Exome:
    """A cohort's variants and true genotypes.

    Attributes
    ----------
    genes
        From `lay_out_genes`.
    variants
        From `simulate_variants`, with external_af (NaN where the variant is in no external data).
    dosages
        Alternate alleles (variants, samples).
    planted
        The genes that act, with their carriers.
    """

    genes: pd.DataFrame
    variants: pd.DataFrame
    dosages: Dosages
    planted: tuple[PlantedGene, ...]

    def qualifying(self) -> Integers:
        """List the rows of rare damaging variants that pass the filter, of any gene."""
        kind = self.variants["kind"].to_numpy()
        frequency = self.dosages.mean(axis=1) / 2
        rare = np.minimum(frequency, 1 - frequency) <= QUALIFYING_FREQUENCY
        damaging = (kind == PLOF) | (kind == DAMAGING_MISSENSE)
        return np.flatnonzero(damaging & rare & self.variants["passes"].to_numpy())


def simulate_exome(samples: int, genes: int, effects: tuple[Effect, ...], generator: Generator) -> Exome:
    """Draw an exome cohort with `effects` planted in as many genes.

    Parameters
    ----------
    samples
        Patients in the cohort.
    genes
        Genes on the autosomes of GRCh38.
    effects
        Each goes to a gene of its own.
    generator
        Source of randomness.
    """
    layout = lay_out_genes(genes, effects, generator)
    variants = simulate_variants(layout, effects, samples, generator)
    counts = draw_allele_counts(variants, samples, generator)
    dosages = place_alleles(counts, samples, generator)
    planted = tuple(_plant(effect, layout, variants, dosages, generator) for effect in effects)
    _respect_shared_sites(variants, dosages)
    variants["external_af"] = _draw_external_frequencies(dosages, generator)
    return Exome(layout, variants, dosages, planted)


def draw_allele_counts(variants: pd.DataFrame, samples: int, generator: Generator) -> Integers:
    """Draw each variant's alternate allele count among the patients' 2n chromosomes."""
    possible = np.arange(1, max(3, int(RARE_UP_TO * 2 * samples)) + 1)
    weight = possible**-SPECTRUM_EXPONENT
    counts = generator.choice(possible, len(variants), p=weight / weight.sum())
    common = (variants["kind"] == SYNONYMOUS) & (generator.random(len(variants)) < COMMON_SYNONYMOUS_SHARE)
    frequency = generator.uniform(RARE_UP_TO, 0.45, len(variants))
    counts = np.where(common, (frequency * 2 * samples).astype(np.int64), counts)
    counts[generator.random(len(variants)) < MONOMORPHIC_SHARE] = 0
    deletions = variants["overlapping"][variants["overlapping"] >= 0]
    counts[deletions] = np.maximum(counts[deletions], 2)
    counts[variants["alt"] == "*"] = 0
    return counts


def place_alleles(counts: Integers, samples: int, generator: Generator) -> Dosages:
    """Put each variant's alleles on random chromosomes, two to a patient.

    Parameters
    ----------
    counts
        Alternate alleles per variant; two that fall on one chromosome are one.
    samples
        Patients in the cohort.
    generator
        Source of randomness.
    """
    chromosome = generator.integers(2 * samples, size=counts.sum())
    placed = np.unique(np.repeat(np.arange(len(counts)), counts) * 2 * samples + chromosome)
    dosages = np.zeros((len(counts), samples), dtype=np.int8)
    np.add.at(dosages, (placed // (2 * samples), placed % (2 * samples) // 2), 1)
    return dosages


def _plant(
    effect: Effect, genes: pd.DataFrame, variants: pd.DataFrame, dosages: Dosages, generator: Generator
) -> PlantedGene:
    """Redraw the damaging variants of an effect's gene: each carrier has one of them, once."""
    gene = int(np.flatnonzero(genes["role"] == effect.role)[0])
    kind = variants["kind"].to_numpy()
    damaging = (variants["gene"].to_numpy() == gene) & ((kind == PLOF) | (kind == DAMAGING_MISSENSE))
    rows = generator.permutation(np.flatnonzero(damaging))
    samples = dosages.shape[1]
    carriers = generator.choice(samples, effect.carriers(samples), replace=False)
    dosages[rows] = 0
    dosages[rows[np.arange(len(carriers)) % len(rows)], carriers] = 1
    return PlantedGene(str(genes["gene"].iloc[gene]), effect, np.sort(carriers))


def _respect_shared_sites(variants: pd.DataFrame, dosages: Dosages) -> None:
    """Give carriers of a deletion its `*`, and nobody more than two alternate alleles at a site."""
    stars = np.flatnonzero(variants["overlapping"] >= 0)
    dosages[stars] = dosages[variants["overlapping"].to_numpy()[stars]]
    # A planted carrier is heterozygous: taking from the other allele of the site can't touch an effect.
    site = variants["site"].to_numpy()
    order = np.argsort(site, kind="stable")
    shared = np.flatnonzero(site[order][1:] == site[order][:-1])
    for one, other in zip(order[shared], order[shared + 1], strict=True):
        excess = np.maximum(dosages[one] + dosages[other] - 2, 0)
        from_one = np.minimum(excess, dosages[one] - 1).clip(0)
        dosages[one] -= from_one
        dosages[other] -= excess - from_one


def _draw_external_frequencies(dosages: Dosages, generator: Generator) -> Floats:
    """Draw frequencies in external data: near the cohort's where common, scattered or absent where rare."""
    count = len(dosages)
    frequency = dosages.mean(axis=1) / 2
    scatter = np.exp(generator.normal(-0.5, 0.6, count)).clip(0.05, 1.8)
    external = frequency * np.where(frequency < RARE_UP_TO, scatter, generator.uniform(0.9, 1.1, count))
    absent = (generator.random(count) < 0.5) & (dosages.sum(axis=1) <= 2)
    return np.where(absent, np.nan, external)
