"""The reasons for which a variant is left out, and the thresholds behind them.

A rule whose input is missing does not apply: a VCF without QD has no variant that fails for it. Defaults follow
gnomAD (https://gnomad.broadinstitute.org/help/variant-qc) where it has them: the call rate, the inbreeding
coefficient of an excess of heterozygotes. QD below 2 is GATK's hard filter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


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


def failures(metrics: Mapping[str, NDArray[Any]], limits: VariantThresholds) -> dict[str, NDArray[np.bool_]]:
    """Say for each rule that is on which variants fail it (v).

    Parameters
    ----------
    metrics
        By name, the metrics that the rules read, `allele_number` and `batch_call_rate_spread` (v each); `filters` is
        how many the variant has. One that is absent, or nan, is no reason.
    limits
        The thresholds.
    """
    number = len(next(iter(metrics.values())))
    rules = variant_rules(limits)
    none = np.zeros(number, np.bool_)
    return {rule.step: _fails(rule, metrics, limits) if rule.field in metrics else none for rule in rules}


def _fails(rule: VariantRule, metrics: Mapping[str, NDArray[Any]], limits: VariantThresholds) -> NDArray[np.bool_]:
    value = metrics[rule.field]
    match rule.step:
        case "polymorphic":
            fails = (value == 0) | (value == metrics["allele_number"])
        case "filter":
            fails = value > 0
        case "low complexity" | "segmental duplication":
            fails = value
        case "capture targets":
            fails = ~value
        case "allele balance":
            fails = np.fmin(value, 1 - value) < _given(limits.min_het_balance)
        case "batches":
            fails = (metrics["batch_call_rate_spread"] > _given(limits.max_batch_spread)) & (
                value < limits.min_batch_p
            )
        case "quality by depth":
            fails = value < _given(limits.min_quality_by_depth)
        case "VQSLOD":
            fails = value < _given(limits.min_vqslod)
        case "call rate":
            fails = value < _given(limits.min_call_rate)
        case "inbreeding":
            fails = value < _given(limits.min_inbreeding)
        case "Hardy-Weinberg":
            fails = value < _given(limits.min_hwe_p)
        case _:
            raise AssertionError(f"no such rule: {rule.step}")
    return np.asarray(fails, np.bool_)


def _given(limit: float | None) -> float:
    """Give the threshold of a rule that is on."""
    assert limit is not None, "a rule that is off is asked of nothing"
    return limit


def passing(failed: Mapping[str, NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Say which variants fail no rule (v)."""
    return np.asarray(~np.logical_or.reduce(list(failed.values())), np.bool_)


def reasons(failed: Mapping[str, NDArray[np.bool_]], limits: VariantThresholds) -> pa.Array:
    """List each variant's reasons to leave it out, in the order of the rules; empty if it passes (v).

    Parameters
    ----------
    failed
        What `failures` found under these limits.
    limits
        The thresholds.
    """
    words = pa.array([rule.reason for rule in variant_rules(limits)], pa.string())
    by_variant = np.column_stack(list(failed.values()))
    offsets = np.concatenate([[0], np.cumsum(by_variant.sum(axis=1))]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), words.take(pa.array(np.nonzero(by_variant)[1])))
