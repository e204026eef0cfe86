"""What a call must reach, in the words of settings and reports; `association.genotypes.judged_calls` asks for it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from association.genotypes.judged_calls import ANY_RULE, DEPTH, HET_BALANCE, HOM_BALANCE, QUALITY, CallLimits


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

    @property
    def limits(self) -> CallLimits:
        """The same as kernels take it."""
        return CallLimits(self.min_gq, self.min_depth, self.min_het_balance, self.min_hom_balance)


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
    number
        Its column among the failures of `JudgedCalls`.
    """

    name: str
    field: str
    reason: str
    number: int


# The columns of failures by any rule.
FAILED = ANY_RULE


def genotype_rules(thresholds: GenotypeThresholds) -> list[GenotypeRule]:
    """List the rules that the thresholds switch on."""
    rules = []
    if thresholds.min_gq is not None:
        reason = f"genotype quality below {thresholds.min_gq}"
        rules.append(GenotypeRule("genotype quality", "GQ", reason, QUALITY))
    if thresholds.min_depth is not None:
        reason = f"depth below {thresholds.min_depth} ({thresholds.min_depth / 2:g} if haploid)"
        rules.append(GenotypeRule("depth", "DP", reason, DEPTH))
    if thresholds.min_het_balance is not None:
        reason = f"heterozygous with less than {thresholds.min_het_balance:g} of the reads on one allele"
        rules.append(GenotypeRule("allele balance", "AD", reason, HET_BALANCE))
    if thresholds.min_hom_balance is not None:
        reason = f"homozygous with less than {thresholds.min_hom_balance:g} of the reads on its allele"
        rules.append(GenotypeRule("homozygous balance", "AD", reason, HOM_BALANCE))
    return rules


def applied_rules(call_fields: Collection[str], thresholds: GenotypeThresholds) -> list[GenotypeRule]:
    """List the rules that are on and that the VCF has the field for."""
    return [rule for rule in genotype_rules(thresholds) if rule.field in call_fields]


def skipped_rules(call_fields: Collection[str], thresholds: GenotypeThresholds) -> list[str]:
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
