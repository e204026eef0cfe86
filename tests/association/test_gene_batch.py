"""Genotypes of a trait's samples against the dense matrix they stand for."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from association.gene_batch import read_batch, restrict_to_trait
from association.scan_settings import ScanTrait

SAMPLES = 60
NONE = np.nan


def trait_of(positions, samples=SAMPLES, male=None):
    male = np.zeros(positions.size, bool) if male is None else male
    return ScanTrait("y", None, np.zeros(positions.size, np.int64), positions, samples, male=male)


def expand(genotypes, samples):
    rows = np.zeros((samples, genotypes.offsets.size - 1))
    for variant in range(rows.shape[1]):
        own = slice(genotypes.offsets[variant], genotypes.offsets[variant + 1])
        rows[genotypes.samples[own], variant] = genotypes.dosages[own]
    return rows


def batch_of(make_store, columns, contig="chr1", positions=None):
    variants = make_store({"G": columns}, contig=contig)[1]
    if positions is not None:
        variants = variants.set_column(variants.column_names.index("position"), "position", [positions])
    return read_batch(variants)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_a_batch_holds_the_dosages_of_a_traits_samples_in_its_order(make_store, seed):
    rng = np.random.default_rng(seed)
    columns = rng.binomial(2, [0.02, 0.1, 0.4], (SAMPLES, 3)).astype(float)
    columns[rng.random(columns.shape) < 0.1] = NONE
    positions = rng.permutation(SAMPLES)[:40]
    own = columns[positions]
    genotypes = restrict_to_trait(batch_of(make_store, columns), trait_of(positions))
    means = np.nansum(own, axis=0) / np.maximum((~np.isnan(own)).sum(axis=0), 1)
    filled = np.where(np.isnan(own), np.where(means >= 0.1, means, 0), own)
    np.testing.assert_allclose(expand(genotypes, 40), filled, rtol=1e-12)
    assert genotypes.called.sum() == (own > 0).sum()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_a_cohort_listed_as_without_calls_counts_in_no_mean_and_gets_none(make_store, seed):
    rng = np.random.default_rng(seed)
    cohorts, positions = rng.integers(0, 3, SAMPLES), rng.permutation(SAMPLES)[:40]
    columns = rng.binomial(2, [0.02, 0.1, 0.4, 0.4], (SAMPLES, 4)).astype(float)
    absent = [[1], [0, 2], [2], []]
    lost = np.array([np.isin(cohorts, own) for own in absent]).T
    columns[rng.random(columns.shape) < 0.1] = NONE
    columns[lost] = NONE
    listed = make_store({"G": columns})[1]
    kept = [
        [one for one in own if cohorts[one] not in gone]
        for own, gone in zip(listed["missing"].to_pylist(), absent, strict=True)
    ]
    short = listed.set_column(listed.column_names.index("missing"), "missing", [pa.array(kept, pa.list_(pa.int32()))])
    short = short.append_column("missing_cohorts", [pa.array(absent, pa.list_(pa.int16()))])
    found = restrict_to_trait(read_batch(short), replace(trait_of(positions), cohorts=cohorts[positions]))
    own, gone = columns[positions], lost[positions]
    means = np.nansum(own, axis=0) / np.maximum((~np.isnan(own)).sum(axis=0), 1)
    filled = np.where(np.isnan(own), np.where((means >= 0.1) & ~gone, means, 0), own)
    np.testing.assert_allclose(expand(found, 40), filled, rtol=1e-12)
    np.testing.assert_array_equal(found.alleles, np.nansum(own, axis=0))


@pytest.mark.parametrize(("carriers", "imputed"), [(19, 0.0), (20, 0.1)])
def test_a_missing_call_counts_as_none_below_a_mean_of_a_tenth_else_as_the_mean(make_store, carriers, imputed):
    column = np.zeros((201, 1))
    column[:carriers] = 1
    column[200] = NONE
    genotypes = restrict_to_trait(batch_of(make_store, column), trait_of(np.arange(201), 201))
    assert expand(genotypes, 201)[200, 0] == pytest.approx(imputed)
    assert genotypes.called.tolist() == [True] * carriers + [False] * (genotypes.called.size - carriers)


@pytest.mark.parametrize(
    ("contig", "position", "dosage"),
    [("chrX", 50_000_000, 2), ("X", 50_000_000, 2), ("chrX", 1_000_000, 1), ("chr2", 50_000_000, 1)],
)
def test_a_males_allele_counts_twice_on_x_alone(make_store, contig, position, dosage):
    column = np.zeros((6, 1))
    column[[1, 2, 3], 0] = [1, 1, 2]
    male = np.array([True, True, False, False, True, False])
    batch = batch_of(make_store, column, contig, np.array([position], np.int32))
    genotypes = restrict_to_trait(batch, trait_of(np.arange(6), 6, male))
    assert expand(genotypes, 6)[:, 0].tolist() == [0, dosage, 1, 2, 0, 0]


def test_where_sex_is_not_known_nobody_counts_twice(make_store):
    column = np.eye(6)[:, :1]
    batch = batch_of(make_store, column, "chrX", np.array([50_000_000], np.int32))
    trait = ScanTrait("y", None, np.zeros(6, np.int64), np.arange(6), 6)
    assert expand(restrict_to_trait(batch, trait), 6)[0, 0] == 1


def test_a_homozygous_call_of_a_male_on_x_is_two_alleles_not_four(make_store):
    column = 2 * np.eye(6)[:, :1]
    batch = batch_of(make_store, column, "chrX", np.array([50_000_000], np.int32))
    genotypes = restrict_to_trait(batch, trait_of(np.arange(6), 6, np.ones(6, bool)))
    assert genotypes.dosages.tolist() == [2]


def test_variants_are_selected_in_the_order_asked_for(make_store):
    columns = np.random.default_rng(1).binomial(2, 0.2, (SAMPLES, 4)).astype(float)
    genotypes = restrict_to_trait(batch_of(make_store, columns), trait_of(np.arange(SAMPLES)))
    carriers, called = genotypes.select(np.array([3, 1]))
    assert called.all()
    for column, variant in enumerate((3, 1)):
        own = slice(carriers.offsets[column], carriers.offsets[column + 1])
        assert carriers.samples[own].tolist() == np.flatnonzero(columns[:, variant]).tolist()
        assert carriers.dosages[own].tolist() == columns[columns[:, variant] > 0, variant].tolist()
