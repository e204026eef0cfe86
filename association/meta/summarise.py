"""From a cohort's null model and carriers to what it tells of them (`cohort_summary`).

Axes: n samples, m variants of the gene, S strata.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from association.calibration.evidence import has_one_information, residual_scale
from association.calibration.residual_cumulants import residual_rules
from association.kernels import njit
from association.meta.cohort_summary import CarrierPatterns, GeneSummary, GramMatrix, TraitSummary
from association.null_models.null_model import NOT_EXCHANGEABLE, NullModel
from association.score import Carriers, score_statistics

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def summarise_trait(cohort: str, trait: str, model: NullModel, strata: Integers, *, at_least: int) -> TraitSummary:
    """Tell of a cohort's trait.

    Parameters
    ----------
    cohort, trait
        Names.
    model
        The trait's null model, of this cohort's samples alone.
    strata
        Stratum of each sample (n): 0 to S - 1.
    at_least
        Samples that a value of the table of residuals stands for, at least.

    Raises
    ------
    ValueError
        If samples are not exchangeable: relatives have no table of residuals.
    """
    if model.kind in NOT_EXCHANGEABLE:
        raise ValueError(f"a {model.kind} model's samples are not exchangeable, so they have no table of residuals")
    of_one_variance = model.kind == "linear" and has_one_information(model)
    return TraitSummary(
        cohort=cohort,
        trait=trait,
        kind=model.kind,
        samples=strata.size,
        residual_variance=1 / float(model.information[0]) if of_one_variance else None,
        rules=tuple(residual_rules(model.residuals / residual_scale(model, strata), strata, at_least=at_least)),
    )


def summarise_gene(
    gene: str,
    variants: Sequence[str],
    carriers: Carriers,
    called: Booleans,
    *,
    model: NullModel,
    strata: Integers,
    scale: Floats,
    alleles: Floats,
    allele_numbers: Floats,
) -> GeneSummary:
    """Tell of a cohort's gene.

    Parameters
    ----------
    gene, variants
        Names of the gene and of its variants (m).
    carriers
        Dosages in the order of the model's samples (m columns).
    called
        Which entries are calls; imputed ones count in U, Phi and the Gram matrix only.
    model, strata
        Of the trait, as for `summarise_trait`.
    scale
        Of them (`evidence.residual_scale`).
    alleles, allele_numbers
        As in `GeneSummary`.
    """
    count = carriers.offsets.size - 1
    variant = np.repeat(np.arange(count), np.diff(carriers.offsets))[called]
    samples, dosages = carriers.samples[called], carriers.dosages[called]

    def total(values: Floats | None) -> Floats | None:
        return None if values is None else np.bincount(variant, dosages * values[samples], count).astype(np.float64)

    return GeneSummary(
        gene=gene,
        variants=tuple(variants),
        statistics=score_statistics(model, carriers),
        minor_allele_counts=np.bincount(variant, dosages, count).astype(np.float64),
        patterns=_patterns(samples, variant, dosages, strata, count),
        gram=gram_matrix(carriers, scale),
        observed_events=total(model.events),
        expected_events=total(model.expected_events),
        alleles=alleles,
        allele_numbers=allele_numbers,
    )


def _patterns(samples: Integers, variant: Integers, dosages: Floats, strata: Integers, count: int) -> CarrierPatterns:
    """Count equal rows of the genotypes, from their entries."""
    own, place = np.unique(samples, return_inverse=True)
    rows = np.zeros((own.size, count), np.int64)
    rows[place.ravel(), variant] = np.rint(dosages)
    found, which = np.unique(rows, axis=0, return_inverse=True)
    carriers = np.zeros((int(strata.max()) + 1, len(found)), np.int64)
    np.add.at(carriers, (strata[own], which.ravel()), 1)
    return CarrierPatterns(found, carriers)


def gram_matrix(carriers: Carriers, scale: Floats) -> GramMatrix:
    """Add up products of dosages over samples.

    Parameters
    ----------
    carriers
        Dosages (m columns).
    scale
        s of each sample (n).
    """
    variants = carriers.offsets.size - 1
    place, products = _products(carriers.offsets, carriers.samples, carriers.dosages * scale[carriers.samples])
    places, where = np.unique(place, return_inverse=True)
    value = np.bincount(where, products, places.size).astype(np.float64)
    return GramMatrix(places // variants, places % variants, value)


@njit(cache=True, nogil=True)
def _products(offsets: Integers, samples: Integers, dosages: Floats) -> tuple[Integers, Floats]:
    """Give, for each two entries of a sample, the place in the (m, m) matrix and the product."""
    size = offsets.size - 1
    variants = np.empty(samples.size, np.int64)
    for variant in range(size):
        variants[offsets[variant] : offsets[variant + 1]] = variant
    # Stable, so that a sample's entries stay in the order of variants: only the upper triangle comes about.
    by_sample = np.argsort(samples, kind="mergesort")
    ends, pairs = np.empty(samples.size, np.int64), 0
    for begin in range(samples.size - 1, -1, -1):
        same = begin + 1 < samples.size and samples[by_sample[begin + 1]] == samples[by_sample[begin]]
        ends[begin] = ends[begin + 1] if same else begin + 1
        pairs += ends[begin] - begin
    places, products, found = np.empty(pairs, np.int64), np.empty(pairs), 0
    for begin in range(samples.size):
        one = by_sample[begin]
        for other in by_sample[begin : ends[begin]]:
            places[found] = variants[one] * size + variants[other]
            products[found] = dosages[one] * dosages[other]
            found += 1
    return places, products
