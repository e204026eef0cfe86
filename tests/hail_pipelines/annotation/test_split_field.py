import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from hail_pipelines.annotation.split_field import split_field

NAMES = ("a", "b", "c")
texts = st.lists(st.none() | st.lists(st.none() | st.text(alphabet="xy| é", max_size=8), max_size=4), min_size=1)


@settings(deadline=None)
@given(variants=texts)
def test_parts_are_those_that_a_split_of_each_text_gives(variants):
    field = split_field(pa.array(variants, pa.list_(pa.string())), NAMES)
    known = [(number, text) for number, one in enumerate(variants) for text in one or () if text is not None]
    assert field.variants.tolist() == [number for number, _ in known]
    split = [text.split("|") for _, text in known]
    for place, name in enumerate(NAMES):
        expected = [(parts[place].strip(" ") or None) if len(parts) > place else None for parts in split]
        assert field.part(name).to_pylist() == expected
        backwards = np.arange(len(known))[::-1]
        assert field.of(name, backwards).to_pylist() == expected[::-1]
        assert field.has_parts(place + 1).tolist() == [len(parts) > place for parts in split]
    assert field.part("absent").to_pylist() == [None] * len(known)


def test_a_slice_of_a_column_is_split_as_the_whole_is():
    column = pa.array([["1|2"], ["3|4", "5"], None, ["6|7|8|9"]])
    field = split_field(column[1:], NAMES)
    assert field.variants.tolist() == [0, 0, 2]
    assert field.part("a").to_pylist() == ["3", "5", "6"]
    assert field.part("c").to_pylist() == [None, None, "8"]
