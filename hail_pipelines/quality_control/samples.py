"""Per sample: how well it is called, how it differs from the others, and every reason to leave it out.

All counts are over autosomal variants that pass variant QC, and of the cohort's minor allele rather than the
alternate, so that exchanging REF and ALT changes none of them. Beside them stand the heterozygous calls on X outside
its pseudoautosomal regions, and how many a female would be expected to have: the sum of 2 p (1 - p).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import hail as hl
import numpy as np
import pandas as pd

# The median absolute deviation times this is the standard deviation of a normal distribution.
MAD_TO_SD = 1.4826
DEVIATION_METRICS = {"heterozygosity": "heterozygosity", "ti_tv": "Ti/Tv", "singletons": "singletons"}


@dataclass(frozen=True)
class SampleThresholds:
    """What a sample must reach; None switches a rule off.

    Attributes
    ----------
    min_call_rate
        Smallest share of variants with a call that passes genotype QC.
    max_deviations
        Largest distance from the cohort's median for each of "heterozygosity", "ti_tv" and "singletons", in scaled
        median absolute deviations; one that is absent or None is not looked at. None is by default: all three
        follow ancestry, so in a mixed cohort they exclude a whole minority before they find a bad sample.
    """

    min_call_rate: float | None = 0.95
    max_deviations: Mapping[str, float | None] = field(default_factory=dict)


def minor_is_ref_expr(
    alleles: hl.ArrayExpression, allele_count: hl.NumericExpression, allele_number: hl.NumericExpression
) -> hl.BooleanExpression:
    """Say whether the reference is the rarer allele.

    Where both are equally common the one that comes first in the alphabet is taken, so that exchanging REF
    and ALT names the same allele.
    """
    twice = 2 * allele_count
    return hl.if_else(twice == allele_number, alleles[0] < alleles[1], twice > allele_number)


def minor_dosage_expr(call: hl.CallExpression, minor_is_ref: hl.BooleanExpression) -> hl.Int32Expression:
    """Count the minor alleles in a call: up to its ploidy; missing for a missing call."""
    alternates = call.n_alt_alleles()
    return hl.if_else(minor_is_ref, call.ploidy - alternates, alternates)


def sample_metrics(mt: hl.MatrixTable) -> pd.DataFrame:
    """Aggregate each sample's calls.

    Parameters
    ----------
    mt
        Calls after genotype QC, at the variants to count, with row fields `allele_count` and `allele_number`.

    Returns
    -------
    A row per sample, in order of sample ids.
    """
    mt = mt.filter_rows(mt.locus.in_autosome() | mt.locus.in_x_nonpar())
    minor_count = hl.min(mt.allele_count, mt.allele_number - mt.allele_count)
    frequency = minor_count / mt.allele_number
    mt = mt.annotate_rows(
        on_x=mt.locus.in_x_nonpar(),
        heterozygosity=2 * frequency * (1 - frequency),
        minor_is_ref=minor_is_ref_expr(mt.alleles, mt.allele_count, mt.allele_number),
        minor_count=minor_count,
        transition=hl.is_transition(mt.alleles[0], mt.alleles[1]),
        transversion=hl.is_transversion(mt.alleles[0], mt.alleles[1]),
    )
    minor = minor_dosage_expr(mt.GT, mt.minor_is_ref)
    carries = hl.coalesce(minor > 0, hl.bool(False))
    called = hl.is_defined(mt.GT)
    means = {f"mean_{name.lower()}": hl.agg.mean(mt[name]) for name in ("DP", "GQ") if name in mt.entry}
    autosomal = hl.agg.filter(
        ~mt.on_x,
        hl.struct(
            variants=hl.agg.count(),
            called=hl.agg.count_where(called),
            heterozygous=hl.agg.count_where(mt.GT.is_het()),
            transitions=hl.agg.count_where(carries & mt.transition),
            transversions=hl.agg.count_where(carries & mt.transversion),
            singletons=hl.agg.count_where(carries & (mt.minor_count == 1)),
            **means,
        ),
    )
    on_x = hl.agg.filter(
        mt.on_x & called,
        hl.struct(
            x_heterozygous=hl.agg.count_where(mt.GT.is_het()),
            x_expected_heterozygous=hl.agg.sum(mt.heterozygosity),
        ),
    )
    columns = mt.select_cols(**autosomal, **on_x).cols()
    table = pd.DataFrame([dict(row) for row in columns.collect()])
    table = table.rename(columns={"s": "sample"}).sort_values("sample", ignore_index=True)
    return add_ratios(table)


def add_ratios(table: pd.DataFrame) -> pd.DataFrame:
    """Add call rate, heterozygosity and Ti/Tv, missing where their denominator is zero."""
    counts = table.astype({name: float for name in ("variants", "called", "transversions")})
    return table.assign(
        call_rate=counts["called"] / counts["variants"].replace(0, np.nan),
        heterozygosity=table["heterozygous"] / counts["called"].replace(0, np.nan),
        ti_tv=table["transitions"] / counts["transversions"].replace(0, np.nan),
    )


def deviations(values: pd.Series) -> pd.Series:
    """Measure each value's distance from the median in scaled median absolute deviations.

    Where more than half the values are equal the scale is zero; a value off the median is then infinitely
    far, which would exclude it for any difference, so nothing is: all distances are zero.
    """
    distance = (values - values.median()).abs()
    scale = MAD_TO_SD * distance.median()
    return distance / scale if scale > 0 else distance * 0.0


def judge_samples(table: pd.DataFrame, thresholds: SampleThresholds) -> pd.DataFrame:
    """Add to a table of samples the list of reasons to leave each out, and whether it passes."""
    reasons = sample_failures(table, thresholds)
    listed = [[reason for reason, fails in reasons.items() if fails[row]] for row in range(len(table))]
    return table.assign(reasons=listed, passes=[not row for row in listed])


def sample_failures(table: pd.DataFrame, thresholds: SampleThresholds) -> dict[str, np.ndarray]:
    """Map each reason that the thresholds switch on to which samples it holds for."""
    failures: dict[str, np.ndarray] = {}
    if thresholds.min_call_rate is not None:
        # Where no autosomal variant is left there is no call rate, and nothing to hold against anyone.
        low = table["call_rate"] < thresholds.min_call_rate
        failures[f"call rate below {thresholds.min_call_rate:g}"] = low.to_numpy()
    for metric, name in DEVIATION_METRICS.items():
        limit = thresholds.max_deviations.get(metric)
        if limit is not None:
            far = deviations(table[metric]) > limit
            failures[f"{name} more than {limit:g} MADs from the median"] = far.to_numpy()
    return failures
