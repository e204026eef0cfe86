"""Per variant: how well it is called, how common it is, and every reason to leave it out.

Hardy-Weinberg p-values are exact and two-sided, over diploid calls of the autosomes only: on X and Y the
sexes differ. Wigginton, Cutler & Abecasis 2005, doi:10.1086/429864.
"""

from __future__ import annotations

from dataclasses import dataclass

import hail as hl

from hail_pipelines.quality_control.genotypes import GenotypeThresholds, call_passes_expr, genotype_failures_expr


@dataclass(frozen=True)
class VariantThresholds:
    """What a variant must reach; None (or False) switches a rule off.

    Attributes
    ----------
    pass_filters_only
        Whether the FILTER column must be PASS or missing.
    min_call_rate
        Smallest share of samples with a call that passes genotype QC.
    min_hwe_p
        Smallest Hardy-Weinberg p-value. Mixed ancestry also lowers it, so keep it far below 0.05.
    """

    pass_filters_only: bool = True
    min_call_rate: float | None = 0.9
    min_hwe_p: float | None = 1e-6


def variant_rules(thresholds: VariantThresholds) -> dict[str, str]:
    """Name the reasons for which a variant may be left out, each with the step it belongs to."""
    rules = {"no minor allele": "polymorphic"}
    if thresholds.pass_filters_only:
        rules["FILTER is not PASS"] = "filter"
    if thresholds.min_call_rate is not None:
        rules[f"call rate below {thresholds.min_call_rate:g}"] = "call rate"
    if thresholds.min_hwe_p is not None:
        rules[f"Hardy-Weinberg p below {thresholds.min_hwe_p:g}"] = "Hardy-Weinberg"
    return rules


def variant_reasons_expr(
    filters: hl.SetExpression,
    call_rate: hl.Float64Expression,
    allele_count: hl.NumericExpression,
    allele_number: hl.NumericExpression,
    hwe_p: hl.Float64Expression,
    *,
    thresholds: VariantThresholds,
) -> hl.ArrayExpression:
    """List every reason to leave a variant out; empty if it passes.

    Parameters
    ----------
    filters
        The FILTER column; missing or empty means that it passed.
    call_rate
        Share of samples with a call.
    allele_count, allele_number
        Alternate alleles and all alleles among the calls.
    hwe_p
        Hardy-Weinberg p-value; missing where it does not apply, and then no reason.
    """
    fails = {"no minor allele": (allele_count == 0) | (allele_count == allele_number)}
    if thresholds.pass_filters_only:
        fails["FILTER is not PASS"] = hl.len(filters) > 0
    if thresholds.min_call_rate is not None:
        fails[f"call rate below {thresholds.min_call_rate:g}"] = call_rate < thresholds.min_call_rate
    if thresholds.min_hwe_p is not None:
        fails[f"Hardy-Weinberg p below {thresholds.min_hwe_p:g}"] = hwe_p < thresholds.min_hwe_p
    listed = [hl.or_missing(hl.coalesce(fail, hl.bool(False)), reason) for reason, fail in fails.items()]
    return hl.array(listed).filter(hl.is_defined)


def variant_metrics_expr(mt: hl.MatrixTable, passes: hl.BooleanExpression) -> hl.StructExpression:
    """Aggregate one variant's calls that pass genotype QC.

    Parameters
    ----------
    mt
        Biallelic calls.
    passes
        Whether a call passes genotype QC.
    """
    diploid = mt.GT.ploidy == 2
    return hl.agg.filter(
        hl.is_defined(mt.GT) & passes,
        hl.struct(
            calls=hl.int32(hl.agg.count()),
            allele_count=hl.int32(hl.agg.sum(mt.GT.n_alt_alleles())),
            allele_number=hl.int32(hl.agg.sum(mt.GT.ploidy)),
            homozygous_reference=hl.int32(hl.agg.count_where(diploid & mt.GT.is_hom_ref())),
            heterozygous=hl.int32(hl.agg.count_where(mt.GT.is_het())),
            homozygous_alternate=hl.int32(hl.agg.count_where(diploid & mt.GT.is_hom_var())),
        ),
    )


def judge_variants(
    mt: hl.MatrixTable, *, genotype: GenotypeThresholds, variant: VariantThresholds, samples: int
) -> hl.Table:
    """Make the table of variants: metrics, reasons, and how many calls each genotype rule took.

    Parameters
    ----------
    mt
        `calls.mt`.
    genotype, variant
        Thresholds.
    samples
        How many samples `mt` has.

    Returns
    -------
    A table keyed by locus and alleles. `genotype_qc` holds counts of `present` calls, of those `failed`, and of
    those that failed each rule; `reasons` is empty and `passes` true for a variant that stays.
    """
    failures = genotype_failures_expr(mt, genotype)
    passes = call_passes_expr(failures)
    failed_by_rule = {name: hl.agg.count_where(fails) for name, fails in failures.items()}
    ht = mt.select_rows(
        "rsid",
        "filters",
        metrics=variant_metrics_expr(mt, passes),
        genotype_qc=hl.struct(
            present=hl.agg.count_where(hl.is_defined(mt.GT)),
            failed=hl.agg.count_where(hl.is_defined(mt.GT) & ~passes),
            **failed_by_rule,
        ),
    ).rows()
    ht = ht.transmute(**ht.metrics)
    ht = ht.annotate(
        call_rate=ht.calls / samples,
        allele_frequency=hl.or_missing(ht.allele_number > 0, ht.allele_count / ht.allele_number),
        hwe_p=hl.or_missing(
            ht.locus.in_autosome(),
            hl.hardy_weinberg_test(ht.homozygous_reference, ht.heterozygous, ht.homozygous_alternate).p_value,
        ),
    )
    reasons = variant_reasons_expr(
        ht.filters, ht.call_rate, ht.allele_count, ht.allele_number, ht.hwe_p, thresholds=variant
    )
    ht = ht.annotate(reasons=reasons)
    return ht.annotate(passes=hl.len(ht.reasons) == 0)
