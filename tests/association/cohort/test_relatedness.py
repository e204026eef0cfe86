"""Kinship against plink2, double loops and known families."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from association.cohort.king import pair_kinship
from association.cohort.relatedness import (
    COLUMNS,
    FEWEST_SITES,
    kinship_standard_error,
    related_pairs,
    relationship,
)

REFERENCE = Path(__file__).parents[2] / "reference"
FAMILY = ("grandfather", "grandmother", "spouse", "other_spouse", "son", "daughter", "first", "second", "cousin")


@pytest.fixture(scope="module")
def reference_dosages():
    lines = (REFERENCE / "relatives.dosages.txt").read_text().split()
    return np.array([[-1 if call == "." else int(call) for call in line] for line in lines], dtype=np.int8)


def test_every_pair_has_plink2s_kinship_ibs0_and_sites(reference_dosages):
    expected = pd.read_csv(REFERENCE / "relatives.expected_king.tsv", sep="\t")
    one, other = (expected[name].str[1:].astype(int).to_numpy() for name in ("#IID1", "IID2"))
    found = pair_kinship(reference_dosages)
    assert len(expected) == 50 * 49 / 2
    np.testing.assert_array_equal(found.sites[one, other], expected["NSNP"])
    np.testing.assert_allclose(found.ibs0[one, other] * expected["NSNP"], expected["IBS0"], rtol=1e-6)
    # plink2 writes six significant digits.
    np.testing.assert_allclose(found.kinship[one, other], expected["KINSHIP"], rtol=6e-6)


def test_blocks_of_samples_change_nothing(reference_dosages):
    names = [f"S{sample:02d}" for sample in range(50)]
    whole = related_pairs(reference_dosages, names).pairs
    for size in (7, 49):
        pd.testing.assert_frame_equal(related_pairs(reference_dosages, names, samples_at_once=size).pairs, whole)
    assert {("S04", "S46"), ("S00", "S40")} <= set(zip(whole["sample_1"], whole["sample_2"], strict=True))


def test_finds_every_close_relative_of_simulated_families(make_genomes, with_missing):
    rng = np.random.default_rng(11)
    genomes = make_genomes(rng, 6000)
    people = {f"{name}{number}": alleles for number in range(8) for name, alleles in genomes.family().items()}
    people["again"] = people["first0"]
    names = list(people)
    dosages = np.stack([people[name].sum(axis=1) for name in names], axis=1).astype(np.int8)
    errors = rng.random(dosages.shape) < 0.002
    dosages = with_missing(
        rng, np.where(errors, np.clip(dosages + rng.choice([-1, 1], dosages.shape), 0, 2), dosages), 0.02
    )
    found = related_pairs(dosages, names)
    told = {
        tuple(sorted(pair)): word for *pair, word in found.pairs[["sample_1", "sample_2", "relationship"]].to_numpy()
    }
    for number in range(8):
        tree = lambda *pair, number=number: told.get(tuple(sorted(f"{name}{number}" for name in pair)))  # noqa: E731
        for child in ("son", "daughter"):
            assert tree("grandfather", child) == tree("grandmother", child) == "parent-child"
        assert tree("son", "daughter") == tree("first", "second") == "siblings"
        assert tree("spouse", "first") == tree("daughter", "cousin") == "parent-child"
        for pair in (("daughter", "first"), ("son", "cousin"), ("grandfather", "second")):
            assert tree(*pair) in ("second degree", "third degree")
        assert tree("spouse", "grandfather") is None
    assert told["again", "first0"] == "duplicate"
    within = {
        frozenset(f"{name}{number}" for name in pair) for number in range(8) for pair in combinations(FAMILY, 2)
    }
    strangers = [pair for pair in told if frozenset(pair) not in within and "again" not in pair]
    assert not strangers


def test_admixture_makes_no_relatives_and_hides_none_of_a_minority(make_genomes):
    rng = np.random.default_rng(12)
    ancestral = rng.uniform(0.1, 0.9, 5000)
    # Beta with variance 0.12 p (1 - p): about as far apart as Europe and West Africa.
    majority, minority = (rng.beta(ancestral * 7.33, (1 - ancestral) * 7.33).clip(0.01, 0.99) for _ in range(2))
    mixed = [share * majority + (1 - share) * minority for share in rng.uniform(0.2, 0.8, 40)]
    unrelated = [majority] * 150 + [minority] * 20 + mixed
    dosages = [rng.binomial(2, frequency) for frequency in unrelated]
    genomes = make_genomes(rng, 5000)
    genomes.frequency = minority
    families = [genomes.family() for _ in range(4)]
    dosages += [family[name].sum(axis=1) for family in families for name in ("son", "daughter", "first")]
    names = [f"U{sample:03d}" for sample in range(len(unrelated))]
    names += [f"{name}{number}" for number in range(4) for name in ("son", "daughter", "first")]
    found = related_pairs(np.stack(dosages, axis=1).astype(np.int8), names).pairs
    told = dict(zip(found["sample_1"] + " " + found["sample_2"], found["relationship"], strict=True))
    for number in range(4):
        assert told.pop(f"daughter{number} son{number}") == "siblings"
        assert told.pop(f"first{number} son{number}") == "parent-child"
        assert told.pop(f"daughter{number} first{number}") in ("second degree", "third degree")
    assert told == {}


def test_kinship_of_first_cousins_is_a_sixteenth_on_average(make_genomes):
    rng = np.random.default_rng(5)
    genomes = make_genomes(rng, 8000)
    kinship = []
    for _ in range(12):
        family = genomes.family()
        pair = np.stack([family["first"].sum(axis=1), family["cousin"].sum(axis=1)], axis=1).astype(np.int8)
        kinship.append(pair_kinship(pair).kinship[0, 1])
    # One pair scatters by 0.02; the smaller of two heterozygosities takes a little off.
    assert np.mean(kinship) == pytest.approx(1 / 16, abs=0.02)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_neither_order_of_samples_nor_recoding_of_alleles_matters(seed):
    rng = np.random.default_rng(seed)
    dosages = rng.integers(-1, 3, (40, 6)).astype(np.int8)
    order, recoded = rng.permutation(6), rng.random(40) < 0.5
    turned = np.where(recoded[:, None] & (dosages >= 0), 2 - dosages, dosages).astype(np.int8)
    whole, changed = pair_kinship(dosages), pair_kinship(turned[:, order])
    np.testing.assert_array_equal(changed.kinship, whole.kinship[np.ix_(order, order)])
    np.testing.assert_array_equal(changed.ibs0, whole.ibs0[np.ix_(order, order)])


def test_counts_agree_with_a_double_loop():
    rng = np.random.default_rng(2)
    first, second = rng.integers(-1, 3, (30, 4)).astype(np.int8), rng.integers(-1, 3, (30, 3)).astype(np.int8)
    found = pair_kinship(first, second)
    for one in range(4):
        for other in range(3):
            pairs = [(a, b) for a, b in zip(first[:, one], second[:, other], strict=True) if a >= 0 and b >= 0]
            hets = [sum(pair[side] == 1 for pair in pairs) for side in (0, 1)]
            shared = sum(pair == (1, 1) for pair in pairs)
            opposite = sum({*pair} == {0, 2} for pair in pairs)
            fewer = min(hets)
            expected = (shared - 2 * opposite) / (2 * fewer) + 0.5 - sum(hets) / (4 * fewer)
            assert found.kinship[one, other] == pytest.approx(expected, abs=1e-12)
            assert found.sites[one, other] == len(pairs)


def test_standard_error_is_that_of_simulated_unrelated_pairs():
    rng = np.random.default_rng(8)
    frequency = rng.uniform(0.1, 0.9, 2000)
    kinship = pair_kinship(rng.binomial(2, frequency[:, None], (2000, 300)).astype(np.int8)).kinship
    observed = kinship[np.triu_indices(300, 1)].std()
    # The estimate has the pair's smaller heterozygosity below, which adds a tenth.
    assert observed == pytest.approx(kinship_standard_error(frequency), rel=0.15)


def test_no_unrelated_pair_is_reported_where_sites_are_few():
    rng = np.random.default_rng(9)
    dosages = rng.binomial(2, rng.uniform(0.1, 0.9, 300)[:, None], (300, 200)).astype(np.int8)
    dosages[:, 1] = dosages[:, 0]
    found = related_pairs(dosages, [f"S{sample:03d}" for sample in range(200)])
    assert (pair_kinship(dosages).kinship[np.triu_indices(200, 1)] > 0.0884).sum() > 100
    assert found.pairs[["sample_1", "sample_2"]].to_numpy().tolist() == [["S000", "S001"]]
    assert found.smallest_kinship > 0.177
    assert "300 common variants" in found.reason


def test_a_pair_called_together_at_few_sites_has_a_higher_limit():
    rng = np.random.default_rng(10)
    parents = rng.binomial(2, rng.uniform(0.1, 0.9, 3000)[:, None], (3000, 60))
    # Of the last sample two fifths of the genotypes are copied from the first, for a kinship of 0.2.
    copied = np.where(rng.random(3000) < 0.4, parents[:, 0], parents[:, 1])
    dosages = np.column_stack([parents, copied]).astype(np.int8)
    names = [f"S{sample:02d}" for sample in range(61)]
    assert ["S00", "S60"] in related_pairs(dosages, names).pairs[["sample_1", "sample_2"]].to_numpy().tolist()
    dosages[200:, 60] = -1
    found = related_pairs(dosages, names)
    kinship = pair_kinship(dosages).kinship[0, 60]
    assert found.smallest_kinship < kinship < found.smallest_kinship * np.sqrt(3000 / 200)
    assert ["S00", "S60"] not in found.pairs[["sample_1", "sample_2"]].to_numpy().tolist()


@pytest.mark.parametrize(("sites", "pairs"), [(FEWEST_SITES, 1), (FEWEST_SITES - 1, 0), (0, 0)])
def test_too_few_sites_tell_nothing(sites, pairs):
    rng = np.random.default_rng(1)
    dosages = np.empty((sites, 4), dtype=np.int8)
    dosages[:] = [0, 0, 1, 2]
    dosages[::2] = [1, 1, 2, 0]
    dosages = dosages[rng.permutation(sites)]
    found = related_pairs(dosages, list("ABCD"))
    assert len(found.pairs) == pairs
    assert list(found.pairs) == list(COLUMNS)
    assert (found.reason is None) == (found.smallest_kinship <= 0.0442)


@pytest.mark.parametrize(
    ("kinship", "ibs0", "sites", "name"),
    [
        (0.354, 0.0, 5000, "duplicate"),
        (0.3539, 0.0, 5000, "parent-child"),
        (0.25, 0.0069, 5000, "parent-child"),
        (0.25, 0.0071, 5000, "siblings"),
        (0.177, 0.02, 5000, "siblings"),
        (0.25, 0.0, 1142, "first degree"),
        (0.25, 0.0, 1143, "parent-child"),
        (0.1769, 0.0, 5000, "second degree"),
        (0.0884, 0.02, 5000, "second degree"),
        (0.0883, 0.02, 5000, "third degree"),
        (0.0442, 0.02, 5000, "third degree"),
    ],
)
def test_relationships_change_at_their_limits(kinship, ibs0, sites, name):
    named = relationship(np.array([kinship]), np.array([ibs0]), np.array([sites]), 0.07)
    assert named.tolist() == [name]
