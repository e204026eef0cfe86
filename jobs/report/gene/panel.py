"""A panel with axes, drawn with the pen: values to places, ticks, steps and bands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from jobs.report import svg
from jobs.report.gene.marks import Floats
from jobs.report.gene.pen import Pen

AXIS_TEXT = 7.5
MINUS = "\u2212"
# A character's width, as a share of its size, where text must not be met.
WIDE = 0.6


@dataclass(frozen=True)
class Panel:
    """A rectangle of a drawing, with what its sides stand for.

    Attributes
    ----------
    pen
        What it is drawn with.
    left, top, width, height
        Where it is, in points.
    across, up
        The values at the left and right side, and at the bottom and top.
    """

    pen: Pen
    left: float
    top: float
    width: float
    height: float
    across: tuple[float, float]
    up: tuple[float, float] = (0.0, 1.0)

    @property
    def right(self) -> float:
        """Give the place of the right side."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Give the place of the lower side."""
        return self.top + self.height

    def x(self, values: Any) -> Any:
        """Give places across, those beyond the sides at the sides."""
        share = (np.asarray(values, np.float64) - self.across[0]) / (self.across[1] - self.across[0])
        return self.left + self.width * np.clip(share, 0, 1)

    def y(self, values: Any) -> Any:
        """Give places downwards, those beyond the sides at the sides."""
        share = (np.asarray(values, np.float64) - self.up[0]) / (self.up[1] - self.up[0])
        return self.bottom - self.height * np.clip(share, 0, 1)

    def points(self, x: Any, y: Any) -> Floats:
        """Give places of points, a row each."""
        return np.column_stack([self.x(x), self.y(y)])

    def steps(self, x: Any, y: Any) -> Floats:
        """Give the places of a line that keeps each value until the next."""
        return self.points(np.repeat(x, 2)[1:], np.repeat(y, 2)[:-1])

    def title(self, words: str) -> None:
        """Write what the drawing shows, above the panel."""
        self.pen.text(0, self.top - 16, words, size=9, weight="bold")

    def bottom_axis(self, ticks: Sequence[float], words: str = "", labels: Sequence[str] = ()) -> None:
        """Draw the axis below, with a number at each tick."""
        self.pen.line((self.left, self.bottom), (self.right, self.bottom), stroke=svg.RULE)
        marks = [np.array([(x, self.bottom), (x, self.bottom + 3)]) for x in self.x(ticks).tolist()]
        self.pen.lines(marks, stroke=svg.RULE)
        for tick, label in zip(ticks, labels or [short_number(one) for one in ticks], strict=True):
            self._label(float(self.x(tick)), self.bottom + 9, label, "middle")
        if words:
            self._label(self.left + self.width / 2, self.bottom + 19, words, "middle")

    def left_axis(self, ticks: Sequence[float], labels: Sequence[str] = ()) -> None:
        """Write numbers at the left, each with a faint line across."""
        across = [np.array([(self.left, y), (self.right, y)]) for y in self.y(ticks).tolist()]
        self.pen.lines(across, stroke=svg.RULE, width=0.5)
        for tick, label in zip(ticks, labels or [short_number(one) for one in ticks], strict=True):
            self._label(self.left - 5, float(self.y(tick)), label, "end")

    def upright(self, value: float, color: str = svg.LINE, **look: Any) -> None:
        """Draw an upright line at a value."""
        x = float(self.x(value))
        self.pen.line((x, self.top), (x, self.bottom), stroke=color, **look)

    def _label(self, x: float, y: float, words: str, anchor: str) -> None:
        self.pen.text(x, y, words, color=svg.FAINT_INK, size=AXIS_TEXT, anchor=anchor)


def legend(pen: Pen, x: float, y: float, entries: Sequence[tuple[str, str]]) -> None:
    """Write names beside strokes of their colours, in a line that ends at x.

    Parameters
    ----------
    pen
        What to draw with.
    x, y
        Where the line ends, and its middle.
    entries
        Name and colour of each.
    """
    for words, color in reversed(entries):
        x -= WIDE * AXIS_TEXT * len(words)
        pen.text(x, y, words, color=svg.FAINT_INK, size=AXIS_TEXT)
        pen.line((x - 16, y), (x - 4, y), stroke=color, width=2)
        x -= 28


def short_number(value: float) -> str:
    """Write a tick's number, as short as it can be told."""
    return f"{value:,.6g}".replace("-", MINUS)


def round_ticks(lowest: float, highest: float, most: int = 5) -> list[float]:
    """Give round numbers between two values, at most so many."""
    if not highest > lowest:
        return [lowest]
    rough = (highest - lowest) / most
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(size * unit for size in (1, 2, 2.5, 5, 10) if size * unit >= rough * (1 - 1e-9))
    first, last = math.ceil(lowest / step - 1e-9), math.floor(highest / step + 1e-9)
    return [float(f"{place * step:.10g}") for place in range(first, last + 1)]


def reach(values: Any, *, about: float | None = None, margin: float = 0.06) -> tuple[float, float]:
    """Give the ends of an axis that holds all finite values, and `about`."""
    finite = [float(one) for one in np.asarray(values, np.float64).ravel() if np.isfinite(one)]
    finite += [] if about is None else [about]
    lowest, highest = (min(finite), max(finite)) if finite else (0.0, 1.0)
    room = margin * (highest - lowest) or 0.5
    return lowest - room, highest + room
