"""Figures as files of their own, for papers and slides: SVG in the page's light colours, and PNG."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.colors import to_rgba

from jobs.report import svg
from jobs.report.figures import ReportFigure

PIXELS_PER_INCH = 200
FONTS = ["Arial", "Helvetica", "DejaVu Sans"]
# The page's colours by day are those of the first rule of its style.
_BY_DAY = (files("jobs.report") / "page.css").read_text(encoding="utf-8").partition("}")[0]
_COLORS_BY_DAY = dict(re.findall(r"(--[a-z-]+): (#[0-9a-f]{6});", _BY_DAY))
LIGHT = {stand_in: _COLORS_BY_DAY[variable] for stand_in, variable in svg.VARIABLES.items()}
_STAND_INS = {tuple(round(part, 6) for part in to_rgba(stand_in)[:3]): color for stand_in, color in LIGHT.items()}
# How matplotlib's artists name their colours.
_COLORS = ("color", "facecolor", "edgecolor", "markerfacecolor", "markeredgecolor")


def figures_of(context: Any) -> Iterator[ReportFigure]:
    """Find the figures among what a page is rendered from, in its order."""
    if isinstance(context, ReportFigure):
        yield context
    elif isinstance(context, Mapping):
        for value in context.values():
            yield from figures_of(value)
    elif isinstance(context, list | tuple):
        for value in context:
            yield from figures_of(value)
    elif is_dataclass(context) and not isinstance(context, type):
        for one in fields(context):
            yield from figures_of(getattr(context, one.name))


def write_figure(figure: ReportFigure, folder: Path) -> list[str]:
    """Write a figure as SVG and as PNG, and give the names of the files."""
    name, drawing = figure.drawn()
    _recolor(drawing)
    by_day = {name: LIGHT.get(value, value) if isinstance(value, str) else value for name, value in svg.STYLE.items()}
    style = {**by_day, "font.sans-serif": FONTS, "svg.hashsalt": name}
    nothing = {"Date": None, "Creator": None}
    with mpl.rc_context(style):
        drawn = io.StringIO()
        drawing.savefig(drawn, format="svg", dpi=PIXELS_PER_INCH, facecolor="white", metadata=nothing)
        picture = folder / f"{name}.png"
        drawing.savefig(picture, dpi=PIXELS_PER_INCH, facecolor="white", metadata={"Software": None})
    told = Markup("<desc>{}</desc>").format(figure.description)
    head, _, rest = drawn.getvalue().partition("<defs>")
    (folder / f"{name}.svg").write_text(f"{head}{told}\n <defs>{rest}", encoding="utf-8")
    return [f"{name}.svg", picture.name]


def _recolor(figure: Any) -> None:
    """Put real colours in the place of stand-ins; what has none of these stays as it is."""
    # Ticks are made when they are drawn, and none may be there yet.
    for panel in figure.axes:
        panel.tick_params(which="both", color=LIGHT[svg.RULE], labelcolor=LIGHT[svg.FAINT_INK])
    for artist in figure.findobj():
        for name in _COLORS:
            get, put = getattr(artist, f"get_{name}", None), getattr(artist, f"set_{name}", None)
            if get is None or put is None:
                continue
            changed = _real(get())
            if changed is not None:
                put(changed)


def _real(color: Any) -> Any:
    """Give a stand-in's colour with its own opacity, of one or of many; None where nothing changes."""
    if isinstance(color, str):
        return None if color == "none" or color not in LIGHT else LIGHT[color]
    parts = [tuple(float(part) for part in one) for one in color] if _many(color) else [tuple(map(float, color))]
    if not any(_key(one) in _STAND_INS for one in parts):
        return None
    real = [to_rgba(_STAND_INS.get(_key(one), one[:3]), one[3] if len(one) > 3 else 1.0) for one in parts]
    return real if _many(color) else real[0]


def _many(color: Any) -> bool:
    return len(color) > 0 and not isinstance(color[0], float | int) and hasattr(color[0], "__len__")


def _key(color: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(round(part, 6) for part in color[:3])
