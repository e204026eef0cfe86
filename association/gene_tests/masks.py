"""Masks: which variants of a gene are tested together.

A mask is a rule on consequence, LOFTEE's verdict and a damage score, or an expression on all that annotation keeps; a
ceiling bounds the minor allele frequency, in the cohort and, where one is known, in an external reference. The
synonymous mask is the negative control; the mask "any" takes every variant, for tests of single variants.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from association.gene_tests.consequence_terms import LOSS_OF_FUNCTION, MISSENSE, SYNONYMOUS
from association.gene_tests.mask_expression.checks import LOFTEE
from association.gene_tests.mask_expression.evaluate import CONSEQUENCE, Column, evaluate
from association.gene_tests.mask_expression.tree import Expression

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]

BUILT_IN = ("plof", "plof_or_damaging_missense", "missense", "synonymous")
# Fields that any expression may name, beside those that annotation keeps.
MINOR_ALLELE_COUNT = "minor_allele_count"
EXTERNAL_AF = "external_af"
TEXT_FIELDS = (CONSEQUENCE, LOFTEE)
NUMBER_FIELDS = (MINOR_ALLELE_COUNT, EXTERNAL_AF)


@dataclass(frozen=True)
class Mask:
    """A rule that picks variants.

    Attributes
    ----------
    name
        "plof", "plof_or_damaging_missense", "missense", "synonymous" or "any"; another where there is `where`.
    score
        The damage score of the mask with damaging missense, else None.
    score_at_least
        Missense variants count as damaging from this score on.
    where
        Of which variants this is true; None for the built-in masks.
    """

    name: str
    score: str | None = None
    score_at_least: float = 0.0
    where: Expression | None = None


@dataclass(frozen=True)
class VariantAnnotations:
    """What masks ask of a gene's m variants.

    Attributes
    ----------
    consequence
        Most severe consequence in the gene (m), Sequence Ontology terms.
    loftee
        LOFTEE's verdict (m): "HC", another word, or None where LOFTEE was not run.
    scores
        Damage scores by name, each (m), NaN where absent.
    fields
        Texts by name, each (m), None where absent.
    rarity
        "minor_allele_count", among all samples in the gene store, and "external_af", each (m).
    """

    consequence: NDArray[np.object_]
    loftee: NDArray[np.object_]
    scores: dict[str, Floats]
    fields: dict[str, NDArray[np.object_]] = field(default_factory=dict)
    rarity: dict[str, Floats] = field(default_factory=dict)

    @property
    def columns(self) -> Mapping[str, Column]:
        """All of it by the name that expressions use; of a name that is both, the number."""
        texts = {CONSEQUENCE: self.consequence, LOFTEE: self.loftee}
        return {**self.fields, **self.scores, **self.rarity, **texts}


def qualifying_variants(mask: Mask, variants: VariantAnnotations) -> Booleans:
    """Say which variants (m) are in the mask.

    A loss-of-function variant that LOFTEE looked at and did not call high-confidence is left out; a missense variant
    without a score is not damaging.

    Raises
    ------
    ValueError
        If the mask is none of the built-in ones and has no expression.
    """
    if mask.where is not None:
        return evaluate(mask.where, variants.columns)
    if mask.name == "plof":
        return _loss_of_function(variants)
    if mask.name == "plof_or_damaging_missense":
        damaging = variants.scores[str(mask.score)] >= mask.score_at_least
        return _loss_of_function(variants) | (_one_of(variants.consequence, MISSENSE) & damaging)
    if mask.name == "missense":
        return _one_of(variants.consequence, MISSENSE)
    if mask.name == "synonymous":
        return _one_of(variants.consequence, SYNONYMOUS)
    if mask.name == "any":
        return np.ones(variants.consequence.size, np.bool_)
    raise ValueError(f"no such mask: {mask.name!r}")


def below_ceiling(cohort: Floats, external: Floats, ceiling: float) -> Booleans:
    """Say which variants (m) are rare enough.

    Parameters
    ----------
    cohort
        Minor allele frequency among the cohort's kept samples (m).
    external
        Frequency of the same allele in an external reference (m), NaN where unknown.
    ceiling
        The largest frequency allowed, in both.
    """
    rare: Booleans = (cohort <= ceiling) & ~(external > ceiling)
    return rare


def _loss_of_function(variants: VariantAnnotations) -> Booleans:
    confident = np.array([verdict is None or verdict == "HC" for verdict in variants.loftee], bool)
    certain: Booleans = _one_of(variants.consequence, LOSS_OF_FUNCTION) & confident
    return certain


def _one_of(consequence: NDArray[np.object_], terms: frozenset[str]) -> Booleans:
    return np.array([term in terms for term in consequence], bool)
