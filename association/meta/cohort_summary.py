"""What one cohort tells of a trait and of a gene: enough for every test, and of no sample by itself.

With G the dosages, M the residuals and Phi the covariance of the cohort's own null model, U = G'M and Phi are the
statistics of every test. For the saddlepoint there are, beside a table of M per stratum, how many carriers have each
pattern of dosages, and the Gram matrix G' diag(s^2) G, whose roots s of the samples' information are ones but where
residuals differ in variance by it (slopes from few or many visits).

Axes: m variants of the gene, q patterns of dosages, S strata of the cohort, e entries of the Gram matrix.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.score import ScoreStatistics

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class TraitSummary:
    """A cohort's trait.

    Attributes
    ----------
    cohort, trait
        Their names.
    kind
        Of the null model.
    samples
        n.
    residual_variance
        s2 of a linear model, by which its residuals and its information are divided; None of other models, and where
        cohorts within this one have variances of their own.
    rules
        Of each stratum (S): residuals, ascending, and how many samples each stands for
        (`residual_cumulants.residual_rules`).
    """

    cohort: str
    trait: str
    kind: str
    samples: int
    residual_variance: float | None
    rules: tuple[tuple[Floats, Floats], ...]

    @property
    def stratum_sizes(self) -> Integers:
        """Samples of each stratum (S)."""
        return np.array([round(float(counts.sum())) for _, counts in self.rules], np.int64)


@dataclass(frozen=True)
class GramMatrix:
    """The upper triangle of a gene's Gram matrix, sparse: samples that carry two rare variants are few.

    Attributes
    ----------
    row, column
        Place of each entry (e); row <= column.
    value
        Sum over samples of s^2 g_row g_column (e).
    """

    row: Integers
    column: Integers
    value: Floats

    def dense(self, variants: int) -> Floats:
        """Give the matrix in full (m, m)."""
        full = np.zeros((variants, variants))
        full[self.row, self.column] = self.value
        full[self.column, self.row] = self.value
        return full


@dataclass(frozen=True)
class CarrierPatterns:
    """Who carries what: the rows of the gene's genotypes, equal ones counted.

    Attributes
    ----------
    dosages
        Minor alleles of each variant; no pattern is all zeros (q, m).
    carriers
        Samples that have each pattern, by stratum (S, q).
    dealt
        Whether only their number over all strata is told, and they were dealt out by the strata's sizes.
    """

    dosages: Integers
    carriers: Integers
    dealt: bool = False

    def carriers_of(self, used: NDArray[np.bool_]) -> int:
        """Count the samples that carry any of some variants (m)."""
        return int(self.carriers[:, (self.dosages[:, used] > 0).any(axis=1)].sum())


@dataclass(frozen=True)
class GeneSummary:
    """A cohort's gene for one trait.

    Attributes
    ----------
    gene
        Its name.
    variants
        Names of the variants, or of columns that collapse several (m).
    statistics
        U (m) and Phi (m, m).
    minor_allele_counts
        Minor alleles that were called among samples with the trait (m).
    patterns
        Of its carriers.
    gram
        Of dosages.
    observed_events, expected_events
        Of the carriers of each variant (m), a minor allele counting once; None where the trait has no events.
    alleles, allele_numbers
        Minor alleles and alleles called among all samples that passed quality control (m): the frequency.
    """

    gene: str
    variants: tuple[str, ...]
    statistics: ScoreStatistics
    minor_allele_counts: Floats
    patterns: CarrierPatterns
    gram: GramMatrix
    observed_events: Floats | None
    expected_events: Floats | None
    alleles: Floats
    allele_numbers: Floats

    @property
    def carriers(self) -> Integers:
        """Samples that carry each variant, by stratum (S, m)."""
        return self.patterns.carriers @ (self.patterns.dosages > 0).astype(np.int64)
