"""Families: who is related to whom, and the eigenvectors of their relatedness.

The relatedness K has twice the kinship coefficients, 1 on the diagonal and 0 between families; a family is a
connected component of the pairs. Each family's block is diagonalised by itself, so nothing is ever n x n.

Axes: n samples, families of s members.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from association.null_models.null_model import Floats, Integers
from association.problems import InputError, Problem

# Rounded coefficients (0.25, 0.12) may be as far as this from those of a pedigree; HIGHEST_HERITABILITY absorbs it.
CONTRADICTION = 1e-3


@dataclass(frozen=True)
class Kinship:
    """Pairs of relatives; every other pair is unrelated.

    Attributes
    ----------
    first, second
        The two samples, positions in the trait's order (pairs); a pair stands once, either way round.
    coefficient
        Kinship coefficient: 0.25 for siblings and for parent and child, 0.5 for identical twins (pairs).
    """

    first: Integers
    second: Integers
    coefficient: Floats


@dataclass(frozen=True)
class Families:
    """The families of one size s, diagonalised: K = vectors diag(values) vectors'.

    Attributes
    ----------
    members
        Positions in the trait's order (families, s).
    values
        Eigenvalues of K (families, s).
    vectors
        Its eigenvectors, as columns (families, s, s).
    """

    members: Integers
    values: Floats
    vectors: Floats


def diagonalise(kinship: Kinship, samples: int) -> list[Families]:
    """Find the families and diagonalise them, all of one size together.

    Parameters
    ----------
    kinship
        Who is related to whom.
    samples
        How many the trait has.

    Raises
    ------
    InputError
        If pairs or coefficients are impossible.
    """
    _check_pairs(kinship, samples)
    graph = coo_array((np.ones(kinship.first.size), (kinship.first, kinship.second)), shape=(samples, samples))
    _, family = connected_components(graph, directed=False)
    by_family = np.argsort(family, kind="stable")
    sizes = np.bincount(family)
    begins = np.cumsum(sizes) - sizes
    place = np.empty(samples, np.int64)
    place[by_family] = np.arange(samples) - np.repeat(begins, sizes)
    families = []
    for size in np.unique(sizes):
        own = np.flatnonzero(sizes == size)
        number = np.full(sizes.size, -1)
        number[own] = np.arange(own.size)
        relatedness = np.tile(np.eye(size), (own.size, 1, 1))
        pair = np.flatnonzero(number[family[kinship.first]] >= 0)
        where, one, other = number[family[kinship.first[pair]]], kinship.first[pair], kinship.second[pair]
        relatedness[where, place[one], place[other]] = 2 * kinship.coefficient[pair]
        relatedness[where, place[other], place[one]] = 2 * kinship.coefficient[pair]
        values, vectors = np.linalg.eigh(relatedness)
        families.append(Families(by_family[begins[own][:, None] + np.arange(size)], values, vectors))
    contradictory = sum(int((one.values.min(axis=1) < -CONTRADICTION).sum()) for one in families)
    if contradictory:
        message = (
            f"{contradictory} families have coefficients that no pedigree has (identical twins with different "
            "relatives, say); complete their pairs, or keep one member of each"
        )
        raise InputError.single("kinship", "families", message)
    return families


def rotate(families: list[Families], columns: Floats) -> tuple[Floats, Floats]:
    """Give the eigenvalues of K (n) and columns (n, q) in the basis of its eigenvectors, family by family."""
    values = np.concatenate([one.values.ravel() for one in families])
    parts = [np.einsum("fij,fiq->fjq", one.vectors, columns[one.members]) for one in families]
    return values, np.concatenate([part.reshape(-1, columns.shape[1]) for part in parts])


def _check_pairs(kinship: Kinship, samples: int) -> None:
    pairs = np.sort(np.stack([kinship.first, kinship.second]), axis=0)
    distinct = np.unique(pairs, axis=1).shape[1]
    found = [
        (((pairs < 0) | (pairs >= samples)).any(axis=0).sum(), f"name a sample beyond the {samples} of the trait"),
        ((pairs[0] == pairs[1]).sum(), "are of a sample with itself; leave them out"),
        (pairs.shape[1] - distinct, "stand in the table a second time; keep one of each"),
        (
            (~((kinship.coefficient >= 0) & (kinship.coefficient <= 0.5))).sum(),
            "have a coefficient outside 0 to 0.5; give the kinship coefficient, 0.25 for siblings",
        ),
    ]
    if problems := [Problem("pairs", f"{count} of {pairs.shape[1]} {what}") for count, what in found if count]:
        raise InputError("kinship", problems)
