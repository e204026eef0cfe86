"""A pen that writes SVG itself, for figures that a page has hundreds of.

Matplotlib takes about 40 ms and 30 kB for one small figure; this takes a thousandth of the time and a tenth of the
room. What is drawn is kept as marks, of which `jobs.report.gene.pixels` makes a picture. Lengths are points, y grows
downwards, and colours are the names of `jobs.report.svg`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from typing import Any

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure

from jobs.report import svg
from jobs.report.gene import pixels
from jobs.report.gene.marks import TEXT_SIZE, Dots, Floats, Mark, Path, Words

# Half of the page, and all of it, so that text comes out alike.
HALF, WHOLE = 364.0, 748.8
# Mean width of a character, as a share of the size of the text.
CHARACTER = 0.54
# Corners of a marker, in radii; a circle has none.
CORNERS = {
    "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    "diamond": ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)),
    "triangle": ((0, -1.2), (1.15, 0.85), (-1.15, 0.85)),
}


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


class PenDrawing(svg.Drawing):
    """An SVG element of the page that a pen wrote; the same in its file.

    Attributes
    ----------
    pen
        What it was written by.
    """

    pen: Pen

    def alone(self, description: str, colors: Mapping[str, str], fonts: Sequence[str]) -> str:
        """Write it as an SVG file; parameters as of any drawing."""
        body = "".join(_svg(mark) for mark in self.pen.marks)
        # Programs other than browsers know hundreds and this word only.
        body = body.replace('font-weight="650"', 'font-weight="bold"')
        for stand_in, color in colors.items():
            body = body.replace(stand_in, color)
        width, height = _short(self.pen.width), _short(self.pen.height)
        size = f'width="{width}pt" height="{height}pt" viewBox="0 0 {width} {height}"'
        named = ", ".join(f"'{font}'" for font in fonts)
        paper = f'<rect width="{width}" height="{height}" fill="{colors[svg.PAPER]}"/>'
        text = f'font-family="{named}, sans-serif" font-size="{TEXT_SIZE:g}"'
        head = f'<?xml version="1.0" encoding="utf-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" {size} {text}>'
        return f"{head}\n<desc>{escape(description)}</desc>\n{paper}{body}</svg>\n"

    def painted(self, colors: Mapping[str, str]) -> Figure:
        """Draw the same with matplotlib, in real colours, by stand-in."""
        return pixels.figure(self.pen.marks, self.pen.width, self.pen.height, colors)


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
