"""What is counted of a variant's calls: how many, of which kind, how they differ between batches.

The functions here are expressions; `sites` applies them to all samples, `variants` to those that stay.
"""

from __future__ import annotations

import hail as hl

# Below this many heterozygous calls their mean share of reads says little of a variant.
FEWEST_HETEROZYGOUS = 3
# In fewer diploid calls a common variant's coefficient strays below -0.3 by chance.
FEWEST_DIPLOID = 100
# Batches with fewer samples are compared with no other.
SMALLEST_BATCH = 30
SMALLEST_SPREAD = 0.02


def call_counts_expr(mt: hl.MatrixTable) -> hl.StructExpression:
    """Aggregate a variant's calls, those that are missing left out.

    Gives `calls`, `allele_count` and `allele_number`; of diploid calls `homozygous_reference`, `heterozygous` and
    `homozygous_alternate`; and of `het_share` the `shares` that are known and their mean, `het_balance`.
    """
    diploid = mt.GT.ploidy == 2
    counts = hl.agg.filter(
        hl.is_defined(mt.GT),
        hl.struct(
            calls=hl.int32(hl.agg.count()),
            allele_count=hl.int32(hl.agg.sum(mt.GT.n_alt_alleles())),
            allele_number=hl.int32(hl.agg.sum(mt.GT.ploidy)),
            homozygous_reference=hl.int32(hl.agg.count_where(diploid & mt.GT.is_hom_ref())),
            heterozygous=hl.int32(hl.agg.count_where(mt.GT.is_het())),
            homozygous_alternate=hl.int32(hl.agg.count_where(diploid & mt.GT.is_hom_var())),
        ),
    )
    shares = hl.agg.filter(
        hl.is_defined(mt.het_share), hl.struct(shares=hl.agg.count(), het_balance=hl.agg.mean(mt.het_share))
    )
    return counts.annotate(**shares)


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
    diploid = row.homozygous_reference + row.heterozygous + row.homozygous_alternate
    alternate = (row.heterozygous + 2 * row.homozygous_alternate) / (2 * diploid)
    expected = 2 * alternate * (1 - alternate) * diploid
    return {
        "calls": row.calls,
        "call_rate": hl.or_missing(samples > 0, row.calls / samples),
        "allele_count": row.allele_count,
        "allele_number": row.allele_number,
        "allele_frequency": frequency,
        "homozygous_reference": row.homozygous_reference,
        "heterozygous": row.heterozygous,
        "homozygous_alternate": row.homozygous_alternate,
        "het_balance": hl.or_missing(row.shares >= FEWEST_HETEROZYGOUS, row.het_balance),
        "inbreeding": hl.or_missing((expected > 0) & (diploid >= FEWEST_DIPLOID), 1 - row.heterozygous / expected),
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


def batch_difference_exprs(missing: hl.ArrayExpression, sizes: hl.ArrayExpression) -> dict[str, hl.Float64Expression]:
    """Compare the call rates of batches: the largest difference, and how likely chance alone makes it.

    The p-value is that of Fisher's exact test of the batch that differs most against all others, times the number of
    batches (Bonferroni). Batches of fewer than 30 samples are left out, and a difference of at most 0.02, which is no
    matter, is not tested.

    Parameters
    ----------
    missing
        Missing calls by batch (b).
    sizes
        Samples that should have a call, by batch (b).
    """
    compared = hl.zip(missing.map(hl.int32), sizes.map(hl.int32)).filter(lambda pair: pair[1] >= SMALLEST_BATCH)
    lost = hl.sum(compared.map(lambda pair: pair[0]))
    called = hl.sum(compared.map(lambda pair: pair[1])) - lost
    rates = compared.map(lambda pair: 1 - pair[0] / pair[1])

    def differs(pair: hl.TupleExpression) -> hl.Float64Expression:
        own = pair[1] - pair[0]
        return hl.fisher_exact_test(pair[0], own, lost - pair[0], called - own).p_value

    p_values = compared.map(differs)
    spread = hl.or_missing(hl.len(compared) > 1, hl.max(rates) - hl.min(rates))
    smallest = hl.min(1.0, hl.len(compared) * hl.min(p_values))
    return {"batch_call_rate_spread": spread, "batch_p": hl.or_missing(spread > SMALLEST_SPREAD, smallest)}
