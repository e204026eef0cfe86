"""Figures as files of their own, for papers and slides: SVG in the page's light colours, and PNG."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import matplotlib as mpl

from jobs.report import svg
from jobs.report.figures import ReportFigure

# Pillow tries harder by default, and takes twice the time for a sixth of the size.
QUICK = {"compress_level": 1}
FONTS = ["Arial", "Helvetica", "DejaVu Sans"]
# The page's colours by day are those of the first rule of its style.
_BY_DAY = (files("jobs.report") / "page.css").read_text(encoding="utf-8").partition("}")[0]
_COLORS_BY_DAY = dict(re.findall(r"(--[a-z-]+): (#[0-9a-f]{6});", _BY_DAY))
LIGHT = {stand_in: _COLORS_BY_DAY[variable] for stand_in, variable in svg.VARIABLES.items()}
_STYLE_BY_DAY = {
    name: LIGHT.get(value, value) if isinstance(value, str) else value for name, value in svg.STYLE.items()
}


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
    drawing = figure.drawing
    written = folder / f"{drawing.name}.svg"
    written.write_text(drawing.alone(figure.description, LIGHT, FONTS), encoding="utf-8")
    picture = folder / f"{drawing.name}.png"
    with mpl.rc_context({**_STYLE_BY_DAY, "font.sans-serif": FONTS}):
        drawing.painted(LIGHT).savefig(
            picture, dpi=svg.PIXELS_PER_INCH, facecolor="white", metadata={"Software": None}, pil_kwargs=QUICK
        )
    return [written.name, picture.name]
