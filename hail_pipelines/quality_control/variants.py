"""The third pass over the calls: final verdicts on variants, and the carriers of the rare ones.

Only samples that stay are looked at, their calls made to fit their sex. What depends on who is looked at (call rates,
frequencies, the inbreeding coefficient) is measured again; Hardy-Weinberg is tested within each group of one
ancestry, among samples that are not related, on X among females alone. From here on genotypes are small: a rare
variant keeps the numbers of the samples that carry its minor allele, with their dosages, and of those whose call is
missing; everyone else is homozygous for the major allele.

Hardy-Weinberg p-values are exact, one-sided for an excess of heterozygous calls, and with mid-p, as Hail has them.

References
----------
Wigginton JE, Cutler DJ, Abecasis GR (2005) A note on exact tests of Hardy-Weinberg equilibrium. doi:10.1086/429864
Graffelman J, Moreno V (2013) The mid p-value in exact tests for Hardy-Weinberg equilibrium.
doi:10.1515/sagmb-2012-0039
"""

from __future__ import annotations

from collections.abc import Sequence

import hail as hl
import pandas as pd

from association.cohort.ancestry import OTHER, UNASSIGNED
from hail_pipelines.quality_control.genotypes import GenotypeThresholds, judge_calls
from hail_pipelines.quality_control.samples import minor_dosage_expr, minor_is_ref_expr
from hail_pipelines.quality_control.sex_chromosomes import fit_to_sex, with_copies, with_sex_chromosomes
from hail_pipelines.quality_control.variant_metrics import (
    batch_difference_exprs,
    batch_missing_expr,
    call_counts_expr,
    derived_metrics_expr,
)
from hail_pipelines.quality_control.variant_rules import VariantThresholds, variant_reasons_expr

# In a smaller group an exact test at 1e-6 finds little, and strays from its mean say nothing.
SMALLEST_GROUP = 30
# What the first pass found of a variant's site, whoever is looked at.
OF_THE_SITE = (
    "rsid",
    "filters",
    "quality_by_depth",
    "vqslod",
    "low_complexity",
    "segmental_duplication",
    "in_targets",
    "genotype_qc",
)


def judged_variants(
    mt: hl.MatrixTable,
    sites: hl.Table,
    samples: pd.DataFrame,
    *,
    genotype: GenotypeThresholds,
    variant: VariantThresholds,
    max_allele_frequency: float,
) -> hl.Table:
    """Judge every variant over the samples that stay, and keep the carriers of those that are rare and pass.

    Parameters
    ----------
    mt
        `calls.mt`.
    sites
        What `site_table` made.
    samples
        A row per sample: sample, passes, batch, ancestry, unrelated, karyotype.
    genotype, variant
        Thresholds.
    max_allele_frequency
        Largest frequency of the minor allele of a variant whose carriers are kept.

    Returns
    -------
    A table keyed by locus and alleles: metrics, `reasons`, `passes`, `minor_is_ref`, `carriers` (structs of number
    and dosage) and `missing`, the last three missing for a variant without a place in the gene store. Samples are
    numbered by the order of the ids of those that stay.
    """
    kept = samples[samples["passes"]].sort_values("sample", ignore_index=True)
    mt = with_sex_chromosomes(_with_columns(mt, kept))
    one_copy = hl.coalesce((mt.on_x & (mt.x_copies == 1)) | mt.on_y, hl.bool(False))
    mt = fit_to_sex(judge_calls(mt, genotype, one_copy))
    site = sites[mt.row_key]
    groups = hardy_weinberg_groups(kept)
    mt = mt.select_rows("on_x", "on_y", **{name: site[name] for name in OF_THE_SITE})
    mt = mt.annotate_rows(**_counts(mt, len(groups), kept["batch"].nunique()))
    mt = mt.annotate_rows(**_final_metrics(mt))
    mt = mt.annotate_rows(reasons=variant_reasons_expr(mt.row, variant))
    mt = mt.annotate_rows(passes=hl.len(mt.reasons) == 0)
    ht = _with_carriers(mt, max_allele_frequency).rows()
    return ht.drop("on_x", "on_y", "counts", "missing_by_batch", "batch_sizes", "samples_with_call", "by_group")


def hardy_weinberg_groups(kept: pd.DataFrame) -> list[str]:
    """Name the groups of one ancestry that are large enough for a test, among samples that are not related."""
    of_one = kept["unrelated"] & ~kept["ancestry"].isin([OTHER, UNASSIGNED])
    sizes = kept.loc[of_one, "ancestry"].value_counts()
    return sorted(sizes.index[sizes >= SMALLEST_GROUP])


def _with_columns(mt: hl.MatrixTable, kept: pd.DataFrame) -> hl.MatrixTable:
    """Keep the samples that stay, each with its number, batch, ancestry group and copies of X and Y."""
    batches, groups = sorted(kept["batch"].dropna().unique()), hardy_weinberg_groups(kept)
    group = kept["ancestry"].where(kept["unrelated"]).map({name: number for number, name in enumerate(groups)})
    batch = kept["batch"].map({name: number for number, name in enumerate(batches)})
    columns = {
        sample: hl.Struct(number=number, batch=_or_none(of_batch), group=_or_none(of_group))
        for number, (sample, of_batch, of_group) in enumerate(zip(kept["sample"], batch, group, strict=True))
    }
    of_type = hl.tdict(hl.tstr, hl.tstruct(number=hl.tint32, batch=hl.tint32, group=hl.tint32))
    mt = mt.annotate_cols(**hl.literal(columns, of_type).get(mt.s))
    mt = mt.filter_cols(hl.is_defined(mt.number))
    return with_copies(mt, dict(zip(kept["sample"], kept["karyotype"], strict=True)))


def _counts(mt: hl.MatrixTable, groups: int, batches: int) -> dict[str, hl.Expression]:
    """Aggregate what the final metrics are made of."""
    has_copy = _has_copy_expr(mt)
    # Somebody unclear may be a man whose one allele on X is written as two.
    diploid = hl.coalesce((mt.GT.ploidy == 2) & (~mt.on_x | (mt.x_copies >= 2)), hl.bool(False))
    expected_in = hl.agg.filter(has_copy & hl.is_defined(mt.batch), hl.agg.counter(mt.batch))
    by_group = [
        hl.agg.filter(
            diploid & (mt.group == group),
            hl.struct(
                diploid=hl.agg.count(),
                heterozygous=hl.agg.count_where(mt.GT.is_het()),
                alternate=hl.agg.count_where(mt.GT.is_hom_var()),
            ),
        )
        for group in range(groups)
    ]
    of_group = hl.tstruct(diploid=hl.tint64, heterozygous=hl.tint64, alternate=hl.tint64)
    return {
        "counts": call_counts_expr(mt),
        "missing_by_batch": batch_missing_expr(mt, has_copy, batches),
        "batch_sizes": hl.range(batches).map(lambda batch: expected_in.get(batch, hl.int64(0))),
        "samples_with_call": hl.int32(hl.agg.count_where(has_copy)),
        "by_group": hl.array(by_group) if by_group else hl.empty_array(of_group),
    }


def _has_copy_expr(mt: hl.MatrixTable) -> hl.BooleanExpression:
    """Say whether a sample has the chromosome that a variant lies on: without a Y there is no call to miss.

    Where the karyotype is unclear a call on Y tells of one, and a missing call of none.
    """
    return ~mt.on_y | hl.coalesce(mt.y_copies > 0, hl.is_defined(mt.GT))


def _final_metrics(mt: hl.MatrixTable) -> dict[str, hl.Expression]:
    """Derive the metrics over the samples that stay."""
    smallest_p = hl.min(mt.by_group.map(lambda group: _hardy_weinberg_expr(group)))
    metrics = derived_metrics_expr(mt.counts, mt.samples_with_call)
    metrics["inbreeding"] = hl.or_missing(mt.locus.in_autosome_or_par(), metrics["inbreeding"])
    difference = batch_difference_exprs(mt.missing_by_batch, mt.batch_sizes)
    sizes = hl.zip(mt.missing_by_batch, mt.batch_sizes)
    rates = sizes.map(lambda pair: hl.or_missing(pair[1] > 0, 1 - pair[0] / pair[1]))
    return {**metrics, **difference, "batch_call_rates": rates, "hwe_p": hl.or_missing(~mt.on_y, smallest_p)}


def _hardy_weinberg_expr(group: hl.StructExpression) -> hl.Float64Expression:
    """Test one group's diploid calls for an excess of heterozygous ones; missing where there are too few.

    A want of them is no mark of poor calls here: patients' rare recessive variants show it, and so does inbreeding.
    """
    reference = group.diploid - group.heterozygous - group.alternate
    test = hl.hardy_weinberg_test(
        hl.int32(reference), hl.int32(group.heterozygous), hl.int32(group.alternate), one_sided=True
    )
    return hl.or_missing(group.diploid >= SMALLEST_GROUP, test.p_value)


def _with_carriers(mt: hl.MatrixTable, max_allele_frequency: float) -> hl.MatrixTable:
    """Collect who carries the minor allele of the variants that pass and are rare."""
    mt = mt.annotate_rows(minor_is_ref=minor_is_ref_expr(mt.alleles, mt.allele_count, mt.allele_number))
    minor_count = hl.if_else(mt.minor_is_ref, mt.allele_number - mt.allele_count, mt.allele_count)
    mt = mt.annotate_rows(stored=mt.passes & (minor_count <= max_allele_frequency * mt.allele_number))
    dosage = minor_dosage_expr(mt.GT, mt.minor_is_ref)
    mt = mt.annotate_rows(
        carriers=hl.agg.filter(mt.stored & (dosage > 0), hl.agg.collect(hl.struct(number=mt.number, dosage=dosage))),
        missing=hl.agg.filter(mt.stored & _has_copy_expr(mt) & hl.is_missing(mt.GT), hl.agg.collect(mt.number)),
    )
    in_order = {
        "minor_is_ref": mt.minor_is_ref,
        "carriers": hl.sorted(mt.carriers, key=lambda carrier: carrier.number),
        "missing": hl.sorted(mt.missing),
    }
    mt = mt.annotate_rows(**{name: hl.or_missing(mt.stored, value) for name, value in in_order.items()})
    return mt.drop("stored")


def _or_none(number: float) -> int | None:
    return None if pd.isna(number) else int(number)


def plain_columns(ht: hl.Table, leave_out: Sequence[str] = ()) -> hl.Table:
    """Give a table of variants plain columns in place of locus, alleles and sets."""
    flat = ht.key_by()
    named = ("locus", "alleles", "rsid", "filters", *leave_out)
    return flat.select(
        contig=flat.locus.contig,
        position=flat.locus.position,
        ref=flat.alleles[0],
        alt=flat.alleles[1],
        rsid=flat.rsid,
        filters=hl.sorted(hl.array(flat.filters)),
        **{name: flat[name] for name in flat.row if name not in named},
    )
