"""The second pass over the calls: what is counted of each sample, over the variants that pass.

Counts are of the cohort's minor allele rather than the alternate, so that exchanging REF and ALT changes none of
them, and over autosomes unless their name says X or Y, which are outside the pseudoautosomal regions.

The contamination sums are those of CHARR: reads of the other allele in homozygotes of one allele, each divided by the
share of reads that foreign DNA would add, the other allele's frequency. Here they are taken over homozygotes of the
minor allele, whichever of REF and ALT that is.

References
----------
Lu W et al. (2023) CHARR efficiently estimates contamination from DNA sequencing data.
doi:10.1016/j.ajhg.2023.10.011
"""

from __future__ import annotations

import hail as hl
import numpy as np
import pandas as pd

from association.cohort.contamination import DEPTHS, FREQUENCIES


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


def sample_counts(mt: hl.MatrixTable) -> pd.DataFrame:
    """Aggregate each sample's calls.

    Parameters
    ----------
    mt
        Calls after genotype QC, at the variants to count, with row fields `allele_count`, `allele_number`,
        `on_x` and `on_y`, and the entry field `present`, whether there was a call before genotype QC.

    Returns
    -------
    A row per sample, in order of sample ids.

    Notes
    -----
    Autosomes and sex chromosomes are read one after the other, each once: Hail takes ten times as long to compile
    and run both aggregations as one.
    """
    autosomal = _collected(_autosomal_counts(mt.filter_rows(mt.locus.in_autosome())))
    genome = mt.locus.dtype.reference_genome
    contigs = [hl.parse_locus_interval(name, genome) for name in (*genome.x_contigs, *genome.y_contigs)]
    of_sex = _collected(_sex_chromosome_counts(hl.filter_intervals(mt, contigs)))
    return add_ratios(autosomal.merge(of_sex, on="sample", validate="one_to_one"))


def _collected(columns: hl.Table) -> pd.DataFrame:
    """Bring a table of samples to memory, in order of their ids."""
    table = pd.DataFrame([dict(row) for row in columns.collect()])
    return table.rename(columns={"s": "sample"}).sort_values("sample", ignore_index=True)


def _autosomal_counts(mt: hl.MatrixTable) -> hl.Table:
    mt = _with_alleles(mt)
    minor = minor_dosage_expr(mt.GT, mt.minor_is_ref)
    means = {"mean_dp": _mean_depth_expr(mt)} if "DP" in mt.entry else {}
    if "GQ" in mt.entry:
        means["mean_gq"] = hl.agg.mean(mt.GQ)
    columns = mt.select_cols(
        variants=hl.agg.count(),
        called=hl.agg.count_where(hl.is_defined(mt.GT)),
        calls_present=hl.agg.count_where(mt.present),
        carried=hl.agg.filter(hl.coalesce(minor > 0, hl.bool(False)), _carried_expr(mt)),
        **means,
    ).cols()
    return columns.transmute(**columns.carried)


def _mean_depth_expr(mt: hl.MatrixTable) -> hl.Float64Expression:
    """Average the depth of a sample's calls; where there are no reads some programs write none."""
    return hl.agg.mean(hl.coalesce(mt.DP, 0))


def _sex_chromosome_counts(mt: hl.MatrixTable) -> hl.Table:
    minor_count = hl.min(mt.allele_count, mt.allele_number - mt.allele_count)
    frequency = minor_count / mt.allele_number
    mt = mt.annotate_rows(heterozygosity=2 * frequency * (1 - frequency))
    called = hl.is_defined(mt.GT)
    depth = _mean_depth_expr(mt) if "DP" in mt.entry else hl.missing(hl.tfloat64)
    on_x = hl.agg.filter(
        mt.on_x,
        hl.struct(
            x_called=hl.agg.count_where(called),
            x_heterozygous=hl.agg.count_where(mt.GT.is_het()),
            x_expected_heterozygous=hl.agg.filter(called, hl.agg.sum(mt.heterozygosity)),
            x_depth=depth,
        ),
    )
    y_calls = hl.struct(y_variants=hl.agg.count(), y_called=hl.agg.count_where(called), y_depth=depth)
    return mt.select_cols(**on_x, **hl.agg.filter(mt.on_y, y_calls)).cols()


def _with_alleles(mt: hl.MatrixTable) -> hl.MatrixTable:
    """Say of each variant which allele is the minor one, how common it is, and what kind of change it makes."""
    minor_count = hl.min(mt.allele_count, mt.allele_number - mt.allele_count)
    minor_is_ref = minor_is_ref_expr(mt.alleles, mt.allele_count, mt.allele_number)
    gained = (hl.len(mt.alleles[1]) - hl.len(mt.alleles[0])) * hl.if_else(minor_is_ref, -1, 1)
    return mt.annotate_rows(
        minor_is_ref=minor_is_ref,
        minor_count=minor_count,
        major_frequency=1 - minor_count / mt.allele_number,
        transition=hl.is_transition(mt.alleles[0], mt.alleles[1]),
        transversion=hl.is_transversion(mt.alleles[0], mt.alleles[1]),
        insertion=gained > 0,
        deletion=gained < 0,
    )


def _carried_expr(mt: hl.MatrixTable) -> hl.StructExpression:
    """Aggregate the calls that carry the minor allele."""
    homozygous = (mt.GT.ploidy == 2) & ~mt.GT.is_het()
    contamination = hl.struct(charr_sum=hl.missing(hl.tfloat64), charr_sites=hl.int64(0))
    if "AD" in mt.entry:
        lowest, highest = FREQUENCIES
        depth = hl.sum(mt.AD)
        foreign = hl.if_else(mt.minor_is_ref, mt.AD[1], mt.AD[0]) / depth / mt.major_frequency
        counts = homozygous & (mt.transition | mt.transversion)
        counts &= (depth >= DEPTHS[0]) & (depth <= DEPTHS[1])
        counts &= (mt.major_frequency >= lowest) & (mt.major_frequency <= highest)
        contamination = hl.agg.filter(
            hl.coalesce(counts, hl.bool(False)),
            hl.struct(charr_sum=hl.agg.sum(foreign), charr_sites=hl.agg.count()),
        )
    return hl.struct(
        heterozygous=hl.agg.count_where(mt.GT.is_het()),
        homozygous_minor=hl.agg.count_where(homozygous),
        transitions=hl.agg.count_where(mt.transition),
        transversions=hl.agg.count_where(mt.transversion),
        insertions=hl.agg.count_where(mt.insertion),
        deletions=hl.agg.count_where(mt.deletion),
        singletons=hl.agg.count_where(mt.minor_count == 1),
        **contamination,
    )


def add_ratios(table: pd.DataFrame) -> pd.DataFrame:
    """Add the ratios of a table of counts, each missing where its denominator is zero."""

    def ratio(numerator: str, denominator: str) -> pd.Series:
        return table[numerator] / table[denominator].astype(float).replace(0, np.nan)

    per_autosome = 2 / table["mean_dp"].replace(0, np.nan) if "mean_dp" in table else np.nan
    return table.drop(columns=["x_depth", "y_depth"]).assign(
        calls_failed=table["calls_present"] - table["called"],
        call_rate=ratio("called", "variants"),
        heterozygosity=ratio("heterozygous", "called"),
        ti_tv=ratio("transitions", "transversions"),
        het_hom=ratio("heterozygous", "homozygous_minor"),
        insertion_deletion=ratio("insertions", "deletions"),
        x_ploidy=table["x_depth"].astype(float) * per_autosome,
        y_ploidy=table["y_depth"].astype(float) * per_autosome,
    )
