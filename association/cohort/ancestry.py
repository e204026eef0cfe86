"""Groups of similar ancestry: of a labelled panel where there is one, or the main group and the rest.

With a panel its principal components are computed, the cohort is projected on them, and each group of the panel is
taken for normal, its covariance drawn towards the pooled one of all groups. A sample goes to the group of the largest
posterior probability, groups being equally likely beforehand, if that is at least 0.75 and the sample lies where
members of the group do; otherwise it is "unassigned". Without a panel a sample is in "main" or "other" by its
distance from the main cluster (`association.cohort.robust_distance`). Either way only components are looked at that
carry structure.

References
----------
Karczewski et al. The mutational constraint spectrum. Nature 2020. doi:10.1038/s41586-020-2308-7 (projection on a
panel and a least probability; there by a random forest and 0.9)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.special import logsumexp
from scipy.stats import chi2

from association.cohort.common_variants import Dosages, Floats, Mask
from association.cohort.principal_components import (
    PrincipalComponents,
    principal_components,
    structured_components,
)
from association.cohort.robust_distance import TAIL, main_cluster

MAIN, OTHER, UNASSIGNED = "main", "other", "unassigned"
MIN_PROBABILITY = 0.75
# Share of a group that lies further out than a sample may lie; small, since projections shrink and panels are few.
MEMBERSHIP_TAIL = 1e-6
FEWEST_OF_GROUP = 10


@dataclass(frozen=True)
class AncestryGroups:
    """The group of each sample.

    Attributes
    ----------
    group
        Its name (n).
    probability
        Posterior probability of the likeliest group; NaN without a panel (n).
    scores
        On the panel's components, or the cohort's that were used (n, k).
    panel_scores
        Of the panel's samples; no rows without a panel.
    components
        How many were used.
    reason
        Why there is but one group; None where groups could be told.
    """

    group: NDArray[np.object_]
    probability: Floats
    scores: Floats
    panel_scores: Floats
    components: int
    reason: str | None


def panel_groups(
    panel: Dosages,
    labels: NDArray[np.object_],
    cohort: Dosages,
    *,
    generator: np.random.Generator,
    number: int = 10,
    min_probability: float = MIN_PROBABILITY,
) -> AncestryGroups:
    """Give each sample of the cohort the panel's group it belongs to.

    Parameters
    ----------
    panel
        Dosages of the panel's samples, unrelated, at variants that both have, out of linkage (m, r).
    labels
        The panel's groups (r); groups of fewer than 10 samples are left out.
    cohort
        Dosages at the same variants, of the same alleles (m, n).
    generator
        For the randomised decomposition of a large panel.
    number
        Components at most.
    min_probability
        Smallest posterior probability of the group for a sample to be put in it.
    """
    names, sizes = np.unique(labels.astype(str), return_counts=True)
    names = names[sizes >= FEWEST_OF_GROUP]
    usable = np.isin(labels.astype(str), names)
    both = np.concatenate([panel[:, usable], cohort], axis=1)
    fitted = np.arange(both.shape[1]) < usable.sum()
    found = principal_components(both, fitted, generator=generator, number=number)
    used = structured_components(found)
    reason = _panel_reason(found, used, names)
    samples = cohort.shape[1]
    if reason is not None:
        unknown = np.full(samples, np.nan)
        everybody = np.full(samples, UNASSIGNED, dtype=object)
        return AncestryGroups(everybody, unknown, np.zeros((samples, 0)), np.zeros((0, 0)), 0, reason)
    panel_scores, scores = found.scores[fitted, :used], found.scores[~fitted, :used]
    group, probability = classify(panel_scores, labels[usable], scores, min_probability=min_probability)
    return AncestryGroups(group, probability, scores, panel_scores, used, None)


def classify(
    panel_scores: Floats, labels: NDArray[np.object_], scores: Floats, *, min_probability: float = MIN_PROBABILITY
) -> tuple[NDArray[np.object_], Floats]:
    """Give each sample's group, or "unassigned", and the probability of the likeliest one.

    Parameters
    ----------
    panel_scores, labels
        Of samples whose group is known (r, k), (r).
    scores
        Of the samples to put in groups (n, k).
    min_probability
        Smallest posterior probability.
    """
    names = np.unique(labels.astype(str))
    axes = scores.shape[1]
    members = [panel_scores[labels.astype(str) == name] for name in names]
    within = [np.atleast_2d(np.cov(group, rowvar=False)) for group in members]
    weights = np.array([len(group) - 1 for group in members], dtype=float)
    pooled = np.einsum("g,gij->ij", weights / weights.sum(), np.array(within))
    density, squared = np.zeros((len(scores), names.size)), np.zeros((len(scores), names.size))
    for place, (group, own) in enumerate(zip(members, within, strict=True)):
        # The pooled covariance counts as much as two samples per axis: a group of a few takes over its shape.
        borrowed = 2 * axes / (len(group) + 2 * axes)
        factor = cho_factor((1 - borrowed) * own + borrowed * pooled)
        away = scores - group.mean(axis=0)
        squared[:, place] = np.einsum("ij,ji->i", away, cho_solve(factor, away.T))
        density[:, place] = -squared[:, place] / 2 - np.log(np.diag(factor[0])).sum()
    posterior = np.exp(density - logsumexp(density, axis=1, keepdims=True))
    best = posterior.argmax(axis=1)
    rows = np.arange(len(scores))
    probability = posterior[rows, best]
    belongs = (probability >= min_probability) & (squared[rows, best] <= chi2.isf(MEMBERSHIP_TAIL, axes))
    return np.where(belongs, names[best].astype(object), UNASSIGNED).astype(object), probability


def main_and_other(components: PrincipalComponents, *, tail: float = TAIL) -> AncestryGroups:
    """Tell the main group of the cohort from the rest.

    Parameters
    ----------
    components
        Of the cohort.
    tail
        Share of a normal main group that would be called other.
    """
    used = structured_components(components)
    scores = components.scores[:, :used]
    samples = len(scores)
    unknown, no_panel = np.full(samples, np.nan), np.zeros((0, used))
    cluster = main_cluster(scores, tail=tail) if used else None
    if cluster is None:
        reason = components.reason if components.number == 0 else "no component carries structure: one group"
        return AncestryGroups(np.full(samples, MAIN, dtype=object), unknown, scores, no_panel, used, reason)
    group = np.where(cluster.member, MAIN, OTHER).astype(object)
    return AncestryGroups(group, unknown, scores, no_panel, used, None)


def component_outliers(scores: Floats, group: NDArray[np.object_], *, tail: float = MEMBERSHIP_TAIL) -> Mask:
    """Say who lies far from the main cluster of their own group (n).

    Parameters
    ----------
    scores
        On the components that carry structure (n, k).
    group
        Of each sample; nobody is an outlier in "other", "unassigned" and groups too small to have a shape (n).
    tail
        Share of a normal group that would be called outliers.
    """
    far = np.zeros(len(scores), dtype=bool)
    for name in np.unique(group.astype(str)):
        members = group == name
        cluster = main_cluster(scores[members]) if name not in (OTHER, UNASSIGNED) else None
        if cluster is not None:
            far[members] = cluster.squared_distance > chi2.isf(tail, scores.shape[1])
    return far


def _panel_reason(found: PrincipalComponents, used: int, names: NDArray[np.str_]) -> str | None:
    if names.size < 2:
        return f"the panel has {names.size} groups of at least {FEWEST_OF_GROUP} samples; two are needed"
    if used == 0:
        return found.reason or "no component of the panel carries structure"
    return None
