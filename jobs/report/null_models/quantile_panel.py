"""Residuals against the normal distribution: how spread they are, and a quantile-quantile plot.

The r-th smallest of n uniform values is Beta(r, n + 1 - r): so is the band that holds 95% of points, one by one.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray
from scipy.stats import beta, norm

from jobs.report import svg
from jobs.report.null_models.inputs import Floats
from jobs.report.null_models.panels import scatter

# Enough ranks for the line to look whole; the outermost are all shown.
MOST_RANKS = 400
OUTERMOST = 50


def standardise(values: Floats) -> Floats:
    """Centre values and divide them by their standard deviation, if they have one."""
    spread = float(values.std())
    return np.asarray((values - values.mean()) / (spread if spread > 0 else 1.0), dtype=np.float64)


def normal_quantiles(values: Floats) -> pd.DataFrame:
    """Compare values, divided by their standard deviation, with the quantiles of a normal distribution.

    Returns
    -------
        Columns rank (from 1), expected, observed, lower and upper (95%); of many values some ranks only.
    """
    ordered = np.sort(standardise(values))
    rank = shown_ranks(values.size)
    after = values.size + 1 - rank
    return pd.DataFrame(
        {
            "rank": rank,
            "expected": norm.ppf((rank - 0.5) / values.size),
            "observed": ordered[rank - 1],
            "lower": norm.ppf(beta.ppf(0.025, rank, after)),
            "upper": norm.ppf(beta.ppf(0.975, rank, after)),
        }
    )


def shown_ranks(count: int) -> NDArray[np.int64]:
    """Choose ranks from 1: all of few; of many the outermost and some between, evenly on the normal scale."""
    if count <= MOST_RANKS:
        return np.arange(1, count + 1, dtype=np.int64)
    ends = np.arange(1, OUTERMOST + 1)
    reach = norm.ppf(OUTERMOST / count)
    between = np.rint(norm.cdf(np.linspace(reach, -reach, MOST_RANKS - 2 * OUTERMOST)) * count)
    chosen = np.concatenate([ends, between, count + 1 - ends]).clip(1, count)
    return np.unique(chosen).astype(np.int64)


def draw_normal_quantiles(panel: Axes, values: Floats) -> pd.DataFrame:
    """Draw a quantile-quantile plot with its band, and give the points."""
    points = normal_quantiles(values)
    panel.fill_between(points["expected"], points["lower"], points["upper"], color=svg.BAND, linewidth=0)
    panel.plot(points["expected"], points["expected"], color=svg.LINE, linewidth=0.9)
    scatter(panel, points["expected"], points["observed"], svg.FIRST, len(points))
    panel.set_title("Residuals against the normal")
    panel.set_xlabel("expected, in standard deviations")
    panel.set_ylabel("observed")
    return points
