"""INFO fields as the calls hold them, and what they say of one allele of their record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hail_pipelines.annotation.values import first_known


@dataclass(frozen=True)
class InfoFields:
    """INFO fields of a batch of variants (v).

    Attributes
    ----------
    fields
        Values by the field's name, or lists of them (v).
    alternates
        How many alternate alleles the variant's record had (v).
    a_index
        Which of them the variant is, from 1 (v).
    """

    fields: Mapping[str, pa.Array]
    alternates: NDArray[np.integer]
    a_index: NDArray[np.integer]

    def of_alleles(self, name: str, rows: NDArray[np.intp]) -> pa.Array:
        """Give what a field says of the alleles of some variants, as lists where it holds lists.

        Parameters
        ----------
        name
            The field.
        rows
            The variants (r).
        """
        values = self.fields[name].take(pa.array(rows))
        if not pa.types.is_list(values.type):
            return values
        lengths = pc.list_value_length(values).fill_null(0).to_numpy()
        starts, flat = np.cumsum(lengths) - lengths, pc.list_flatten(values)
        own = lengths == self.alternates[rows]
        starts = starts + np.where(own, self.a_index[rows] - 1, 0)
        sizes = np.where(own, 1, lengths)
        ends = np.cumsum(sizes)
        at = np.arange(sizes.sum()) + np.repeat(starts - (ends - sizes), sizes)
        return pa.ListArray.from_arrays(pa.array(np.append(0, ends), pa.int32()), flat.take(pa.array(at)))

    def first_of_alleles(self, name: str) -> pa.Array:
        """Give the first value that a field names of each variant's allele; null where it names none (v)."""
        values = self.of_alleles(name, np.arange(len(self.a_index)))
        if not pa.types.is_list(values.type):
            return values
        return first_known(pc.list_flatten(values), pc.list_parent_indices(values).to_numpy(), len(values))
