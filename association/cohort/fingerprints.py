"""Salted fingerprints of samples, which tell the same person and close relatives in two cohorts without genotypes.

With z the standardised dosages of a sample at m common sites (0 where missing), and for each site a row e of
`BITS` signs that SHAKE-256 makes of a secret salt and the site's name, a fingerprint is

    sign(z'E),   E signs (m, BITS).

Two samples' bits agree with probability 1 - arccos(r) / pi, r the correlation of their z over the sites (random
hyperplanes), and r is twice their kinship. So from the share of bits that agree

    kinship = sin(pi (share - 1/2)) / (2 overlap),   overlap = shared sites / sqrt(m_1 m_2),

with a standard error below sqrt(1 / (4 shared) + pi^2 / (16 BITS)) / overlap where nobody is related. Pairs are given
from the kinship on that one in `UNRELATED_PAIRS` unrelated pairs reaches.

An error at a share e of calls lowers r by about 2 e, so that at 1% the same person is at 0.49.

What this can't hide: who has the salt and somebody's genotypes can look that person up, which is its purpose, and
with the salt 2,048 bits tell something of each sample's genotypes. So the salt is shared among members alone, and a
fingerprint with its salt treated as genotypes. Without the salt bits are chance, but how many of them agree still
says who is related to whom within and between files, and the names of the sites say which variants are common, of
which `common_enough` keeps those that many have and many lack.
Two samples of one ancestry that is rare in both cohorts seem more closely related than they are.

Axes: m sites, n samples.

References
----------
Charikar. Similarity estimation techniques from rounding algorithms. STOC 2002. doi:10.1145/509907.509965
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from association.cohort.common_variants import Dosages, alternate_frequency, standardised
from association.cohort.relatedness import DUPLICATE, FEWEST_SITES, FIRST_DEGREE, SECOND_DEGREE

BITS = 2_048
# Of so many unrelated pairs one would be given, were kinship normal about 0: a thousand times the million that are to
# give none, since its tails are somewhat longer.
UNRELATED_PAIRS = 1_000_000_000
# First degree is above 0.177 by sharing alone; errors and bits take some pairs below that, of 800 simulated siblings
# none below this, and unrelated ones stay below 0.12 at 2,500 sites.
LEAST_KINSHIP = FIRST_DEGREE * 0.8
# Sites nearer to each other than this are not independent enough for both to count.
APART_BP = 100_000
# So that the name of a site tells of few samples nowhere.
LEAST_FREQUENCY, FEWEST_SAMPLES = 0.05, 5
SAMPLES_AT_ONCE = 2_000
COLUMNS = ("first", "second", "kinship", "relationship")


@dataclass(frozen=True)
class Fingerprints:
    """Fingerprints of a cohort.

    Attributes
    ----------
    sites
        Names of the sites they were made from (m).
    bits
        Eight signs to a byte (n, BITS / 8).
    """

    sites: tuple[str, ...]
    bits: NDArray[np.uint8]


def fingerprints(dosages: Dosages, sites: Sequence[str], salt: bytes) -> Fingerprints:
    """Make the fingerprints of samples.

    Parameters
    ----------
    dosages
        Alternate alleles, -1 where missing (m, n).
    sites
        contig-position-ref-alt in minimal representation, on the build that all cohorts share (m).
    salt
        The same for all cohorts, and secret.
    """
    frequency, _ = alternate_frequency(dosages)
    varying = np.flatnonzero((frequency > 0) & (frequency < 1))
    frequency, used = frequency[varying], [sites[place] for place in varying.tolist()]
    signs = site_signs(used, salt).astype(np.float32)
    deviation = np.sqrt(2 * frequency * (1 - frequency))
    bits = [np.zeros((0, BITS // 8), np.uint8)]
    for start in range(0, dosages.shape[1], SAMPLES_AT_ONCE):
        values = standardised(dosages[varying, start : start + SAMPLES_AT_ONCE], 2 * frequency, deviation)
        bits.append(np.packbits(values.T @ signs > 0, axis=1))
    return Fingerprints(tuple(used), np.concatenate(bits))


def site_signs(sites: Sequence[str], salt: bytes) -> NDArray[np.int8]:
    """Give the signs of each site, 1 or -1 (m, BITS)."""
    # The salt's length first, so that no two salts and sites make one text.
    prefix = len(salt).to_bytes(4, "big") + salt
    drawn = b"".join(hashlib.shake_256(prefix + site.encode()).digest(BITS // 8) for site in sites)
    unpacked = np.unpackbits(np.frombuffer(drawn, np.uint8).reshape(-1, BITS // 8), axis=1)
    return 2 * unpacked.astype(np.int8) - 1


def salt_check(salt: bytes) -> str:
    """Give 16 hexadecimal digits that are the same where two cohorts have one salt; they do not give it away.

    Parameters
    ----------
    salt
        The secret; 16 random bytes or more, or else it can be found by trying.
    """
    # No site is called so: a salt's check is none of the digests that fingerprints are made of.
    domain = b"progex salt check"
    text = len(domain).to_bytes(4, "big") + domain + len(salt).to_bytes(4, "big") + salt
    return hashlib.shake_256(text).hexdigest(8)


def common_enough(dosages: Dosages) -> NDArray[np.bool_]:
    """Say at which sites the minor allele is common, and that it is tells of few samples in neither direction (m).

    At least `FEWEST_SAMPLES` carry it, and as many have the major allele.

    Parameters
    ----------
    dosages
        Alternate alleles, -1 where missing (m, n).
    """
    frequency, _ = alternate_frequency(dosages)
    with_alternate, with_reference = (dosages > 0).sum(axis=1), ((dosages == 0) | (dosages == 1)).sum(axis=1)
    common = np.minimum(frequency, 1 - frequency) >= LEAST_FREQUENCY
    return np.asarray(common & (np.minimum(with_alternate, with_reference) >= FEWEST_SAMPLES))


def spaced_sites(
    contig: NDArray[np.object_], position: NDArray[np.int64], sites: Sequence[str], *, apart: int = APART_BP
) -> NDArray[np.intp]:
    """Choose sites that are far apart, nearly the same ones in every cohort whatever its frequencies.

    A site is taken whose name has the smallest hash of all within `apart` bases on either side: where two cohorts
    have the same sites they choose the same.

    Parameters
    ----------
    contig, position, sites
        Contigs, positions and names (m).
    apart
        Least distance in bases.

    Returns
    -------
    Their places, in order.
    """
    rank = np.array([int.from_bytes(hashlib.sha256(site.encode()).digest()[:8], "big") for site in sites], np.uint64)
    chosen = []
    for name in pd.unique(contig):
        own = np.flatnonzero(contig == name)
        own = own[np.argsort(position[own], kind="stable")]
        first = np.searchsorted(position[own], position[own] - apart, side="left")
        last = np.searchsorted(position[own], position[own] + apart, side="right")
        smallest = [rank[own[start:end]].min() for start, end in zip(first, last, strict=True)]
        chosen.append(own[rank[own] == np.array(smallest, np.uint64)])
    return np.sort(np.concatenate([np.empty(0, np.intp), *chosen]))


def smallest_kinship(first: Fingerprints, second: Fingerprints) -> float:
    """Give the smallest kinship that two cohorts' fingerprints can tell from none; infinite where they can't."""
    shared, overlap = _shared(first, second)
    if shared < FEWEST_SITES:
        return np.inf
    error = np.sqrt(1 / (4 * shared) + np.pi**2 / (16 * BITS)) / overlap
    return float(norm.isf(1 / UNRELATED_PAIRS) * error)


def people_in_both(first: Fingerprints, second: Fingerprints, *, min_kinship: float = LEAST_KINSHIP) -> pd.DataFrame:
    """Find pairs across two cohorts that are one person or close relatives.

    Parameters
    ----------
    first, second
        Made with one salt.
    min_kinship
        Smallest kinship to give, unless the sites are too few to tell it.

    Returns
    -------
    A row per pair: the samples' places in the first and in the second, kinship, and relationship.
    """
    shared, overlap = _shared(first, second)
    least, found = max(min_kinship, smallest_kinship(first, second)), []
    if shared >= FEWEST_SITES:
        other = _signs(second.bits)
        for start in range(0, len(first.bits), SAMPLES_AT_ONCE):
            # The share of bits that agree, less a half, is half the mean product of their signs.
            half = _signs(first.bits[start : start + SAMPLES_AT_ONCE]) @ other.T / (2 * BITS)
            kinship = np.sin(np.pi * half) / (2 * overlap)
            row, column = np.nonzero(kinship >= least)
            found += list(zip(row + start, column, kinship[row, column].astype(float), strict=True))
    table = pd.DataFrame(found, columns=list(COLUMNS[:3])).astype({"first": int, "second": int, "kinship": float})
    degrees = [table["kinship"] >= limit for limit in (DUPLICATE, FIRST_DEGREE, SECOND_DEGREE)]
    return table.assign(relationship=np.select(degrees, ["duplicate", "first degree", "second degree"], "none"))


def _signs(bits: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.unpackbits(bits, axis=1).astype(np.float32) * 2 - 1


def _shared(first: Fingerprints, second: Fingerprints) -> tuple[int, float]:
    """Count the sites of both cohorts, and say what share of each one's they are, on the geometric mean."""
    shared = len(set(first.sites) & set(second.sites))
    return shared, shared / float(np.sqrt(max(len(first.sites), 1) * max(len(second.sites), 1)))
