"""What changed about who carries a mask's variants, and what it did to the burden.

The burden's score, unweighted, is a sum over carried alleles, U = sum_jk g_jk M_k with dosages g and residuals M. So
what it has moved by between two runs is a sum of parts, each of which has one cause:

    samples left, joined     -sum g M over carriers who left the trait,  +sum g M over those who came
    variants lost, gained    of the other samples, over alleles of variants that left the mask, or came
    minor allele flipped     of the other variants, over all alleles of those whose reference has become the minor
                             allele, or is it no longer
    calls changed            of the other variants, over alleles that one run alone has
    events, follow-up        sum g (M_new - M_old) over the rest, by what became of the carrier

A cause's share is the size of its part over the sum of the sizes of all parts.

Axes: m variants of the mask, e entries of carriers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.comparison import causes
from association.comparison.sample_fates import SampleFates, TraitSide

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Places = NDArray[np.intp]


@dataclass(frozen=True)
class MaskEntries:
    """Who carries the variants of a mask, in one run.

    Attributes
    ----------
    variants
        What names each variant in both runs (m).
    by_reference
        Whether the reference is a variant's minor allele (m).
    variant, sample
        Of each entry, its variant's place among `variants`, and its sample's in the trait (e).
    dosage
        Minor alleles (e).
    called
        Whether it is a call, and no mean put in its place (e).
    """

    variants: NDArray[np.uint64]
    by_reference: Booleans
    variant: Integers
    sample: Integers
    dosage: Floats
    called: Booleans


@dataclass(frozen=True)
class MaskChange:
    """What changed about a mask's carriers.

    Attributes
    ----------
    counts
        Variants or people behind each cause, by its name; none that is zero.
    parts
        What each cause has moved the burden's score by; their sum is all of the move.
    """

    counts: Mapping[str, int]
    parts: Mapping[str, float]

    def share(self, cause: str) -> float | None:
        """Give a cause's share of all that moved the burden's score; None where nothing did, or it is not known."""
        total = sum(abs(part) for part in self.parts.values())
        return abs(self.parts[cause]) / total if total > 0 and cause in self.parts else None


def mask_change(
    old: MaskEntries, new: MaskEntries, traits: tuple[TraitSide, TraitSide], fates: SampleFates
) -> MaskChange:
    """Find what changed about a mask's carriers.

    Parameters
    ----------
    old, new
        Its carriers in either run.
    traits
        The trait, in the old run and in the new one.
    fates
        What became of its samples.
    """
    position = fates.old_of_new[new.sample]
    # New samples are numbered behind all old ones.
    person = np.where(position >= 0, position, fates.cause.size + new.sample)
    scores = [own.dosage * trait.residuals[own.sample] for own, trait in zip((old, new), traits, strict=True)]
    flipped = _flipped(old, new)
    before = _Side.of(old, new, flipped, old.sample, fates.stays[old.sample], scores[0])
    after = _Side.of(new, old, flipped, person, position >= 0, scores[1])
    parts = {
        causes.CARRIERS_LEFT: -before.score[~before.stays].sum(),
        causes.CARRIERS_JOINED: after.score[~after.stays].sum(),
        causes.VARIANTS_LOST: -before.score[before.stays & ~before.in_both].sum(),
        causes.VARIANTS_GAINED: after.score[after.stays & ~after.in_both].sum(),
        causes.FLIPPED: after.score[after.stays & after.flipped].sum()
        - before.score[before.stays & before.flipped].sum(),
    }
    counts = {
        causes.CARRIERS_LEFT: np.unique(before.person[~before.stays & old.called]).size,
        causes.CARRIERS_JOINED: np.unique(after.person[~after.stays & new.called]).size,
        causes.VARIANTS_LOST: np.setdiff1d(old.variants, new.variants).size,
        causes.VARIANTS_GAINED: np.setdiff1d(new.variants, old.variants).size,
        causes.FLIPPED: flipped.size,
    }
    same = _same_entries(before, after)
    for more_counts, more_parts in (
        _calls(old, new, before, after, traits[1], same),
        _outcomes(old, new, traits, fates, same),
    ):
        counts, parts = counts | more_counts, parts | more_parts
    return MaskChange(
        {name: int(count) for name, count in counts.items() if count},
        {name: float(part) for name, part in parts.items()},
    )


def _flipped(old: MaskEntries, new: MaskEntries) -> NDArray[np.uint64]:
    """Name the variants of both runs whose minor allele is the other one now."""
    both, one, other = np.intersect1d(old.variants, new.variants, return_indices=True)
    return np.asarray(both[old.by_reference[one] != new.by_reference[other]])


@dataclass(frozen=True)
class _Side:
    """One run's entries (e): who carries what, with what residual, and what both runs have of variant and sample."""

    key: NDArray[np.uint64]
    person: Integers
    score: Floats
    in_both: Booleans
    flipped: Booleans
    stays: Booleans

    @classmethod
    def of(
        cls,
        own: MaskEntries,
        other: MaskEntries,
        flipped: NDArray[np.uint64],
        person: Integers,
        stays: Booleans,
        score: Floats,
    ) -> _Side:
        in_both, turned = np.isin(own.variants, other.variants), np.isin(own.variants, flipped)
        return cls(own.variants[own.variant], person, score, in_both[own.variant], turned[own.variant], stays)

    @property
    def shared(self) -> Places:
        """The entries whose variant and sample both runs have, and whose minor allele is the same."""
        return np.flatnonzero(self.in_both & ~self.flipped & self.stays)


def _same_entries(before: _Side, after: _Side) -> tuple[Places, Places]:
    """Find the alleles that both runs have, of one variant and one person: their places in either run."""
    kind = np.dtype([("variant", np.uint64), ("person", np.int64)])
    keys = []
    for side in (before, after):
        key = np.empty(side.shared.size, kind)
        key["variant"], key["person"] = side.key[side.shared], side.person[side.shared]
        keys.append(key)
    _, one, other = np.intersect1d(keys[0], keys[1], assume_unique=True, return_indices=True)
    return before.shared[one], after.shared[other]


def _calls(
    old: MaskEntries, new: MaskEntries, before: _Side, after: _Side, trait: TraitSide, same: tuple[Places, Places]
) -> tuple[dict[str, int], dict[str, float]]:
    """Give people, and parts of the score, of calls that changed in samples and variants of both runs."""
    lost, gained = (np.setdiff1d(side.shared, own) for side, own in zip((before, after), same, strict=True))
    change = new.dosage[same[1]] - old.dosage[same[0]]
    moved = change * trait.residuals[new.sample[same[1]]]
    more, fewer = (np.append(gained, same[1][change > 0]), np.append(lost, same[0][change < 0]))
    counts = {
        causes.CALLS_GAINED: np.unique(after.person[more]).size,
        causes.CALLS_LOST: np.unique(before.person[fewer]).size,
    }
    parts = {
        causes.CALLS_GAINED: after.score[gained].sum() + moved[change > 0].sum(),
        causes.CALLS_LOST: moved[change < 0].sum() - before.score[lost].sum(),
    }
    return counts, parts


def _outcomes(
    old: MaskEntries,
    new: MaskEntries,
    traits: tuple[TraitSide, TraitSide],
    fates: SampleFates,
    same: tuple[Places, Places],
) -> tuple[dict[str, int], dict[str, float]]:
    """Give people, and parts of the score, of alleles that both runs have, by what became of who carries them."""
    person, now = old.sample[same[0]], new.sample[same[1]]
    moved = old.dosage[same[0]] * (traits[1].residuals[now] - traits[0].residuals[person])
    cause = fates.cause[person]
    counts = {name: np.unique(person[cause == name]).size for name in causes.OF_A_PERSON}
    parts = {name: float(moved[cause == name].sum()) for name in causes.OF_A_PERSON}
    return counts, parts | {causes.MODEL: float(moved[cause == ""].sum())}
