"""A smooth line through points, with a 95% band: local straight lines, and means where there are few places.

At each place g of a grid the line is fitted to the nearest points, with weights that fall to zero at the farthest of
them, w_i = (1 - (|x_i - g| / h)^3)^3; it is a weighted mean of the values,

    m(g) = sum_i l_i y_i,   l_i = w_i / W + (g - xbar) w_i (x_i - xbar) / Sxx,
    var m(g) = sum_i l_i^2 (y_i - m(x_i))^2,

xbar, Sxx and W being weighted. No value weighs less for being far away: residuals of events are skewed, and their
mean is what the line is to show. Axes: grid x points.

References
----------
Cleveland WS (1979) Robust locally weighted regression and smoothing scatterplots. Journal of the American Statistical
Association 74:829-836. doi:10.1080/01621459.1979.10481038
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from jobs.report import svg
from jobs.report.chances import NORMAL_95
from jobs.report.null_models.inputs import Floats
from jobs.report.null_models.panels import some_of

# A smooth line needs no more points than this.
MOST_SMOOTHED = 20_000
NEAREST = 0.6
GRID = 60
# The line ends where points are too few to carry it.
SHARE_BEYOND = 0.01
# A line through values at fewer places joins their means.
FEWEST_PLACES = 10
# A spread of the nearest points below this share of the whole is one place.
ONE_PLACE = 1e-9


def smooth_line(x: Floats, y: Floats) -> pd.DataFrame:
    """Smooth y over x; of many points, over some drawn at random.

    Returns
    -------
        Columns x, y, lower and upper (95%, each place by itself); x ascending.
    """
    chosen = some_of(x.size, MOST_SMOOTHED)
    x, y = x[chosen], y[chosen]
    if np.unique(x).size < FEWEST_PLACES:
        found = pd.Series(y).groupby(x).agg(["mean", "sem"])
        return _banded(found.index.to_numpy(np.float64), found["mean"].to_numpy(), found["sem"].to_numpy())
    first, last = np.quantile(x, [SHARE_BEYOND, 1 - SHARE_BEYOND])
    grid = np.linspace(float(first), float(last), GRID)
    share = _shares(x, grid)
    middle = share @ y
    left = y - np.interp(x, grid, middle)
    return _banded(grid, middle, np.sqrt(share**2 @ left**2))


def _shares(x: Floats, grid: Floats) -> Floats:
    """Give the share l of each point in the line at each place of the grid."""
    distance = np.abs(x - grid[:, None])
    nearest = math.ceil(NEAREST * x.size) - 1
    reach = np.partition(distance, nearest, axis=1)[:, nearest, None]
    # Where most points lie at one place, the line reaches beyond it.
    reach = np.maximum(reach, float(np.ptp(x)) / GRID)
    weight = np.clip(1 - (distance / reach) ** 3, 0, None) ** 3
    weight /= weight.sum(axis=1, keepdims=True)
    centre = (weight @ x)[:, None]
    away = weight * (x - centre)
    spread = (away * (x - centre)).sum(axis=1, keepdims=True)
    slope = np.divide(grid[:, None] - centre, spread, out=np.zeros_like(spread), where=spread > ONE_PLACE * x.var())
    return np.asarray(weight + slope * away, dtype=np.float64)


def _banded(x: Floats, y: Floats, error: Floats) -> pd.DataFrame:
    half = NORMAL_95 * np.nan_to_num(error)
    return pd.DataFrame({"x": x, "y": y, "lower": y - half, "upper": y + half})


def draw_smooth(panel: Axes, x: Floats, y: Floats) -> None:
    """Draw a smooth line with its band through points."""
    line = smooth_line(x, y)
    panel.fill_between(line["x"], line["lower"], line["upper"], color=svg.MARK, alpha=0.18, linewidth=0, zorder=4)
    panel.plot(line["x"], line["y"], color=svg.MARK, linewidth=1.8, zorder=5)
