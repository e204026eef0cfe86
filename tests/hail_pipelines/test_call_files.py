"""Calls come back from disk as they were written, whatever bytes their numbers take."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from association.genotypes.calls import Calls
from hail_pipelines.call_files import PartWriter, read_part

NUMBERS = ("quality", "depth", "reference_reads", "alternate_reads")
EDGES = [
    0,
    1,
    254,
    255,
    256,
    65_534,
    65_535,
    65_536,
    16_777_216,
    3e9,
    1e30,
    np.inf,
    np.nan,
    -1,
    -0.5,
    0.5,
    1.5,
    254.5,
]


def calls_of(values: list[float], samples: int) -> Calls:
    array = np.resize(np.array(values, np.float32), (len(values), samples))
    return Calls((np.nan_to_num(array, posinf=0) % 6).astype(np.uint8), array, None, array[::-1].copy(), array)


def assert_equal(found: Calls, expected: Calls) -> None:
    for name in ("genotypes", *NUMBERS):
        one, other = getattr(found, name), getattr(expected, name)
        assert (one is None) == (other is None)
        if other is not None:
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, other)


@settings(deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(EDGES), min_size=1, max_size=5), min_size=1, max_size=3),
    st.integers(1, 4),
    st.randoms(use_true_random=False),
)
def test_rows_are_read_as_they_were_written_in_any_order(tmp_path_factory, groups, samples, random):
    path = tmp_path_factory.mktemp("calls") / "part.parquet"
    written = [calls_of(values, samples) for values in groups]
    with PartWriter(path) as writer:
        for calls in written:
            writer.write(pa.table({"place": np.arange(len(calls.genotypes))}), calls)
    rows = sum(map(len, groups))
    kept = np.array(random.sample(range(rows), random.randint(0, rows)), np.intp)
    whole = Calls(
        *(
            None
            if written[0].depth is None and name == "depth"
            else np.concatenate([getattr(one, name) for one in written])
            for name in ("genotypes", *NUMBERS)
        )
    )
    seen = []
    for places, calls in read_part(path, kept):
        assert_equal(calls, whole.take(kept[places]))
        seen += places.tolist()
    assert sorted(seen) == list(range(len(kept)))


@pytest.mark.parametrize(
    ("largest", "width"), [(254, 1), (255, 2), (65_534, 2), (65_535, 4), (0.5, 4), (-1, 4), (np.inf, 4), (3e9, 4)]
)
def test_numbers_take_the_fewest_bytes_that_hold_them(tmp_path, largest, width):
    path = tmp_path / "part.parquet"
    with PartWriter(path) as writer:
        writer.write(
            pa.table({"place": [0]}), Calls(np.zeros((1, 3), np.uint8), np.array([[0, np.nan, largest]], np.float32))
        )
    assert len(pq.read_table(path)["quality"][0].as_py()) == 3 * width


def fail(path) -> None:
    with PartWriter(path) as writer:
        writer.write(pa.table({"place": [0]}), Calls(np.zeros((1, 3), np.uint8)))
        raise RuntimeError


def test_a_part_that_fails_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError):
        fail(tmp_path / "part.parquet")
    assert list(tmp_path.iterdir()) == []
