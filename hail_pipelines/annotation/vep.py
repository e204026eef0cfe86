"""VEP's CSQ field: its transcripts, with their parts in whatever order the header names them.

Which transcripts of a gene count:

all                all of them
canonical          those that Ensembl calls canonical
mane               MANE Select
mane_or_canonical  MANE Select where the variant's CSQ has one for the gene, else the canonical one
pick               those that VEP flagged by --flag_pick or one of its kin

A MANE Select transcript stands in CSQ where the variant lies in it or within VEP's distance of it (5,000 bases).
"""

from __future__ import annotations

from collections.abc import Sequence

import hail as hl

from hail_pipelines.annotation.entries import gene_entry_expr, own_values, terms_expr, text_expr
from hail_pipelines.annotation.parts import Transcripts
from hail_pipelines.annotation.sources import AnnotationSource


def parts_expr(texts: hl.ArrayExpression) -> hl.ArrayExpression:
    """Split each transcript's text into its parts."""
    return texts.map(lambda text: text.split(r"\|"))


def part_expr(parts: hl.ArrayExpression, name: str | None, subfields: Sequence[str]) -> hl.StringExpression:
    """Give one part of a transcript; missing if it is empty, or no such part is named."""
    if name is None or name not in subfields:
        return hl.missing(hl.tstr)
    index = list(subfields).index(name)
    text = parts[index].strip()
    return hl.or_missing(hl.len(parts) > index, hl.or_missing(hl.len(text) > 0, text))


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


def of_allele_expr(
    parts: hl.ArrayExpression,
    named: hl.ArrayExpression,
    spelling: hl.StringExpression,
    alternates: hl.Int32Expression,
) -> hl.ArrayExpression:
    """Keep the transcripts of one allele by its spelling.

    Where the record has one alternate and its field one spelling, they are the same allele however it was
    trimmed in between.

    Parameters
    ----------
    parts
        Each transcript's parts.
    named
        The allele that each names.
    spelling
        The allele as the program spells it.
    alternates
        How many alternates the record has.
    """
    certain = (alternates == 1) & (hl.len(hl.set(named)) == 1)
    kept = hl.zip(parts, named).filter(lambda pair: certain | (pair[1] == spelling))
    return kept.map(lambda pair: pair[0])


def preference_expr(
    transcripts: Transcripts,
    *,
    canonical: hl.BooleanExpression,
    mane_select: hl.BooleanExpression,
    picked: hl.BooleanExpression,
) -> hl.Int32Expression:
    """Rank a transcript by the choice of transcripts: a gene's lowest counts; missing for one that never does.

    Parameters
    ----------
    transcripts
        The choice.
    canonical, mane_select, picked
        What the transcript is.
    """
    if transcripts == "all":
        return hl.int32(0)
    if transcripts == "mane_or_canonical":
        return hl.case(missing_false=True).when(mane_select, 0).when(canonical, 1).or_missing()
    marked = {"canonical": canonical, "mane": mane_select, "pick": picked}[transcripts]
    return hl.or_missing(hl.coalesce(marked, hl.bool(False)), 0)


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

    Notes
    -----
    Alleles are told apart by ALLELE_NUM, else by Allele. A record with one alternate whose transcripts name a second
    allele was split after VEP saw it, so that its numbers no longer hold: it goes by Allele too. With neither part,
    and several alternates, nothing says which is meant, and there are no entries.
    """

    def entry(parts: hl.ArrayExpression) -> hl.StructExpression:
        def part(name: str | None) -> hl.StringExpression:
            return part_expr(parts, name, subfields)

        mane_select = hl.is_defined(part("MANE_SELECT")) | (part("MANE") != "MANE_Plus_Clinical")
        return gene_entry_expr(
            gene=text_expr(hl.coalesce(part("SYMBOL"), part("Gene"))),
            terms=terms_expr(part("Consequence")),
            loftee=part("LoF"),
            **own_values(source, subfields, part),
            preference=preference_expr(
                source.transcripts,
                canonical=part("CANONICAL") == "YES",
                mane_select=mane_select,
                picked=part("PICK") == "1",
            ),
        )

    mine = _of_allele(parts_expr(consequences), old_alleles, a_index, subfields)
    return mine.map(entry).filter(lambda one: hl.is_defined(one.preference))


def _of_allele(
    parts: hl.ArrayExpression, old_alleles: hl.ArrayExpression, a_index: hl.Int32Expression, subfields: Sequence[str]
) -> hl.ArrayExpression:
    """Keep the transcripts of one allele."""
    alternates = hl.len(old_alleles) - 1
    if "Allele" in subfields:
        named = parts.map(lambda one: hl.coalesce(part_expr(one, "Allele", subfields), ""))
        by_spelling = of_allele_expr(parts, named, vep_alleles_expr(old_alleles)[a_index], alternates)
    else:
        by_spelling = hl.if_else(alternates == 1, parts, hl.empty_array(parts.dtype.element_type))
    if "ALLELE_NUM" not in subfields:
        return by_spelling
    numbers = parts.map(lambda one: part_expr(one, "ALLELE_NUM", subfields))
    split_since = (alternates == 1) & numbers.any(lambda number: number != "1")
    by_number = parts.filter(lambda one: part_expr(one, "ALLELE_NUM", subfields) == hl.str(a_index))
    return hl.if_else(split_since, by_spelling, by_number)
