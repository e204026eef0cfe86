"""Half-calls are found wherever a file has many of them in a row, and never where there are none."""

from __future__ import annotations

import numpy as np
import pytest

from hail_pipelines.vcf.bgzip import next_block
from hail_pipelines.vcf.half_calls import has_half_calls


def records(half_from: int, half_to: int) -> list[str]:
    """Write 6,000 records of calls with random depths, some of them with a half-call."""
    depths = np.random.default_rng(1).integers(0, 99999, size=(6000, 3))
    calls = ["0/." if half_from <= number < half_to else "0/0" for number in range(6000)]
    return [
        f"chr1 {number} . A C . . . GT:DP {call}:{a} ./.:{b} .|.:{c}"
        for number, (call, (a, b, c)) in enumerate(zip(calls, depths, strict=True), 1)
    ]


@pytest.mark.parametrize("name", ["cohort.vcf", "cohort.vcf.gz"])
@pytest.mark.parametrize(
    ("half_from", "half_to", "found"), [(0, 0, False), (0, 6000, True), (5500, 5800, True), (2000, 2300, True)]
)
def test_a_stretch_of_half_calls_is_found(write_vcf, name, half_from, half_to, found):
    assert has_half_calls(write_vcf(records(half_from, half_to), name=name)) is found


@pytest.mark.parametrize("call", ["./1", ".|0", "1/.", "12|."])
def test_every_spelling_of_a_half_call_is_one(write_vcf, call):
    assert has_half_calls(write_vcf([f"chr1 9 . A C . . . GT 0/0 0/1 {call}"]))


@pytest.mark.parametrize("call", [".", "./.", "0", "0/0:.", "0/1:3,."])
def test_other_calls_are_none(write_vcf, call):
    assert not has_half_calls(write_vcf([f"chr1 9 . A C . . . GT:AD {call} 0/1 {call}"]))


def test_blocks_are_found_from_anywhere_between_them(write_vcf):
    path = write_vcf(records(0, 0))
    with path.open("rb") as stream:
        second = next_block(stream, 1)
        assert next_block(stream, 0) == 0
        assert second is not None
        assert next_block(stream, second) == second
        assert next_block(stream, path.stat().st_size) is None
