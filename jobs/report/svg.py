"""Turn a matplotlib figure into SVG that belongs to the page: its fonts, its colours, day and night.

A drawing uses the page's colours by name; each name is a stand-in colour in matplotlib and becomes a CSS variable in
the SVG. The XML that only a file of its own needs is taken off, so the page refers to nothing outside itself.
The file is made of the same drawing, in real colours on white.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.figure import Figure

from jobs.report.recolor import recolor

# Stand-in colours: never drawn for themselves, replaced by variables of page.css.
INK = "#010203"
FAINT_INK = "#010204"
RULE = "#010205"
BAND = "#010206"
LINE = "#010207"
FIRST = "#010208"
SECOND = "#010209"
MARK = "#01020a"
PAPER = "#01020b"
VARIABLES = {
    INK: "--ink",
    FAINT_INK: "--faint-ink",
    RULE: "--rule",
    BAND: "--band",
    LINE: "--line",
    FIRST: "--first",
    SECOND: "--second",
    MARK: "--mark",
    PAPER: "--paper",
}
# What a point drawn as pixels has instead: read well on white and on dark paper.
PIXELS = {FIRST: "#2f7fc1", SECOND: "#e08214", MARK: "#d1497b", FAINT_INK: "#8a94a0"}
PIXELS_PER_INCH = 200
STYLE: Any = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": RULE,
    "axes.labelcolor": FAINT_INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlecolor": INK,
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": FAINT_INK,
    "ytick.labelcolor": FAINT_INK,
    "legend.frameon": False,
}


# The fonts of a text, as matplotlib writes them.
_FAMILIES = re.compile(r"'[^;\"]*sans-serif")


class Drawing(Markup):
    """An SVG element of the page, and what it was made from, so that it can be written to a file by itself.

    Attributes
    ----------
    name
        Unique on the page.
    """

    name: str
    _figure: Figure
    _written: str

    @property
    def width(self) -> float:
        """Give how wide it is drawn, in inches."""
        return float(self._figure.get_figwidth())

    def alone(self, description: str, colors: Mapping[str, str], fonts: Sequence[str]) -> str:
        """Write it as an SVG file.

        Parameters
        ----------
        description
            What a reader who can't see it is told.
        colors
            Real ones, by stand-in.
        fonts
            Families, the first that a reader has is used.
        """
        named = ", ".join(f"'{font}'" for font in fonts)
        text = _FAMILIES.sub(f"{named}, sans-serif", self._written)
        # The first thing drawn is the paper, of which the page has its own.
        text = text.replace("fill: none", f"fill: {colors[PAPER]}", 1)
        for stand_in, color in colors.items():
            text = text.replace(stand_in, color)
        head, _, rest = text.partition("<defs>")
        return f"{head}<desc>{escape(description)}</desc>\n <defs>{rest}"

    def painted(self, colors: Mapping[str, str]) -> Figure:
        """Give matplotlib's figure in real colours, by stand-in."""
        recolor(self._figure, colors, ticks=colors[RULE], tick_labels=colors[FAINT_INK])
        return self._figure


def inline_svg(figure: Figure, *, name: str, description: str) -> Drawing:
    """Write a figure as an SVG element for the page.

    Parameters
    ----------
    figure
        Drawn under `STYLE`.
    name
        Unique on the page; keeps the figure's inner ids apart from other figures'.
    description
        What a reader who can't see it is told.
    """
    buffer = io.StringIO()
    with mpl.rc_context({**STYLE, "svg.hashsalt": name}):
        figure.savefig(
            buffer, format="svg", dpi=PIXELS_PER_INCH, transparent=True, metadata={"Date": None, "Creator": None}
        )
    written = buffer.getvalue()
    text = written[written.index("<svg") :]
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", text)
    text = re.sub(
        r'<svg[^>]*?(viewBox="[^"]*")[^>]*>', rf'<svg \1 role="img" aria-label="{escape(description)}">', text
    )
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = text.replace("<svg", f'<svg id="figure-{name}"', 1)
    text = re.sub(r'(xlink:href="|url\()#', rf"\1#{name}-", text)
    text = _FAMILIES.sub("inherit", text)
    # A hundredth of a point is less than a pixel of any screen.
    text = re.sub(r'(?<=\bd=")[^"]+', lambda path: re.sub(r"(\.\d\d)\d+", r"\1", path[0]), text)
    for stand_in, variable in VARIABLES.items():
        text = text.replace(stand_in, f"var({variable})")
    drawing = Drawing(text)
    drawing._figure, drawing._written, drawing.name = figure, written, name
    return drawing
