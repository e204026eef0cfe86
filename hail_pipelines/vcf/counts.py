"""What became of a VCF's records while they were loaded, counted by kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields


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

    @classmethod
    def of(cls, found: Mapping[str, int], **known: int) -> LoadCounts:
        """Make counts of what was found by name, nothing where a name is absent, and of what else is known."""
        return cls(**({field.name: found.get(field.name, 0) for field in fields(cls)} | known))
