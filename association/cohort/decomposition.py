"""Leading eigenvalues and eigenvectors of the relationship of samples, Z'Z, from genotypes in blocks of variants.

Axes: Z holds standardised dosages, variants by samples; it is never whole in memory. Where it has few rows or few
columns, the smaller of Z'Z and ZZ' is decomposed exactly; otherwise Z'Z is decomposed within a space of few
directions, which is turned by Z'Z until the eigenvalues stay the same.

References
----------
Halko, Martinsson, Tropp. Finding structure with randomness. SIAM Review 2011. doi:10.1137/090771806
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from association.cohort.common_variants import Dosages, Floats, standardised, variant_blocks

VARIANTS_AT_ONCE = 2_048
# Directions beyond those asked for, and rounds at most, of the randomised decomposition.
OVERSAMPLING, MOST_ROUNDS = 20, 20
# Relative change of the eigenvalues at which it ends. Those that carry structure settle in a few rounds; those of
# noise lie close together and turn into each other long after.
EIGENVALUE_TOLERANCE = 1e-3


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
    eigenvalues, vectors = eigh(gram, subset_by_index=(size - number, size - 1))
    eigenvalues, vectors = eigenvalues[::-1], vectors[:, ::-1]
    total, squared = float(np.trace(gram)), float(np.einsum("ij,ij->", gram, gram))
    real = eigenvalues > 1e-6 * max(total, 1e-30) / size
    eigenvalues, vectors = eigenvalues[real], vectors[:, real]
    if not by_samples:
        vectors = standard.transposed_times(samples, vectors) / np.sqrt(eigenvalues)
    return Decomposition(vectors, eigenvalues, total, squared, converged=True)


def randomised_decomposition(
    standard: StandardisedGenotypes, samples: NDArray[np.intp], number: int, generator: np.random.Generator
) -> Decomposition:
    """Decompose Z'Z within the space into which it turns random directions."""
    directions = generator.standard_normal((samples.size, number + OVERSAMPLING))
    total, image = 0.0, np.zeros_like(directions)
    for _, values in standard.blocks(samples):
        total += float(np.einsum("ij,ij->", values, values, dtype=np.float64))
        image += values.T @ (values @ directions.astype(np.float32))
    # The squared length of Z'Z times a standard normal vector has the sum of squared eigenvalues for its mean.
    squared = float(np.mean(np.sum(image**2, axis=0)))
    eigenvalues, converged = np.zeros(number), False
    basis = np.linalg.qr(image)[0]
    for _ in range(MOST_ROUNDS):
        image = _gram_times(standard, samples, basis)
        inner, turn = np.linalg.eigh(basis.T @ image)
        before, eigenvalues = eigenvalues, inner[::-1][:number]
        converged = bool(np.all(np.abs(eigenvalues - before) <= EIGENVALUE_TOLERANCE * eigenvalues))
        if converged:
            break
        basis = np.linalg.qr(image)[0]
    return Decomposition(basis @ turn[:, ::-1][:, :number], eigenvalues, total, squared, converged)


def _gram_times(standard: StandardisedGenotypes, samples: NDArray[np.intp], right: Floats) -> Floats:
    product = np.zeros_like(right)
    for _, values in standard.blocks(samples):
        product += values.T @ (values @ right.astype(np.float32))
    return product
