"""Families split across cohorts, on chromosomes with linkage disequilibrium and real numbers of crossovers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from association.cohort.fingerprints import common_enough, fingerprints, people_in_both, spaced_sites

SALT = b"0123456789abcdef"
CHROMOSOMES, SITES = 22, 2_500
# The sex-averaged map of the autosomes has 35 Morgans, which 22 chromosomes share.
MORGANS = 35 / CHROMOSOMES
# The Gaussian's correlation falls by a factor of e over this. Neighbouring sites then have a mean r2 of 0.11, about
# what is seen at 100,000 bases in Europeans; real sites are a million apart on average.
DECAY_BP = 600_000
PEOPLE, FAMILIES, DUPLICATES = 1_000, 40, 40


class Genome:
    """Common sites in a row on each chromosome, and how haplotypes come about."""

    def __init__(self, generator):
        self.generator = generator
        self.chromosome = np.sort(generator.integers(0, CHROMOSOMES, SITES))
        apart = 100_001 + generator.exponential(50_000, SITES)
        self.begins = np.diff(self.chromosome, prepend=-1) > 0
        self.position = np.cumsum(apart).astype(np.int64)
        self.correlation = np.where(self.begins, 0.0, np.exp(-np.diff(self.position, prepend=0) / DECAY_BP))
        self.limit = norm.ppf(generator.uniform(0.05, 0.95, SITES))

    def founders(self, people):
        """Draw people (2, m, n): along a chromosome a Gaussian that forgets, cut at each site's frequency."""
        value, alleles = np.zeros((2, people)), np.empty((2, SITES, people), np.int8)
        for site in range(SITES):
            kept = self.correlation[site]
            value = kept * value + np.sqrt(1 - kept**2) * self.generator.standard_normal((2, people))
            alleles[:, site] = value < self.limit[site]
        return alleles

    def gametes(self, parents):
        """Draw a gamete of each parent (m, n): crossovers as Poisson along each chromosome, without interference."""
        on_chromosome = np.bincount(self.chromosome, minlength=CHROMOSOMES)[self.chromosome]
        change = np.where(self.begins, 0.5, -np.expm1(-2 * MORGANS / on_chromosome) / 2)
        turns = self.generator.random((SITES, parents.shape[2])) < change[:, None]
        strand = np.cumsum(turns, axis=0) % 2
        return np.where(strand, parents[1], parents[0])

    def children(self, mothers, fathers):
        return np.stack([self.gametes(mothers), self.gametes(fathers)])


def called(generator, haplotypes):
    """Add alleles up, with 1% of calls wrong and 2% missing."""
    dosages = haplotypes.sum(axis=0)
    other = (dosages + generator.integers(1, 3, dosages.shape)) % 3
    wrong = np.where(generator.random(dosages.shape) < 0.01, other, dosages)
    return np.where(generator.random(dosages.shape) < 0.02, -1, wrong).astype(np.int8)


@pytest.fixture(scope="module")
def simulated():
    """Two cohorts: the first with copies, children and mothers, the second with the copies and other children."""
    generator = np.random.default_rng(23)
    genome = Genome(generator)
    mothers, fathers = genome.founders(FAMILIES), genome.founders(FAMILIES)
    children = [genome.children(mothers, fathers) for _ in range(2)]
    copies = genome.founders(DUPLICATES)
    first = [copies, children[0], mothers, genome.founders(PEOPLE - DUPLICATES - 2 * FAMILIES)]
    second = [copies, children[1], genome.founders(PEOPLE - DUPLICATES - FAMILIES)]
    return genome, [called(generator, np.concatenate(part, axis=2)) for part in (first, second)]


def prints_of(genome, dosages):
    """Make fingerprints as a site does: of the common sites, those that are far apart."""
    names = [f"{one}-{at}-A-C" for one, at in zip(genome.chromosome, genome.position, strict=True)]
    contig, usable = genome.chromosome.astype(str).astype(object), np.flatnonzero(common_enough(dosages))
    own = [names[place] for place in usable]
    chosen = usable[spaced_sites(contig[usable], genome.position[usable], own)]
    return fingerprints(dosages[chosen], [names[place] for place in chosen], SALT)


def test_neighbouring_sites_are_linked_as_strongly_as_they_are_meant_to_be(simulated):
    genome, (first, _) = simulated
    together = np.flatnonzero(~genome.begins)[:500]
    r2 = [np.corrcoef(first[site], first[site - 1])[0, 1] ** 2 for site in together]
    assert 0.1 < np.mean(r2) < 0.2


def test_families_split_across_cohorts_are_found_and_none_of_a_million_unrelated_pairs(simulated):
    genome, cohorts = simulated
    found = people_in_both(*(prints_of(genome, dosages) for dosages in cohorts))
    pairs = {kind: set(zip(own["first"], own["second"], strict=True)) for kind, own in found.groupby("relationship")}
    assert pairs["duplicate"] == {(one, one) for one in range(DUPLICATES)}
    siblings = {(DUPLICATES + one, DUPLICATES + one) for one in range(FAMILIES)}
    parents = {(DUPLICATES + FAMILIES + one, DUPLICATES + one) for one in range(FAMILIES)}
    others = {(row.first, row.second) for row in found[found["relationship"] != "duplicate"].itertuples()}
    assert others == siblings | parents
    assert PEOPLE**2 - DUPLICATES - 2 * FAMILIES > 999_000
