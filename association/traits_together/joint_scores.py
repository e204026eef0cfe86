"""Each sample's score residuals in several traits, alone and combined, as null models that the engine can test.

With M_p the residuals of trait p, centred within common strata among the samples that have it and zero for those
that lack it, sigma_p their standard deviation and r_pq the correlation of two traits within strata among samples
with both,

    homogeneous       H = sum_p d_p M_p / sigma_p            the gene does harm in all traits, or good in all
    q given p         M_q - (s_pq / s_pp) M_p                what the gene says of q beyond what p says already

where d_p is +1 where more of trait p is worse for the patient, and -1 where less is (`ScanTrait.harm`): how traits
happen to go together among patients does not tell what one gene does. A sample that lacks traits adds less, and with
less variance: V_i = sum_pq d_p d_q a_ip a_iq r_pq, where a_ip is 0 where it lacks p and else 1, or the root of its
share of information where samples carry unequal information (slopes).

Axes: P traits, n samples.

References
----------
O'Brien. Procedures for comparing samples with multiple endpoints. Biometrics 1984. doi:10.2307/2531158
Dutta, Scott, Boehnke, Lee. Multi-SKAT. Genetic Epidemiology 2019. doi:10.1002/gepi.22156
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from association.calibration.evidence import UNEQUAL, evidence_of
from association.calibration.permutation_stream import centre_within_strata
from association.null_models.null_model import NullModel
from association.scan_settings import ScanTrait
from association.traits_together.joint_samples import JointSamples

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Correlations of pairs may contradict each other where few samples have both; no variance falls below this.
LEAST_VARIANCE = 1e-3


@dataclass(frozen=True)
class JointScores:
    """Residuals of several traits.

    Attributes
    ----------
    samples
        Whose they are.
    models
        Each trait's null model on all n samples.
    residuals
        M, in standard deviations (P, n).
    shares
        a (P, n).
    correlation
        r (P, P).
    harm
        d (P), +1 or -1; 0 where it is not known which way is worse.
    """

    samples: JointSamples
    models: tuple[NullModel, ...]
    residuals: Floats
    shares: Floats
    correlation: Floats
    harm: Floats

    def homogeneous(self) -> NullModel:
        """Add up the traits' residuals, each towards what is worse: that has to be known of all."""
        signed = self.harm[:, None] * self.shares
        variance = np.einsum("pi,pq,qi->i", signed, self.correlation, signed)
        anyone = np.asarray(self.samples.present.any(axis=0), np.bool_)
        return _model("homogeneous", self.harm @ self.residuals, np.where(anyone, variance, 0.0), anyone)

    def conditional(self, trait: int, given: int) -> NullModel:
        """Take from a trait's residuals what another trait's say of them, in samples that have both."""
        both = np.asarray(self.samples.present[[trait, given]].all(axis=0), np.bool_)
        of_both = self.samples.strata * 2 + both
        own, other = (centre_within_strata(self.residuals[one], of_both) * both for one in (trait, given))
        slope = float(own @ other) / max(float(other @ other), np.finfo(float).tiny)
        return _model("conditional", own - slope * other, self.shares[trait] ** 2, both)


def _model(kind: str, residuals: Floats, variance: Floats, present: Booleans) -> NullModel:
    """Give residuals as a null model without covariates."""
    information = np.where(present, np.maximum(variance, LEAST_VARIANCE), 0.0)
    return NullModel(kind, residuals, information, np.zeros((residuals.size, 0)), np.zeros((0, 0)))


def join_scores(traits: Sequence[ScanTrait], samples: JointSamples) -> JointScores:
    """Bring the traits' residuals together.

    Parameters
    ----------
    traits
        The traits.
    samples
        Theirs, put together.
    """
    models = tuple(_spread(trait.model, number, samples) for number, trait in enumerate(traits))
    present = samples.present
    residuals = np.array([model.residuals for model in models])
    deviation = np.sqrt((residuals**2).sum(axis=1) / present.sum(axis=1))
    residuals /= deviation[:, None]
    correlation = residual_correlation(residuals, present, samples.strata)
    shares = np.array([_shares(trait, number, samples) for number, trait in enumerate(traits)])
    harm = np.array([trait.harm for trait in traits], np.float64)
    return JointScores(samples, models, residuals, shares, correlation, harm)


def _spread(model: NullModel, trait: int, samples: JointSamples) -> NullModel:
    """Give a trait's model on all samples, its residuals centred within common strata among those that have it."""
    own = samples.strata * 2 + samples.present[trait]
    # A binary trait's likelihood ratio counts all carriers; where some lack the trait its score is compared instead.
    counted = model.events is not None and (model.kind != "logistic" or bool(samples.present[trait].all()))
    spread = replace(
        model,
        residuals=centre_within_strata(samples.spread(trait, model.residuals), own),
        information=samples.spread(trait, model.information),
        cross_information=np.zeros((samples.size, 0)),
        covariate_information=np.zeros((0, 0)),
        shared_risk=None,
        events=None,
        expected_events=None,
    )
    if not counted or model.events is None or model.expected_events is None:
        return spread
    events, expected = (samples.spread(trait, values) for values in (model.events, model.expected_events))
    return replace(spread, events=events, expected_events=expected)


def _shares(trait: ScanTrait, number: int, samples: JointSamples) -> Floats:
    """Give the root of each sample's share of information: 1 for all who have a trait of equal information."""
    information = trait.model.information
    if evidence_of(trait.model, trait.strata).family != UNEQUAL:
        return np.asarray(samples.present[number], np.float64)
    return samples.spread(number, np.sqrt(np.maximum(information, 0.0) / information.mean()))


def residual_correlation(residuals: Floats, present: Booleans, strata: Integers) -> Floats:
    """Correlate traits within strata, each pair over the samples that have both; 0 where these do not vary.

    Parameters
    ----------
    residuals
        Of each trait (P, n).
    present
        Who has which (P, n).
    strata
        Of each sample (n).
    """
    correlation = np.eye(len(residuals))
    for one in range(len(residuals)):
        for other in range(one):
            both = present[one] & present[other]
            own = strata * 2 + both
            first, second = (centre_within_strata(residuals[trait], own) * both for trait in (one, other))
            scale = np.sqrt((first @ first) * (second @ second))
            correlation[one, other] = correlation[other, one] = first @ second / scale if scale > 0 else 0.0
    return correlation
