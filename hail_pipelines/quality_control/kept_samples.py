"""The samples that stay, and the classes that their calls are counted in.

Samples of one batch, one ancestry group and the same chromosomes are one class: the calls of a class, by code, are
all that is counted of a variant, and every other count is a sum of these.

Axes: N samples, n of them that stay, in order of their ids; k classes, b batches, g ancestry groups, p places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from association.cohort.ancestry import OTHER, UNASSIGNED
from association.genotypes.copies import UNKNOWN, copies_by_place, is_single, of_others
from association.genotypes.judged_calls import People
from association.genotypes.places import ON_Y, PLACES
from hail_pipelines.quality_control.sex_chromosomes import copies_of

# In a smaller group an exact test at 1e-6 finds little, and strays from its mean say nothing.
SMALLEST_GROUP = 30


@dataclass(frozen=True)
class SampleClasses:
    """Samples by batch, ancestry group and chromosomes.

    Attributes
    ----------
    of_sample
        Each sample's class, of all samples (N); the number of classes for one that does not stay.
    expected
        Whether the samples of a class should have a call, by place (p, k). Without a Y there is none to miss, and
        where the karyotype is unclear a missing call tells of none.
    in_batch, in_group
        Whether a class is of a batch (k, b), and of a group in which Hardy-Weinberg is tested (k, g).
    two_x
        Whether its samples have two X for certain (k).
    """

    of_sample: NDArray[np.int32]
    expected: NDArray[np.bool_]
    in_batch: NDArray[np.int32]
    in_group: NDArray[np.bool_]
    two_x: NDArray[np.bool_]

    @property
    def number(self) -> int:
        """How many classes there are."""
        return len(self.two_x)

    @property
    def batches(self) -> int:
        """How many batches there are."""
        return int(self.in_batch.shape[1])


def kept_in_order(samples: pd.DataFrame) -> pd.DataFrame:
    """Give the samples that stay in order of their ids, which is that of their numbers."""
    return samples[samples["passes"]].sort_values("sample", ignore_index=True)


def columns_of(kept: pd.DataFrame, names: Sequence[str]) -> NDArray[np.intp]:
    """Say where the calls of the samples that stay are (n).

    Parameters
    ----------
    kept
        sample, in order of their numbers.
    names
        All samples, in the order of the calls (N).
    """
    columns = np.asarray(pd.Index(names).get_indexer(pd.Index(kept["sample"])), np.intp)
    assert (columns >= 0).all(), "every sample that stays has calls"
    return columns


def people_of(kept: pd.DataFrame, columns: NDArray[np.intp], samples: int) -> People:
    """Say who of all samples stays, and how many copies they have.

    Parameters
    ----------
    kept
        karyotype.
    columns
        Where they are among all (n).
    samples
        How many there are in all (N).
    """
    included, x_copies, y_copies = np.zeros(samples, np.bool_), *np.full((2, samples), UNKNOWN, np.int8)
    included[columns] = True
    x_copies[columns], y_copies[columns] = copies_of(kept["karyotype"])
    return People(included, is_single(x_copies), of_others(copies_by_place(x_copies, y_copies), included))


def classes_of(kept: pd.DataFrame, columns: NDArray[np.intp], samples: int) -> SampleClasses:
    """Put the samples that stay into classes.

    Parameters
    ----------
    kept
        batch, ancestry, unrelated and karyotype.
    columns, samples
        As `people_of` takes them.
    """
    groups = hardy_weinberg_groups(kept)
    batches = sorted(kept["batch"].dropna().unique())
    x_copies, y_copies = copies_of(kept["karyotype"])
    described = pd.DataFrame(
        {
            "batch": _numbers(kept["batch"], batches),
            "group": _numbers(kept["ancestry"].where(kept["unrelated"]), groups),
            "two_x": x_copies >= 2,
            "with_y": y_copies > 0,
        }
    )
    by_sample = described.groupby(list(described), sort=True).ngroup().to_numpy(np.int32)
    classes = described.assign(number=by_sample).drop_duplicates("number").sort_values("number")
    expected = np.ones((PLACES, len(classes)), np.bool_)
    expected[ON_Y] = classes["with_y"]
    of_all = np.full(samples, len(classes), np.int32)
    of_all[columns] = by_sample
    return SampleClasses(
        of_all,
        expected,
        _is_in(classes["batch"], len(batches)).astype(np.int32),
        _is_in(classes["group"], len(groups)),
        classes["two_x"].to_numpy(np.bool_),
    )


def hardy_weinberg_groups(kept: pd.DataFrame) -> list[str]:
    """Name the groups of one ancestry that are large enough for a test, among samples that are not related."""
    of_one = kept["unrelated"] & ~kept["ancestry"].isin([OTHER, UNASSIGNED])
    sizes = kept.loc[of_one, "ancestry"].value_counts()
    return sorted(sizes.index[sizes >= SMALLEST_GROUP])


def _numbers(names: pd.Series, known: Sequence[str]) -> NDArray[np.int64]:
    """Give names their place among those that are known, -1 to any other."""
    return np.asarray(pd.Index(known, dtype=object).get_indexer(pd.Index(names, dtype=object)), np.int64)


def _is_in(numbers: pd.Series, several: int) -> NDArray[np.bool_]:
    """Say which class has which number (k, several)."""
    return np.asarray(numbers.to_numpy()[:, None] == np.arange(several))
