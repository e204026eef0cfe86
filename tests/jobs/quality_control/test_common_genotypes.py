"""Genotypes of common variants as they are written, read, and thinned."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.quality_control.common_genotypes import independent_variants, read_common
from jobs.study.quality_control import CommonVariantQc


def written(path, variants, dosages):
    """Write as `measure` does."""
    columns = {name: pa.array(variants[name]) for name in ("contig", "ref", "alt")}
    columns["position"] = pa.array(variants["position"], pa.int32())
    columns["dosages"] = pa.array(dosages.tolist(), pa.list_(pa.int8()))
    pq.write_table(pa.table(columns).select(["contig", "position", "ref", "alt", "dosages"]), path)
    return path


def some(number, samples, seed=1):
    rng = np.random.default_rng(seed)
    variants = pd.DataFrame(
        {"contig": "chr1", "position": 1_000_000 + 500 * np.arange(number), "ref": "A", "alt": "G"}
    )
    return variants, rng.integers(-1, 3, (number, samples)).astype(np.int8)


@pytest.mark.parametrize("number", [1, 7, 1_024, 2_500])
def test_what_was_written_is_read(tmp_path, number):
    variants, dosages = some(number, 5)
    found, read = read_common(written(tmp_path / "common.parquet", variants, dosages), 5)
    pd.testing.assert_frame_equal(found[["contig", "ref", "alt"]], variants[["contig", "ref", "alt"]])
    assert found["position"].tolist() == variants["position"].tolist()
    assert read.dtype == np.int8
    np.testing.assert_array_equal(read, dosages)


def test_no_common_variant_at_all_is_read_as_none(tmp_path):
    variants, dosages = some(0, 5)
    found, read = read_common(written(tmp_path / "common.parquet", variants, dosages), 5)
    assert list(found) == ["contig", "position", "ref", "alt"]
    assert len(found) == 0
    assert read.shape == (0, 5)
    assert choose(found, read) == []


def choose(variants, dosages, *, reference_genome="GRCh38", **settings):
    common = CommonVariantQc(**settings)
    return independent_variants(variants, dosages, reference_genome=reference_genome, settings=common).tolist()


@pytest.fixture
def independent():
    """Ten variants far from each other, of 400 samples, that have nothing to do with each other."""
    rng = np.random.default_rng(3)
    variants = pd.DataFrame({"contig": "chr1", "position": 10_000_000 + 2_000_000 * np.arange(10)})
    return variants, rng.binomial(2, 0.3, (10, 400)).astype(np.int8)


def test_independent_variants_are_all_chosen_in_order(independent):
    assert choose(*independent) == list(range(10))


def test_of_a_variant_and_its_copy_nearby_one_is_chosen_and_of_one_far_away_both(independent):
    variants, dosages = independent
    dosages[4] = dosages[3]
    assert choose(variants, dosages) == list(range(10))
    variants.loc[4, "position"] = variants.loc[3, "position"] + 1_000
    chosen = choose(variants, dosages)
    assert len(chosen) == 9
    assert {3, 4} - set(chosen)


@pytest.mark.parametrize(("contig", "genome"), [("chr6", "GRCh38"), ("6", "GRCh37")])
def test_variants_of_long_range_linkage_are_left_out(independent, contig, genome):
    variants, dosages = independent
    variants.loc[[2, 5], "contig"] = contig
    variants.loc[[2, 5], "position"] = [29_000_000, 70_000_000]
    assert choose(variants, dosages, reference_genome=genome) == [0, 1, 3, 4, 5, 6, 7, 8, 9]


def test_variants_that_are_rare_among_the_samples_looked_at_are_left_out(independent):
    variants, dosages = independent
    dosages[7, :390] = 0
    dosages[7, 390:] = 1
    assert 7 in choose(variants, dosages, min_allele_frequency=0.0125)
    assert 7 not in choose(variants, dosages, min_allele_frequency=0.0126)
    assert 7 not in choose(variants, dosages[:, :390])


@pytest.mark.parametrize(("missing", "chosen"), [(8, True), (9, False)])
def test_variants_are_to_be_well_called_among_the_samples_looked_at(independent, missing, chosen):
    variants, dosages = independent
    dosages[4, :missing] = -1
    assert (4 in choose(variants, dosages, min_call_rate=0.98)) == chosen
    assert 4 in choose(variants, dosages[:, missing:], min_call_rate=1.0)
