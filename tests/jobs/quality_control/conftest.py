"""A cohort as the passes over the calls leave it: counts per sample and common genotypes, both made up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from jobs.quality_control.samples import judge_samples
from jobs.study.quality_control import Qc

SAMPLES, CHROMOSOMES, PER_CHROMOSOME = 60, 22, 150
RATIOS = {
    "ti_tv": ("transitions", "transversions"),
    "het_hom": ("heterozygous", "homozygous_minor"),
    "insertion_deletion": ("insertions", "deletions"),
}


@dataclass
class MadeUpCohort:
    """Counts and facts (a row per sample, by id), common variants and their dosages (m, n); free to be changed."""

    counts: pd.DataFrame
    facts: pd.DataFrame
    variants: pd.DataFrame
    dosages: np.ndarray

    @property
    def ids(self):
        return self.counts["sample"].tolist()

    def set(self, sample, **values):
        """Change what was counted, or is known, of a sample."""
        for name, value in values.items():
            table = self.counts if name in self.counts else self.facts
            table.loc[table["sample"] == sample, name] = value

    def genotypes_of(self, sample):
        return self.dosages[:, self.ids.index(sample)]

    def judge(self, *, by_hand=None, **settings):
        """Judge the samples under settings of quality control."""
        return judge_samples(
            with_ratios(self.counts),
            self.facts,
            (self.variants, self.dosages),
            settings=Qc(**settings),
            reference_genome="GRCh38",
            by_hand=pd.Series(by_hand or {}, dtype=object),
        )

    def reasons(self, **options):
        """Give the reasons of those that have any, by sample."""
        table = self.judge(**options).table
        return {row.sample: list(row.reasons) for row in table.itertuples() if row.reasons}


def with_ratios(counts):
    """Add the ratios of counts that were not set by hand."""
    table = counts.copy()
    for name, (numerator, denominator) in RATIOS.items():
        table[name] = table[numerator] / table[denominator]
    return table


def some_counts(rng, samples):
    """Give counts of women and men in turn, all of them well called at a depth of 30."""
    ids = [f"s{number:02d}" for number in range(samples)]
    male = np.arange(samples) % 2 == 1
    return pd.DataFrame(
        {
            "sample": ids,
            "variants": 20_000,
            "called": 19_900,
            "call_rate": 0.995,
            "calls_present": 19_950,
            "calls_failed": 50,
            "heterozygous": rng.normal(4_000, 40, samples).astype(int),
            "homozygous_minor": rng.normal(2_000, 20, samples).astype(int),
            "transitions": rng.normal(6_000, 60, samples).astype(int),
            "transversions": 2_500,
            "singletons": rng.poisson(200, samples),
            "insertions": rng.normal(400, 8, samples).astype(int),
            "deletions": 450,
            "heterozygosity": rng.normal(0.2, 0.002, samples),
            "mean_dp": rng.normal(30, 1, samples),
            "mean_gq": 60.0,
            "charr_sum": 0.002 * 1_500,
            "charr_sites": 1_500,
            "x_called": 500,
            "x_heterozygous": np.where(male, 1, 98),
            "x_expected_heterozygous": 100.0,
            "x_ploidy": np.where(male, 1.0, 2.0) + rng.normal(0, 0.03, samples),
            "y_ploidy": np.where(male, 0.9, 0.01) + rng.normal(0, 0.002, samples),
            "y_called": np.where(male, 30, 0),
            "y_variants": 30,
        }
    )


def some_facts(ids):
    """Give what tables say: half the samples have had the event, and the sexes are those of the genotypes."""
    return pd.DataFrame(
        {
            "sample": ids,
            "batch": pd.Series([None] * len(ids), dtype=object),
            "cohort": pd.Series([None] * len(ids), dtype=object),
            "reported_sex": ["male" if number % 2 else "female" for number in range(len(ids))],
            "event": [number % 4 < 2 for number in range(len(ids))],
            "event_known": True,
        }
    )


def some_variants():
    """Give common variants far from each other."""
    return pd.DataFrame(
        {
            "contig": np.repeat([f"chr{number}" for number in range(1, CHROMOSOMES + 1)], PER_CHROMOSOME),
            "position": np.tile(np.arange(PER_CHROMOSOME) * 200_000 + 14_000_000, CHROMOSOMES),
            "ref": "A",
            "alt": "G",
        }
    )


@pytest.fixture
def made_up():
    """Sixty samples, of whom nobody is out; nobody is related but the siblings s20 and s22."""
    rng = np.random.default_rng(11)
    counts, variants = some_counts(rng, SAMPLES), some_variants()
    frequency = rng.uniform(0.1, 0.5, len(variants))
    dosages = rng.binomial(2, frequency[:, None], (len(variants), SAMPLES)).astype(np.int8)
    parents = rng.binomial(1, frequency[:, None, None], (len(variants), 2, 2))
    for child in (20, 22):
        passed = np.take_along_axis(parents, rng.integers(2, size=(len(variants), 2, 1)), axis=2)
        dosages[:, child] = passed.sum(axis=(1, 2))
    return MadeUpCohort(counts, some_facts(counts["sample"].tolist()), variants, dosages)
