"""What the first pass finds of every variant, against the same computed in plain Python from the VCF's text."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest

from association.problems import InputError
from hail_pipelines.load_calls import load_calls
from hail_pipelines.quality_control.genotypes import GenotypeThresholds
from hail_pipelines.quality_control.measure import measure
from hail_pipelines.quality_control.regions import Regions
from hail_pipelines.quality_control.sites import info_values
from hail_pipelines.quality_control.variant_rules import VariantThresholds

RULES = {"genotype quality", "depth", "allele balance"}


@pytest.fixture(scope="module")
def sites(cohort):
    return cohort.sites


def close(value):
    """Allow for sums taken in another order."""
    return value if value is None else pytest.approx(value, rel=1e-12)


def test_every_metric_equals_the_one_of_the_text(cohort, sites):
    assert set(sites) == {variant.key for variant in cohort.variants}
    for variant in cohort.variants:
        expected = cohort.metrics(
            [variant.good(name) for name in cohort.names], [variant.share(name) for name in cohort.names]
        )
        if variant.place == "Y":
            expected["call_rate"] = None
        if variant.place in "XY":
            expected["inbreeding"] = None
        found = sites[variant.key]
        assert {name: found[name] for name in expected} == {name: close(expected[name]) for name in expected}
        assert {"hwe_p", "batch_p", "batch_call_rate_spread"}.isdisjoint(found)


def test_quality_by_depth_is_that_of_the_allele_and_else_that_of_the_site(cohort, sites):
    for variant in cohort.variants:
        found = sites[variant.key]["quality_by_depth"]
        assert found == (variant.quality_by_depth and pytest.approx(variant.quality_by_depth, rel=1e-6)), variant.key
        assert sites[variant.key]["vqslod"] is None
    several = Counter(variant.key[:2] for variant in cohort.variants)
    assert any(several[variant.key[:2]] == 2 and variant.quality_by_depth is not None for variant in cohort.variants)


def test_calls_are_counted_once_for_each_rule_they_fail(cohort, sites):
    for variant in cohort.variants:
        failures = [call.failures(variant.may_be_single) for call in variant.calls.values() if call is not None]
        found = sites[variant.key]["genotype_qc"]
        expected = {rule: sum(rule in failed for failed in failures) for rule in RULES}
        assert found == expected | {"present": len(failures), "failed": sum(map(bool, failures))}


def test_sites_are_judged_by_nothing_that_a_few_poor_samples_could_turn_against_them(cohort, sites):
    given = Counter(reason for row in sites.values() for reason in row["reasons"])
    assert {"no minor allele", "FILTER is not PASS", "QD below 2", "inbreeding coefficient below -0.3"} <= set(given)
    assert not [reason for reason in given if reason.startswith(("call rate", "Hardy-Weinberg"))]
    assert min(row["call_rate"] for row in sites.values() if row["passes"] and row["call_rate"] is not None) < 0.6
    assert all(row["passes"] == (not row["reasons"]) for row in sites.values())


def test_genotypes_are_kept_of_common_snvs_that_pass_in_order_of_sample_ids(cohort, sites):
    expected = []
    for variant in cohort.variants:
        found = sites[variant.key]
        minor = min(found["allele_frequency"] or 0, 1 - (found["allele_frequency"] or 0))
        single = len(variant.ref) == len(variant.alt) == 1
        if variant.key in cohort.used and variant.place == "autosome" and single and minor >= 0.05:
            dosages = [variant.good(name) for name in sorted(cohort.names)]
            dosages = [-1 if alleles is None else sum(alleles) for alleles in dosages]
            fields = zip(("contig", "position", "ref", "alt"), variant.key, strict=True)
            expected.append({**dict(fields), "dosages": dosages})
    assert cohort.names != sorted(cohort.names)
    assert 5 < len(expected) < len(cohort.variants) / 2
    assert cohort.common == sorted(expected, key=lambda row: (row["contig"], row["position"], row["alt"]))


def test_vcfs_of_which_no_record_is_a_variant_are_refused_with_the_reason(write_vcf, tmp_path):
    records = ["chr1 9 . A <DEL> . . . GT 0/1 0/0 1/1", "chrM 9 . A C . . . GT 0/1 0/0 1/1"]
    load_calls([write_vcf(records)], tmp_path / "calls", reference_genome="GRCh38")
    thresholds = {"genotype": GenotypeThresholds(), "variant": VariantThresholds()}
    with pytest.raises(InputError) as caught:
        measure(tmp_path / "calls", tmp_path, regions=Regions(), min_allele_frequency=0.05, **thresholds)
    text = str(caught.value)
    assert "the VCFs hold no variant to test: each record lies on no chromosome" in text
    assert "give VCFs" in text
    assert "()" not in text


@pytest.mark.parametrize("rows", [2, 3, 1 << 16])
def test_a_field_of_info_is_taken_by_allele_over_row_groups(rows):
    """The allele's own value, else the site's; a list too short for the allele has none for it."""
    draw = [
        ([1.5], 1, 9.0, 1.5), ([1.5, 2.5], 2, 9.0, 2.5), (None, 1, 9.0, 9.0), ([3.5], 2, None, None),
        ([None, 4.5], 1, 7.0, 7.0), ([5.5, None], 1, None, 5.5), (None, 2, None, None),
    ]  # fmt: skip
    of_allele, number, of_site, expected = zip(*draw, strict=True)
    info = [{"QD": site, "AS_QD": allele} for site, allele in zip(of_site, of_allele, strict=True)]
    types = pa.struct([("QD", pa.float64()), ("AS_QD", pa.list_(pa.float64()))])
    whole = pa.table({"info": pa.array(info, types), "a_index": pa.array(number, pa.int32())})
    variants = pa.concat_tables([whole.slice(first, rows) for first in range(0, len(draw), rows)])
    found = info_values(variants, ("AS_QD", "QD"))
    assert [None if value != value else value for value in found.tolist()] == list(expected)
    assert info_values(variants, ("VQSLOD",)) is None
    assert info_values(variants.drop_columns("info"), ("AS_QD", "QD")) is None
