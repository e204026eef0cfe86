"""How many calls, variants and samples each rule took out, over all cohorts that were merged.

Calls and samples are those of one cohort or another, and add up; variants are shared, and counted anew. Rules for
calls come before any sample is left out: calls are those of everybody in the VCFs, as in a cohort's own table.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hail_pipelines.merging.merge import MergeCounts
from hail_pipelines.quality_control.attrition import AttritionRow
from jobs.consortium.finished_run import FinishedRun
from jobs.consortium.merged_samples import DUPLICATE
from jobs.quality_control.files import ATTRITION

# Of people in two cohorts, where nobody looked for them.
NOT_CHECKED = "not checked"


def merged_attrition(runs: Sequence[FinishedRun], counts: MergeCounts, left_out: int | None) -> list[AttritionRow]:
    """Tabulate what was taken out.

    Parameters
    ----------
    runs
        The cohorts.
    counts
        What was merged.
    left_out
        Samples left out for another cohort's; None where nobody looked for any.
    """
    summed: dict[tuple[str, str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for run in runs:
        for row in json.loads((run.stage("variants") / ATTRITION).read_text()):
            if row["unit"] != "variant":
                summed[row["unit"], row["step"], row["reason"]].append(row)
    rows = [_sum_rows(*key, found) for key, found in summed.items()]
    lost = counts.variants - counts.passing
    variants = AttritionRow("all", "variant", counts.variants, lost, counts.passing, "passes in no cohort")
    lost_samples = left_out or 0
    samples = [_with_duplicates(row, lost_samples) for row in rows if row.unit == "sample"]
    before = sum(row.before for row in samples if row.step == "all")
    skipped = NOT_CHECKED if left_out is None else None
    across = AttritionRow("across cohorts", "sample", before, lost_samples, before - lost_samples, DUPLICATE, skipped)
    return [*(row for row in rows if row.unit == "genotype"), variants, across, *samples]


def _with_duplicates(row: AttritionRow, left_out: int) -> AttritionRow:
    """Count who was left out for another cohort's sample in the total."""
    if row.step != "all":
        return row
    return replace(row, excluded=row.excluded + left_out, after=row.after - left_out)


def _sum_rows(unit: str, step: str, reason: str, found: Sequence[Mapping[str, Any]]) -> AttritionRow:
    """Add up one rule's rows; it was skipped where every cohort skipped it."""
    before, excluded, after = (sum(row[name] for row in found) for name in ("before", "excluded", "after"))
    skipped = found[0]["skipped"] if all(row["skipped"] for row in found) else None
    return AttritionRow(step, unit, before, excluded, after, reason, skipped)
