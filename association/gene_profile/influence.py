"""How much each carrier moves a gene's effect.

The effect is one step from the null model, b = U / V with U = g'M and V = g'Phi g, g being the sum of the mask's
minor alleles. Without the alleles of carrier i, whose g_i becomes zero,

    b_i = (U - g_i M_i) / (V - 2 g_i (Phi g)_i + g_i^2 Phi_ii),   dfbeta_i = b - b_i.

The carrier stays in the cohort as somebody without the alleles. Among hundreds that is as good as leaving them out
altogether, and the null model needs no fitting for it. A carrier pulls the effect up where dfbeta is above zero.

Axes: n samples, k carriers.

References
----------
Cain KC, Lange NT (1984) Approximate case influence for the proportional hazards regression model with censored data.
Biometrics 40:493-499. doi:10.2307/2531402
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from association.gene_profile.mask_carriers import MaskCarriers
from association.null_models.null_model import Floats, Integers, NullModel
from association.score import Carriers, score_statistics

# Of so many carriers no single one moves anything; those with the largest residuals are looked at.
MOST_CARRIERS = 500
# Less than this share of V left without a carrier is rounding.
LEFT = 1e-9


@dataclass(frozen=True)
class Influence:
    """What each carrier does to the effect.

    Attributes
    ----------
    places
        Of the carriers that were looked at, in the order of `MaskCarriers` (k at most).
    effect
        Of the burden, one step from the null model, per minor allele; nan where the trait says nothing of it.
    dfbeta
        By how much it is larger than without each carrier's alleles; nan where nothing is left without them.
    """

    places: Integers
    effect: float
    dfbeta: Floats


def influence(model: NullModel, carriers: MaskCarriers) -> Influence:
    """Estimate the burden's effect with and without each carrier.

    Parameters
    ----------
    model
        The trait's null model.
    carriers
        Of the gene's mask.
    """
    moved = np.abs(model.residuals[carriers.samples] * carriers.alleles)
    places = np.sort(np.argsort(-moved, kind="stable")[:MOST_CARRIERS])
    samples = carriers.samples[places]
    found = score_statistics(model, _with_units(carriers.burden, samples))
    score, information = found.score[0], found.covariance[0, 0]
    if not information > 0:
        return Influence(places, float("nan"), np.full(places.size, np.nan))
    own = np.zeros(model.residuals.size)
    own[carriers.burden.samples] = carriers.burden.dosages
    alleles, crossed, alone = own[samples], found.covariance[0, 1:], np.diag(found.covariance)[1:]
    left = information - 2 * alleles * crossed + alleles**2 * alone
    known = left > LEFT * information
    without = np.where(known, (score - alleles * found.score[1:]) / np.where(known, left, 1.0), np.nan)
    return Influence(places, float(score / information), score / information - without)


def _with_units(burden: Carriers, samples: Integers) -> Carriers:
    """Put a column for each sample, one allele of its own, behind the burden's."""
    first = burden.samples.size
    return Carriers(
        np.concatenate(([0], first + np.arange(samples.size + 1))),
        np.concatenate((burden.samples, samples)),
        np.concatenate((burden.dosages, np.ones(samples.size))),
    )
