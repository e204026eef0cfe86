"""Files of quality control: what each stage leaves for the next, and for people."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from association.cohort.principal_components import structured_components
from hail_pipelines.places import readable
from infra.storage import Place
from jobs.quality_control.common_genotypes import read_common
from jobs.quality_control.samples import JudgedSamples
from jobs.quality_control.structure import Panel

if TYPE_CHECKING:
    from hail_pipelines.quality_control.attrition import AttritionRow
    from jobs.check import CheckedStudy

SAMPLES = "samples.parquet"
KINSHIP = "kinship.parquet"
STRUCTURE = "structure.json"
ATTRITION = "attrition.json"
PAGE = "qc.html"


def write_judged(judged: JudgedSamples, folder: Path) -> None:
    """Write the samples with their verdicts, the pairs of relatives, and how many each rule took."""
    judged.table.to_parquet(folder / SAMPLES, index=False)
    judged.structure.relatedness.pairs.to_parquet(folder / KINSHIP, index=False)
    (folder / STRUCTURE).write_text(json.dumps(_structure(judged), indent=2) + "\n")
    (folder / ATTRITION).write_text(json.dumps([asdict(row) for row in judged.attrition], indent=2) + "\n")


def read_sample_attrition(folder: Place) -> list[AttritionRow]:
    """Read how many samples each rule took out."""
    from hail_pipelines.quality_control.attrition import AttritionRow

    return [AttritionRow(**row) for row in json.loads((folder / ATTRITION).read_text())]


def read_structure(folder: Place) -> dict[str, Any]:
    """Read what components and kinship could tell."""
    found: dict[str, Any] = json.loads((folder / STRUCTURE).read_text())
    return found


def read_panel(folder: Place | None, checked: CheckedStudy) -> Panel | None:
    """Read the samples of known ancestry that have a label; None where the study names none."""
    if folder is None:
        return None
    samples = pd.read_parquet(readable(folder / SAMPLES))["sample"]
    variants, dosages = read_common(folder / "common.parquet", len(samples))
    labels = samples.map(checked.panel_labels)
    known = labels.notna().to_numpy(np.bool_)
    return Panel(variants, dosages[:, known], labels[known].to_numpy(object))


def _structure(judged: JudgedSamples) -> dict[str, Any]:
    components, relatedness = judged.structure.components, judged.structure.relatedness
    total = components.total_variance
    return {
        "variants": judged.structure.variants,
        "fitted": components.fitted,
        "structured": structured_components(components),
        "explained": [float(value / total) for value in components.eigenvalues] if total > 0 else [],
        "reason": components.reason,
        "ancestry_reason": judged.structure.groups.reason,
        "kinship_standard_error": _finite(relatedness.standard_error),
        "smallest_kinship": _finite(relatedness.smallest_kinship),
        "kinship_reason": relatedness.reason,
    }


def _finite(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None
