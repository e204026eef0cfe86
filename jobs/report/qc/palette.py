"""Colours and marks of groups: the same for a group in every figure, told apart without colours too.

A colour is read on white and on dark paper (contrast of 3 to 1 at least on either), and each has a mark of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jobs.report.qc.inputs import Booleans

COLORS = ("#2f7fc1", "#cf7412", "#2a9268", "#8d62b5", "#8a6d3b", "#1d93a8")
MARKERS = ("o", "s", "^", "D", "v", "P")
GREY, GREY_MARKER = "#7b8794", "X"
NOT_GIVEN, OTHER = "not given", "other"
# Places of names that many studies share, so that their pages can be laid side by side.
SHARED = {
    "ancestry": ("EUR", "AFR", "EAS", "SAS", "AMR", "MID"),
    "karyotype": ("XX", "XY", "X0", "XXY", "XYY", "XXX"),
    "relationship": ("duplicate", "parent-child", "siblings", "first degree", "second degree", "third degree"),
}
SHARED_PLACE = {("ancestry", "main"): 0}
GREYS = (OTHER, "unclear", NOT_GIVEN)


@dataclass(frozen=True)
class Category:
    """A group of rows and how it is drawn.

    Attributes
    ----------
    name, color, marker
        As in the legend.
    rows
        Which rows belong to it.
    """

    name: str
    color: str
    marker: str
    rows: Booleans

    @property
    def size_words(self) -> str:
        """Give its size as a legend has it, behind its name."""
        return f" ({int(self.rows.sum()):,})"


def categories(labels: pd.Series, kind: str) -> list[Category]:
    """Give each group its colour: shared names theirs, others by their order; the rest and the unknown in grey.

    Parameters
    ----------
    labels
        A name per row; None where it is not known.
    kind
        What the names are: a column of the samples or pairs.
    """
    names = labels.to_numpy(dtype=object)
    known = labels.dropna()
    colored = _colored([name for name in known.unique() if name not in GREYS], known, kind)
    groups = [
        Category(name, COLORS[place], MARKERS[place], np.asarray(names == name, dtype=np.bool_))
        for name, place in colored.items()
    ]
    lesser = sorted(set(known) - set(colored) - set(GREYS), key=natural)
    if lesser:
        rows = np.asarray(labels.isin(lesser), dtype=np.bool_)
        groups.append(Category(f"{len(lesser)} more groups", GREY, GREY_MARKER, rows))
    for name in GREYS:
        rows = np.asarray(labels.isna() if name == NOT_GIVEN else names == name, dtype=np.bool_)
        if rows.any():
            groups.append(Category(name, GREY, "d" if name == NOT_GIVEN else GREY_MARKER, rows))
    return groups


def _colored(names: list[str], known: pd.Series, kind: str) -> dict[str, int]:
    """Give places in the palette: by shared names where all are such, else to the largest, in order of names."""
    shared = {name: place for place, name in enumerate(SHARED.get(kind, ()))}
    shared |= {name: place for (of, name), place in SHARED_PLACE.items() if of == kind}
    if all(name in shared for name in names) and len({shared[name] for name in names}) == len(names):
        return {name: shared[name] for name in sorted(names, key=shared.__getitem__)}
    size = known.value_counts()
    largest = sorted(names, key=lambda name: (-int(size[name]), natural(name)))[: len(COLORS)]
    return {name: place for place, name in enumerate(sorted(largest, key=natural))}


def natural(name: str) -> list[tuple[int, int, str]]:
    """Give a key that sorts "batch 10" after "batch 9"."""
    parts = re.findall(r"\d+|\D+", name)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]
