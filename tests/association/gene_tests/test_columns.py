"""Burdens of a table worked by hand, and units of columns."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from association.gene_tests.columns import (
    Burden,
    append_columns,
    collapse,
    in_typical_units,
    select_columns,
    squares,
)

# Five samples by three variants: the last call of sample 3 was missing, and is the mean of the others.
DOSAGES = np.array([[1, 0, 0], [1, 1, 0], [2, 0, 0], [0, 0, 0.2], [0, 0, 1]])
WEIGHTS = np.array([1.0, 3.0, 0.5])


@pytest.mark.parametrize(
    ("coding", "expected"),
    [
        ("sum", {0: 1, 1: 4, 2: 2, 3: 0.1, 4: 0.5}),
        ("max", {0: 1, 1: 3, 2: 2, 4: 0.5}),
        ("any", {0: 1, 1: 1, 2: 1, 4: 1}),
        ("two_hits", {1: 1, 2: 1}),
    ],
)
def test_codings_of_a_small_table(compress, coding, expected):
    samples, values = collapse(compress(DOSAGES), Burden(coding, WEIGHTS))
    assert samples.tolist() == list(expected)
    assert values.tolist() == pytest.approx(list(expected.values()))


@pytest.mark.parametrize("coding", ["sum", "max", "any", "two_hits"])
def test_a_variant_without_weight_is_not_seen(compress, coding):
    without = collapse(compress(DOSAGES), Burden(coding, np.array([1.0, 0.0, 0.0])))
    alone = collapse(compress(DOSAGES[:, :1]), Burden(coding, np.ones(1)))
    assert [part.tolist() for part in without] == [part.tolist() for part in alone]


def test_two_variants_of_one_sample_are_two_hits_and_three_quarters_of_an_allele_is_none(compress):
    dosages = np.array([[1.0, 1.0], [1.0, 0.4], [2.0, 0.0], [1.0, 0.0]])
    assert collapse(compress(dosages), Burden("two_hits", np.ones(2)))[0].tolist() == [0, 2]


@pytest.mark.parametrize("coding", ["sum", "max", "any", "two_hits"])
def test_nobody_carries_a_burden_of_no_variant(compress, coding):
    samples, values = collapse(compress(DOSAGES), Burden(coding, np.zeros(3)))
    assert samples.size == values.size == 0


@pytest.mark.parametrize("asked", [[0, 1, 2], [2, 1, 0], [0, 0, 1], [2, 2, 2], [1], [0, 2], [1, 1, 0, 2]])
def test_columns_come_in_the_order_asked_for_as_often_as_asked_for(compress, asked):
    chosen = select_columns(compress(DOSAGES), np.array(asked))
    dense = np.zeros((len(DOSAGES), len(asked)))
    columns = np.repeat(np.arange(len(asked)), np.diff(chosen.offsets))
    dense[chosen.samples, columns] = chosen.dosages
    assert np.array_equal(dense, DOSAGES[:, asked])


def test_unknown_coding_is_refused(compress):
    with pytest.raises(ValueError, match="no such coding: 'average'"):
        collapse(compress(DOSAGES), Burden("average", WEIGHTS))


@settings(deadline=None)
@given(seed=st.integers(0, 10**6), scale=st.floats(1e-9, 1e9))
def test_in_typical_units_a_column_sums_to_its_sum_of_squares(compress, seed, scale):
    rng = np.random.default_rng(seed)
    rows = scale * rng.binomial(2, 0.3, (20, 3)) * rng.uniform(0.1, 3, (20, 3))
    columns = compress(rows)
    burdens = in_typical_units(columns)
    for begin, end in zip(columns.offsets[:-1], columns.offsets[1:], strict=True):
        own = burdens[begin:end]
        assert own.sum() == pytest.approx((own**2).sum(), rel=1e-12)
        units = own / columns.dosages[begin:end]
        assert units.tolist() == pytest.approx([*units[:1]] * own.size)


def test_equal_carriers_count_as_one_each_whatever_their_dosage(compress):
    assert in_typical_units(compress(np.array([[0.3], [0.0], [0.3], [0.3]]))).tolist() == pytest.approx([1, 1, 1])


def test_columns_are_put_behind_variants(compress):
    first, second = compress(DOSAGES), collapse(compress(DOSAGES), Burden("sum", WEIGHTS))
    both, dense = append_columns(first, [second]), compress(np.column_stack((DOSAGES, DOSAGES @ WEIGHTS)))
    assert both.offsets.tolist() == dense.offsets.tolist()
    assert both.samples.tolist() == dense.samples.tolist()
    assert both.dosages.tolist() == pytest.approx(dense.dosages.tolist())
    assert squares(both).tolist() == pytest.approx([*(DOSAGES**2).sum(axis=0), ((DOSAGES @ WEIGHTS) ** 2).sum()])
