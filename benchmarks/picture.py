"""The benchmarks of speed as one picture: VCF to gene store beside the peers, and what a carrier costs as n grows."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLORS = {"progex": "#2f7fc1", "peers": "#8a94a0", "Hail import": "#e08214"}
LABELS = {"progex": "progex: to the gene store", "peers": "bcftools and plink2: filtered genotypes"}


def draw(tables: Mapping[str, pd.DataFrame], machine: str, path: Path) -> None:
    """Draw both panels.

    Parameters
    ----------
    tables
        Of `benchmarks.spine` and `benchmarks.growth`, by name.
    machine
        What it was measured on.
    path
        The file; its ending says what it becomes.
    """
    figure = Figure(figsize=(10, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    _draw_spine(left, tables["spine"])
    _draw_growth(right, tables["growth"])
    figure.text(0, -0.02, "\n".join(textwrap.wrap(machine, 150)), size=6.5, va="top")
    figure.savefig(path, bbox_inches="tight")


def _draw_spine(panel: Axes, spine: pd.DataFrame) -> None:
    cohorts = list(dict.fromkeys(spine["cohort"]))
    programs = list(dict.fromkeys(spine["program"]))
    for place, program in enumerate(programs):
        wall = spine[spine["program"] == program].set_index("cohort")["wall"].reindex(cohorts)
        heights = [number + 0.27 * place for number in range(len(cohorts))]
        bars = panel.barh(heights, wall, height=0.25, color=COLORS[program], label=LABELS.get(program, program))
        panel.bar_label(bars, fmt="%.1f", size=8, padding=2)
    panel.set_yticks([number + 0.27 for number in range(len(cohorts))], cohorts)
    panel.invert_yaxis()
    panel.set_xlabel("wall seconds")
    panel.set_title("VCF to gene store, two cores", loc="left", size=9)
    panel.legend(frameon=False, fontsize=7)


def _draw_growth(panel: Axes, growth: pd.DataFrame) -> None:
    regular = growth[growth["genes"] > 1]
    for (trait, rows), color in zip(regular.groupby("trait", sort=False), COLORS.values(), strict=False):
        panel.plot(rows["samples"], rows["us per carrier"], marker="o", color=color, label=trait)
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.set_xlabel("samples")
    panel.set_ylabel("core microseconds per carrier")
    panel.set_title("What a carrier costs", loc="left", size=9)
    panel.legend(frameon=False, fontsize=7)
