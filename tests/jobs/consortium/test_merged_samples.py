"""Duplicates and relatives across cohorts, from common genotypes."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from association.cohort.relatedness import related_pairs
from association.problems import InputError
from jobs.consortium.finished_run import FinishedRun
from jobs.consortium.merged_samples import merge_samples
from jobs.study.quality_control import Qc, RelatednessQc

SITES, PEOPLE = 1_500, 60


@dataclass(frozen=True)
class GivenRun(FinishedRun):
    """A run whose common genotypes are given."""

    calls: ClassVar[dict] = {}
    within: ClassVar[dict] = {}
    study = SimpleNamespace(qc=Qc())

    def common(self):
        return self.calls[self.name]

    def relatives(self):
        return self.within[self.name]


def run(name, dosages, positions, **columns):
    ids = [f"{name}{number:02d}" for number in range(dosages.shape[1])]
    samples = pd.DataFrame({"sample": ids, "passes": True, "call_rate": 0.99, "event": False, "event_known": True})
    samples["reasons"] = [[] for _ in ids]
    samples = samples.assign(batch=None, karyotype="XX", sex_from_genotypes="female", **columns)
    variants = pd.DataFrame({"contig": "chr1", "position": positions, "ref": "A", "alt": "C"})
    variants["contig"] = [f"chr{1 + place % 5}" for place in range(len(variants))]
    GivenRun.calls[name] = (variants, dosages)
    GivenRun.within[name] = related_pairs(dosages, ids).pairs
    return GivenRun(None, {"cohort": name, "reference_genome": "GRCh38"}, {}, None, samples)


@pytest.fixture
def cohorts():
    generator = np.random.default_rng(8)
    frequency = generator.uniform(0.2, 0.8, (SITES, 1))

    def haplotypes(people):
        return (generator.random((2, SITES, people)) < frequency).astype(np.int8)

    one, other, parents = haplotypes(PEOPLE), haplotypes(PEOPLE), (haplotypes(1), haplotypes(1))
    other[:, :, :3] = one[:, :, 10:13]
    for cohort in (one, other):
        cohort[:, :, 30:31] = [np.where(generator.random((SITES, 1)) < 0.5, *parent) for parent in parents]
    positions = 200_000_000 + 7_000 * np.arange(SITES)
    return [run(name, calls.sum(axis=0, dtype=np.int8), positions) for name, calls in (("a", one), ("b", other))]


def test_of_duplicates_across_cohorts_one_stays_and_relatives_are_listed(cohorts):
    merged = merge_samples(cohorts, overlap="resolve")
    table = merged.table.set_index("sample")
    assert not table.loc[["b00", "b01", "b02"], "passes"].any(), "of equals the first stays"
    assert table["passes"].sum() == 2 * PEOPLE - 3
    assert merged.dropped("b") == {"b00", "b01", "b02"}
    assert merged.dropped("a") == set()
    pairs = merged.structure.relatedness.pairs.set_index(["sample_1", "sample_2"])["relationship"]
    assert {pair for pair, kind in pairs.items() if kind == "duplicate"} == {(f"a1{i}", f"b0{i}") for i in range(3)}
    assert ("a30", "b30") in pairs.index


def test_of_duplicates_the_one_stays_whose_event_is_known_then_the_better_called(cohorts):
    first, second = cohorts
    first.samples.loc[10, "event_known"] = False
    second.samples.loc[1, "call_rate"] = 0.999
    merged = merge_samples(cohorts, overlap="resolve")
    assert merged.dropped("a") == {"a10", "a11"}
    assert merged.dropped("b") == {"b02"}


def test_sites_are_joined_by_variant_and_not_by_row(cohorts):
    variants, dosages = GivenRun.calls["b"]
    order = np.random.default_rng(1).permutation(SITES)[: SITES - 200]
    GivenRun.calls["b"] = (variants.iloc[order].reset_index(drop=True), dosages[order])
    assert merge_samples(cohorts, overlap="resolve").dropped("b") == {"b00", "b01", "b02"}


def test_too_few_sites_in_common_are_refused_unless_nobody_is_to_be_looked_for(cohorts):
    variants, dosages = GivenRun.calls["b"]
    GivenRun.calls["b"] = (variants.iloc[:90].reset_index(drop=True), dosages[:90])
    with pytest.raises(InputError, match="too few to tell one person in two"):
        merge_samples(cohorts, overlap="resolve")
    unchecked = merge_samples(cohorts, overlap="unchecked")
    assert unchecked.left_out is None
    assert unchecked.table["passes"].all()


def test_duplicates_that_fingerprints_missed_refuse_a_merge_that_was_to_have_none(cohorts):
    with pytest.raises(InputError, match="3 samples are of people with another sample"):
        merge_samples(cohorts, overlap="refuse")


def pairs_of(table):
    return set(table[["sample_1", "sample_2"]].itertuples(index=False, name=None))


@pytest.fixture
def families(cohorts):
    """A family of three siblings in each cohort, which share 150 of their 1,500 sites."""
    generator = np.random.default_rng(9)
    for name in ("a", "b"):
        variants, dosages = GivenRun.calls[name]
        parents = (generator.random((2, 2, SITES)) < 0.5).astype(np.int8)
        for child in (40, 41, 42):
            dosages[:, child] = sum(np.where(generator.random(SITES) < 0.5, *parent) for parent in parents)
        GivenRun.within[name] = related_pairs(dosages, [f"{name}{number:02d}" for number in range(PEOPLE)]).pairs
        chosen = np.arange(150) if name == "a" else np.arange(SITES)
        GivenRun.calls[name] = (variants.iloc[chosen].reset_index(drop=True), dosages[chosen])
    return cohorts


def test_relatives_within_cohorts_stay_known_where_few_sites_are_common_in_all(families):
    merged = merge_samples(families, overlap="resolve")
    family = {(f"{name}{one}", f"{name}{other}") for name in "ab" for one, other in ((40, 41), (40, 42), (41, 42))}
    assert family <= pairs_of(merged.relatives())
    assert ("a30", "b30") not in pairs_of(merged.relatives()), "siblings in two cohorts can't be told by 150 sites"
    least = merged.structure.relatedness.smallest_kinship
    assert least > 0.25
    untold = merged.untold(RelatednessQc())
    assert f"can't be told below a kinship of {least:.3f}" in untold
    assert "0.0884 (second_degree)" in untold


def test_what_can_be_told_or_is_not_asked_for_is_not_said_to_be_untold(cohorts):
    merged = merge_samples(cohorts, overlap="resolve")
    assert merged.untold(RelatednessQc(unrelated_above="first_degree")) is None
    assert merged.untold(RelatednessQc(unrelated_above=None)) is None
    assert "(third_degree)" in merged.untold(RelatednessQc(unrelated_above="third_degree"))


def test_who_is_related_to_a_sample_left_out_is_related_to_that_persons_other_one(cohorts):
    known = GivenRun.within["b"]
    pair = {
        "sample_1": "b01",
        "sample_2": "b55",
        "kinship": 0.25,
        "ibs0": 0.0,
        "sites": 9,
        "relationship": "siblings",
    }
    GivenRun.within["b"] = pd.concat([known, pd.DataFrame([pair])])
    merged = merge_samples(cohorts, overlap="resolve")
    found = pairs_of(merged.relatives())
    assert ("a11", "b55") in found
    assert not {"b00", "b01", "b02"} & {sample for pair in found for sample in pair}


def test_relatives_within_a_cohort_are_its_own_alone(cohorts):
    """Not what the sites that all share happen to say of them."""
    GivenRun.within["a"] = GivenRun.within["a"].iloc[:0]
    calls = GivenRun.calls["a"][1]
    calls[:, 50] = calls[:, 51]
    merged = merge_samples(cohorts, overlap="resolve")
    assert merged.dropped("a") == set()
