"""How many calls, variants and samples each rule took out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hail_pipelines.quality_control.genotypes import GenotypeThresholds, genotype_rules, skipped_rules
from hail_pipelines.quality_control.variant_rules import VariantThresholds, passing, variant_rules


@dataclass(frozen=True)
class AttritionRow:
    """How many units one rule, or one step in all, took out.

    Attributes
    ----------
    step
        The rule's name, or "all" for a step's total.
    unit
        "genotype", "variant" or "sample".
    before, excluded, after
        Counts. A unit that several rules exclude is in `excluded` of each, and once in the total.
    reason
        Why units are excluded.
    skipped
        Why the rule was not applied; None if it was.
    """

    step: str
    unit: str
    before: int
    excluded: int
    after: int
    reason: str
    skipped: str | None = None


def genotype_attrition(
    counts: pa.StructArray, call_fields: Collection[str], thresholds: GenotypeThresholds
) -> list[AttritionRow]:
    """Tabulate how many calls each rule set to missing.

    Parameters
    ----------
    counts
        `genotype_qc` of every variant: calls that were present, that failed, and that failed each rule.
    call_fields
        The call fields that the VCF has.
    thresholds
        What a call must reach.
    """
    sums = {field.name: pc.sum(counts.field(field.name)).as_py() or 0 for field in counts.type}
    skipped = dict(text.split(": ", 1) for text in skipped_rules(call_fields, thresholds))
    rules = genotype_rules(thresholds)
    excluded = {rule.name: sums.get(rule.name, 0) for rule in rules}
    reasons = {rule.name: rule.reason for rule in rules}
    return attrition_rows("genotype", sums["present"], sums["failed"], excluded, reasons, skipped)


def variant_attrition(
    metrics: Mapping[str, NDArray[Any]],
    failed: Mapping[str, NDArray[np.bool_]],
    thresholds: VariantThresholds,
) -> list[AttritionRow]:
    """Tabulate how many variants each rule excluded; one whose metric no variant has is skipped.

    Parameters
    ----------
    metrics
        What the rules read (v each); nan where a variant has none.
    failed
        By rule, whether variants failed it (v each).
    thresholds
        What a variant must reach.
    """
    rules = variant_rules(thresholds)
    total, passes = len(metrics["filters"]), passing(failed)
    excluded = {rule.step: int(failed[rule.step].sum()) for rule in rules}
    reasons = {rule.step: rule.reason for rule in rules}
    judged = [rule for rule in rules if rule.field == "filters" or _is_known(metrics.get(rule.field))]
    unknown = {rule.step: "nothing to judge by" for rule in rules if rule not in judged}
    return attrition_rows("variant", total, int((~passes).sum()), excluded, reasons, unknown)


def _is_known(metric: NDArray[Any] | None) -> bool:
    """Say whether any variant has a metric."""
    return metric is not None and not np.isnan(metric).all()


def attrition_rows(
    unit: str,
    total: int,
    failed: int,
    excluded: Mapping[str, int],
    reasons: Mapping[str, str],
    skipped: Mapping[str, str],
) -> list[AttritionRow]:
    """Make a row for each rule and one for all of them together.

    Parameters
    ----------
    unit
        What is counted.
    total, failed
        How many there were, and how many of them any rule excluded.
    excluded, reasons, skipped
        By rule: how many it excluded, why, and why it was not applied where it was not.
    """
    rows = [
        AttritionRow(step, unit, total, count, total - count, reasons[step], skipped.get(step))
        for step, count in excluded.items()
    ]
    return [*rows, AttritionRow("all", unit, total, failed, total - failed, "any of the above")]
