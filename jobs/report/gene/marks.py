"""What a pen draws: lines, dots and words. Lengths are points, y grows downwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.report import svg

Floats = NDArray[np.float64]
TEXT_SIZE = 8.0


@dataclass(frozen=True)
class Path:
    """Lines through points, one or several; closed and filled, if it has a fill."""

    lines: Sequence[Floats]
    stroke: str = ""
    fill: str = ""
    width: float = 1.0
    dash: tuple[float, ...] = ()
    opacity: float = 1.0


@dataclass(frozen=True)
class Dots:
    """Circles of one size; hollow ones are filled with paper."""

    places: Floats
    radius: float
    color: str
    hollow: bool = False
    opacity: float = 1.0


@dataclass(frozen=True)
class Words:
    """A piece of text; y is of its middle."""

    x: float
    y: float
    text: str
    color: str = svg.INK
    size: float = TEXT_SIZE
    anchor: str = "start"
    weight: str = "normal"
    style: str = "normal"


Mark = Path | Dots | Words
