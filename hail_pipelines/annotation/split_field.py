"""VEP's and SnpEff's INFO fields: a text per allele and transcript, whose parts stand between bars.

Axes: v variants, t transcripts of them, in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hail_pipelines.annotation.values import nothing


@dataclass(frozen=True)
class SplitField:
    """The transcripts of a field.

    Attributes
    ----------
    variants
        The variant of each (t).
    names
        Names of the parts, in the header's order.
    starts, sizes
        Where each transcript's parts begin in `parts`, and how many it has (t).
    parts
        All parts of all transcripts.
    """

    variants: NDArray[np.intp]
    names: Sequence[str]
    starts: NDArray[np.intp]
    sizes: NDArray[np.intp]
    parts: pa.Array

    def take(self, rows: NDArray[np.integer]) -> SplitField:
        """Keep some transcripts."""
        return SplitField(self.variants[rows], self.names, self.starts[rows], self.sizes[rows], self.parts)

    def has(self, name: str) -> bool:
        """Say whether there is a part of this name."""
        return name in self.names

    def of(self, name: str, entries: NDArray[np.integer]) -> pa.Array:
        """Give one part of some transcripts."""
        return self.take(entries).part(name)

    def part(self, name: str) -> pa.Array:
        """Give one part of each transcript; null if it is empty, or no such part is named (t)."""
        if name not in self.names:
            return nothing(len(self.variants))
        place = self.names.index(name)
        texts = self.parts.take(pa.array(self.starts + place, mask=self.sizes <= place))
        texts = pc.ascii_trim_whitespace(texts)
        return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


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
    known = np.flatnonzero(flat.is_valid().to_numpy(zero_copy_only=False))
    split = pc.split_pattern(flat.take(pa.array(known)), "|")
    starts = split.offsets.to_numpy()[:-1].astype(np.intp)
    sizes = pc.list_value_length(split).to_numpy().astype(np.intp)
    return SplitField(variants[known].astype(np.intp), tuple(names), starts, sizes, split.values)


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
