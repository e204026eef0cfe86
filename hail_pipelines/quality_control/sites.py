"""The first pass over the calls: every variant measured over all samples, and the genotypes of the common ones.

Who is related to whom, of what ancestry and sex, and whose calls are poor is not known yet. So variants are judged
here by their sites alone: call rates, batches and Hardy-Weinberg wait for the samples that stay. An excess of
heterozygous calls, the mark of sites where reads of two places are piled up, is seen by the inbreeding coefficient.
"""

from __future__ import annotations

import hail as hl

from hail_pipelines.quality_control.genotypes import GenotypeThresholds, judge_calls
from hail_pipelines.quality_control.regions import Regions, region_exprs
from hail_pipelines.quality_control.sex_chromosomes import with_sex_chromosomes
from hail_pipelines.quality_control.variant_metrics import call_counts_expr, derived_metrics_expr
from hail_pipelines.quality_control.variant_rules import VariantThresholds, site_thresholds, variant_reasons_expr

# Where INFO has these, a variant is judged by them; by allele where GATK wrote them so.
QUALITY_BY_DEPTH = ("AS_QD", "QD")
VQSLOD = ("AS_VQSLOD", "VQSLOD")


def site_table(
    mt: hl.MatrixTable,
    *,
    genotype: GenotypeThresholds,
    variant: VariantThresholds,
    regions: Regions,
    min_allele_frequency: float,
) -> hl.Table:
    """Measure every variant over all samples, after genotype QC.

    Parameters
    ----------
    mt
        `calls.mt`.
    genotype, variant
        Thresholds.
    regions
        BED files to look variants up in.
    min_allele_frequency
        Of the minor allele, from which on a variant's genotypes are kept.

    Returns
    -------
    A table keyed by locus and alleles with the metrics, `genotype_qc` (counts of `present` calls, of those `failed`,
    and of those that failed each rule), `reasons`, `passes`, and `dosages`: alternate alleles by sample in the order
    of the columns, -1 for a missing call; missing for a variant that is not common.
    """
    mt = with_sex_chromosomes(mt)
    # Who has one X is not known yet: nobody's call there need be as deep as one of two copies.
    mt = judge_calls(mt, genotype, mt.on_x | mt.on_y)
    rules = list(mt.failures)
    mt = mt.select_rows(
        "rsid",
        "filters",
        **{name: mt.info[name] for name in _quality_fields(mt)},
        a_index=mt.a_index,
        counts=call_counts_expr(mt),
        genotype_qc=hl.struct(
            present=hl.agg.count_where(mt.present),
            failed=hl.agg.count_where(mt.present & hl.is_missing(mt.GT)),
            **{name: hl.agg.count_where(mt.failures[name]) for name in rules},
        ),
        dosages=hl.agg.collect(hl.coalesce(mt.GT.n_alt_alleles(), -1)),
    )
    return _judge(mt.rows(), variant, regions, mt.count_cols(), min_allele_frequency)


def _judge(
    ht: hl.Table, variant: VariantThresholds, regions: Regions, samples: int, min_allele_frequency: float
) -> hl.Table:
    """Add rates, regions, verdicts, and keep the genotypes of common variants alone."""
    unknown = dict.fromkeys(("batch_call_rate_spread", "batch_p", "hwe_p"), hl.missing(hl.tfloat64))
    ht = ht.annotate(
        # Females have no Y: until the sexes are known a rate of calls there says nothing.
        **derived_metrics_expr(ht.counts, hl.or_missing(~ht.locus.in_y_nonpar(), hl.int32(samples))),
        **region_exprs(ht.locus, regions),
        **unknown,
        quality_by_depth=_info_expr(ht, QUALITY_BY_DEPTH),
        vqslod=_info_expr(ht, VQSLOD),
    )
    ht = ht.annotate(inbreeding=hl.or_missing(ht.locus.in_autosome_or_par(), ht.inbreeding))
    ht = ht.annotate(reasons=variant_reasons_expr(ht.row, site_thresholds(variant)))
    ht = ht.annotate(passes=hl.len(ht.reasons) == 0)
    minor = hl.min(ht.allele_frequency, 1 - ht.allele_frequency)
    kept = ht.passes & ht.locus.in_autosome() & hl.is_snp(ht.alleles[0], ht.alleles[1])
    kept &= minor >= min_allele_frequency
    ht = ht.annotate(dosages=hl.or_missing(hl.coalesce(kept, hl.bool(False)), ht.dosages))
    named = [name for name in (*QUALITY_BY_DEPTH, *VQSLOD) if name in ht.row]
    return ht.drop("counts", "a_index", *named)


def common_dosages(sites: hl.Table) -> hl.Table:
    """List the common variants with their genotypes, as plain columns."""
    kept = sites.filter(hl.is_defined(sites.dosages)).key_by()
    return kept.select(
        contig=kept.locus.contig,
        position=kept.locus.position,
        ref=kept.alleles[0],
        alt=kept.alleles[1],
        dosages=kept.dosages,
    )


def _quality_fields(mt: hl.MatrixTable) -> list[str]:
    """Name the INFO fields that were loaded and that say how good a site is."""
    if "info" not in mt.row:
        return []
    return [name for name in (*QUALITY_BY_DEPTH, *VQSLOD) if name in mt.info]


def _info_expr(ht: hl.Table, names: tuple[str, ...]) -> hl.Float64Expression:
    """Take the first field that a variant has a value in; of several values the one of its allele."""
    values = []
    for name in names:
        if name in ht.row:
            field = ht[name]
            if isinstance(field, hl.ArrayExpression):
                field = hl.or_missing(hl.len(field) >= ht.a_index, field[ht.a_index - 1])
            values.append(hl.float64(field))
    return hl.coalesce(*values) if values else hl.missing(hl.tfloat64)
