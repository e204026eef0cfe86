"""How many calls, variants and samples each rule took out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import hail as hl

from hail_pipelines.quality_control.genotypes import GenotypeThresholds, genotype_rules, skipped_rules
from hail_pipelines.quality_control.variant_rules import VariantThresholds, variant_rules


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
    variants: hl.Table, call_fields: set[str], thresholds: GenotypeThresholds
) -> list[AttritionRow]:
    """Tabulate how many calls each rule set to missing."""
    counts = variants.aggregate(
        hl.struct(**{name: hl.agg.sum(variants.genotype_qc[name]) for name in variants.genotype_qc})
    )
    skipped = dict(text.split(": ", 1) for text in skipped_rules(call_fields, thresholds))
    rules = genotype_rules(thresholds)
    excluded = {rule.name: counts.get(rule.name, 0) for rule in rules}
    reasons = {rule.name: rule.reason for rule in rules}
    return attrition_rows("genotype", counts["present"], counts["failed"], excluded, reasons, skipped)


def variant_attrition(variants: hl.Table, thresholds: VariantThresholds) -> list[AttritionRow]:
    """Tabulate how many variants each rule excluded; one whose metric no variant has is skipped."""
    rules = variant_rules(thresholds)
    total, failed, by_reason, known = variants.aggregate(
        (
            hl.agg.count(),
            hl.agg.count_where(~variants.passes),
            hl.agg.explode(hl.agg.counter, variants.reasons),
            hl.struct(**{rule.field: hl.agg.any(hl.is_defined(variants[rule.field])) for rule in rules}),
        )
    )
    excluded = {rule.step: by_reason.get(rule.reason, 0) for rule in rules}
    reasons = {rule.step: rule.reason for rule in rules}
    judged = [rule for rule in rules if known[rule.field] or rule.field == "filters"]
    unknown = {rule.step: "nothing to judge by" for rule in rules if rule not in judged}
    return attrition_rows("variant", total, failed, excluded, reasons, unknown)


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
