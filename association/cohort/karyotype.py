"""Sex chromosomes from depth on X and Y and from heterozygous calls on X.

Capture differs between chromosomes, so depth is taken relative to the cohort's own: X such that the median of samples
with two X is 2 (of those with one X is 1, where nobody has two), Y such that the median of those with one X and any Y
is 1. Who has one X and who two is told roughly beforehand by heterozygous calls on X (`association.phenotypes.sex`).
Then

    X    1 copy in 0.6-1.4, 2 in 1.6-2.4, 3 in 2.6-3.4
    Y    none below 0.2, 1 copy in 0.35-1.4, 2 in 1.6-2.4

and whatever lies between, or whose heterozygous calls contradict the copies of X, is "unclear". Men lose Y from blood
cells as they age, hence the low limit of one Y. gnomAD instead takes five standard deviations of the cohort's own
clusters, which asks for thousands of samples and puts men who lost Y among the unclear. Without depth heterozygous
calls on X and calls on Y decide between XX and XY only.

References
----------
Karczewski et al. The mutational constraint spectrum. Nature 2020. doi:10.1038/s41586-020-2308-7
Thompson et al. Genetic predisposition to mosaic Y chromosome loss in blood. Nature 2019.
doi:10.1038/s41586-019-1765-3
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from association.phenotypes.sex import sex_from_x

Floats = NDArray[np.float64]

UNCLEAR = "unclear"
SEX = {"XX": "female", "X0": "female", "XXX": "female", "XY": "male", "XXY": "male", "XYY": "male"}
KARYOTYPE = {(2, 0): "XX", (1, 1): "XY", (1, 0): "X0", (2, 1): "XXY", (1, 2): "XYY", (3, 0): "XXX"}

# Copies and the relative depth at which they lie, both ends included; without Y it is below 0 where fewer reads
# stray than usual.
X_COPIES = {1: (0.6, 1.4), 2: (1.6, 2.4), 3: (2.6, 3.4)}
Y_COPIES = {0: (-0.5, 0.2), 1: (0.35, 1.4), 2: (1.6, 2.4)}
# Samples of a kind whose median is taken for the capture of X or Y; with fewer, depth is taken as it is.
FEWEST_FOR_MEDIAN = 3
# Depth on Y, before anything is made relative, that stray reads alone don't reach, where nobody shows how many there
# are; and how far above those of samples with two X it is where they do.
LEAST_Y, LEAST_Y_ABOVE_STRAY = 0.2, 0.05
# Variants on Y that must be there for their calls to tell anything.
FEWEST_Y_VARIANTS = 20
# Share of the variants on Y that is called: without Y at most so many, with Y at least.
MOST_CALLED_WITHOUT_Y, FEWEST_CALLED_WITH_Y = 0.2, 0.5


@dataclass(frozen=True)
class Capture:
    """Depth that stands for copies in this cohort.

    Attributes
    ----------
    x_per_copy, y_per_copy
        Measured ploidy of one copy, of Y beyond stray reads.
    y_stray
        Measured ploidy of Y where there is none.
    """

    x_per_copy: float
    y_per_copy: float
    y_stray: float


def karyotypes(table: pd.DataFrame) -> pd.DataFrame:
    """Give each sample's karyotype and sex.

    Parameters
    ----------
    table
        A row per sample with x_heterozygous and x_expected_heterozygous, and where known x_ploidy, y_ploidy (twice
        the mean depth outside the pseudoautosomal regions over that of autosomes), y_called and y_variants.

    Returns
    -------
    With the index of `table`: x_copies and y_copies (relative depth, NaN where unknown), karyotype,
    sex_from_genotypes ("male", "female" or None) and x_homozygosity (F).
    """
    male = sex_from_x(table["x_heterozygous"], table["x_expected_heterozygous"]).to_numpy(np.float64)
    x, y = _column(table, "x_ploidy"), _column(table, "y_ploidy")
    called = _called_on_y(table)
    capture = capture_of(male, x, y)
    x, y = x / capture.x_per_copy, (y - capture.y_stray) / capture.y_per_copy
    names = [_name(*sample) for sample in zip(male, x, y, called, strict=True)]
    expected = table["x_expected_heterozygous"].astype(float)
    return pd.DataFrame(
        {
            "x_copies": x,
            "y_copies": y,
            "karyotype": names,
            "sex_from_genotypes": pd.Series([SEX.get(name) for name in names], index=table.index, dtype=object),
            "x_homozygosity": 1 - table["x_heterozygous"] / expected.where(expected > 0),
        },
        index=table.index,
    )


def capture_of(male: Floats, x: Floats, y: Floats) -> Capture:
    """Find the depth of one X and of one Y.

    Parameters
    ----------
    male
        1 where calls on X look like one copy, 0 where like two, NaN where they don't tell (n).
    x, y
        Measured ploidies, NaN where unknown (n).
    """
    # Calls on X may tell nothing of anybody: depth then has to split the cohort by itself.
    one_x = np.where(np.isnan(male), np.where(np.isnan(y), x < 1.5, y > LEAST_Y), male == 1)
    two_x = ~one_x & ~(np.isnan(male) & np.isnan(x) & np.isnan(y))
    x_of_two, x_of_one = _median(x[two_x]), _median(x[one_x])
    x_per_copy = x_of_one if np.isnan(x_of_two) else x_of_two / 2
    stray = np.nan_to_num(_median(y[two_x]))
    least = LEAST_Y if np.isnan(_median(y[two_x])) else 2 * stray + LEAST_Y_ABOVE_STRAY
    with_y = _median(y[one_x & (y > least)])
    if not x_per_copy > 0:
        x_per_copy = 1.0
    if np.isnan(with_y):
        # Where those with one X show no more of Y than those with two, depth on Y tells nothing; where either are too
        # few to compare, it is taken as it is.
        compared = np.isfinite([_median(y[one_x]), _median(y[two_x])]).all()
        return Capture(x_per_copy, np.nan if compared else 1.0, 0.0)
    return Capture(x_per_copy, with_y - stray, stray)


def _median(depth: Floats) -> float:
    """Give the median of what is known, NaN where it is of too few samples."""
    known = depth[np.isfinite(depth)]
    return float(np.median(known)) if known.size >= FEWEST_FOR_MEDIAN else np.nan


def _name(male: float, x: float, y: float, called: float) -> str:
    """Name one sample's karyotype.

    Parameters
    ----------
    male
        1 where calls on X look like one copy, 0 where like two, NaN where they don't tell.
    x, y
        Copies of X and Y by relative depth, NaN where unknown.
    called
        1 where calls on Y say that it is there, 0 where not, NaN where they don't tell.
    """
    y_copies = called if np.isnan(y) else _copies(y, Y_COPIES)
    if np.isnan(x):
        if np.isnan(male) or y_copies is None:
            return UNCLEAR
        return ("XY" if male else "XX") if np.isnan(y_copies) or (y_copies > 0) == (male == 1) else UNCLEAR
    x_copies = _copies(x, X_COPIES)
    if x_copies is None or y_copies is None:
        return UNCLEAR
    # Two X beside a Y may be copies of one, and are called as one where the caller was told of a man.
    without_calls = (x_copies, y_copies, male) == (2, 1, 1)
    if not np.isnan(male) and (x_copies == 1) != (male == 1) and not without_calls:
        return UNCLEAR
    if np.isnan(y_copies):
        if np.isnan(male):
            # Of X alone, and by depth alone: a kit that catches it badly makes one copy of two.
            return UNCLEAR
        y_copies = 1 if x_copies == 1 else 0
    return KARYOTYPE.get((x_copies, int(y_copies)), UNCLEAR)


def _copies(depth: float, limits: dict[int, tuple[float, float]]) -> int | None:
    return next((copies for copies, (low, high) in limits.items() if low <= depth <= high), None)


def _called_on_y(table: pd.DataFrame) -> Floats:
    """Say whether calls on Y show it: 1, 0, or NaN where they don't tell (n)."""
    called, variants = _column(table, "y_called"), _column(table, "y_variants")
    share = called / np.where(variants >= FEWEST_Y_VARIANTS, variants, np.nan)
    return np.where(share >= FEWEST_CALLED_WITH_Y, 1.0, np.where(share <= MOST_CALLED_WITHOUT_Y, 0.0, np.nan))


def _column(table: pd.DataFrame, name: str) -> Floats:
    if name not in table:
        return np.full(len(table), np.nan)
    return np.asarray(table[name].to_numpy(np.float64, na_value=np.nan), dtype=np.float64)
