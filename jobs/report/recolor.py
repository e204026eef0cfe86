"""Put real colours in the place of a drawing's stand-ins, in matplotlib's own objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

# How matplotlib's artists name their colours.
_COLORS = ("color", "facecolor", "edgecolor", "markerfacecolor", "markeredgecolor")
Parts = tuple[float, ...]


def recolor(figure: Figure, colors: Mapping[str, str], *, ticks: str, tick_labels: str) -> None:
    """Put real colours in the place of stand-ins; what has none of these stays as it is.

    Parameters
    ----------
    figure
        Is changed.
    colors
        Real ones, by stand-in.
    ticks, tick_labels
        Real colours of those: ticks are made when they are drawn, and none may be there yet.
    """
    by_parts = {_key(to_rgba(stand_in)): color for stand_in, color in colors.items()}
    for panel in figure.axes:
        panel.tick_params(which="both", color=ticks, labelcolor=tick_labels)
    for artist in figure.findobj():
        for name in _COLORS:
            get, put = getattr(artist, f"get_{name}", None), getattr(artist, f"set_{name}", None)
            if get is None or put is None:
                continue
            changed = _real(get(), colors, by_parts)
            if changed is not None:
                put(changed)


def _real(color: Any, colors: Mapping[str, str], by_parts: Mapping[Any, Any]) -> Any:
    """Give a stand-in's colour with its own opacity, of one or of many; None where nothing changes."""
    if isinstance(color, str):
        return None if color == "none" or color not in colors else colors[color]
    parts = [tuple(float(part) for part in one) for one in color] if _many(color) else [tuple(map(float, color))]
    if not any(_key(one) in by_parts for one in parts):
        return None
    real = [to_rgba(by_parts.get(_key(one), one[:3]), one[3] if len(one) > 3 else 1.0) for one in parts]
    return real if _many(color) else real[0]


def _many(color: Any) -> bool:
    return len(color) > 0 and not isinstance(color[0], float | int) and hasattr(color[0], "__len__")


def _key(color: Parts) -> Parts:
    return tuple(round(part, 6) for part in color[:3])
