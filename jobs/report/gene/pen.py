"""A pen that writes SVG itself, for figures that a page has hundreds of.

Matplotlib takes about 40 ms and 30 kB for one small figure; this takes a thousandth of the time and a tenth of the
room. What is drawn is kept as marks, so that matplotlib can draw the same for a file. Lengths are points, y grows
downwards, and colours are the names of `jobs.report.svg`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from typing import Any

import matplotlib as mpl
import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure
from numpy.typing import NDArray

from jobs.report import svg

Floats = NDArray[np.float64]
POINTS_PER_INCH = 72
TEXT_SIZE = 8.0
# Half of the page, and all of it, so that text comes out alike.
HALF, WHOLE = 364.0, 748.8
# Mean width of a character, as a share of the size of the text.
CHARACTER = 0.54
ANCHORS = {"start": "left", "middle": "center", "end": "right"}
# Corners of a marker, in radii; a circle has none.
CORNERS = {
    "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    "diamond": ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)),
    "triangle": ((0, -1.2), (1.15, 0.85), (-1.15, 0.85)),
}


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


@dataclass
class Pen:
    """A drawing of so many points by so many.

    Attributes
    ----------
    width, height
        Of the drawing.
    marks
        What was drawn, in order.
    """

    width: float
    height: float
    marks: list[Mark] = field(default_factory=list)

    def line(self, *points: tuple[float, float], **look: Any) -> None:
        """Draw a line through points."""
        self.marks.append(Path([np.array(points, np.float64)], **look))

    def lines(self, lines: Sequence[Floats], **look: Any) -> None:
        """Draw several lines of one look, each an array of points."""
        if lines:
            self.marks.append(Path(lines, **look))

    def dots(self, x: Any, y: Any, color: str, *, radius: float = 2.2, shape: str = "circle", **look: Any) -> None:
        """Draw markers of one look."""
        places = np.column_stack([np.atleast_1d(x), np.atleast_1d(y)]).astype(np.float64)
        if not len(places):
            return
        if shape == "circle":
            self.marks.append(Dots(places, radius, color, **look))
            return
        corners = radius * np.array(CORNERS[shape])
        hollow = look.pop("hollow", False)
        fill = svg.PAPER if hollow else color
        self.marks.append(Path([place + corners for place in places], color if hollow else "", fill, **look))

    def text(self, x: float, y: float, text: str, **look: Any) -> None:
        """Write a piece of text."""
        self.marks.append(Words(x, y, text, **look))

    def svg(self, description: str, *, name: str) -> PenDrawing:
        """Write the drawing as an SVG element for the page.

        Parameters
        ----------
        description
            What a reader who can't see it is told.
        name
            Unique on the page.
        """
        body = "".join(_svg(mark) for mark in self.marks)
        for stand_in, variable in svg.VARIABLES.items():
            body = body.replace(stand_in, f"var({variable})")
        head = f'viewBox="0 0 {_short(self.width)} {_short(self.height)}" role="img" font-size="{TEXT_SIZE:g}"'
        whole = Markup('<svg id="figure-{}" {} aria-label="{}">{}</svg>')
        drawing = PenDrawing(whole.format(name, Markup(head), description, Markup(body)))
        drawing.name, drawing.pen = name, self
        return drawing

    def figure(self) -> Figure:
        """Draw the same with matplotlib."""
        with mpl.rc_context(svg.STYLE):
            figure = Figure(figsize=(self.width / POINTS_PER_INCH, self.height / POINTS_PER_INCH))
            panel = figure.add_axes((0, 0, 1, 1))
            panel.set(xlim=(0, self.width), ylim=(self.height, 0))
            panel.axis("off")
            for mark in self.marks:
                _draw(panel, mark)
        return figure


class PenDrawing(svg.Drawing):
    """An SVG element of the page that a pen wrote; matplotlib draws it, anew each time, only when it is asked to.

    Attributes
    ----------
    pen
        What it was written by.
    """

    pen: Pen

    @property
    def figure(self) -> Figure:
        """Draw the same with matplotlib."""
        return self.pen.figure()


def fit(text: str, room: float, size: float = TEXT_SIZE) -> str:
    """Shorten a text to the room that there is."""
    most = max(2, int(room / (size * CHARACTER)))
    return text if len(text) <= most else text[: most - 1] + "\u2026"


def _short(value: float) -> str:
    """Write a length to a tenth of a point."""
    return f"{value:.1f}".removesuffix(".0").replace("-0.", "-.").replace("-.0", "0")


def _path(points: Floats, closed: bool) -> str:
    """Write a line; level and upright parts, of which steps are made, need one number each."""
    rounded = np.round(points, 1)
    written = [f"M{_short(rounded[0, 0])} {_short(rounded[0, 1])}"]
    for (x, y), (next_x, next_y) in pairwise(rounded.tolist()):
        if x == next_x and y == next_y:
            continue
        if y == next_y:
            written.append(f"H{_short(next_x)}")
        elif x == next_x:
            written.append(f"V{_short(next_y)}")
        else:
            written.append(f"L{_short(next_x)} {_short(next_y)}")
    return "".join(written) + ("z" if closed else "")


def _svg(mark: Mark) -> str:
    if isinstance(mark, Words):
        named = {"normal": "", "bold": ' font-weight="650"'}[mark.weight]
        named += ' font-style="italic"' if mark.style == "italic" else ""
        named += "" if mark.anchor == "start" else f' text-anchor="{mark.anchor}"'
        named += "" if mark.size == TEXT_SIZE else f' font-size="{mark.size:g}"'
        # Capitals and digits are about 0.7 of the size high.
        place = f'x="{_short(mark.x)}" y="{_short(mark.y + 0.35 * mark.size)}"'
        return f'<text {place} fill="{mark.color}"{named}>{escape(mark.text)}</text>'
    opacity = "" if mark.opacity == 1 else f' opacity="{mark.opacity:g}"'
    if isinstance(mark, Dots):
        look = f'fill="{svg.PAPER if mark.hollow else mark.color}"'
        look += f' stroke="{mark.color}"' if mark.hollow else ""
        circles = "".join(f'<circle cx="{_short(x)}" cy="{_short(y)}" r="{mark.radius:g}"/>' for x, y in mark.places)
        return f"<g {look}{opacity}>{circles}</g>"
    look = f'fill="{mark.fill or "none"}"'
    if mark.stroke:
        look += f' stroke="{mark.stroke}"' + ("" if mark.width == 1 else f' stroke-width="{mark.width:g}"')
    if mark.dash:
        look += f' stroke-dasharray="{" ".join(f"{part:g}" for part in mark.dash)}"'
    drawn = "".join(_path(line, bool(mark.fill)) for line in mark.lines)
    return f'<path d="{drawn}" {look}{opacity}/>'


def _draw(panel: Any, mark: Mark) -> None:
    """Draw a mark with matplotlib."""
    if isinstance(mark, Words):
        look = {"size": mark.size, "weight": mark.weight, "style": mark.style, "color": mark.color}
        panel.text(mark.x, mark.y, mark.text, ha=ANCHORS[mark.anchor], va="center", **look)
        return
    if isinstance(mark, Dots):
        look = {"markeredgecolor": mark.color, "markerfacecolor": svg.PAPER if mark.hollow else mark.color}
        look |= {"markersize": 2 * mark.radius, "markeredgewidth": float(mark.hollow), "alpha": mark.opacity}
        panel.plot(*mark.places.T, "o", clip_on=False, **look)
        return
    dashes = (0, mark.dash) if mark.dash else "solid"
    for line in mark.lines:
        if mark.fill:
            edge = {"edgecolor": mark.stroke or "none", "linewidth": mark.width if mark.stroke else 0}
            panel.fill(*line.T, facecolor=mark.fill, alpha=mark.opacity, **edge)
        else:
            panel.plot(*line.T, color=mark.stroke, linewidth=mark.width, linestyle=dashes, alpha=mark.opacity)
