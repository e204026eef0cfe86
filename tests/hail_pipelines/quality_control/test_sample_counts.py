"""What the second pass counts of every sample, against the same computed in plain Python from the VCF's text."""

from __future__ import annotations

import hail as hl
import numpy as np
import pandas as pd
import pytest

from hail_pipelines.quality_control.samples import sample_counts
from hail_pipelines.quality_control.sex_chromosomes import with_sex_chromosomes

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


def test_calls_alone_are_counted_where_the_vcf_has_nothing_else(cohort, expected):
    mt = hl.read_matrix_table(str(cohort.folder / "calls.mt"))
    sites = hl.read_table(str(cohort.folder / "sites.ht"))
    mt = mt.annotate_rows(**sites.select("allele_count", "allele_number")[mt.row_key])
    keys = hl.literal(cohort.used)
    mt = mt.annotate_rows(used=keys.contains((mt.locus.contig, mt.locus.position, mt.alleles[0], mt.alleles[1])))
    mt = with_sex_chromosomes(mt.filter_rows(mt.used).select_entries("GT"))
    found = sample_counts(mt.annotate_entries(present=hl.is_defined(mt.GT)))
    assert {"mean_dp", "mean_gq"}.isdisjoint(found)
    assert found[["charr_sum", "x_ploidy", "y_ploidy"]].isna().all(axis=None)
    assert (found["charr_sites"] == 0).all()
    assert found["called"].tolist() == expected["calls_present"].tolist()
    assert (found["calls_failed"] == 0).all()
