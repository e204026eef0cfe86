"""Put the page of quality control together: one HTML file that needs no network.

It names samples, where a person must decide about them, and so stays where the samples are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from jobs.report import numbers
from jobs.report.environment import page_environment
from jobs.report.qc.ancestry import ancestry_section
from jobs.report.qc.attrition import attrition_section
from jobs.report.qc.batches import batch_section
from jobs.report.qc.cells import setting_rows, table_view
from jobs.report.qc.contamination import contamination_section
from jobs.report.qc.exclusions import exclusion_section
from jobs.report.qc.exhibits import FINE, LOOK, UNKNOWN, Section, some
from jobs.report.qc.inputs import QcInputs
from jobs.report.qc.losses import loss_section
from jobs.report.qc.metrics import metric_section
from jobs.report.qc.relatedness import relatedness_section
from jobs.report.qc.sex import sex_section
from jobs.report.qc.variants import variant_section

LEVELS = {LOOK: "look", FINE: "nothing found", UNKNOWN: "not known"}


def write_qc_page(path: Path, inputs: QcInputs) -> dict[str, pd.DataFrame]:
    """Write the page to a file.

    Parameters
    ----------
    path
        The file, which is replaced.
    inputs
        What the page shows.

    Returns
    -------
    dict
        The numbers of each figure and list (`qc_tables`).
    """
    sections = _sections(inputs)
    path.write_text(_render(inputs, sections), encoding="utf-8")
    return _tables(sections)


def qc_tables(inputs: QcInputs) -> dict[str, pd.DataFrame]:
    """Give the numbers of each figure and list, whole, by the name of the file that they belong in."""
    return _tables(_sections(inputs))


def _tables(sections: Sequence[Section]) -> dict[str, pd.DataFrame]:
    return {exhibit.name: exhibit.table for section in sections for exhibit in section.exhibits}


def qc_html(inputs: QcInputs) -> str:
    """Put the page together.

    Parameters
    ----------
    inputs
        What the page shows.

    Returns
    -------
    str
        HTML, complete in itself. Samples are named in tables only.
    """
    return _render(inputs, _sections(inputs))


def _render(inputs: QcInputs, sections: Sequence[Section]) -> str:
    """Write the page of its sections."""
    findings = [(finding, section.key) for section in sections for finding in section.findings]
    order = list(LEVELS)
    findings.sort(key=lambda one: order.index(one[0].level))
    return (
        page_environment()
        .get_template("qc/qc.html.jinja")
        .render(
            study=inputs.study,
            tiles=_tiles(inputs),
            opening=_opening(inputs, sum(finding.level == LOOK for finding, _ in findings)),
            findings=findings,
            levels=LEVELS,
            sections=sections,
            view=table_view,
            settings=setting_rows(inputs.thresholds, "qc"),
            counted=[
                ("While calls were read", _counts(inputs.load_counts)),
                ("While variants were annotated", _counts(inputs.annotation_counts)),
            ],
            versions=dict(inputs.versions),
        )
    )


def _sections(inputs: QcInputs) -> list[Section]:
    """Make the sections in the order a person who signs wants them."""
    return [
        attrition_section(inputs),
        sex_section(inputs),
        relatedness_section(inputs),
        contamination_section(inputs),
        ancestry_section(inputs),
        metric_section(inputs),
        batch_section(inputs),
        variant_section(inputs),
        loss_section(inputs),
        exclusion_section(inputs),
    ]


def _opening(inputs: QcInputs, looks: int) -> str:
    """Say in a sentence who and what stays, and how much there is to look at."""
    words = [
        f"{numbers.count(total['after'])} of {numbers.count(total['before'])} {unit}s"
        for unit in ("sample", "variant")
        if (total := _total(inputs, unit)) is not None
    ]
    ask = f"{some(looks, 'subject needs', 'subjects need')} a look" if looks else "No subject needs a look"
    return f"{' and '.join(words)} stay. {ask} before this is signed."


def _total(inputs: QcInputs, unit: str) -> Mapping[str, Any] | None:
    """Give a unit's total; that of samples by their verdicts where it was not recorded."""
    total = inputs.total(unit)
    if total is not None or unit != "sample":
        return total
    size = len(inputs.samples)
    return {"before": size, "after": int(inputs.flags("passes").sum()) if inputs.known("passes") else size}


def _tiles(inputs: QcInputs) -> list[tuple[str, str, str]]:
    """Give the numbers that head the page: name, number, remark."""
    tiles = []
    for unit, name in (("sample", "Samples"), ("variant", "Variants")):
        total = _total(inputs, unit)
        if total is not None:
            tiles.append((f"{name} that stay", numbers.count(total["after"]), f"of {numbers.count(total['before'])}"))
    calls = inputs.total("genotype")
    if calls is not None and calls["before"]:
        share = numbers.percent(calls["excluded"] / calls["before"])
        tiles.append(
            ("Calls set to missing", share, f"{numbers.count(calls['excluded'])} of {_short(calls['before'])}")
        )
    return tiles


def _short(count: float) -> str:
    """Write a large count in millions or billions."""
    for size, name in ((1e9, "billion"), (1e6, "million")):
        if count >= size:
            return f"{count / size:.3g} {name}"
    return numbers.count(count)


def _counts(counts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Write counts by name; a count of counts one level deeper."""
    rows: list[tuple[str, str]] = []
    for name, value in counts.items():
        if isinstance(value, Mapping):
            rows += [(f"{name}: {inner}", written) for inner, written in _counts(value)]
        elif isinstance(value, int | float) and not isinstance(value, bool):
            rows.append((str(name), numbers.count(value)))
        else:
            rows.append((str(name), str(value)))
    return rows
