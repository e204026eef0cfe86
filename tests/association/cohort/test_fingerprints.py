"""Fingerprints: planted duplicates and siblings are found, strangers and other salts are not."""

from __future__ import annotations

import numpy as np
import pytest

from association.cohort.fingerprints import (
    BITS,
    Fingerprints,
    common_enough,
    fingerprints,
    people_in_both,
    salt_check,
    smallest_kinship,
    spaced_sites,
)

SALT = b"consortium"
SITES, PEOPLE, PAIRS = 2_500, 1_000, 40


def draw(generator, frequency, people):
    """Draw haplotypes of people (2, m, n)."""
    return (generator.random((2, len(frequency), people)) < frequency[:, None]).astype(np.int8)


def child(generator, mother, father):
    """Draw a child of each pair of parents, sites independent."""
    chosen = [np.where(generator.random(one[0].shape) < 0.5, one[0], one[1]) for one in (mother, father)]
    return np.stack(chosen)


def with_errors(generator, dosages, *, wrong, missing):
    """Put another dosage in place of a share of calls, and make others missing."""
    other = (dosages + generator.integers(1, 3, dosages.shape)) % 3
    changed = np.where(generator.random(dosages.shape) < wrong, other, dosages)
    return np.where(generator.random(dosages.shape) < missing, -1, changed).astype(np.int8)


@pytest.fixture(scope="module")
def cohorts():
    """Two cohorts of strangers, whose first people are in both and whose next are siblings of each other."""
    generator = np.random.default_rng(11)
    frequency = generator.uniform(0.05, 0.95, SITES)
    first, second = (draw(generator, frequency, PEOPLE) for _ in range(2))
    mother, father = (draw(generator, frequency, PAIRS) for _ in range(2))
    second[:, :, :PAIRS] = first[:, :, :PAIRS]
    for cohort in (first, second):
        cohort[:, :, PAIRS : 2 * PAIRS] = child(generator, mother, father)
    return tuple(with_errors(generator, one.sum(axis=0), wrong=0.01, missing=0.02) for one in (first, second))


NAMES = [f"chr1-{1 + number}-A-C" for number in range(SITES)]


@pytest.fixture(scope="module")
def prints(cohorts):
    return tuple(fingerprints(one, NAMES, SALT) for one in cohorts)


def test_all_duplicates_and_siblings_are_found_and_none_of_a_million_strangers(prints):
    found = people_in_both(*prints)
    duplicates = found[found["relationship"] == "duplicate"]
    assert list(zip(duplicates["first"], duplicates["second"], strict=True)) == [(i, i) for i in range(PAIRS)]
    siblings = found[found["relationship"] != "duplicate"]
    planted = {(i, i) for i in range(PAIRS, 2 * PAIRS)}
    assert set(zip(siblings["first"], siblings["second"], strict=True)) == planted
    assert PEOPLE**2 == 1_000_000


def test_kinship_is_a_half_for_one_person_less_twice_the_errors_and_a_quarter_for_siblings(prints):
    found = people_in_both(*prints).groupby("relationship")["kinship"].mean()
    # One bit's noise over 40 pairs is 0.003; errors at 1% in both copies take 0.02 of 0.5.
    assert found["duplicate"] == pytest.approx(0.475, abs=0.015)
    assert found["first degree"] == pytest.approx(0.24, abs=0.015)


def test_the_stated_error_covers_strangers(prints):
    first, second = (Fingerprints(one.sites, one.bits[2 * PAIRS :]) for one in prints)
    strangers = people_in_both(first, second, min_kinship=-1.0)
    assert strangers.empty
    bits = [np.unpackbits(one.bits, axis=1).astype(np.float32) * 2 - 1 for one in (first, second)]
    kinship = np.sin(np.pi * (bits[0] @ bits[1].T) / (2 * BITS)) / 2
    error = np.sqrt(1 / (4 * SITES) + np.pi**2 / (16 * BITS))
    assert kinship.std() == pytest.approx(error, rel=0.05)
    assert abs(kinship.mean()) < 0.1 * error
    assert kinship.max() < smallest_kinship(first, second)


def test_duplicates_are_found_where_cohorts_share_three_quarters_of_their_sites(cohorts):
    lacking = np.arange(SITES) % 5
    first, second = (
        fingerprints(one[lacking != gap], [name for name, at in zip(NAMES, lacking, strict=True) if at != gap], SALT)
        for one, gap in zip(cohorts, (0, 1), strict=True)
    )
    found = people_in_both(first, second)
    duplicates = found[found["relationship"] == "duplicate"]
    assert list(zip(duplicates["first"], duplicates["second"], strict=True)) == [(i, i) for i in range(PAIRS)]
    # Of siblings some lie below what the sites can tell; no stranger may be among those that are found.
    assert (found["first"] == found["second"]).all()
    assert found["first"].max() < 2 * PAIRS


def test_another_salt_finds_nobody(cohorts, prints):
    assert people_in_both(prints[0], fingerprints(cohorts[1], NAMES, b"another")).empty


def test_too_few_sites_tell_nothing(cohorts):
    first, second = (fingerprints(one[:80], NAMES[:80], SALT) for one in cohorts)
    assert people_in_both(first, second).empty
    assert smallest_kinship(first, second) == np.inf


def test_neither_order_of_sites_nor_of_samples_changes_a_fingerprint(cohorts, prints):
    generator = np.random.default_rng(2)
    rows, columns = generator.permutation(SITES), generator.permutation(PEOPLE)
    moved = fingerprints(cohorts[0][rows][:, columns], [NAMES[row] for row in rows], SALT)
    # Sums are taken in another order: a bit whose sum is nearly zero may turn.
    turned = np.unpackbits(moved.bits ^ prints[0].bits[columns]).mean()
    assert turned < 1e-5


def test_spaced_sites_are_apart_and_are_the_same_wherever_sites_are():
    generator = np.random.default_rng(5)
    position = np.sort(generator.integers(1, 50_000_000, 2_000))
    contig = np.array(["1"] * 1_000 + ["2"] * 1_000, object)
    position[1_000:] = np.sort(generator.integers(1, 50_000_000, 1_000))
    names = [f"{one}-{place}-A-C" for one, place in zip(contig, position, strict=True)]
    chosen = spaced_sites(contig, position, names, apart=100_000)
    for name in ("1", "2"):
        own = position[chosen][contig[chosen] == name]
        assert len(own) > 100
        assert np.diff(own).min() > 100_000
    kept = np.sort(generator.choice(2_000, 1_900, replace=False))
    again = spaced_sites(contig[kept], position[kept], [names[place] for place in kept], apart=100_000)
    ours, theirs = {names[place] for place in chosen}, {names[kept[place]] for place in again}
    assert len(ours & theirs) > 0.85 * len(ours)


@pytest.mark.parametrize(
    ("dosages", "enough"),
    [
        ([1] * 5 + [0] * 45, True),
        ([1] * 4 + [0] * 46, False),
        ([2] * 3 + [1] + [0] * 46, False),
        ([2] * 45 + [1] * 5, True),
        ([2] * 46 + [1] * 4, False),
        ([1] * 5 + [0] * 46, False),
        ([1] * 5 + [0] * 45 + [-1] * 50, True),
    ],
)
def test_a_site_is_named_only_where_its_minor_allele_is_common_and_many_have_and_many_lack_it(dosages, enough):
    both = np.array([dosages, [2 - one if one >= 0 else one for one in dosages]], np.int8)
    assert common_enough(both).tolist() == [enough, enough]


def test_a_salts_check_is_its_own_and_no_sites_digest():
    assert salt_check(b"0123456789abcdef") == salt_check(b"0123456789abcdef")
    checks = {salt_check(salt) for salt in (b"0123456789abcdef", b"0123456789abcdee", b"", b"\x00")}
    assert len(checks) == 4
    assert all(len(check) == 16 and int(check, 16) >= 0 for check in checks)
