"""Collapsed variants against dense genotypes."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from association.gene_tests.collapse import collapse_ultra_rare
from association.score import Carriers


def compress(dosages):
    variants, samples = np.nonzero(dosages.T)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(variants, minlength=dosages.shape[1]))])
    return Carriers(offsets, samples, dosages.T[variants, samples])


def expand(carriers, samples):
    dosages = np.zeros((samples, carriers.offsets.size - 1))
    for variant in range(dosages.shape[1]):
        entries = slice(carriers.offsets[variant], carriers.offsets[variant + 1])
        dosages[carriers.samples[entries], variant] = carriers.dosages[entries]
    return dosages


@given(seed=st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_the_collapsed_dosage_is_the_highest_of_the_ultra_rare_ones(seed):
    rng = np.random.default_rng(seed)
    frequency = rng.uniform(0, 0.12, 6)
    dosages = rng.binomial(2, frequency, (60, 6)).astype(float)
    dosages[rng.random(dosages.shape) < 0.05] = 0.03
    counts = rng.integers(8, 14, 6)
    collapsed = collapse_ultra_rare(compress(dosages), counts)
    rare = counts <= 10
    expected = dosages if rare.sum() < 2 else np.column_stack([dosages[:, ~rare], dosages[:, rare].max(axis=1)])
    np.testing.assert_array_equal(expand(collapsed.carriers, 60), expected)
    for variant, merged in enumerate(collapsed.merged_into):
        assert np.all(expected[:, merged] >= dosages[:, variant])


def test_ten_alleles_are_ultra_rare_and_eleven_are_not():
    dosages = np.eye(4)
    assert collapse_ultra_rare(compress(dosages), np.array([10, 11, 10, 300])).merged_into.tolist() == [2, 0, 2, 1]
    assert collapse_ultra_rare(compress(dosages), np.array([10, 11, 12, 300])).merged_into.tolist() == [0, 1, 2, 3]


def test_a_carrier_of_two_ultra_rare_variants_counts_once():
    carriers = Carriers(np.array([0, 2, 4]), np.array([3, 5, 5, 7]), np.array([1.0, 1.0, 1.0, 2.0]))
    collapsed = collapse_ultra_rare(carriers, np.array([2, 3])).carriers
    assert collapsed.samples.tolist() == [3, 5, 7]
    assert collapsed.dosages.tolist() == [1, 1, 2]
