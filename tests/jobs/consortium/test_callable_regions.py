"""Callable regions: from call rates, and to BED and back."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jobs.consortium.callable_regions import around_sites, read_regions, write_regions


def variants(*sites, sound=True):
    return pd.DataFrame(sites, columns=["contig", "position", "call_rate"]).assign(sound=sound)


def covered(regions, contig):
    return {base for first, last in regions.get(contig, []) for base in range(first, last + 1)}


def test_a_well_called_site_vouches_for_the_bases_around_it_and_a_poor_one_for_none():
    found = around_sites(variants(("1", 100, 0.95), ("1", 300, 0.5), ("2", 50, 1.0)), 0.9, 10)
    assert covered(found, "1") == set(range(90, 111))
    assert covered(found, "2") == set(range(40, 61))


def test_a_poor_site_nearby_ends_what_is_vouched_for():
    found = around_sites(variants(("1", 95, 0.1), ("1", 100, 0.9), ("1", 104, 0.1), ("1", 108, 1.0)), 0.9, 10)
    assert covered(found, "1") == {96, 97, 98, 99, 100, 101, 102, 103, *range(105, 119)}


def test_of_variants_at_one_position_the_best_called_counts_and_unknown_rates_count_as_poor():
    found = around_sites(variants(("1", 10, 0.2), ("1", 10, 0.99), ("1", 40, np.nan)), 0.9, 0)
    assert covered(found, "1") == {10}


def test_a_site_that_fails_quality_control_vouches_for_none_and_a_sound_variant_beside_it_does():
    sites = variants(
        ("1", 100, 1.0), ("1", 110, 1.0), ("1", 200, 1.0), ("1", 200, 0.95), sound=[False, True, False, True]
    )
    found = around_sites(sites, 0.9, 5)
    assert covered(found, "1") == {*range(105, 116), *range(195, 206)}


def test_regions_are_read_back_as_they_were_written(tmp_path):
    regions = {"chr1": np.array([[1, 5], [10, 10]]), "chrX": np.array([[7, 90]])}
    write_regions(regions, tmp_path / "callable.bed")
    assert (tmp_path / "callable.bed").read_text().splitlines()[0] == "chr1\t0\t5"
    back = read_regions(tmp_path, "GRCh38")
    assert {name: found.tolist() for name, found in back.items()} == {
        name: found.tolist() for name, found in regions.items()
    }
