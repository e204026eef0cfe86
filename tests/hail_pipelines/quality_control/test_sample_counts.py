"""What the second pass counts of every sample, against the same computed in plain Python from the VCF's text."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from hail_pipelines.load_calls import load_calls
from hail_pipelines.quality_control.genotypes import GenotypeThresholds
from hail_pipelines.quality_control.measure import measure
from hail_pipelines.quality_control.regions import Regions
from hail_pipelines.quality_control.variant_rules import VariantThresholds

# No call rate is asked for, so that every sound variant is used.
VARIANT = VariantThresholds(pass_filters_only=False, min_call_rate=None)
TRANSITIONS = ({"A", "G"}, {"C", "T"})


def mean(values):
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else np.nan


def ratio(numerator, denominator):
    return numerator / denominator if denominator else np.nan


def minor_allele(cohort, variant):
    """Say which allele is the rarer one, 0 for REF, how often it occurs, and the number of alleles."""
    called = [alleles for name in cohort.names if (alleles := variant.good(name)) is not None]
    count, number = sum(map(sum, called)), sum(map(len, called))
    tied = "01"[variant.alt < variant.ref]
    minor = int(tied) if 2 * count == number else int(2 * count < number)
    return minor, min(count, number - count), number


def autosomal_counts(cohort, name, variants):
    """Count a sample's calls on autosomes."""
    counts = dict.fromkeys(
        (
            *("variants", "called", "calls_present", "heterozygous", "homozygous_minor", "transitions"),
            *("transversions", "insertions", "deletions", "singletons", "charr_sites"),
        ),
        0,
    )
    counts["charr_sum"] = 0.0
    for variant, (minor, minor_count, number) in variants:
        alleles, call = variant.good(name), variant.calls[name]
        counts["variants"] += 1
        counts["called"] += alleles is not None
        counts["calls_present"] += call is not None
        if alleles is None or minor not in alleles:
            continue
        kept, other = (variant.ref, variant.alt) if minor == 1 else (variant.alt, variant.ref)
        single, homozygous = len(kept) == len(other) == 1, len(set(alleles)) == 1
        counts["heterozygous"] += not homozygous
        counts["homozygous_minor"] += homozygous
        counts["transitions"] += single and {kept, other} in TRANSITIONS
        counts["transversions"] += single and {kept, other} not in TRANSITIONS
        counts["insertions"] += len(other) > len(kept)
        counts["deletions"] += len(other) < len(kept)
        counts["singletons"] += minor_count == 1
        major = 1 - minor_count / number
        if single and homozygous and call.reads and 10 <= sum(call.reads) <= 100 and 0.05 <= major <= 0.95:
            counts["charr_sites"] += 1
            counts["charr_sum"] += call.reads[1 - minor] / sum(call.reads) / major
    return counts


def expected_counts(cohort, name, variants):
    on = {place: [one for one in variants if one[0].place == place] for place in ("autosome", "X", "Y")}
    counts = autosomal_counts(cohort, name, on["autosome"])
    depth = {place: mean(variant.depths[name] or 0 for variant, _ in chosen) for place, chosen in on.items()}
    qualities = [variant.calls[name] and variant.calls[name].quality for variant, _ in on["autosome"]]
    on_x = [(alleles, of) for variant, of in on["X"] if (alleles := variant.good(name)) is not None]
    frequencies = [minor_count / number for _, (_, minor_count, number) in on_x]
    return {
        "sample": name,
        **counts,
        "mean_dp": depth["autosome"],
        "mean_gq": mean(qualities),
        "x_called": len(on_x),
        "x_heterozygous": sum(len(set(alleles)) == 2 for alleles, _ in on_x),
        "x_expected_heterozygous": sum(2 * frequency * (1 - frequency) for frequency in frequencies),
        "y_variants": len(on["Y"]),
        "y_called": sum(variant.good(name) is not None for variant, _ in on["Y"]),
        "calls_failed": counts["calls_present"] - counts["called"],
        "call_rate": ratio(counts["called"], counts["variants"]),
        "heterozygosity": ratio(counts["heterozygous"], counts["called"]),
        "ti_tv": ratio(counts["transitions"], counts["transversions"]),
        "het_hom": ratio(counts["heterozygous"], counts["homozygous_minor"]),
        "insertion_deletion": ratio(counts["insertions"], counts["deletions"]),
        "x_ploidy": ratio(2 * depth["X"], depth["autosome"]),
        "y_ploidy": ratio(2 * depth["Y"], depth["autosome"]),
    }


@pytest.fixture(scope="module")
def expected(cohort):
    """A row per sample, over the variants of sound sites that are called as well as is usual."""
    used = cohort.used
    variants = [(variant, minor_allele(cohort, variant)) for variant in cohort.variants if variant.key in used]
    assert {variant.place for variant, _ in variants} == {"autosome", "X", "Y", "PAR"}
    return pd.DataFrame([expected_counts(cohort, name, variants) for name in sorted(cohort.names)])


def test_every_column_equals_the_one_of_the_text(cohort, expected):
    found = pd.read_parquet(cohort.folder / "samples.parquet")
    assert set(found) == set(expected)
    pd.testing.assert_frame_equal(found[expected.columns], expected, check_dtype=False, rtol=1e-12)
    # Each count must be there to be wrong.
    assert (expected.drop(columns="sample").sum() > 0).all()


def test_some_variants_are_used_only_because_few_are_called_better(cohort):
    """So the calls of some are read again; nobody would notice if all were found in the first place."""
    rates = [cohort.sites[key]["call_rate"] for key in cohort.used]
    assert any(rate is not None and rate < cohort.thresholds.min_call_rate for rate in rates)


def test_calls_alone_are_counted_where_the_vcf_has_nothing_else(cohort, write_vcf, tmp_path):
    lines = [
        f"{one.contig} {one.position} . {one.ref} {one.alt} . . . GT "
        + " ".join("./." if call is None else "/".join(map(str, call.alleles)) for call in one.calls.values())
        for one in cohort.variants
    ]
    vcf = write_vcf(lines, samples=cohort.names)
    load_calls([vcf], tmp_path / "calls", reference_genome="GRCh38")
    measure(
        tmp_path / "calls", tmp_path, genotype=GenotypeThresholds(), variant=VARIANT, regions=Regions(),
        min_allele_frequency=0.05,
    )  # fmt: skip
    found = pd.read_parquet(tmp_path / "samples.parquet")
    assert {"mean_dp", "mean_gq"}.isdisjoint(found)
    assert found[["charr_sum", "x_ploidy", "y_ploidy"]].isna().all(axis=None)
    assert (found["charr_sites"] == 0).all()
    passes = pq.read_table(tmp_path / "sites.parquet")["passes"].to_pylist()
    sound = {key for key, one in zip(cohort.keys, passes, strict=True) if one}
    on_autosomes = [one for one in cohort.variants if one.key in sound and one.place == "autosome"]
    assert set(found["variants"]) == {len(on_autosomes)}
    called = [sum(one.calls[name] is not None for one in on_autosomes) for name in sorted(cohort.names)]
    assert found["called"].tolist() == found["calls_present"].tolist() == called
    assert (found["calls_failed"] == 0).all()
