"""How far a sample's metrics lie from those of the samples it can be compared with.

Samples are compared within batch and ancestry; where that leaves fewer than 30, within the ancestry, where that is
small as well within the batch, and else with everybody. The distance is

    (value - median) / (1.4826 * median absolute deviation),

in standard deviations of a normal distribution, signed. Some metrics follow ancestry: compared with another
ancestry a whole minority would be far out. They are compared within one ancestry, or after regression on principal
components, or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# The median absolute deviation times this is the standard deviation of a normal distribution.
MAD_TO_SD = 1.4826
# A median absolute deviation of so many values has a standard error of about a fifth.
FEWEST_OF_STRATUM = 30
EVERYBODY = "everybody"
# Metrics of which only too much is held against a sample.
HIGH_ALONE = frozenset({"singletons", "het_hom", "heterozygosity"})
# Metrics that differ between ancestries.
ANCESTRY_METRICS = frozenset({"heterozygosity", "het_hom", "singletons", "ti_tv", "insertion_deletion"})


def strata(batch: pd.Series, ancestry: pd.Series, *, fewest: int = FEWEST_OF_STRATUM) -> NDArray[np.object_]:
    """Name the group of samples that each sample is compared with (n).

    Parameters
    ----------
    batch
        Of each sample; without one it is compared with its ancestry only (n).
    ancestry
        Group of each sample (n).
    fewest
        Samples that a group needs.
    """
    known_batch, known_ancestry = batch.notna(), ancestry.notna()
    by_batch = ("batch " + batch.astype(str)).where(known_batch, "no batch")
    by_ancestry = ("ancestry " + ancestry.astype(str)).where(known_ancestry)
    by_both = by_batch + ", " + by_ancestry
    named = pd.Series(EVERYBODY, index=batch.index, dtype=object)
    for names in (by_batch.where(known_batch), by_ancestry, by_both):
        counts = names.map(names.value_counts())
        named = named.where(~(counts >= fewest), names)
    return np.asarray(named, dtype=object)


def deviations(values: pd.Series, stratum: NDArray[np.object_]) -> pd.Series:
    """Give each value's distance from the median of its stratum in scaled median absolute deviations, signed (n).

    A stratum is compared by its own median and spread; "everybody" by those of the whole cohort. Where more than
    half the values of a stratum are equal its spread is zero; a value off the median would then be infinitely far
    and excluded for any difference, so nothing is: all distances are zero.

    Parameters
    ----------
    values
        A metric, NaN where missing (n).
    stratum
        From `strata` (n).
    """
    numbers = values.to_numpy(np.float64, na_value=np.nan)
    distance = np.full(len(numbers), np.nan)
    for name in pd.unique(stratum):
        members = stratum == name
        compared = numbers if name == EVERYBODY else numbers[members]
        compared = compared[np.isfinite(compared)]
        if compared.size == 0:
            continue
        median = np.median(compared)
        scale = MAD_TO_SD * np.median(np.abs(compared - median))
        away = numbers[members] - median
        distance[members] = away / scale if scale > 0 else away * 0.0
    return pd.Series(distance, index=values.index)


def outlier_table(
    table: pd.DataFrame,
    metrics: Sequence[str],
    stratum: NDArray[np.object_],
    ancestry: pd.Series,
    *,
    components: Floats | None = None,
) -> pd.DataFrame:
    """Give the deviations of several metrics, each as a column outlier_<metric>.

    Parameters
    ----------
    table
        A row per sample; a metric that isn't there, or has no value, gives NaN.
    metrics
        Columns to compare.
    stratum
        From `strata` (n).
    ancestry
        Group of each sample (n).
    components
        Scores on which metrics that follow ancestry are regressed beforehand (n, k). Without them such a metric is
        missing where the stratum holds several ancestries.
    """
    columns = {}
    regressed = components is not None and components.shape[1] > 0
    mixed = mixed_ancestry(stratum, ancestry)
    for metric in metrics:
        values = table[metric].astype(float) if metric in table else pd.Series(np.nan, index=table.index)
        if components is not None and regressed and metric in ANCESTRY_METRICS:
            values = residuals(values, components)
        distance = deviations(values, stratum)
        if not regressed and metric in ANCESTRY_METRICS:
            distance = distance.mask(mixed)
        columns[f"outlier_{metric}"] = distance
    return pd.DataFrame(columns, index=table.index)


def mixed_ancestry(stratum: NDArray[np.object_], ancestry: pd.Series) -> NDArray[np.bool_]:
    """Say whose stratum compares them with another ancestry (n); a missing one is another."""
    groups = ancestry.astype(object).where(ancestry.notna(), "").to_numpy()
    several = {
        name: pd.unique(groups if name == EVERYBODY else groups[stratum == name]).size > 1
        for name in pd.unique(stratum)
    }
    return np.array([several[name] for name in stratum], dtype=bool)


def residuals(values: pd.Series, components: Floats) -> pd.Series:
    """Give what least squares on the components leaves of a metric, NaN where a value or score is missing (n).

    With fewer than ten samples per component nothing is regressed, and the values come back.
    """
    numbers = values.to_numpy(np.float64, na_value=np.nan)
    known = np.isfinite(numbers) & np.isfinite(components).all(axis=1)
    if known.sum() < 10 * (components.shape[1] + 1):
        return values
    design = np.column_stack([np.ones(len(numbers)), components])
    left = np.full(len(numbers), np.nan)
    coefficients = np.linalg.lstsq(design[known], numbers[known], rcond=None)[0]
    left[known] = numbers[known] - design[known] @ coefficients
    return pd.Series(left, index=values.index)


def is_far(metric: str, deviation: Floats, limit: float) -> NDArray[np.bool_]:
    """Say whose metric is too far from those of comparable samples (n).

    Too few singletons, or heterozygous calls, are a sign of relatives in the cohort or of inbreeding, not of a poor
    sample: both copies of a duplicate have none.

    Parameters
    ----------
    metric
        Its name.
    deviation
        From `deviations`, NaN where not known (n).
    limit
        The largest that is allowed.
    """
    far: NDArray[np.bool_] = (deviation if metric in HIGH_ALONE else np.abs(deviation)) > limit
    return far
