"""Calls that contradict their record: found while a VCF is read, set to missing and counted.

Hail reads them without a word: an allele number beyond the record's alleles, a call with one allele where
chromosomes come in pairs, allele depths that are fewer or more than the alleles, a negative number of reads.

A half-call (`0/.`) has one allele that is known. Hail reads it as missing. On X and Y outside the pseudoautosomal
regions some callers write a man's one allele so, and there it is read as that allele; elsewhere it stays missing.
"""

from __future__ import annotations

import hail as hl

FAULTS = ("one_allele", "unknown_allele", "odd_depths", "negative")


def is_paired_expr(locus: hl.LocusExpression) -> hl.BooleanExpression:
    """Say whether everyone has two copies of a locus: on an autosome, or in a pseudoautosomal region."""
    return locus.in_autosome() | locus.in_x_par() | locus.in_y_par()


def has_one_allele_expr(call: hl.CallExpression, paired: hl.BooleanExpression) -> hl.BooleanExpression:
    """Say whether a call has one allele where everyone has two copies."""
    return (call.ploidy == 1) & paired


def has_unknown_allele_expr(call: hl.CallExpression, alleles: hl.Int32Expression) -> hl.BooleanExpression:
    """Say whether a call names an allele that its record does not have.

    Parameters
    ----------
    call
        A call of one allele or two.
    alleles
        How many alleles the record has, the reference among them.
    """
    return (call[0] >= alleles) | hl.if_else(call.ploidy == 2, call[1] >= alleles, hl.bool(False))


def has_odd_depths_expr(depths: hl.ArrayExpression, alleles: hl.Int32Expression) -> hl.BooleanExpression:
    """Say whether there are not as many allele depths as alleles, or any is negative."""
    return (hl.len(depths) != alleles) | depths.any(lambda depth: hl.coalesce(depth < 0, hl.bool(False)))


def mend_calls(mt: hl.MatrixTable) -> hl.MatrixTable:
    """Set what contradicts its record to missing, and count it by row in `faults`.

    Parameters
    ----------
    mt
        Records as they were read, with GT and any of GQ, DP and AD.
    """
    # Asked of the record once: a locus asked anew for every call takes longer than reading it.
    mt = mt.annotate_rows(paired=is_paired_expr(mt.locus), allele_number=hl.len(mt.alleles))
    counts = {name: hl.agg.count_where(fault) for name, fault in _faults(mt).items()}
    mt = mt.annotate_rows(faults=hl.struct(**counts))
    found = _faults(mt)
    mended = {"GT": hl.or_missing(~(found["one_allele"] | found["unknown_allele"]), mt.GT)}
    if "AD" in mt.entry:
        mended["AD"] = hl.or_missing(~found["odd_depths"], mt.AD)
    for name in ("GQ", "DP"):
        if name in mt.entry:
            mended[name] = hl.or_missing(mt[name] >= 0, mt[name])
    return mt.annotate_entries(**mended).drop("paired", "allele_number")


def _faults(mt: hl.MatrixTable) -> dict[str, hl.BooleanExpression]:
    """Say of each call which of `FAULTS` it has."""
    never = hl.bool(False)
    negative = [hl.coalesce(mt[name] < 0, never) for name in ("GQ", "DP") if name in mt.entry]
    return {
        "one_allele": has_one_allele_expr(mt.GT, mt.paired),
        "unknown_allele": has_unknown_allele_expr(mt.GT, mt.allele_number),
        "odd_depths": has_odd_depths_expr(mt.AD, mt.allele_number) if "AD" in mt.entry else never,
        "negative": hl.any(*negative) if negative else never,
    }
