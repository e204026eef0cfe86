"""What is counted of a variant's calls: how many, of which kind, how they differ between batches.

The functions here are expressions; `sites` applies them to all samples, `variants` to those that stay.
"""

from __future__ import annotations

from collections.abc import Sequence

import hail as hl

# Below this many heterozygous calls their mean share of reads says little of a variant.
FEWEST_HETEROZYGOUS = 3


def call_counts_expr(mt: hl.MatrixTable) -> hl.StructExpression:
    """Aggregate a variant's calls, those that are missing left out.

    Gives `calls`, `allele_count` and `allele_number`, and of diploid calls `homozygous_reference`, `heterozygous`,
    `homozygous_alternate` and, where the VCF has AD, `het_balance`: the mean share of alternate reads in heterozygous
    calls.
    """
    diploid = mt.GT.ploidy == 2
    share = hl.missing(hl.tfloat64)
    if "AD" in mt.entry:
        depth = hl.sum(mt.AD)
        share = hl.or_missing(depth > 0, mt.AD[1] / depth)
    heterozygous = hl.agg.filter(
        mt.GT.is_het(), hl.struct(count=hl.int32(hl.agg.count()), het_balance=hl.agg.mean(share))
    )
    return hl.agg.filter(
        hl.is_defined(mt.GT),
        hl.struct(
            calls=hl.int32(hl.agg.count()),
            allele_count=hl.int32(hl.agg.sum(mt.GT.n_alt_alleles())),
            allele_number=hl.int32(hl.agg.sum(mt.GT.ploidy)),
            homozygous_reference=hl.int32(hl.agg.count_where(diploid & mt.GT.is_hom_ref())),
            homozygous_alternate=hl.int32(hl.agg.count_where(diploid & mt.GT.is_hom_var())),
            het=heterozygous,
        ),
    )


def derived_metrics_expr(row: hl.StructExpression, samples: hl.Int32Expression) -> dict[str, hl.Expression]:
    """Derive rates and coefficients from counts.

    Parameters
    ----------
    row
        The counts of `call_counts_expr` in one struct.
    samples
        How many samples could have a call there.
    """
    frequency = hl.or_missing(row.allele_number > 0, row.allele_count / row.allele_number)
    diploid = row.homozygous_reference + row.het.count + row.homozygous_alternate
    alternate = (row.het.count + 2 * row.homozygous_alternate) / (2 * diploid)
    expected = 2 * alternate * (1 - alternate) * diploid
    return {
        "calls": row.calls,
        "call_rate": hl.or_missing(samples > 0, row.calls / samples),
        "allele_count": row.allele_count,
        "allele_number": row.allele_number,
        "allele_frequency": frequency,
        "homozygous_reference": row.homozygous_reference,
        "heterozygous": row.het.count,
        "homozygous_alternate": row.homozygous_alternate,
        "het_balance": hl.or_missing(row.het.count >= FEWEST_HETEROZYGOUS, row.het.het_balance),
        "inbreeding": hl.or_missing(expected > 0, 1 - row.het.count / expected),
    }


def batch_missing_expr(mt: hl.MatrixTable, expected: hl.BooleanExpression, batches: int) -> hl.ArrayExpression:
    """Count a variant's missing calls in each batch.

    Parameters
    ----------
    mt
        Calls, with the column field `batch`, a number from 0 or missing.
    expected
        Whether a sample should have a call there.
    batches
        How many batches there are.
    """
    counted = hl.agg.filter(hl.is_missing(mt.GT) & expected & hl.is_defined(mt.batch), hl.agg.counter(mt.batch))
    return hl.range(batches).map(lambda batch: counted.get(batch, hl.int64(0)))


def batch_difference_exprs(
    missing: hl.ArrayExpression, sizes: Sequence[int] | hl.ArrayExpression
) -> dict[str, hl.Float64Expression]:
    """Compare the call rates of batches: the largest difference, and Pearson's chi-square p-value for it.

    Parameters
    ----------
    missing
        Missing calls by batch (b).
    sizes
        Samples by batch (b).
    """
    of_size = hl.array(sizes).map(hl.float64)
    rates = hl.zip(missing, of_size).filter(lambda pair: pair[1] > 0).map(lambda pair: 1 - pair[0] / pair[1])
    overall = hl.sum(missing) / hl.sum(of_size)
    terms = (
        hl.zip(missing, of_size)
        .filter(lambda pair: pair[1] > 0)
        .map(lambda pair: (pair[0] - pair[1] * overall) ** 2 / (pair[1] * overall * (1 - overall)))
    )
    compared = (hl.len(rates) > 1) & (overall > 0) & (overall < 1)
    return {
        "batch_call_rate_spread": hl.or_missing(hl.len(rates) > 1, hl.max(rates) - hl.min(rates)),
        "batch_p": hl.or_missing(compared, hl.pchisqtail(hl.sum(terms), hl.float64(hl.len(rates) - 1))),
    }
