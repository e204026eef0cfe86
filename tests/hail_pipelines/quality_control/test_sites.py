"""What the first pass finds of every variant, against the same computed in plain Python from the VCF's text."""

from __future__ import annotations

from collections import Counter

import hail as hl
import pytest

RULES = {"genotype quality", "depth", "allele balance"}


@pytest.fixture(scope="module")
def sites(cohort):
    rows = hl.read_table(str(cohort.folder / "sites.ht")).collect()
    return {(row.locus.contig, row.locus.position, *row.alleles): row for row in rows}


def close(value):
    """Allow for sums taken in another order."""
    return value if value is None else pytest.approx(value, rel=1e-12)


def test_every_metric_equals_the_one_of_the_text(cohort, sites):
    assert set(sites) == {variant.key for variant in cohort.variants}
    for variant in cohort.variants:
        expected = cohort.metrics(
            [(variant.good(name), variant.calls[name] and variant.calls[name].reads) for name in cohort.names]
        )
        if variant.place == "Y":
            expected["call_rate"] = None
        if variant.place in "XY":
            expected["inbreeding"] = None
        found = sites[variant.key]
        assert {name: found[name] for name in expected} == {name: close(expected[name]) for name in expected}
        assert found.hwe_p is None


def test_quality_by_depth_is_that_of_the_allele_and_else_that_of_the_site(cohort, sites):
    for variant in cohort.variants:
        found = sites[variant.key].quality_by_depth
        assert found == (variant.quality_by_depth and pytest.approx(variant.quality_by_depth, rel=1e-6)), variant.key
        assert sites[variant.key].vqslod is None
    several = Counter(variant.key[:2] for variant in cohort.variants)
    assert any(several[variant.key[:2]] == 2 and variant.quality_by_depth is not None for variant in cohort.variants)


def test_batches_are_compared_as_scipy_compares_them(cohort, sites):
    sizes = Counter(cohort.batches.values())
    assert set(sizes) == {"a", "b", "c"}
    least = 1.0
    for variant in cohort.variants:
        missing = Counter(batch for name, batch in cohort.batches.items() if variant.good(name) is None)
        spread, p = cohort.batch_difference(missing, sizes) if variant.place != "Y" else (None, None)
        found = sites[variant.key]
        # SciPy's and Hail's incomplete gamma functions.
        assert (found.batch_call_rate_spread, found.batch_p) == (close(spread), p and pytest.approx(p, rel=1e-8))
        least = min(least, 1 if p is None else p)
    assert least < 1e-6


def test_calls_are_counted_once_for_each_rule_they_fail(cohort, sites):
    for variant in cohort.variants:
        present = [call for call in variant.calls.values() if call is not None]
        found = sites[variant.key].genotype_qc
        assert set(found) == RULES | {"present", "failed"}
        assert found.present == len(present)
        assert found.failed == sum(not call.good for call in present)
        assert found["genotype quality"] == sum(call.quality is None or call.quality < 20 for call in present)
        assert found["depth"] == sum(call.depth is None or call.depth < 5 * len(call.alleles) for call in present)
        het = [call for call in present if len(set(call.alleles)) == 2]
        assert found["allele balance"] == sum(
            not call.reads or not sum(call.reads) or min(call.reads) / sum(call.reads) < 0.2 for call in het
        )


def test_genotypes_are_kept_of_common_snvs_that_pass_in_order_of_sample_ids(cohort, sites):
    expected = []
    for variant in cohort.variants:
        found = sites[variant.key]
        minor = min(found.allele_frequency or 0, 1 - (found.allele_frequency or 0))
        single = len(variant.ref) == len(variant.alt) == 1
        if found.passes and variant.place == "autosome" and single and minor >= 0.05 and found.call_rate >= 0.7:
            dosages = [variant.good(name) for name in sorted(cohort.names)]
            dosages = [-1 if alleles is None else sum(alleles) for alleles in dosages]
            fields = zip(("contig", "position", "ref", "alt"), variant.key, strict=True)
            expected.append({**dict(fields), "dosages": dosages})
    assert cohort.names != sorted(cohort.names)
    assert 5 < len(expected) < len(cohort.variants) / 2
    assert cohort.common == sorted(expected, key=lambda row: (row["contig"], row["position"], row["alt"]))
