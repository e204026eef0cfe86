"""Principal components of common variants: fitted to unrelated samples, everybody else projected.

With x the dosage of a variant of frequency p among the m variants that vary among the fitted samples,

    z = (x - 2p) / sqrt(2p (1 - p) m),   Z = U S V',   scores U S,   eigenvalues S^2,   loadings V,

as `hl.hwe_normalized_pca` has it; a missing call counts as the mean, z = 0. The scores of others are Z V. They lie
somewhat nearer to zero than those of fitted samples, the more so the fewer samples are fitted and the smaller the
eigenvalue; this shrinkage is not corrected. A component's sign makes the third moment of its fitted scores positive,
so that neither the order of the samples nor the choice of alternate allele turns it.

How many carry structure is told by Tracy and Widom's test with Patterson's effective number of variants, its
distribution approximated by a shifted gamma.

References
----------
Price et al. Principal components analysis corrects for stratification. Nat Genet 2006. doi:10.1038/ng1847
Patterson, Price, Reich. Population structure and eigenanalysis. PLoS Genet 2006. doi:10.1371/journal.pgen.0020190
Chiani. Distribution of the largest eigenvalue. J Multivariate Analysis 2014. doi:10.1016/j.jmva.2014.04.002
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import gamma

from association.cohort.common_variants import Dosages, Floats, Mask, alternate_frequency
from association.cohort.decomposition import (
    StandardisedGenotypes,
    exact_decomposition,
    randomised_decomposition,
)

FEWEST_VARIANTS = 50
FEWEST_SAMPLES = 10
# Up to so many samples or variants the decomposition is exact.
EXACT_SIZE = 5_000
# Chiani's gamma for Tracy and Widom's first law.
TRACY_WIDOM_SHAPE, TRACY_WIDOM_SCALE, TRACY_WIDOM_SHIFT = 46.446, 0.186054, 9.84801


@dataclass(frozen=True)
class PrincipalComponents:
    """Scores of all samples.

    Attributes
    ----------
    scores
        Of each sample on each component (n, k).
    projected
        Who was not fitted (n).
    eigenvalues
        Largest first (k).
    loadings
        Of each variant; zero where it doesn't vary among the fitted (m, k).
    variants
        How many vary among the fitted.
    fitted
        How many samples were fitted.
    total_variance, total_squared
        Sum of all eigenvalues, and of their squares; the latter is an estimate where the decomposition is randomised.
    converged
        Whether the randomised decomposition settled; true of the exact one.
    reason
        Why there are no components, or fewer than asked for; None where all are there.
    """

    scores: Floats
    projected: Mask
    eigenvalues: Floats
    loadings: Floats
    variants: int
    fitted: int
    total_variance: float
    total_squared: float
    converged: bool
    reason: str | None

    @property
    def number(self) -> int:
        """Count the components."""
        return int(self.eigenvalues.size)


def principal_components(
    dosages: Dosages,
    fitted: Mask,
    *,
    generator: np.random.Generator,
    number: int = 10,
    exact_size: int = EXACT_SIZE,
) -> PrincipalComponents:
    """Fit components to some samples and give everybody's scores.

    Parameters
    ----------
    dosages
        Alternate alleles at variants that aren't in linkage (m, n), -1 where missing.
    fitted
        Unrelated samples to fit (n).
    generator
        Draws where the randomised decomposition starts.
    number
        Components to give.
    exact_size
        Where there are more fitted samples and more variants than this, the decomposition is randomised.
    """
    frequency, _ = alternate_frequency(dosages[:, fitted])
    varying = (frequency > 0) & (frequency < 1)
    standard = StandardisedGenotypes(dosages, frequency, np.flatnonzero(varying))
    samples = np.flatnonzero(fitted)
    given = min(number, samples.size - 1, standard.size)
    if standard.size < max(FEWEST_VARIANTS, number) or samples.size < FEWEST_SAMPLES:
        return _none(dosages, fitted, standard.size, number)
    if min(samples.size, standard.size) <= exact_size:
        found = exact_decomposition(standard, samples, given)
    else:
        found = randomised_decomposition(standard, samples, given, generator)
    directions, eigenvalues = _signed(found.directions, found.eigenvalues)
    loadings = np.zeros((len(dosages), eigenvalues.size))
    loadings[standard.variants] = standard.times(samples, directions) / np.sqrt(eigenvalues)
    scores = np.zeros((dosages.shape[1], eigenvalues.size))
    scores[samples] = directions * np.sqrt(eigenvalues)
    others = np.flatnonzero(~fitted)
    scores[others] = standard.transposed_times(others, loadings[standard.variants])
    reason = f"{eigenvalues.size} components, not {number}: there are no more" if eigenvalues.size < number else None
    return PrincipalComponents(
        scores,
        ~fitted,
        eigenvalues,
        loadings,
        standard.size,
        samples.size,
        found.total_variance,
        found.total_squared,
        found.converged,
        reason,
    )


def structured_components(components: PrincipalComponents, *, significance: float = 0.01) -> int:
    """Count the leading components that carry more than chance would.

    Each is compared with what chance gives the largest of the eigenvalues that are left, up to the first that does
    not exceed it.

    Parameters
    ----------
    components
        Fitted to unrelated samples at variants that aren't in linkage: relatives and linkage are structure too.
    significance
        Of each test.
    """
    left, squared = components.total_variance, components.total_squared
    size = min(components.fitted - 1, components.variants)
    for place, eigenvalue in enumerate(components.eigenvalues):
        if size <= 2 or _tracy_widom(eigenvalue, left, squared, size) > significance:
            return place
        left, squared, size = left - eigenvalue, squared - eigenvalue**2, size - 1
    return components.number


def _tracy_widom(largest: float, total: float, squared: float, size: int) -> float:
    """Give the p-value of the largest of `size` eigenvalues with this sum and sum of squares."""
    effective = (size + 1) * total**2 / max(size * squared - total**2, 1e-12 * total**2)
    root, other = np.sqrt(max(effective - 1, 1.0)), np.sqrt(size)
    centre = (root + other) ** 2 / effective
    scale = (root + other) / effective * (1 / root + 1 / other) ** (1 / 3)
    statistic = (size * largest / total - centre) / scale
    return float(gamma.sf(statistic + TRACY_WIDOM_SHIFT, TRACY_WIDOM_SHAPE, scale=TRACY_WIDOM_SCALE))


def _signed(directions: Floats, eigenvalues: Floats) -> tuple[Floats, Floats]:
    moment = np.sum(directions**3, axis=0)
    return directions * np.where(moment < 0, -1.0, 1.0), eigenvalues


def _none(dosages: Dosages, fitted: Mask, variants: int, number: int) -> PrincipalComponents:
    reason = (
        f"no principal components: {variants} variants vary among {int(fitted.sum())} unrelated samples, where "
        f"{max(FEWEST_VARIANTS, number)} variants and {FEWEST_SAMPLES} samples are needed"
    )
    variant_number, sample_number = dosages.shape
    empty, no_loadings = np.zeros((sample_number, 0)), np.zeros((variant_number, 0))
    return PrincipalComponents(
        empty, ~fitted, np.zeros(0), no_loadings, variants, int(fitted.sum()), 0.0, 0.0, True, reason
    )
