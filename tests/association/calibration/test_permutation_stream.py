"""The permutation stream against the generator's published vectors and against counting."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from association.calibration.permutation_stream import (
    PermutationStream,
    _redraw,
    centre_within_strata,
    philox_4x32,
)


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ([0] * 4, [0] * 2, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
        ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
        (
            [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
            [0xA4093822, 0x299F31D0],
            [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
        ),
    ],
)
def test_generator_gives_the_known_answers_of_random123(counter, key, expected):
    words = np.array([counter, counter], np.uint32).T.copy()
    philox_4x32(words, np.array(key, np.uint32))
    assert words.T.tolist() == [expected, expected]


def test_every_permutation_of_four_is_equally_likely():
    stream = PermutationStream(np.arange(4.0)[None], np.zeros(4, int), seed=7)
    draws = stream.block(0, 240_000)[0].astype(int)
    codes, counts = np.unique((draws * np.array([[1], [4], [16], [64]])).sum(axis=0), return_counts=True)
    assert len(codes) == len(list(permutations(range(4))))
    chi_square = ((counts - 10_000) ** 2 / 10_000).sum()
    # 99.99% point of chi-square with 23 degrees of freedom; the seed is fixed, so this can't flicker.
    assert chi_square < 56.0


def test_samples_are_exchanged_within_strata_only():
    strata = np.array([1, 0, 1, 0, 1, 2])
    values = np.array([[10.0, 1, 20, 2, 60, 5]])
    block = PermutationStream(values, strata, seed=3).block(0, 500)[0]
    for stratum in range(3):
        own = strata == stratum
        assert np.array_equal(np.sort(block[own], axis=0), np.sort(values[0, own])[:, None].repeat(500, axis=1))
    assert len({tuple(column) for column in block.T}) == 12


def test_what_is_known_of_a_sample_moves_together():
    values = np.stack((np.arange(9.0), 10 + np.arange(9.0), np.arange(9.0) ** 2))
    block = PermutationStream(values, np.arange(9) % 2, seed=3).block(5, 200)
    assert block.shape == (3, 9, 200)
    assert np.array_equal(block[1], 10 + block[0])
    assert np.array_equal(block[2], block[0] ** 2)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**62), st.integers(1, 700), st.integers(0, 2**63))
def test_a_permutation_depends_neither_on_its_block_nor_on_the_samples_asked_for(first, count, seed):
    stream = PermutationStream(np.arange(9.0)[None], np.arange(9) % 2, seed)
    last = stream.block(first + count - 1, 1)
    assert np.array_equal(stream.block(first, count)[:, :, -1:], last)
    samples = np.array([7, 2, 3])
    assert np.array_equal(stream.block(first, count, samples)[:, :, -1:], last[:, samples])


def test_a_word_that_would_favour_some_choices_is_drawn_again():
    # Of 3 x 2^30 choices a quarter of the 32-bit words must be refused for the rest to be fair.
    choices = np.uint64(3 << 30)
    chosen = [int(_redraw(np.array([5, 6], np.uint32), number, 3, choices)) for number in range(4000)]
    thirds = np.bincount(np.array(chosen) % 3, minlength=3)
    assert thirds.sum() == 4000
    # 99.99% point of chi-square with 2 degrees of freedom; without refusals the remainders are 2 : 1 : 1.
    assert ((thirds - 4000 / 3) ** 2 / (4000 / 3)).sum() < 18.4


def test_centring_removes_each_stratum_mean():
    centred = centre_within_strata(np.array([1.0, 3, 10, 20]), np.array([5, 5, 9, 9]))
    assert np.array_equal(centred, [-1, 1, -5, 5])
