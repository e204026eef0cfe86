"""INFO fields with a value for each allele that have not as many values as their record has alleles.

Hail reads them without a word, and a value looked up by the allele's number would be another allele's or none.
"""

from __future__ import annotations

from collections.abc import Mapping

import hail as hl

from hail_pipelines.vcf.header import Declaration


def fits_alleles_expr(values: hl.ArrayExpression, alleles: hl.Int32Expression, number: str) -> hl.BooleanExpression:
    """Say whether a field has as many values as there are alleles.

    Parameters
    ----------
    values
        The field's values.
    alleles
        How many alleles the record has, the reference among them.
    number
        The declared number: A for one value for each alternate allele, R for one for the reference too.
    """
    return hl.len(values) == (alleles - 1 if number == "A" else alleles)


def mend_info(mt: hl.MatrixTable, declared: Mapping[str, Declaration]) -> hl.MatrixTable:
    """Set INFO fields with too few or too many values to missing, and say in `odd_info` how many a record has.

    Parameters
    ----------
    mt
        Records as they were read.
    declared
        The declarations of their INFO fields, by id.
    """
    alleles = hl.len(mt.alleles)
    by_allele = {name: each.number for name, each in declared.items() if each.number in ("A", "R")}
    fits = {name: fits_alleles_expr(mt.info[name], alleles, number) for name, number in by_allele.items()}
    odd = [hl.int32(hl.coalesce(~fitting, hl.bool(False))) for fitting in fits.values()]
    if not odd:
        return mt.annotate_rows(odd_info=0)
    mended = {name: hl.or_missing(fitting, mt.info[name]) for name, fitting in fits.items()}
    return mt.annotate_rows(info=mt.info.annotate(**mended), odd_info=hl.sum(odd))
