"""Where a variant's genes and consequences come from, and how each source is spelled.

Every source is brought to one shape: for each variant an array of gene entries, one per transcript or per
row of the source, each with `gene`, `consequence`, `loftee`, `external_af` and `scores`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import hail as hl

from hail_pipelines.annotation.consequences import most_severe_expr
from hail_pipelines.vcf.header import Transcripts

SourceKind = Literal["vep", "snpeff", "info", "table"]

SNPEFF_FIELDS = ("Allele", "Annotation", "Annotation_Impact", "Gene_Name", "Gene_ID")
TABLE_COLUMNS = ("contig", "position", "ref", "alt", "gene", "consequence")


@dataclass(frozen=True)
class AnnotationSource:
    """What annotation to read, and which parts of it.

    Attributes
    ----------
    kind
        "vep" (CSQ), "snpeff" (ANN), "info" (plain INFO fields) or "table" (a file of variants).
    field
        The INFO field of "vep" and "snpeff".
    transcripts
        Which of VEP's transcripts count.
    scores
        Names of numeric scores: parts of CSQ, INFO fields or columns.
    external_af
        Where the alternate allele's frequency in a reference population stands, None if nowhere.
    gene_field, consequence_field
        The INFO fields of "info".
    table
        The file of "table": tab-separated, or Parquet if it ends in .parquet, or CSV if in .csv or .csv.gz.
    columns
        The table's own name for each of contig, position, ref, alt, gene and consequence, where it differs;
        `loftee` may be named too.
    """

    kind: SourceKind = "vep"
    field: str = "CSQ"
    transcripts: Transcripts = "all"
    scores: tuple[str, ...] = ()
    external_af: str | None = None
    gene_field: str | None = None
    consequence_field: str | None = None
    table: Path | None = None
    columns: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def info_fields(self) -> tuple[str, ...]:
        """The INFO fields that must be loaded with the calls."""
        if self.kind in ("vep", "snpeff"):
            return (self.field,)
        if self.kind == "info":
            named = (self.gene_field, self.consequence_field, self.external_af, *self.scores)
            return tuple(dict.fromkeys(name for name in named if name is not None))
        return ()


def gene_entry_expr(
    *,
    gene: hl.StringExpression,
    consequence: hl.StringExpression,
    loftee: hl.StringExpression,
    external_af: hl.Float64Expression,
    scores: dict[str, hl.Float64Expression],
) -> hl.StructExpression:
    """Make one gene entry of the most severe of the consequences that `&` joins; absent scores stay missing."""
    return hl.struct(
        gene=gene,
        consequence=most_severe_expr(consequence.split("&")),
        loftee=loftee,
        external_af=external_af,
        scores=hl.struct(**scores),
    )


def largest_number_expr(text: hl.StringExpression) -> hl.Float64Expression:
    """Read the largest of the numbers in a field, which VEP joins by `&`; missing if there is none."""
    return hl.max(text.split("&").map(hl.parse_float64))


def vep_alleles_expr(alleles: hl.ArrayExpression) -> hl.ArrayExpression:
    """Spell a record's alleles as VEP does in the Allele part of CSQ.

    Where some alternate differs in length from the reference and all alleles but `*` share their first
    base, VEP takes that base off all of them and writes `-` for what is then empty.
    """
    bases = alleles.filter(lambda allele: allele != "*")
    lengths_differ = hl.any(lambda allele: hl.len(allele) != hl.len(alleles[0]), bases)
    one_first_base = hl.all(lambda allele: allele[0] == alleles[0][0], bases)
    trimmed = alleles.map(
        lambda allele: hl.if_else(allele == "*", "*", hl.if_else(hl.len(allele) > 1, allele[1:], "-"))
    )
    return hl.if_else(lengths_differ & one_first_base, trimmed, alleles)


def vep_entries_expr(
    consequences: hl.ArrayExpression,
    old_alleles: hl.ArrayExpression,
    a_index: hl.Int32Expression,
    *,
    subfields: Sequence[str],
    source: AnnotationSource,
) -> hl.ArrayExpression:
    """Parse the transcripts of a CSQ field that belong to one allele.

    Parameters
    ----------
    consequences
        The field's values, one per allele and transcript.
    old_alleles
        The record's alleles as they stood in the VCF.
    a_index
        The allele's number among them.
    subfields
        Names of the field's parts, in the header's order.
    source
        Which transcripts and parts are wanted.
    """

    def part(parts: hl.ArrayExpression, name: str | None) -> hl.StringExpression:
        if name is None or name not in subfields:
            return hl.missing(hl.tstr)
        index = list(subfields).index(name)
        return hl.or_missing((hl.len(parts) > index) & (hl.len(parts[index]) > 0), parts[index])

    def belongs(parts: hl.ArrayExpression) -> hl.BooleanExpression:
        if "ALLELE_NUM" in subfields:
            same = part(parts, "ALLELE_NUM") == hl.str(a_index)
        elif "Allele" in subfields:
            same = hl.coalesce(part(parts, "Allele"), "") == vep_alleles_expr(old_alleles)[a_index]
        else:
            same = hl.bool(True)
        if source.transcripts == "canonical":
            same = same & (part(parts, "CANONICAL") == "YES")
        elif source.transcripts == "mane":
            same = same & (hl.is_defined(part(parts, "MANE_SELECT")) | hl.is_defined(part(parts, "MANE")))
        return hl.coalesce(same, hl.bool(False))

    def entry(parts: hl.ArrayExpression) -> hl.StructExpression:
        return gene_entry_expr(
            gene=hl.coalesce(part(parts, "SYMBOL"), part(parts, "Gene")),
            consequence=part(parts, "Consequence"),
            loftee=part(parts, "LoF"),
            external_af=largest_number_expr(part(parts, source.external_af)),
            scores={name: largest_number_expr(part(parts, name)) for name in source.scores},
        )

    return consequences.map(lambda text: text.split(r"\|")).filter(belongs).map(entry)


def snpeff_entries_expr(
    annotations: hl.ArrayExpression, old_alleles: hl.ArrayExpression, a_index: hl.Int32Expression
) -> hl.ArrayExpression:
    """Parse the transcripts of an ANN field that belong to one allele.

    ANN names the alternate allele as it stands in the VCF; a gene between two names (`A-B`) is an
    intergenic region. SnpEff's specification:
    https://pcingola.github.io/SnpEff/adds/VCFannotationformat_v1.0.pdf
    """

    def entry(parts: hl.ArrayExpression) -> hl.StructExpression:
        named = hl.or_missing(hl.len(parts[3]) > 0, parts[3])
        return gene_entry_expr(
            gene=hl.coalesce(named, hl.or_missing(hl.len(parts[4]) > 0, parts[4])),
            consequence=parts[1],
            loftee=hl.missing(hl.tstr),
            external_af=hl.missing(hl.tfloat64),
            scores={},
        )

    def belongs(parts: hl.ArrayExpression) -> hl.BooleanExpression:
        return (hl.len(parts) >= len(SNPEFF_FIELDS)) & (parts[0] == old_alleles[a_index])

    return annotations.map(lambda text: text.split(r"\|")).filter(belongs).map(entry)
