"""What moved a burden: the parts against the scores themselves, and each cause planted by itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from association.comparison import causes
from association.comparison.mask_change import MaskEntries, mask_change
from association.comparison.sample_fates import TraitSide, sample_fates

VARIANTS = np.array([11, 22, 33], np.uint64)


def entries(carried, variants=VARIANTS, by_reference=()):
    """Make a mask's carriers from (variant, sample, dosage)."""
    variant, sample, dosage = (np.array(column) for column in zip(*sorted(carried), strict=True))
    called = np.ones(variant.size, np.bool_)
    flipped = np.isin(np.arange(variants.size), by_reference)
    return MaskEntries(
        variants, flipped, variant.astype(np.int64), sample.astype(np.int64), dosage.astype(float), called
    )


def side(residuals, events=None, end=None):
    residuals = np.array(residuals, float)
    events = np.zeros(residuals.size) if events is None else np.array(events, float)
    end = np.full(residuals.size, 10.0) if end is None else np.array(end, float)
    return TraitSide(residuals, events, np.column_stack([events, end]), end)


def change_of(old, new, traits, old_of_new):
    fates = sample_fates(*traits, np.array(old_of_new, np.int64))
    return mask_change(old, new, traits, fates)


CARRIED = [(0, 0, 1), (0, 1, 2), (1, 2, 1), (2, 3, 1)]
TRAIT = side([0.5, -0.2, 0.8, -0.4, 0.1])
EVERYONE = range(5)


def test_the_same_carriers_of_the_same_outcome_have_moved_nothing():
    found = change_of(entries(CARRIED), entries(CARRIED), (TRAIT, TRAIT), EVERYONE)
    assert found.counts == {}
    assert set(found.parts.values()) == {0.0}
    assert found.share(causes.MODEL) is None


def test_an_event_of_one_carrier_is_all_that_moved():
    events = [0, 0, 1, 0, 0]
    after = side([0.5, -0.2, 1.8, -0.4, 0.1], events)
    found = change_of(entries(CARRIED), entries(CARRIED), (TRAIT, after), EVERYONE)
    assert found.counts == {causes.EVENTS_GAINED: 1}
    assert found.parts[causes.EVENTS_GAINED] == pytest.approx(1.0)
    assert found.share(causes.EVENTS_GAINED) == 1
    back = change_of(entries(CARRIED), entries(CARRIED), (after, TRAIT), EVERYONE)
    assert back.counts == {causes.EVENTS_LOST: 1}


def test_follow_up_that_went_on_without_an_event_is_told_from_another_value():
    longer, shorter = side(TRAIT.residuals, end=[10, 10, 14, 10, 10]), side(TRAIT.residuals, end=[10, 10, 8, 10, 10])
    kept = entries(CARRIED)
    assert change_of(kept, kept, (TRAIT, longer), EVERYONE).counts == {causes.FOLLOWED_LONGER: 1}
    assert change_of(kept, kept, (TRAIT, shorter), EVERYONE).counts == {causes.VALUES_CHANGED: 1}


def test_a_carriers_follow_up_counts_and_that_of_others_does_not():
    others = side(TRAIT.residuals, end=[10, 10, 10, 10, 14])
    assert change_of(entries(CARRIED), entries(CARRIED), (TRAIT, others), EVERYONE).counts == {}


def test_a_sample_that_joined_or_left_with_its_alleles_is_named():
    joined = [*CARRIED, (0, 5, 1)]
    more = side([*TRAIT.residuals, 0.9])
    found = change_of(entries(CARRIED), entries(joined), (TRAIT, more), [*EVERYONE, -1])
    assert found.counts == {causes.CARRIERS_JOINED: 1}
    assert found.parts[causes.CARRIERS_JOINED] == pytest.approx(0.9)
    fates = np.array([*EVERYONE])
    back = change_of(entries(joined), entries(CARRIED), (more, TRAIT), fates)
    assert back.counts == {causes.CARRIERS_LEFT: 1}
    assert back.parts[causes.CARRIERS_LEFT] == pytest.approx(-0.9)


def test_a_variant_that_left_the_mask_is_named_and_not_its_carriers():
    fewer = entries([(0, 0, 1), (0, 1, 2), (1, 2, 1)], VARIANTS[:2])
    found = change_of(entries(CARRIED), fewer, (TRAIT, TRAIT), EVERYONE)
    assert found.counts == {causes.VARIANTS_LOST: 1}
    assert found.parts[causes.VARIANTS_LOST] == pytest.approx(0.4)
    assert change_of(fewer, entries(CARRIED), (TRAIT, TRAIT), EVERYONE).counts == {causes.VARIANTS_GAINED: 1}


def test_a_call_that_changed_in_a_sample_of_both_runs_is_named():
    dosage = entries([(0, 0, 2), *CARRIED[1:]])
    found = change_of(entries(CARRIED), dosage, (TRAIT, TRAIT), EVERYONE)
    assert found.counts == {causes.CALLS_GAINED: 1}
    assert found.parts[causes.CALLS_GAINED] == pytest.approx(0.5)
    without = change_of(entries(CARRIED), entries(CARRIED[1:]), (TRAIT, TRAIT), EVERYONE)
    assert without.counts == {causes.CALLS_LOST: 1}
    assert without.parts[causes.CALLS_LOST] == pytest.approx(-0.5)


def test_a_minor_allele_that_became_the_other_one_is_told_and_no_call_that_changed():
    turned = [*CARRIED[:3], *((2, sample, 1 if sample == 3 else 2) for sample in EVERYONE)]
    found = change_of(entries(CARRIED), entries(turned, by_reference=[2]), (TRAIT, TRAIT), EVERYONE)
    assert found.counts == {causes.FLIPPED: 1}
    assert found.parts[causes.FLIPPED] == pytest.approx(2 * (0.5 - 0.2 + 0.8 + 0.1))
    assert found.share(causes.FLIPPED) == 1


def test_means_in_place_of_calls_are_no_carriers():
    imputed = replace(entries([*CARRIED, (0, 5, 1)]), called=np.array([True, True, False, True, True]))
    more = side([*TRAIT.residuals, 0.9])
    assert change_of(entries(CARRIED), imputed, (TRAIT, more), [*EVERYONE, -1]).counts == {}


def test_a_null_model_that_moved_is_all_that_moves_unchanged_carriers():
    after = side(TRAIT.residuals + 0.1)
    found = change_of(entries(CARRIED), entries(CARRIED), (TRAIT, after), EVERYONE)
    assert found.counts == {}
    assert found.share(causes.MODEL) == 1


@st.composite
def two_runs(draw):
    """Two runs of a mask in which anything may have changed."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size, variants = 12, np.arange(1, 7, dtype=np.uint64)
    runs = []
    for _ in range(2):
        people = np.sort(random.choice(size, random.integers(3, size), replace=False))
        chosen = np.sort(random.choice(variants, random.integers(1, variants.size), replace=False))
        dosage = random.choice([0, 0, 1, 2], size=(chosen.size, people.size))
        variant, sample = np.nonzero(dosage)
        by_reference, called = random.random(chosen.size) < 0.3, np.ones(variant.size, np.bool_)
        carried = MaskEntries(chosen, by_reference, variant, sample, dosage[variant, sample].astype(float), called)
        trait = side(random.normal(size=people.size), random.integers(0, 2, people.size))
        runs.append((people, carried, trait, dosage))
    return runs


@given(two_runs())
def test_parts_add_up_to_what_the_score_has_moved_by(runs):
    (people, old, before, dosage), (people_now, new, after, dosage_now) = runs
    place = {person: number for number, person in enumerate(people)}
    found = change_of(old, new, (before, after), [place.get(person, -1) for person in people_now])
    moved = (dosage_now @ after.residuals).sum() - (dosage @ before.residuals).sum()
    assert sum(found.parts.values()) == pytest.approx(moved, abs=1e-12)
    shares = [found.share(name) for name in found.parts]
    assert None in shares or sum(shares) == pytest.approx(1)


@given(two_runs())
def test_the_way_back_has_the_opposite_causes(runs):
    (people, old, before, _), (people_now, new, after, _) = runs
    forth, back = (
        [{person: number for number, person in enumerate(own)}.get(person, -1) for person in other]
        for own, other in ((people, people_now), (people_now, people))
    )
    there, here = change_of(old, new, (before, after), forth), change_of(new, old, (after, before), back)
    pairs = (
        (causes.VARIANTS_GAINED, causes.VARIANTS_LOST),
        (causes.CARRIERS_JOINED, causes.CARRIERS_LEFT),
        (causes.CALLS_GAINED, causes.CALLS_LOST),
        (causes.EVENTS_GAINED, causes.EVENTS_LOST),
        (causes.FLIPPED, causes.FLIPPED),
    )
    for gained, lost in pairs:
        assert there.counts.get(gained) == here.counts.get(lost)
        assert there.counts.get(lost) == here.counts.get(gained)
