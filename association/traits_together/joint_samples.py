"""The samples of several traits, put together: who has which trait, and who may be exchanged with whom.

A permutation exchanges whole samples, with all their traits, so that traits stay as dependent as they are. Samples
are exchanged within the common refinement of the traits' strata. What stratum a sample would have in a trait that it
lacks follows from its other strata, where all samples of these have the same one; else samples that lack the trait
are exchanged among themselves.

Samples are exchanged with those that have the same traits, too: a gene's carriers may have a trait more often than
others, and then a sum over those who have it would vary more, or less, than one over any samples. Where fewer than
`FEWEST_ALIKE` of a stratum have the same traits, these are exchanged with others of so rare a choice: so at most a
tenth of what the residuals tell is lost in means of small groups.

Axes: P traits, n samples with at least one of them, in the order of the gene store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.null_models.null_model import NullModel
from association.scan_settings import ScanTrait

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Stands for the stratum of a sample in a trait that it lacks.
LACKS = -1
# Groups of fewer, of those who have the same traits, are put together.
FEWEST_ALIKE = 10


@dataclass(frozen=True)
class JointSamples:
    """The samples of several traits.

    Attributes
    ----------
    store_positions
        Position of each sample in the gene store (n), ascending.
    places
        Of each trait, where its samples stand among the n.
    present
        Who has which trait (P, n).
    strata
        Whom each sample is exchanged with (n), 0, 1, ...
    male
        Who has one X chromosome (n).
    """

    store_positions: Integers
    places: tuple[Integers, ...]
    present: Booleans
    strata: Integers
    male: Booleans

    @property
    def size(self) -> int:
        """How many samples there are."""
        return self.store_positions.size

    def spread(self, trait: int, values: Floats) -> Floats:
        """Give what is known of a trait's samples for all samples (n), zero where they lack it."""
        spread = np.zeros(self.size)
        spread[self.places[trait]] = values
        return spread


def join_samples(traits: Sequence[ScanTrait]) -> JointSamples:
    """Put the samples of traits together.

    Parameters
    ----------
    traits
        At least one; all of the same gene store.
    """
    positions = np.unique(np.concatenate([trait.store_positions for trait in traits]))
    places = tuple(np.searchsorted(positions, trait.store_positions) for trait in traits)
    strata = np.full((len(traits), positions.size), LACKS, np.int64)
    male = np.zeros(positions.size, np.bool_)
    for own, place, trait in zip(strata, places, traits, strict=True):
        own[place] = trait.strata
        male[place[: trait.male.size]] |= trait.male
    present = strata != LACKS
    return JointSamples(positions, places, present, divide_by_traits(common_strata(strata), present), male)


def common_strata(strata: Integers) -> Integers:
    """Give the common refinement of several divisions into strata.

    Parameters
    ----------
    strata
        Of each trait, the stratum of each sample or `LACKS` (P, n).

    Returns
    -------
    Integers
        Common stratum of each sample (n), 0, 1, ...
    """
    filled = strata.copy()
    for own, known in zip(filled, strata, strict=True):
        for other in strata:
            for stratum in np.unique(other[(known == LACKS) & (other != LACKS)]):
                here = other == stratum
                seen = np.unique(known[here & (known != LACKS)])
                if seen.size == 1:
                    own[here & (own == LACKS)] = seen[0]
    return np.unique(filled, axis=1, return_inverse=True)[1].ravel().astype(np.int64)


def divide_by_traits(strata: Integers, present: Booleans) -> Integers:
    """Divide strata by which traits samples have.

    Parameters
    ----------
    strata
        Of each sample (n).
    present
        Who has which trait (P, n).

    Returns
    -------
    Integers
        A finer stratum of each sample (n), 0, 1, ...
    """
    traits = np.unique(present, axis=1, return_inverse=True)[1].ravel()
    alike, count = np.unique(np.stack((strata, traits)), axis=1, return_inverse=True, return_counts=True)[1:]
    traits = np.where(count[alike.ravel()] < FEWEST_ALIKE, LACKS, traits)
    return np.unique(np.stack((strata, traits)), axis=1, return_inverse=True)[1].ravel().astype(np.int64)


def joint_trait(traits: Sequence[ScanTrait], samples: JointSamples) -> ScanTrait:
    """Give the samples as a trait that says nothing of them, for what depends on carriers alone."""
    size = samples.size
    model = NullModel("joint", np.zeros(size), np.ones(size), np.zeros((size, 0)), np.zeros((0, 0)))
    return ScanTrait(
        name="joint",
        model=model,
        strata=samples.strata,
        store_positions=samples.store_positions,
        store_samples=traits[0].store_samples,
        male=samples.male,
    )
