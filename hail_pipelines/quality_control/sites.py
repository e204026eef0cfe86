"""The first pass over the calls: every variant measured over all samples, and the genotypes of the common ones.

Who is related to whom, of what ancestry and sex is not known yet, so Hardy-Weinberg is not tested here; an excess of
heterozygous calls, the mark of sites where reads of two places are piled up, is seen by the inbreeding coefficient.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import hail as hl

from hail_pipelines.quality_control.genotypes import (
    GenotypeThresholds,
    call_passes_expr,
    genotype_failures_expr,
)
from hail_pipelines.quality_control.regions import Regions, region_exprs
from hail_pipelines.quality_control.variant_metrics import (
    batch_difference_exprs,
    batch_missing_expr,
    call_counts_expr,
    derived_metrics_expr,
)
from hail_pipelines.quality_control.variant_rules import VariantThresholds, variant_reasons_expr

# Where INFO has these, a variant is judged by them; by allele where GATK wrote them so.
QUALITY_BY_DEPTH = ("AS_QD", "QD")
VQSLOD = ("AS_VQSLOD", "VQSLOD")


@dataclass(frozen=True)
class CommonSites:
    """Which variants tell relatives, ancestry and copies apart.

    Attributes
    ----------
    min_allele_frequency
        Of the minor allele.
    min_call_rate
        Over all samples.
    """

    min_allele_frequency: float = 0.01
    min_call_rate: float = 0.98


def site_table(
    mt: hl.MatrixTable,
    *,
    genotype: GenotypeThresholds,
    variant: VariantThresholds,
    regions: Regions,
    batches: Mapping[str, str],
    common: CommonSites,
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
    batches
        Batch of each sample that has one.
    common
        Which variants' genotypes to keep.

    Returns
    -------
    A table keyed by locus and alleles with the metrics, `genotype_qc` (counts of `present` calls, of those `failed`,
    and of those that failed each rule), `reasons`, `passes`, and `dosages`: alternate alleles by sample in the order
    of the columns, -1 for a missing call; missing for a variant that is not common.
    """
    failures = genotype_failures_expr(mt, genotype)
    passes = call_passes_expr(failures)
    present = hl.is_defined(mt.GT)
    names = sorted(set(batches.values()))
    of_sample = {sample: names.index(batch) for sample, batch in batches.items()}
    numbers = hl.literal(of_sample, hl.tdict(hl.tstr, hl.tint32))
    mt = mt.annotate_entries(GT=hl.or_missing(passes, mt.GT), present=present, failures=hl.struct(**failures))
    mt = mt.annotate_cols(batch=numbers.get(mt.s))
    mt = mt.select_rows(
        "rsid",
        "filters",
        **{name: mt.info[name] for name in _quality_fields(mt)},
        a_index=mt.a_index,
        counts=call_counts_expr(mt),
        missing_by_batch=batch_missing_expr(mt, hl.bool(True), len(names)),
        genotype_qc=hl.struct(
            present=hl.agg.count_where(mt.present),
            failed=hl.agg.count_where(mt.present & hl.is_missing(mt.GT)),
            **{name: hl.agg.count_where(mt.failures[name]) for name in failures},
        ),
        dosages=hl.agg.collect(hl.coalesce(mt.GT.n_alt_alleles(), -1)),
    )
    sizes = [sum(batch == name for batch in batches.values()) for name in names]
    return _judge(mt.rows(), variant, regions, sizes, mt.count_cols(), common)


def _judge(
    ht: hl.Table,
    variant: VariantThresholds,
    regions: Regions,
    batch_sizes: list[int],
    samples: int,
    common: CommonSites,
) -> hl.Table:
    """Add rates, regions, verdicts, and keep the genotypes of common variants alone."""
    # Females have no Y: until the sexes are known a rate of calls there says nothing.
    with_call = hl.or_missing(~ht.locus.in_y_nonpar(), hl.int32(samples))
    difference = batch_difference_exprs(ht.missing_by_batch, hl.literal(batch_sizes, hl.tarray(hl.tint32)))
    ht = ht.annotate(
        **derived_metrics_expr(ht.counts, with_call),
        **{name: hl.or_missing(~ht.locus.in_y_nonpar(), value) for name, value in difference.items()},
        **region_exprs(ht.locus, regions),
        quality_by_depth=_info_expr(ht, QUALITY_BY_DEPTH),
        vqslod=_info_expr(ht, VQSLOD),
        hwe_p=hl.missing(hl.tfloat64),
    )
    ht = ht.annotate(inbreeding=hl.or_missing(ht.locus.in_autosome_or_par(), ht.inbreeding))
    ht = ht.annotate(reasons=variant_reasons_expr(ht.row, variant))
    ht = ht.annotate(passes=hl.len(ht.reasons) == 0)
    minor = hl.min(ht.allele_frequency, 1 - ht.allele_frequency)
    kept = ht.passes & ht.locus.in_autosome() & hl.is_snp(ht.alleles[0], ht.alleles[1])
    kept &= (minor >= common.min_allele_frequency) & (ht.call_rate >= common.min_call_rate)
    ht = ht.annotate(dosages=hl.or_missing(hl.coalesce(kept, hl.bool(False)), ht.dosages))
    named = [name for name in (*QUALITY_BY_DEPTH, *VQSLOD) if name in ht.row]
    return ht.drop("counts", "missing_by_batch", "a_index", *named)


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
