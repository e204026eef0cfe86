"""What the table of genes tells of a gene beside its columns: where it lies, and which masks have carriers at home.

Both are the same for all traits, so that they do not tell who lacks one.

Axes: c carriers, m variants of linked genes, g genes, k masks with a ceiling each, j columns, T traits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.meta.share_schema import START_STEP
from association.meta.shared_columns import Dosages

Booleans = NDArray[np.bool_]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Places:
    """Linked genes as they are, before it is decided what may be told of them.

    Attributes
    ----------
    masks
        Which masks of each gene each variant is in (g, k, m).
    dosages
        What was called (c, m).
    positions
        Of the variants (m).
    """

    masks: Booleans
    dosages: Dosages
    positions: Integers

    def starts(self, told: Booleans, *, at_least: int) -> list[int | None]:
        """Give where each gene is (g): its first step (`START_STEP`) that enough carriers have a variant in.

        Parameters
        ----------
        told
            Carriers that are told of in any trait (c).
        at_least
            The smallest number of samples that may be told of.
        """
        carried = self.dosages[told] > 0
        steps = self.positions // START_STEP * START_STEP
        found: list[int | None] = []
        for own in np.asarray(self.masks.any(axis=1)):
            enough = (
                int(step)
                for step in np.unique(steps[own])
                if carried[:, own & (steps == step)].any(axis=1).sum() >= at_least
            )
            found.append(next(enough, None))
        return found

    def withheld(
        self, patterns: Dosages, masks: Booleans, inside: Booleans, told: Booleans, names: Sequence[str]
    ) -> Booleans:
        """Say in which masks of each gene some carriers are in no column of a trait that they have (g, k).

        A mask has one answer, whatever its ceilings: which of them a carrier passes tells how many there are.

        Parameters
        ----------
        patterns, masks
            Of the columns (c, j), (g, k, j).
        inside, told
            Who has each trait, and who is told of in it (T, c).
        names
            Of the masks; of one name are those that differ in their ceiling (k).
        """
        named = np.array(names, dtype=object)
        found = np.zeros(self.masks.shape[:2], np.bool_)
        for name in dict.fromkeys(names):
            own = named == name
            # Carrier by gene, before and after.
            has, shown = (
                (columns > 0).astype(np.float32) @ of_genes[:, own].any(axis=1).T.astype(np.float32) > 0
                for columns, of_genes in ((self.dosages, self.masks), (patterns, masks))
            )
            hidden = inside[:, :, None] & has & ~(told[:, :, None] & shown)
            found[:, own] = np.asarray(hidden.any(axis=(0, 1)))[:, None]
        return found
