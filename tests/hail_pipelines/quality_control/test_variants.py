"""The third pass's verdicts and carriers, against the same computed in plain Python from the VCF's text."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from math import factorial
from types import SimpleNamespace

import pandas as pd
import pyarrow.parquet as pq
import pytest
from scipy.stats import fisher_exact

from hail_pipelines.quality_control.kept_samples import SMALLEST_GROUP, hardy_weinberg_groups

X_COPIES = {"XX": 2, "XY": 1, "XYY": 1, "X0": 1, "XXY": 2}
WITH_Y = {"XY", "XYY", "XXY"}
MAX_FREQUENCY = 0.2


def one_copy(variant, person):
    """Say whether somebody has one copy, or may have one of Y."""
    return variant.place == "Y" or (variant.place == "X" and X_COPIES.get(person.karyotype) == 1)


def fitted(variant, person):
    """Give somebody's good alleles as the copies of the chromosome allow."""
    alleles = variant.good(person.sample, one_copy(variant, person))
    if alleles is None or variant.place in ("autosome", "PAR") or person.karyotype == "unclear":
        return alleles
    if variant.place == "Y" and person.karyotype not in WITH_Y:
        return None
    if variant.place == "X" and X_COPIES[person.karyotype] == 2:
        return alleles if len(alleles) == 2 else None
    return alleles[:1] if len(set(alleles)) == 1 else None


def with_chromosome(variant, people):
    """List who could have a call."""
    return [
        person
        for person in people
        if variant.place != "Y"
        or person.karyotype in WITH_Y
        or (person.karyotype == "unclear" and variant.good(person.sample, True) is not None)
    ]


def exact_mid_p(reference, heterozygous, alternate):
    """Sum the probabilities of more heterozygotes, and half that of as many."""
    total = reference + heterozygous + alternate
    minor = 2 * min(reference, alternate) + heterozygous
    weights = {}
    for het in range(minor % 2, minor + 1, 2):
        rare = (minor - het) // 2
        ways = factorial(total) // (factorial(rare) * factorial(het) * factorial(total - rare - het))
        weights[het] = ways * 2**het
    more = sum(weight for het, weight in weights.items() if het > heterozygous)
    return float(Fraction(2 * more + weights[heterozygous], 2 * sum(weights.values())))


def batch_difference(missing, sizes):
    """Compare batches of at least 30: the spread of call rates, and SciPy's Fisher test of each."""
    large = [batch for batch in sizes if sizes[batch] >= 30]
    if len(large) < 2:
        return None, None
    rates = [1 - missing[batch] / sizes[batch] for batch in large]
    spread, lost = max(rates) - min(rates), sum(missing[batch] for batch in large)
    total, found = sum(sizes[batch] for batch in large), []
    for batch in large:
        own, others = missing[batch], lost - missing[batch]
        rest = total - sizes[batch]
        found.append(fisher_exact([[own, sizes[batch] - own], [others, rest - others]]).pvalue)
    return spread, min(1.0, len(large) * min(found)) if spread > 0.02 else None


def smallest_p(variant, people):
    """Test each large group of one ancestry, unrelated and, on X, with two X; the smallest p-value."""
    sizes = Counter(person.ancestry for person in people if person.unrelated and person.ancestry != "other")
    found = []
    for ancestry in (name for name, size in sizes.items() if size >= 30):
        group = [person for person in people if person.ancestry == ancestry and person.unrelated]
        if variant.place == "X":
            group = [person for person in group if X_COPIES.get(person.karyotype) == 2]
        calls = [alleles for person in group if (alleles := fitted(variant, person)) and len(alleles) == 2]
        counts = Counter(map(sum, calls))
        if len(calls) >= 30:
            found.append(exact_mid_p(counts[0], counts[1], counts[2]))
    return min(found) if found and variant.place != "Y" else None


def close(value, tolerance=1e-12):
    """Allow for sums taken in another order."""
    return value if value is None else pytest.approx(value, rel=tolerance)


@pytest.fixture(scope="module")
def people(cohort):
    """The samples that stay, in order of their ids."""
    facts = cohort.facts[cohort.facts["passes"]].sort_values("sample")
    return [person._replace(batch=person.batch or None) for person in facts.itertuples(index=False)]


@pytest.fixture(scope="module")
def rows(cohort):
    """What is written of each variant; without carriers where it is not stored."""
    judged, carriers = pq.read_table(cohort.folder / "variants.parquet").to_pylist(), cohort.carriers
    nobody = dict.fromkeys(("carriers", "dosages", "missing", "minor_is_ref"))
    keys = [(row["contig"], row["position"], row["ref"], row["alt"]) for row in judged]
    return {key: SimpleNamespace(**row, **carriers.get(key, nobody)) for key, row in zip(keys, judged, strict=True)}


def test_metrics_are_those_of_the_samples_that_stay_with_calls_that_fit_their_sex(cohort, people, rows):
    assert len(people) < len(cohort.names)
    assert set(rows) == {variant.key for variant in cohort.variants}
    for variant in cohort.variants:
        calls = [fitted(variant, person) for person in with_chromosome(variant, people)]
        shares = [variant.share(person.sample, one_copy(variant, person)) for person in people]
        expected = cohort.metrics(calls, shares)
        if variant.place in "XY":
            expected["inbreeding"] = None
        found = {name: getattr(rows[variant.key], name) for name in expected}
        assert found == {name: close(value) for name, value in expected.items()}, variant.key


def test_large_batches_are_compared_among_those_with_the_chromosome(cohort, people, rows):
    compared = Counter()
    assert Counter(person.batch for person in people)["c"] < 30
    for variant in cohort.variants:
        known = [person for person in with_chromosome(variant, people) if person.batch in ("a", "b", "c")]
        sizes = Counter(person.batch for person in known)
        missing = Counter(person.batch for person in known if fitted(variant, person) is None)
        spread, p = batch_difference(missing, sizes)
        compared[p is not None and p < 0.01] += 1
        row = rows[variant.key]
        assert row.batch_call_rate_spread == close(spread)
        assert row.batch_p == close(p, 1e-8)
        assert row.batch_call_rates == pytest.approx([1 - missing[batch] / sizes[batch] for batch in "abc"])
    assert compared[True]


def test_hardy_weinberg_is_tested_exactly_within_groups_and_on_x_among_females(cohort, people, rows):
    expected = {variant.key: smallest_p(variant, people) for variant in cohort.variants}
    places = Counter(variant.place for variant in cohort.variants if expected[variant.key] is not None)
    assert set(places) == {"autosome", "PAR", "X"}
    assert min(p for p in expected.values() if p is not None) < 1e-4
    assert {key: row.hwe_p for key, row in rows.items()} == {key: close(p, 1e-9) for key, p in expected.items()}


def test_groups_are_those_of_enough_unrelated_samples():
    kept = pd.DataFrame(
        {
            "ancestry": ["B"] * 30 + ["A"] * 31 + ["C"] * 29 + ["other"] * 50 + ["unassigned"] * 50 + ["D"] * 40,
            "unrelated": [True] * 219 + [False] * 11,
        }
    )
    assert SMALLEST_GROUP == 30
    assert hardy_weinberg_groups(kept) == ["A", "B"]


def test_every_reason_follows_from_the_metrics(rows):
    def reasons(row):
        if row.allele_count in (0, row.allele_number):
            yield "no minor allele"
        if row.filters:
            yield "FILTER is not PASS"
        if row.quality_by_depth is not None and row.quality_by_depth < 2:
            yield "QD below 2"
        if row.het_balance is not None and not 0.25 <= row.het_balance <= 0.75:
            yield "heterozygous calls with less than 0.25 of their reads on one allele"
        if row.call_rate < 0.8:
            yield "call rate below 0.8"
        if (row.batch_call_rate_spread or 0) > 0.2 and row.batch_p < 0.01:
            yield "call rates of batches more than 0.2 apart (p below 0.01)"
        if row.inbreeding is not None and row.inbreeding < -0.3:
            yield "inbreeding coefficient below -0.3"
        if row.hwe_p is not None and row.hwe_p < 1e-4:
            yield "Hardy-Weinberg p below 0.0001"

    given = Counter()
    for row in rows.values():
        assert row.reasons == list(reasons(row))
        assert row.passes == (not row.reasons)
        given.update(row.reasons)
    assert len(given) >= 5


def test_carriers_and_missing_calls_of_rare_variants_equal_those_of_the_text(cohort, people, rows):
    stored, common, rejected = Counter(), 0, 0
    for variant in cohort.variants:
        row = rows[variant.key]
        alleles = {number: fitted(variant, person) for number, person in enumerate(people)}
        called = {number: one for number, one in alleles.items() if one is not None}
        by_ref = 2 * sum(map(sum, called.values())) > sum(map(len, called.values()))
        dosages = {number: one.count(0) if by_ref else one.count(1) for number, one in called.items()}
        rare = sum(dosages.values()) <= MAX_FREQUENCY * row.allele_number
        if not (row.passes and rare):
            assert (row.carriers, row.missing, row.minor_is_ref) == (None, None, None)
            common, rejected = common + row.passes, rejected + (not row.passes)
            continue
        assert row.minor_is_ref == by_ref
        carried = list(zip(row.carriers, row.dosages, strict=True))
        assert carried == [pair for pair in dosages.items() if pair[1]]
        could = {person.sample for person in with_chromosome(variant, people)}
        assert row.missing == [
            number for number, one in alleles.items() if one is None and people[number].sample in could
        ]
        stored[variant.place] += 1
        stored[by_ref] += 1
    assert set(stored) == {"autosome", "X", "Y", "PAR", True, False}
    assert min(common, rejected) > 5


def test_rows_are_in_the_order_of_the_genome_and_say_what_was_found_of_sites(cohort, rows):
    assert list(rows) == cohort.keys == sorted(cohort.keys)
    sites, variants = cohort.sites, {variant.key: variant for variant in cohort.variants}
    for key, row in rows.items():
        of_calls = sites[key]["genotype_qc"]
        assert (row.calls_present, row.calls_failed) == (of_calls["present"], of_calls["failed"])
        assert row.filters == variants[key].filters
        assert row.quality_by_depth == sites[key]["quality_by_depth"]
        assert (row.vqslod, row.low_complexity, row.segmental_duplication, row.in_targets) == (None,) * 4
