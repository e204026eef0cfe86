"""Leading eigenvalues and eigenvectors of the relationship of samples, Z'Z, from genotypes in blocks of variants.

Axes: Z holds standardised dosages, variants by samples; it is never whole in memory. Where it has few rows or few
columns, the smaller of Z'Z and ZZ' is decomposed exactly; otherwise Z'Z is decomposed within the space of random
directions and their images under powers of Z'Z (block Krylov).

References
----------
Musco, Musco. Randomized block Krylov methods for stronger and faster approximate singular value decomposition.
NeurIPS 2015. arXiv:1504.05477
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.sparse.linalg import eigsh

from association.cohort.common_variants import Dosages, Floats, standardised, variant_blocks

VARIANTS_AT_ONCE = 2_048
# Directions beyond those asked for, and how often they are turned by Z'Z; all images are kept, 1.7 kB per sample.
OVERSAMPLING, IMAGES = 20, 7
# Largest ||Z'Z u - eigenvalue u|| per eigenvalue of a unit direction u that has settled. The eigenvalue is then right
# to better than this. Components of noise, whose eigenvalues lie close together, settle last.
RESIDUAL_TOLERANCE = 0.1
# Samples whose pairs stand for all in the sum of squared eigenvalues: half a million pairs.
SAMPLES_OF_PAIRS = 1_000
# A larger matrix has only its leading eigenvectors sought, by Lanczos to machine precision: half the time.
LANCZOS_SIZE = 1_000


@dataclass(frozen=True)
class Decomposition:
    """Unit directions among the fitted samples (n, k), their eigenvalues (k), and sums over all eigenvalues."""

    directions: Floats
    eigenvalues: Floats
    total_variance: float
    total_squared: float
    converged: bool


class StandardisedGenotypes:
    """The matrix Z of all samples, made anew for a run of variants at a time."""

    def __init__(self, dosages: Dosages, frequency: Floats, variants: NDArray[np.intp]) -> None:
        self.variants, self.size = variants, variants.size
        self._dosages = dosages
        self._mean = 2 * frequency
        self._scale = np.sqrt(2 * frequency * (1 - frequency) * max(variants.size, 1))

    def blocks(self, samples: NDArray[np.intp]) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        """Give runs of rows, each with where in the product it goes."""
        for block in variant_blocks(self.size, VARIANTS_AT_ONCE):
            rows = self.variants[block]
            yield block, standardised(self._dosages[np.ix_(rows, samples)], self._mean[rows], self._scale[rows])

    def times(self, samples: NDArray[np.intp], right: Floats) -> Floats:
        """Give Z times a matrix (variants, k)."""
        product = np.zeros((self.size, right.shape[1]))
        for block, values in self.blocks(samples):
            product[block] = values @ right.astype(np.float32)
        return product

    def transposed_times(self, samples: NDArray[np.intp], right: Floats) -> Floats:
        """Give Z' times a matrix (samples, k)."""
        product = np.zeros((samples.size, right.shape[1]))
        for block, values in self.blocks(samples):
            product += values.T @ right[block].astype(np.float32)
        return product


def exact_decomposition(standard: StandardisedGenotypes, samples: NDArray[np.intp], number: int) -> Decomposition:
    """Decompose the smaller of Z'Z and ZZ'."""
    by_samples = samples.size <= standard.size
    size = samples.size if by_samples else standard.size
    gram = np.zeros((size, size))
    if by_samples:
        for _, values in standard.blocks(samples):
            gram += values.T @ values
    else:
        for part in variant_blocks(samples.size, VARIANTS_AT_ONCE):
            values = np.concatenate([rows for _, rows in standard.blocks(samples[part])])
            gram += values @ values.T
    eigenvalues, vectors = _leading(gram, number)
    total, squared = float(np.trace(gram)), float(np.einsum("ij,ij->", gram, gram))
    real = eigenvalues > 1e-6 * max(total, 1e-30) / size
    eigenvalues, vectors = eigenvalues[real], vectors[:, real]
    if not by_samples:
        vectors = standard.transposed_times(samples, vectors) / np.sqrt(eigenvalues)
    return Decomposition(vectors, eigenvalues, total, squared, converged=True)


def _leading(gram: Floats, number: int) -> tuple[Floats, Floats]:
    """Give the largest eigenvalues, in descending order, and their vectors."""
    size = len(gram)
    if size <= LANCZOS_SIZE:
        eigenvalues, vectors = eigh(gram, subset_by_index=(size - number, size - 1))
    else:
        start = gram[:, np.argmax(np.diag(gram))]
        eigenvalues, vectors = eigsh(gram, k=number, which="LA", v0=start, ncv=min(size, 4 * number + 40))
    order = np.argsort(-eigenvalues)
    return eigenvalues[order], vectors[:, order]


def randomised_decomposition(
    standard: StandardisedGenotypes, samples: NDArray[np.intp], number: int, generator: np.random.Generator
) -> Decomposition:
    """Decompose Z'Z within the space that random directions and their images span."""
    width = number + OVERSAMPLING
    start = generator.standard_normal((samples.size, width))
    images = [np.linalg.qr(_gram_times(standard, samples, start))[0]]
    while len(images) < IMAGES:
        images.append(np.linalg.qr(_gram_times(standard, samples, images[-1]))[0])
    basis = np.linalg.qr(np.concatenate(images, axis=1)[:, : samples.size])[0]
    image = _gram_times(standard, samples, basis)
    inner, turn = np.linalg.eigh(basis.T @ image)
    eigenvalues, turn = inner[::-1][:number], turn[:, ::-1][:, :number]
    directions = basis @ turn
    residual = np.linalg.norm(image @ turn - directions * eigenvalues, axis=0)
    converged = bool(np.all(residual <= RESIDUAL_TOLERANCE * eigenvalues))
    total, squared = _sums(standard, samples, generator)
    return Decomposition(directions, eigenvalues, total, squared, converged)


def _sums(
    standard: StandardisedGenotypes, samples: NDArray[np.intp], generator: np.random.Generator
) -> tuple[float, float]:
    """Give the sum of the eigenvalues of Z'Z, and the sum of their squares from the pairs among some samples.

    Both are sums over entries of Z'Z: of the diagonal, and of the squares of all, of which the diagonal is known.
    """
    some = generator.choice(samples, min(SAMPLES_OF_PAIRS, samples.size), replace=False)
    diagonal, gram = np.zeros(samples.size), np.zeros((some.size, some.size))
    for _, values in standard.blocks(samples):
        diagonal += np.einsum("ij,ij->j", values, values)
    for _, values in standard.blocks(some):
        gram += values.T @ values
    np.fill_diagonal(gram, 0.0)
    between = float(np.einsum("ij,ij->", gram, gram)) / (some.size * (some.size - 1))
    return float(diagonal.sum()), float(np.sum(diagonal**2)) + between * samples.size * (samples.size - 1)


def _gram_times(standard: StandardisedGenotypes, samples: NDArray[np.intp], right: Floats) -> Floats:
    product = np.zeros(right.shape)
    for _, values in standard.blocks(samples):
        product += values.T @ (values @ right.astype(np.float32))
    return product
