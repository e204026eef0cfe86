"""Who and what is left after each rule, in the order of the rules, and what each rule finds by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from jobs.report import numbers, svg
from jobs.report.figures import ReportFigure
from jobs.report.qc.exhibits import UNKNOWN, Exhibit, Finding, Section
from jobs.report.qc.inputs import QcInputs
from jobs.report.qc.layout import panel_row, shorten

SEPARATOR = "; "
BY_HAND = "excluded by hand"
LONGEST_NAME = 46
NO_AXIS = 0.08
CAPTION = (
    "Left: {unit}s left after each rule, in this order; one that several rules exclude goes with the first of them. "
    "Right: all that fail the rule, the solid part those that fail no other."
)
Combination = tuple[tuple[str, ...], int]


def attrition_section(inputs: QcInputs) -> Section:
    """Show the flow of samples and of variants, and the calls that each rule set to missing."""
    flows = {"sample": sample_flow(inputs), "variant": variant_flow(inputs)}
    exhibits = [_flow_exhibit(unit, flow) for unit, flow in flows.items() if len(flow)]
    if inputs.rules("genotype"):
        exhibits.append(_calls(inputs))
    absent = [f"Attrition of {unit}s: no rule was recorded." for unit, flow in flows.items() if flow.empty]
    if not inputs.rules("genotype"):
        absent.append("Calls set to missing: no rule was recorded.")
    skipped = [row for row in inputs.attrition if numbers.present(row.get("skipped"))]
    findings = []
    if skipped:
        words = "; ".join(f"{row['step']} ({row['skipped']})" for row in skipped)
        findings.append(Finding(UNKNOWN, "Rules not applied", f"{words}."))
        absent.append(f"Rules that could not be applied: {words}.")
    return Section("attrition", "Who and what is left", findings, exhibits, absent=absent)


def reason_list(reasons: Any) -> tuple[str, ...]:
    """Give reasons as names, from a list or from text with semicolons."""
    if isinstance(reasons, str):
        return tuple(one for one in reasons.split(SEPARATOR) if one)
    return () if reasons is None or isinstance(reasons, float) else tuple(str(one) for one in reasons)


def sample_flow(inputs: QcInputs) -> pd.DataFrame:
    """Give the flow of samples by their reasons; those of a person's own count as one."""
    if "reasons" not in inputs.samples:
        return recorded(inputs.rules("sample"), inputs.total("sample"))
    by_hand = {sample: set(reason_list(reasons)) for sample, reasons in _by_hand(inputs.excluded)}
    found: Counter[tuple[str, ...]] = Counter()
    for sample, reasons in zip(inputs.samples["sample"], inputs.samples["reasons"], strict=True):
        given = by_hand.get(str(sample), set())
        ruled = [one for one in reason_list(reasons) if one not in given and not one.startswith(BY_HAND)]
        hand = len(ruled) < len(reason_list(reasons)) or str(sample) in by_hand
        found[(*ruled, BY_HAND) if hand else tuple(ruled)] += 1
    return flow(inputs.rules("sample"), found.items())


def _by_hand(excluded: pd.DataFrame) -> list[tuple[str, Any]]:
    """Give the samples that a person has excluded, each with the reasons."""
    if not {"sample", "reasons", "by"} <= set(excluded.columns):
        return []
    chosen = excluded[excluded["by"] == "hand"]
    return list(zip(chosen["sample"].astype(str), chosen["reasons"], strict=True))


def variant_flow(inputs: QcInputs) -> pd.DataFrame:
    """Give the flow of variants by combinations of reasons; without these, the rules as they were recorded."""
    table, total = inputs.summary("reasons"), inputs.total("variant")
    if table.empty or total is None:
        return recorded(inputs.rules("variant"), total)
    found = Counter(
        {reason_list(reasons): int(n) for reasons, n in zip(table["reasons"], table["count"], strict=True)}
    )
    found[()] = total["before"] - sum(count for reasons, count in found.items() if reasons)
    return flow(inputs.rules("variant"), found.items())


def flow(rules: Sequence[Mapping[str, Any]], found: Iterable[Combination]) -> pd.DataFrame:
    """Count what each rule takes of what the rules before it left.

    Parameters
    ----------
    rules
        Rows of attrition, in order; their `reason` or `step` is what units name.
    found
        Combinations of reasons and how many units have each; no reason for units that stay.

    Returns
    -------
    pd.DataFrame
        A row per rule: rule, before, excluded, after, fails (in all), fails_only (no other rule) and, if any was,
        skipped. A reason that no rule names comes last.
    """
    combinations = [(tuple(reasons), count) for reasons, count in found]
    named = {str(row[key]): str(row["reason"]) for row in rules for key in ("step", "reason")}
    order = list(dict.fromkeys([str(row["reason"]) for row in rules]))
    named |= {one: one for reasons, _ in combinations for one in reasons if one not in named}
    order += [one for one in dict.fromkeys(named.values()) if one not in order]
    counted = [({named[one] for one in reasons}, count) for reasons, count in combinations]
    rows, left = [], sum(count for _, count in counted)
    for place, rule in enumerate(order):
        first = sum(n for failed, n in counted if rule in failed and not failed & set(order[:place]))
        fails = sum(n for failed, n in counted if rule in failed)
        only = sum(n for failed, n in counted if failed == {rule})
        row = {"rule": rule, "before": left, "excluded": first, "after": left - first}
        rows.append(row | {"fails": fails, "fails_only": only})
        left -= first
    return _with_skipped(pd.DataFrame(rows), rules)


def recorded(rules: Sequence[Mapping[str, Any]], total: Mapping[str, Any] | None) -> pd.DataFrame:
    """Give the rules as they were recorded: each against all units, whatever the others exclude."""
    rows = [{"rule": str(row["reason"]), "before": row["before"], "fails": row["excluded"]} for row in rules]
    if rows and total is not None:
        rows.append({"rule": "any of these", "before": total["before"], "fails": total["excluded"]})
    return _with_skipped(pd.DataFrame(rows), rules)


def _with_skipped(table: pd.DataFrame, rules: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Add why rules were not applied, if any was not."""
    skipped = {str(row["reason"]): str(row["skipped"]) for row in rules if numbers.present(row.get("skipped"))}
    return table.assign(skipped=table["rule"].map(skipped)) if skipped else table


def _flow_exhibit(unit: str, table: pd.DataFrame) -> Exhibit:
    """Draw a unit's flow; where combinations are not known, the rules by themselves."""
    stepwise = "after" in table
    with mpl.rc_context(svg.STYLE):
        panels = 2 if stepwise else 1
        height = 0.35 + 0.25 * (len(table) + (1 if stepwise else 0))
        figure, axes = panel_row(panels, height=height, left=3.05, below=NO_AXIS, widths=[1.0, 0.8][:panels])
        if stepwise:
            _draw_left(axes[0], table, unit)
        _draw_fails(axes[-1], table, unit, names=not stepwise)
        description = f"Flow of {unit}s through {len(table)} rules of quality control."
        image = svg.inline_svg(figure, name=f"flow-{unit}", description=description)
    caption = CAPTION.format(unit=unit) if stepwise else f"{unit.title()}s that fail each rule; several may hold."
    title = f"{unit.title()}s"
    return Exhibit(f"{unit}_attrition", title, caption, table, ReportFigure(image, table, description))


def _draw_left(panel: Axes, table: pd.DataFrame, unit: str) -> None:
    """Draw those left after each rule, and beside them those that it took."""
    start = int(table["before"].iloc[0])
    left, taken = [start, *table["after"]], [0, *table["excluded"]]
    place = np.arange(len(left))
    panel.barh(place, left, height=0.7, color=svg.FIRST, linewidth=0, alpha=0.8)
    panel.barh(place, taken, left=left, height=0.7, color=svg.SECOND, linewidth=0)
    for at, (inside, out) in enumerate(zip(left, taken, strict=True)):
        words = numbers.count(inside) + (f"  (\u2212{numbers.count(out)})" if out else "")
        _beside(panel, inside + out, at, words)
    _finish(panel, [f"all {unit}s", *table["rule"]], max(1, start))
    panel.set_title(f"{unit}s left")


def _draw_fails(panel: Axes, table: pd.DataFrame, unit: str, *, names: bool) -> None:
    """Draw all that fail each rule; under its names, or in line with the flow."""
    place = np.arange(len(table)) + (0 if names else 1)
    several = "fails_only" in table
    panel.barh(place, table["fails"], height=0.7, color=svg.SECOND, linewidth=0, alpha=0.45 if several else 1)
    if several:
        panel.barh(place, table["fails_only"], height=0.7, color=svg.SECOND, linewidth=0)
    everyone = int(table["before"].iloc[0])
    for at, (_, row) in zip(place, table.iterrows(), strict=True):
        share = f" ({numbers.percent(row['fails'] / everyone)})" if everyone and row["fails"] else ""
        skipped = numbers.present(row.get("skipped"))
        _beside(panel, row["fails"], float(at), "not applied" if skipped else numbers.count(row["fails"]) + share)
    _finish(panel, list(table["rule"]) if names else [""] * (len(table) + 1), table["fails"].max())
    panel.set_title(f"{unit}s that fail the rule")


def _beside(panel: Axes, end: float, height: float, words: str) -> None:
    style: dict[str, Any] = {"va": "center", "size": 7.5, "color": svg.FAINT_INK}
    panel.annotate(words, (end, height), xytext=(4, 0), textcoords="offset points", **style)


def _finish(panel: Axes, names: Sequence[str], largest: float) -> None:
    """Name the rows, first on top, and leave room for the words beside the bars."""
    short = [shorten(name, LONGEST_NAME) for name in names]
    panel.set_yticks(np.arange(len(short)), short, size=8)
    panel.tick_params(axis="y", length=0)
    panel.set_ylim(len(short) - 0.5, -0.5)
    panel.set_xlim(0, 1.45 * max(1, largest))
    panel.set_xticks([])
    panel.spines["bottom"].set_visible(False)


def _calls(inputs: QcInputs) -> Exhibit:
    """Draw the calls that each rule set to missing."""
    table = recorded(inputs.rules("genotype"), inputs.total("genotype"))
    table = table.assign(share=table["fails"] / table["before"].where(table["before"] > 0))
    with mpl.rc_context(svg.STYLE):
        figure, (panel,) = panel_row(1, height=0.35 + 0.25 * len(table), left=3.05, below=NO_AXIS)
        _draw_fails(panel, table, "call", names=True)
        description = "Calls that each rule of genotypes set to missing."
        image = svg.inline_svg(figure, name="flow-genotype", description=description)
    caption = (
        "Calls that fail each rule of genotypes and were set to missing, of all that were present. Several may hold."
    )
    return Exhibit("genotype_attrition", "Calls", caption, table, ReportFigure(image, table, description))
