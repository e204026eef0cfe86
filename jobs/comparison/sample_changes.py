"""Whose genotypes are in a run and were not before, and the reverse; ids are compared, and never told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from hail_pipelines.places import readable
from jobs.comparison.compared_run import SAMPLES, ComparedRun
from jobs.quality_control.exclusions import BY_HAND

ABSENT = "not among the genotypes"
# In place of a reason given by hand, which is free text and may name somebody.
LEFT_OUT = "left out by hand"


def sample_changes(old: ComparedRun, new: ComparedRun) -> dict[str, Any]:
    """Count the samples that quality control keeps in either run, and say why some are in one alone."""
    before, now = (_reasons(run) for run in (old, new))
    kept_before, kept_now = (reasons.index[reasons == ""] for reasons in (before, now))
    left, joined = kept_before.difference(kept_now), kept_now.difference(kept_before)
    return {
        "genotyped": [len(before), len(now)],
        "kept": [len(kept_before), len(kept_now)],
        "in_both": len(kept_now) - len(joined),
        "joined": len(joined),
        "left": len(left),
        "joined_because": counted(before.reindex(joined).fillna(ABSENT), "before: "),
        "left_because": counted(now.reindex(left).fillna(ABSENT)),
    }


def _reasons(run: ComparedRun) -> pd.Series:
    """Give why each sample of the genotypes is out, by its id; "" of one that stays."""
    table = pd.read_parquet(readable(run.folder / SAMPLES), columns=["sample", "reasons", "passes"])
    told = table["reasons"].map(lambda reasons: "; ".join(map(_told, reasons)) or "by its cohort")
    return told.where(~table["passes"], "").set_axis(pd.Index(table["sample"]))


def _told(reason: str) -> str:
    return LEFT_OUT if reason.startswith(BY_HAND) else reason


def counted(reasons: Iterable[str], before: str = "") -> list[dict[str, Any]]:
    """Count people by reason, most first."""
    counts = pd.Series(list(reasons), dtype=object).value_counts()
    return [{"reason": f"{before}{reason}", "count": int(count)} for reason, count in counts.items()]
