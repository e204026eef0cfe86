"""Calls that are too uncertain to use become missing.

A call is kept if its genotype quality and depth reach their thresholds and if the reads agree with it: neither allele
of a heterozygous call may hold too few of them, nor the allele of a homozygous one. A call whose quality or depth is
itself missing fails: nothing vouches for it. A VCF without a field can't be judged by it; that rule is then skipped,
and `skipped_rules` says so.

Rows and columns stay as they are. Filtering entries instead would make a poor call vanish from every count,
neither carrier nor missing, which is a silent homozygous reference.
"""

from __future__ import annotations

from dataclasses import dataclass

import hail as hl


@dataclass(frozen=True)
class GenotypeThresholds:
    """What a call must reach; None switches a rule off.

    Attributes
    ----------
    min_gq
        Smallest genotype quality (phred).
    min_depth
        Smallest depth in reads of a diploid call; a haploid call needs half, as one X chromosome is read
        half as often as two.
    min_het_balance
        Smallest share of reads of either allele in a heterozygous call, below 0.5.
    min_hom_balance
        Smallest share of reads of its allele in a homozygous or haploid call, above 0.5.
    """

    min_gq: int | None = 20
    min_depth: int | None = 10
    min_het_balance: float | None = 0.2
    min_hom_balance: float | None = None


@dataclass(frozen=True)
class GenotypeRule:
    """One rule in words, for reports.

    Attributes
    ----------
    name
        Its name in the attrition table.
    field
        The call field it reads.
    reason
        Why a call fails it.
    """

    name: str
    field: str
    reason: str


def genotype_rules(thresholds: GenotypeThresholds) -> list[GenotypeRule]:
    """List the rules that the thresholds switch on."""
    rules = []
    if thresholds.min_gq is not None:
        rules.append(GenotypeRule("genotype quality", "GQ", f"genotype quality below {thresholds.min_gq}"))
    if thresholds.min_depth is not None:
        reason = f"depth below {thresholds.min_depth} ({thresholds.min_depth / 2:g} if haploid)"
        rules.append(GenotypeRule("depth", "DP", reason))
    if thresholds.min_het_balance is not None:
        reason = f"heterozygous with less than {thresholds.min_het_balance:g} of the reads on one allele"
        rules.append(GenotypeRule("allele balance", "AD", reason))
    if thresholds.min_hom_balance is not None:
        reason = f"homozygous with less than {thresholds.min_hom_balance:g} of the reads on its allele"
        rules.append(GenotypeRule("homozygous balance", "AD", reason))
    return rules


def skipped_rules(call_fields: set[str], thresholds: GenotypeThresholds) -> list[str]:
    """Say which rules can't be applied, each with the field that is absent.

    Parameters
    ----------
    call_fields
        The call fields that the VCF has.
    thresholds
        Which rules are wanted.
    """
    rules = genotype_rules(thresholds)
    return [f"{rule.name}: the VCF has no {rule.field}" for rule in rules if rule.field not in call_fields]


def quality_passes_expr(quality: hl.NumericExpression, minimum: float) -> hl.BooleanExpression:
    """Say whether a call's genotype quality suffices; a missing one does not."""
    return hl.coalesce(quality >= minimum, hl.bool(False))


def depth_passes_expr(
    one_copy: hl.BooleanExpression, depth: hl.NumericExpression, minimum: float
) -> hl.BooleanExpression:
    """Say whether a call's depth suffices, half as much where there is one copy; a missing one does not."""
    needed = hl.if_else(one_copy, minimum / 2, hl.float64(minimum))
    return hl.coalesce(depth >= needed, hl.bool(False))


def balance_passes_expr(call: hl.CallExpression, depths: hl.ArrayExpression, minimum: float) -> hl.BooleanExpression:
    """Say whether a heterozygous call has enough reads of either allele; any other call passes.

    A heterozygous call without allele depths, or with none of its reads on either allele, does not pass.
    The rule is the same for both alleles, so that exchanging REF and ALT changes nothing.
    """
    smaller = hl.if_else(depths[0] < depths[1], depths[0], depths[1]) / hl.sum(depths)
    return hl.if_else(call.is_het(), hl.coalesce(smaller >= minimum, hl.bool(False)), hl.bool(True))


def homozygous_balance_passes_expr(
    call: hl.CallExpression, depths: hl.ArrayExpression, minimum: float
) -> hl.BooleanExpression:
    """Say whether a homozygous or haploid call has enough of the reads on its allele; a heterozygous one passes.

    Such a call without allele depths, or with no read at all, does not pass.
    """
    own = depths[hl.if_else(call.is_non_ref(), 1, 0)] / hl.sum(depths)
    return hl.if_else(call.is_het(), hl.bool(True), hl.coalesce(own >= minimum, hl.bool(False)))


def genotype_failures_expr(
    mt: hl.MatrixTable, thresholds: GenotypeThresholds, one_copy: hl.BooleanExpression
) -> dict[str, hl.BooleanExpression]:
    """Map each applicable rule's name to whether a call is present and fails it.

    Parameters
    ----------
    mt
        Calls.
    thresholds
        Which rules are wanted.
    one_copy
        Whether a sample has, or may have, one copy of the chromosome; a haploid call says so by itself.
    """
    passes: dict[str, hl.BooleanExpression] = {}
    if thresholds.min_gq is not None and "GQ" in mt.entry:
        passes["genotype quality"] = quality_passes_expr(mt.GQ, thresholds.min_gq)
    if thresholds.min_depth is not None and "DP" in mt.entry:
        single = one_copy | (mt.GT.ploidy == 1)
        passes["depth"] = depth_passes_expr(single, mt.DP, thresholds.min_depth)
    if thresholds.min_het_balance is not None and "AD" in mt.entry:
        passes["allele balance"] = balance_passes_expr(mt.GT, mt.AD, thresholds.min_het_balance)
    if thresholds.min_hom_balance is not None and "AD" in mt.entry:
        passes["homozygous balance"] = homozygous_balance_passes_expr(mt.GT, mt.AD, thresholds.min_hom_balance)
    return {name: hl.is_defined(mt.GT) & ~rule for name, rule in passes.items()}


def judge_calls(mt: hl.MatrixTable, thresholds: GenotypeThresholds, one_copy: hl.BooleanExpression) -> hl.MatrixTable:
    """Set calls that fail the thresholds to missing; rows and columns stay as they are.

    Parameters
    ----------
    mt
        Calls.
    thresholds
        What a call must reach.
    one_copy
        As `genotype_failures_expr` takes it.

    Returns
    -------
    The calls with the entry fields `present` (whether there was a call), `failures` (whether it failed each rule) and
    `het_share`: the share of alternate reads in a heterozygous call of sufficient quality and depth, whether or not
    that share passes.
    """
    failures = genotype_failures_expr(mt, thresholds, one_copy)
    passes = ~hl.any(*failures.values()) if failures else hl.bool(True)
    uncertain = [failures[name] for name in ("genotype quality", "depth") if name in failures]
    share = hl.missing(hl.tfloat64)
    if "AD" in mt.entry:
        depth = hl.sum(mt.AD)
        trusted = ~hl.any(*uncertain) if uncertain else hl.bool(True)
        share = hl.or_missing(mt.GT.is_het() & trusted & (depth > 0), mt.AD[1] / depth)
    return mt.annotate_entries(
        GT=hl.or_missing(passes, mt.GT),
        present=hl.is_defined(mt.GT),
        failures=hl.struct(**failures),
        het_share=share,
    )
