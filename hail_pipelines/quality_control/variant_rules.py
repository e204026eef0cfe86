"""The reasons for which a variant is left out, and the thresholds behind them.

A rule whose input is missing does not apply: a VCF without QD has no variant that fails for it. Defaults follow
gnomAD (https://gnomad.broadinstitute.org/help/variant-qc) where it has them: the call rate, the inbreeding
coefficient of an excess of heterozygotes. QD below 2 is GATK's hard filter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import hail as hl


@dataclass(frozen=True)
class VariantThresholds:
    """What a variant must reach; None (or False) switches a rule off.

    Attributes
    ----------
    pass_filters_only
        Whether the FILTER column must be PASS or missing.
    min_call_rate
        Smallest share of samples with a call that passes genotype QC.
    max_batch_spread, min_batch_p
        A variant is left out if the call rates of two batches are farther apart than the first, and chance alone
        would do so with a probability below the second.
    min_hwe_p
        Smallest p-value for an excess of heterozygous calls, against Hardy-Weinberg, within a group of one ancestry.
    min_inbreeding
        Smallest inbreeding coefficient, 1 - heterozygous / expected; below zero, for an excess of heterozygous calls.
    min_het_balance
        Smallest mean share of reads of either allele over the heterozygous calls, below 0.5.
    min_quality_by_depth, min_vqslod
        Smallest INFO QD and VQSLOD, where the VCF has them.
    """

    pass_filters_only: bool = True
    min_call_rate: float | None = 0.9
    max_batch_spread: float | None = 0.1
    min_batch_p: float = 1e-4
    min_hwe_p: float | None = 1e-6
    min_inbreeding: float | None = -0.3
    min_het_balance: float | None = 0.25
    min_quality_by_depth: float | None = 2.0
    min_vqslod: float | None = None


@dataclass(frozen=True)
class VariantRule:
    """One rule in words, for reports.

    Attributes
    ----------
    step
        Its name in the attrition table.
    reason
        Why a variant fails it.
    field
        The metric it reads; a variant without it does not fail.
    """

    step: str
    reason: str
    field: str


def site_thresholds(limits: VariantThresholds) -> VariantThresholds:
    """Leave out the rules that a few poor samples, or a poor batch, could turn against every variant."""
    return replace(limits, min_call_rate=None, max_batch_spread=None, min_hwe_p=None)


POLYMORPHIC = VariantRule("polymorphic", "no minor allele", "allele_count")
LOW_COMPLEXITY = VariantRule("low complexity", "in a region of low complexity", "low_complexity")
DUPLICATED = VariantRule("segmental duplication", "in a segmental duplication", "segmental_duplication")
TARGETS = VariantRule("capture targets", "outside the capture targets", "in_targets")


def variant_rules(thresholds: VariantThresholds) -> list[VariantRule]:
    """List the rules that the thresholds switch on."""
    return list(_rules(thresholds))


def _rules(limits: VariantThresholds) -> Iterator[VariantRule]:
    yield POLYMORPHIC
    if limits.pass_filters_only:
        yield VariantRule("filter", "FILTER is not PASS", "filters")
    yield from (LOW_COMPLEXITY, DUPLICATED, TARGETS)
    if limits.min_quality_by_depth is not None:
        yield VariantRule("quality by depth", f"QD below {limits.min_quality_by_depth:g}", "quality_by_depth")
    if limits.min_vqslod is not None:
        yield VariantRule("VQSLOD", f"VQSLOD below {limits.min_vqslod:g}", "vqslod")
    if limits.min_het_balance is not None:
        reason = f"heterozygous calls with less than {limits.min_het_balance:g} of their reads on one allele"
        yield VariantRule("allele balance", reason, "het_balance")
    if limits.min_call_rate is not None:
        yield VariantRule("call rate", f"call rate below {limits.min_call_rate:g}", "call_rate")
    if limits.max_batch_spread is not None:
        reason = f"call rates of batches more than {limits.max_batch_spread:g} apart (p below {limits.min_batch_p:g})"
        yield VariantRule("batches", reason, "batch_p")
    if limits.min_inbreeding is not None:
        yield VariantRule("inbreeding", f"inbreeding coefficient below {limits.min_inbreeding:g}", "inbreeding")
    if limits.min_hwe_p is not None:
        yield VariantRule("Hardy-Weinberg", f"Hardy-Weinberg p below {limits.min_hwe_p:g}", "hwe_p")


def variant_reasons_expr(metrics: hl.StructExpression, limits: VariantThresholds) -> hl.ArrayExpression:
    """List every reason to leave a variant out; empty if it passes.

    Parameters
    ----------
    metrics
        A struct, or a table's row, with the fields of the rules, `allele_number` and `batch_call_rate_spread`; one
        that is missing is no reason.
    limits
        The thresholds.
    """
    fails = {
        "polymorphic": (metrics.allele_count == 0) | (metrics.allele_count == metrics.allele_number),
        "filter": hl.len(metrics.filters) > 0,
        "low complexity": metrics.low_complexity,
        "segmental duplication": metrics.segmental_duplication,
        "capture targets": ~metrics.in_targets,
        "quality by depth": metrics.quality_by_depth < _or_zero(limits.min_quality_by_depth),
        "VQSLOD": metrics.vqslod < _or_zero(limits.min_vqslod),
        "allele balance": hl.min(metrics.het_balance, 1 - metrics.het_balance) < _or_zero(limits.min_het_balance),
        "call rate": metrics.call_rate < _or_zero(limits.min_call_rate),
        "batches": (metrics.batch_call_rate_spread > _or_zero(limits.max_batch_spread))
        & (metrics.batch_p < limits.min_batch_p),
        "inbreeding": metrics.inbreeding < _or_zero(limits.min_inbreeding),
        "Hardy-Weinberg": metrics.hwe_p < _or_zero(limits.min_hwe_p),
    }
    listed = [
        hl.or_missing(hl.coalesce(fails[rule.step], hl.bool(False)), rule.reason) for rule in variant_rules(limits)
    ]
    return hl.array(listed).filter(hl.is_defined)


def _or_zero(limit: float | None) -> float:
    """Stand in for the threshold of a rule that is off, whose outcome nobody asks for."""
    return 0.0 if limit is None else limit
