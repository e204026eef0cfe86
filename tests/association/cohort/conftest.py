"""Simulated genomes that tests of the cohort share: 22 chromosomes that recombine, families, populations."""

import numpy as np
import pytest

CHROMOSOMES = 22
# Crossovers of a chromosome in one meiosis, on average: 36 Morgans in all.
CROSSOVERS = 36 / CHROMOSOMES


class Genomes:
    """Haplotypes (m, 2) of people of one population, and how they have children."""

    def __init__(self, rng, frequency):
        self.rng, self.frequency = rng, frequency
        self.chromosome = np.arange(frequency.size) * CHROMOSOMES // frequency.size

    def person(self):
        return (self.rng.random((self.frequency.size, 2)) < self.frequency[:, None]).astype(np.int8)

    def gamete(self, parent):
        passed = np.empty(len(parent), dtype=np.int8)
        for number in range(CHROMOSOMES):
            sites = np.flatnonzero(self.chromosome == number)
            crossings = np.sort(self.rng.integers(0, sites.size, self.rng.poisson(CROSSOVERS)))
            side = (np.searchsorted(crossings, np.arange(sites.size)) + self.rng.integers(2)) % 2
            passed[sites] = parent[sites, side]
        return passed

    def child(self, one, other):
        return np.stack([self.gamete(one), self.gamete(other)], axis=1)

    def family(self):
        """Grandparents, their two children, the spouses of these, and three grandchildren: two sibs, one cousin."""
        grandfather, grandmother, spouse, other_spouse = (self.person() for _ in range(4))
        son, daughter = (self.child(grandfather, grandmother) for _ in range(2))
        first, second = (self.child(son, spouse) for _ in range(2))
        cousin = self.child(daughter, other_spouse)
        return {
            "grandfather": grandfather,
            "grandmother": grandmother,
            "spouse": spouse,
            "other_spouse": other_spouse,
            "son": son,
            "daughter": daughter,
            "first": first,
            "second": second,
            "cousin": cousin,
        }


@pytest.fixture(scope="session")
def make_genomes():
    """Give a function from a generator and a number of variants to genomes of frequencies 0.05 to 0.95."""

    def make(rng, variants):
        return Genomes(rng, rng.uniform(0.05, 0.95, variants))

    return make


@pytest.fixture(scope="session")
def make_populations():
    """Give a function that draws dosages (m, n) of populations that drifted apart, and who is of which (n)."""

    def make(rng, variants, sizes, divergence):
        ancestral = rng.uniform(0.1, 0.9, variants)
        parts = []
        for size in sizes:
            shape = (1 - divergence) / divergence
            frequency = rng.beta(ancestral * shape, (1 - ancestral) * shape)
            parts.append(rng.binomial(2, frequency[:, None], (variants, size)))
        return np.concatenate(parts, axis=1).astype(np.int8), np.repeat(np.arange(len(sizes)), sizes)

    return make


@pytest.fixture(scope="session")
def with_missing():
    """Give a function that takes a share of the calls away."""

    def make(rng, dosages, share):
        return np.where(rng.random(dosages.shape) < share, -1, dosages).astype(np.int8)

    return make
