"""Calls on X and Y made to fit a sample's chromosomes.

Outside the pseudoautosomal regions somebody with one X, or one Y, has one copy: a homozygous diploid call there
stands for one allele, and a heterozygous one can't be right. Somebody with two X has no haploid call there, and
without a Y there is none at all. Where the karyotype is unclear calls stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping

import hail as hl

# Copies of X and Y that each karyotype has.
COPIES = {"XX": (2, 0), "XY": (1, 1), "X0": (1, 0), "XXY": (2, 1), "XYY": (1, 2), "XXX": (3, 0)}


def with_copies(mt: hl.MatrixTable, karyotypes: Mapping[str, str]) -> hl.MatrixTable:
    """Give each sample its copies of X and Y, missing where its karyotype is unclear.

    Parameters
    ----------
    mt
        Calls.
    karyotypes
        By sample id.
    """
    known = {sample: COPIES[karyotype] for sample, karyotype in karyotypes.items() if karyotype in COPIES}
    copies = hl.literal(known, hl.tdict(hl.tstr, hl.ttuple(hl.tint32, hl.tint32))).get(mt.s)
    return mt.annotate_cols(x_copies=copies[0], y_copies=copies[1])


def fit_to_copies_expr(call: hl.CallExpression, copies: hl.Int32Expression) -> hl.CallExpression:
    """Make a call fit how many copies there are; missing where it can't.

    Parameters
    ----------
    call
        A biallelic call.
    copies
        Copies of the chromosome; missing where not known, and then the call stays as it is. Three are called as two.
    """
    haploid = hl.call(hl.min(call.n_alt_alleles(), 1))
    fitted = (
        hl.case()
        .when(copies == 0, hl.missing(hl.tcall))
        .when((copies == 1) & (call.ploidy == 2), hl.or_missing(~call.is_het(), haploid))
        .when((copies >= 2) & (call.ploidy == 1), hl.missing(hl.tcall))
        .default(call)
    )
    return hl.if_else(hl.is_defined(copies), fitted, call)


def with_sex_chromosomes(mt: hl.MatrixTable) -> hl.MatrixTable:
    """Say of each row whether it is on X or on Y, outside the pseudoautosomal regions: `on_x`, `on_y`.

    Asking a locus anew for every call would take longer than all else.
    """
    return mt.annotate_rows(on_x=mt.locus.in_x_nonpar(), on_y=mt.locus.in_y_nonpar())


def fit_to_sex(mt: hl.MatrixTable) -> hl.MatrixTable:
    """Make every call outside the pseudoautosomal regions of X and Y fit its sample's copies.

    Parameters
    ----------
    mt
        Calls with the fields of `with_copies` and `with_sex_chromosomes`.
    """
    # Not hl.min, which takes a missing number for none at all and would give somebody unclear one Y.
    y_copies = hl.if_else(mt.y_copies > 1, 1, mt.y_copies)
    call = (
        hl.case()
        .when(mt.on_x, fit_to_copies_expr(mt.GT, mt.x_copies))
        .when(mt.on_y, fit_to_copies_expr(mt.GT, y_copies))
        .default(mt.GT)
    )
    return mt.annotate_entries(GT=call)
