"""What became of a VCF's records while they were loaded, counted by kind."""

from __future__ import annotations

from dataclasses import dataclass, fields

import hail as hl

from hail_pipelines.vcf.alleles import is_same_base_expr, is_sequence_expr, split_alleles_expr
from hail_pipelines.vcf.call_faults import FAULTS


@dataclass(frozen=True)
class LoadCounts:
    """What became of the records.

    Attributes
    ----------
    samples
        Sample columns.
    records
        Records on any contig.
    other_contigs
        Records left out because they lie on no chromosome from 1 to 22, X or Y.
    multi_allelic
        Records with more than one alternate allele.
    no_alternate
        Records without any alternate allele.
    odd_references
        Records whose REF is not spelled in A, C, G, T and N, dropped.
    odd_filters
        Records whose FILTER has an empty name, or PASS or 0 beside others; they have not passed.
    odd_info
        Values of INFO fields that are not as many as the record's alleles, set to missing.
    star_alleles, symbolic_alleles
        Alternate alleles without a sequence, dropped.
    same_alleles
        Alternate alleles that are the reference, dropped.
    moved
        Variants whose position changed when shared bases were trimmed.
    duplicates
        Variants that another record holds already, dropped; the one kept comes from a record with one alternate
        allele, if there is such.
    variants
        Variants written.
    one_allele
        Calls with one allele where everyone has two, set to missing.
    unknown_allele
        Calls of an allele that their record does not have, set to missing.
    odd_depths
        Calls with fewer or more allele depths than alleles, or with a negative one; the depths set to missing.
    negative
        Calls with a negative quality or depth, which is set to missing.
    """

    samples: int
    records: int
    other_contigs: int
    multi_allelic: int
    no_alternate: int
    odd_references: int
    odd_filters: int
    odd_info: int
    star_alleles: int
    symbolic_alleles: int
    same_alleles: int
    moved: int
    duplicates: int
    variants: int
    one_allele: int
    unknown_allele: int
    odd_depths: int
    negative: int


def has_odd_filter_expr(filters: hl.SetExpression) -> hl.BooleanExpression:
    """Say whether a record's FILTER has an empty name, or PASS or 0 beside other names.

    Hail leaves the set in the order of the file, in which `contains` may not find a name that is there.
    """
    return hl.array(filters).any(lambda name: (name == "") | (name == "PASS") | (name == "0"))


def tally_records(records: hl.Table) -> hl.Struct:
    """Count records, alternate alleles and faulty calls by kind.

    Parameters
    ----------
    records
        Rows as they were read, with `on_chromosome`, `plain`, `odd_info` and `faults`.
    """
    alternates = records.alleles[1:]
    split = split_alleles_expr(records.locus, records.alleles)
    stars = hl.len(alternates.filter(lambda allele: allele == "*"))
    spelled = hl.len(alternates.filter(is_sequence_expr))
    same = hl.range(1, hl.len(records.alleles)).filter(lambda index: is_same_base_expr(records.alleles, index))
    on_chromosome = hl.agg.filter(
        records.on_chromosome,
        hl.struct(
            plain=hl.agg.count_where(records.plain),
            multi_allelic=hl.agg.count_where(hl.len(alternates) > 1),
            no_alternate=hl.agg.count_where(hl.len(alternates) == 0),
            odd_references=hl.agg.count_where(~is_sequence_expr(records.alleles[0])),
            odd_filters=hl.agg.count_where(has_odd_filter_expr(records.filters)),
            odd_info=hl.agg.sum(records.odd_info),
            star_alleles=hl.agg.sum(stars),
            sequence_alleles=hl.agg.sum(hl.len(split)),
            same_alleles=hl.agg.sum(hl.len(same)),
            symbolic_alleles=hl.agg.sum(hl.len(alternates) - spelled - stars),
            moved=hl.agg.sum(hl.len(split.filter(lambda variant: variant.locus != records.locus))),
            **{name: hl.agg.sum(records.faults[name]) for name in FAULTS},
        ),
    )
    return records.aggregate(
        on_chromosome.annotate(records=hl.agg.count(), other_contigs=hl.agg.count_where(~records.on_chromosome))
    )


def load_counts(tally: hl.Struct, *, samples: int, variants: int) -> LoadCounts:
    """Add to a tally of records how many variants came of them.

    Parameters
    ----------
    tally
        What `tally_records` gave.
    samples, variants
        How many were written.
    """
    counted = {field.name: tally[field.name] for field in fields(LoadCounts) if field.name in tally}
    return LoadCounts(samples=samples, duplicates=tally.sequence_alleles - variants, variants=variants, **counted)
