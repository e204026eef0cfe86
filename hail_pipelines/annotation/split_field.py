"""VEP's and SnpEff's INFO fields: a text per allele and transcript, whose parts stand between bars.

Where the bars are is found once; a part is copied out when it is asked for, of the transcripts that need it.

Axes: v variants, t transcripts of them, in order, p parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from association.kernels import njit
from hail_pipelines.annotation.values import nothing

_BAR, _BLANK = np.uint8(ord("|")), np.uint8(ord(" "))
_ABSENT = -1


@dataclass(frozen=True)
class SplitField:
    """The transcripts of a field.

    Attributes
    ----------
    variants
        The variant of each (t).
    names
        Names of the parts, in the header's order (p).
    text
        All texts, one after the other.
    bars
        Before which byte of `text` each part begins, and where the last one ends; `_ABSENT` beyond a text's parts
        (all transcripts, p + 1).
    rows
        The row of `bars` of each transcript (t).
    """

    variants: NDArray[np.intp]
    names: Sequence[str]
    text: NDArray[np.uint8]
    bars: NDArray[np.int32]
    rows: NDArray[np.intp]

    def take(self, transcripts: NDArray[np.intp]) -> SplitField:
        """Keep some transcripts."""
        return replace(self, variants=self.variants[transcripts], rows=self.rows[transcripts])

    def has_parts(self, count: int) -> NDArray[np.bool_]:
        """Say which transcripts have at least so many parts (t)."""
        has: NDArray[np.bool_] = self.bars[self.rows, count] != _ABSENT
        return has

    def has(self, name: str) -> bool:
        """Say whether there is a part of this name."""
        return name in self.names

    def of(self, name: str, entries: NDArray[np.intp]) -> pa.Array:
        """Give one part of some transcripts."""
        return self.take(entries).part(name)

    def part(self, name: str) -> pa.Array:
        """Give one part of each transcript; null if it is empty, or no such part is named (t)."""
        count = len(self.rows)
        if name not in self.names or not count:
            return nothing(count)
        begins, ends = np.empty((2, count), np.int32)
        _find_part(self.text, self.bars, self.rows, self.names.index(name), begins, ends)
        offsets = np.append(np.int32(0), np.cumsum(ends - begins, dtype=np.int32))
        copied = np.empty(offsets[-1], np.uint8)
        _copy(self.text, begins, offsets, copied)
        known = pa.array(ends > begins).buffers()[1]
        return pa.Array.from_buffers(pa.string(), count, [known, pa.py_buffer(offsets), pa.py_buffer(copied)])


def split_field(texts: pa.Array, names: Sequence[str]) -> SplitField:
    """Split the texts of a field.

    Parameters
    ----------
    texts
        A list of texts of each variant, null for none (v).
    names
        Names of the parts, in the header's order.
    """
    variants, flat = pc.list_parent_indices(texts).to_numpy(), pc.list_flatten(texts)
    variants, flat = variants[flat.is_valid().to_numpy(zero_copy_only=False)], flat.drop_null()
    count = len(flat)
    bars = np.full((count, len(names) + 1), _ABSENT, np.int32)
    text = np.empty(0, np.uint8)
    if count:
        offsets = np.frombuffer(flat.buffers()[1], np.int32)[flat.offset : flat.offset + count + 1]
        text = np.frombuffer(flat.buffers()[2] or b"|", np.uint8)
        _find_bars(text, offsets, bars)
    return SplitField(variants.astype(np.intp), tuple(names), text, bars, np.arange(count))


def of_alleles(
    field: SplitField, named: pa.Array, spellings: pa.Array, alternates: NDArray[np.integer]
) -> NDArray[np.bool_]:
    """Say which transcripts are of the variant's own allele, by its spelling (t).

    Where the record has one alternate and its field one spelling, they are the same allele however it was
    trimmed in between.

    Parameters
    ----------
    field
        The transcripts.
    named
        The allele that each names; null for none (t).
    spellings
        Each variant's allele as the program spells it (v).
    alternates
        How many alternates each variant's record has (v).
    """
    named = named.fill_null("")
    same = pc.equal(named, spellings.take(pa.array(field.variants))).to_numpy(zero_copy_only=False)
    codes = named.dictionary_encode().indices.to_numpy(zero_copy_only=False)
    least = np.full(len(alternates), len(codes), np.int64)
    most = np.zeros(len(alternates), np.int64)
    np.minimum.at(least, field.variants, codes)
    np.maximum.at(most, field.variants, codes)
    certain = (alternates == 1) & (least == most)
    of_own: NDArray[np.bool_] = same | certain[field.variants]
    return of_own


@njit(cache=True, nogil=True)
def _find_bars(text: NDArray[np.uint8], offsets: NDArray[np.int32], bars: NDArray[np.int32]) -> None:
    """Note where the parts of each text end."""
    for row in range(bars.shape[0]):
        bars[row, 0] = offsets[row] - 1
        part = 1
        for place in range(offsets[row], offsets[row + 1]):
            if text[place] == _BAR and part < bars.shape[1]:
                bars[row, part] = place
                part += 1
        if part < bars.shape[1]:
            bars[row, part] = offsets[row + 1]


@njit(cache=True, nogil=True)
def _find_part(
    text: NDArray[np.uint8],
    bars: NDArray[np.int32],
    rows: NDArray[np.intp],
    part: int,
    begins: NDArray[np.int32],
    ends: NDArray[np.int32],
) -> None:
    """Note where a part begins and ends in each text, without blanks around it; nowhere where it is absent."""
    for number in range(len(rows)):
        begin, end = bars[rows[number], part] + 1, bars[rows[number], part + 1]
        if end == _ABSENT:
            begin = end = 0
        while begin < end and text[begin] <= _BLANK:
            begin += 1
        while begin < end and text[end - 1] <= _BLANK:
            end -= 1
        begins[number], ends[number] = begin, end


@njit(cache=True, nogil=True)
def _copy(
    text: NDArray[np.uint8], begins: NDArray[np.int32], offsets: NDArray[np.int32], copied: NDArray[np.uint8]
) -> None:
    """Copy stretches of a text one after the other."""
    for number in range(len(begins)):
        for place in range(offsets[number], offsets[number + 1]):
            copied[place] = text[begins[number] + place - offsets[number]]
