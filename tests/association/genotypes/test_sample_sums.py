"""What is summed of samples, against the same in plain Python, call by call."""

from __future__ import annotations

import numpy as np
import pytest

from association.genotypes.calls import ALTERNATES, NO_CALL, PLOIDY
from association.genotypes.counts import by_class, call_counts
from association.genotypes.minor_alleles import minor_is_reference
from association.genotypes.places import AUTOSOME, ON_X, ON_Y, PSEUDOAUTOSOMAL
from association.genotypes.sample_sums import COUNTS, SUMS, TRANSITION, TRANSVERSION, SampleSums, summed_variants
from association.genotypes.stored_calls import UNKNOWN, StoredCalls, unknown

VARIANTS, SAMPLES = 60, 24
KINDS = {0: "none", TRANSITION: "transitions", TRANSVERSION: "transversions"}


@pytest.fixture(params=[np.uint8, np.uint16, np.float32])
def drawn(request):
    """Calls as loaded and as judged, and what is known of their variants."""
    rng = np.random.default_rng(5)
    frequency = rng.choice([0.03, 0.2, 0.5, 0.8, 0.97], (VARIANTS, 1))
    raw = rng.binomial(2, frequency, (VARIANTS, SAMPLES)).astype(np.uint8)
    raw = np.where(rng.random(raw.shape) < 0.1, rng.integers(3, 6, raw.shape), raw).astype(np.uint8)
    judged = np.where(rng.random(raw.shape) < 0.1, NO_CALL, raw).astype(np.uint8)

    def numbers(largest):
        values = rng.integers(0, largest, raw.shape).astype(request.param)
        values[rng.random(raw.shape) < 0.1] = UNKNOWN[request.param]
        return values

    calls = StoredCalls(raw, numbers(99), numbers(60), numbers(80), numbers(80))
    places = rng.choice([AUTOSOME, AUTOSOME, AUTOSOME, PSEUDOAUTOSOMAL, ON_X, ON_Y], VARIANTS).astype(np.uint8)
    first = rng.random(VARIANTS) < 0.5
    substitution = rng.choice(list(KINDS), VARIANTS).astype(np.uint8)
    gained = np.where(substitution == 0, rng.integers(-2, 3, VARIANTS), 0).astype(np.int32)
    counts = call_counts(by_class(judged, np.zeros(SAMPLES, np.int32), 1)[:, 0])
    by_ref = minor_is_reference(counts.allele_count, counts.allele_number, first)
    return (
        calls,
        judged,
        summed_variants(counts, places, by_ref, substitution, gained),
        (substitution, gained, counts),
    )


def is_unknown(values, row, sample):
    return np.isnan(values[row, sample]) or values[row, sample] == unknown(values)


def in_plain_python(drawn, rows, sample):
    """Sum up one sample."""
    calls, judged, known, (substitution, gained, of_variant) = drawn
    found = dict.fromkeys((*COUNTS, *SUMS), 0)
    for row in rows:
        code, raw = int(judged[row, sample]), int(calls.genotypes[row, sample])
        place, by_ref = known.places[row], bool(known.minor_is_ref[row])
        quality, depth, *reads = (
            None if is_unknown(values, row, sample) else float(values[row, sample])
            for values in (calls.quality, calls.depth, calls.reference_reads, calls.alternate_reads)
        )
        minor = min(of_variant.allele_count[row], of_variant.allele_number[row] - of_variant.allele_count[row])
        frequency = minor / of_variant.allele_number[row]
        name = {AUTOSOME: "", ON_X: "x_", ON_Y: "y_"}.get(place)
        if name is None:
            continue
        found[f"{name}called"] += code != NO_CALL
        found[f"{name}depth"] += depth or 0
        if place == ON_X:
            found["x_heterozygous"] += code == 1
            found["x_expected_heterozygous"] += 2 * frequency * (1 - frequency) if code != NO_CALL else 0
        if place != AUTOSOME:
            continue
        found["calls_present"] += raw != NO_CALL
        found["known_quality"] += quality is not None
        found["quality"] += quality or 0
        dosage = int(PLOIDY[code] - ALTERNATES[code] if by_ref else ALTERNATES[code])
        if not dosage:
            continue
        found["heterozygous"] += code == 1
        found["homozygous_minor"] += dosage == 2
        found["singletons"] += minor == 1
        for kind in ("transitions", "transversions"):
            found[kind] += KINDS[int(substitution[row])] == kind
        change = -gained[row] if by_ref else gained[row]
        found["insertions"] += change > 0
        found["deletions"] += change < 0
        total = sum(one or 0 for one in reads)
        if dosage == 2 and substitution[row] and 10 <= total <= 100 and 0.05 <= 1 - frequency <= 0.95:
            found["charr_sites"] += 1
            found["charr_sum"] += (reads[by_ref] or 0) / total / (1 - frequency)
    return found


def summed(drawn, *several):
    calls, judged, known, _ = drawn
    sums = SampleSums.zero(SAMPLES)
    for rows in several:
        sums.add_variants(calls, judged, np.array(rows, np.intp), known)
    return sums


def named(sums, sample):
    return dict(zip((*COUNTS, *SUMS), [*sums.counts[:, sample], *sums.sums[:, sample]], strict=True))


def test_every_sum_is_that_of_plain_python(drawn):
    rows = [row for row in range(VARIANTS) if row % 7]
    sums = summed(drawn, rows)
    expected = [in_plain_python(drawn, rows, sample) for sample in range(SAMPLES)]
    for sample in range(SAMPLES):
        assert named(sums, sample) == pytest.approx(expected[sample])
    # Each must be there to be wrong.
    assert all(sum(one[name] for one in expected) for name in (*COUNTS, *SUMS))


def test_variants_are_counted_by_place(drawn):
    places = drawn[2].places
    sums = summed(drawn, range(0, VARIANTS, 2))
    assert sums.variants.tolist() == [np.sum(places[::2] == place) for place in range(4)]


def test_sums_of_parts_add_up_and_samples_can_be_put_in_another_order(drawn):
    whole, parts = summed(drawn, range(VARIANTS)), summed(drawn, range(20))
    parts.add(summed(drawn, range(20, 50), range(50, VARIANTS)))
    order = np.arange(SAMPLES)[::-1]
    for sums in (parts, whole.take(order).take(order)):
        np.testing.assert_array_equal(sums.counts, whole.counts)
        np.testing.assert_allclose(sums.sums, whole.sums, rtol=1e-14)
        np.testing.assert_array_equal(sums.variants, whole.variants)


def test_calls_alone_are_counted_where_there_is_nothing_else(drawn):
    calls, judged, known, _ = drawn
    sums, whole = SampleSums.zero(SAMPLES), summed(drawn, range(VARIANTS))
    sums.add_variants(StoredCalls(calls.genotypes), judged, np.arange(VARIANTS), known)
    without = [name not in ("known_quality", "charr_sites") for name in COUNTS]
    np.testing.assert_array_equal(sums.counts[without], whole.counts[without])
    assert not sums.counts[np.logical_not(without)].any()
    assert not sums.sums[: SUMS.index("x_expected_heterozygous")].any()
