"""Gene entries: what every source says of a variant, one per transcript or row, and their reduction to genes.

Per gene the most severe consequence is taken, of the transcripts that count. Of those transcripts that have it,
LOFTEE is HC if any is, each score and the external frequency is the largest of theirs (the smallest, for
scores of which low values are damaging), and a text is that of the first that has one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import hail as hl

from hail_pipelines.annotation.consequences import most_severe_expr, severity_expr
from hail_pipelines.annotation.sources import AnnotationSource

# What the VCF specification (4.3, section 1.2) writes for characters with a meaning of their own; % comes last.
ENCODED = {"%3A": ":", "%3B": ";", "%3D": "=", "%2C": ",", "%0D": " ", "%0A": " ", "%09": " ", "%7C": "|", "%25": "%"}


def gene_entry_expr(
    *,
    gene: hl.StringExpression,
    terms: hl.ArrayExpression,
    loftee: hl.StringExpression | None = None,
    numbers: Mapping[str, hl.Float64Expression] | None = None,
    fields: Mapping[str, hl.StringExpression] | None = None,
    preference: hl.Int32Expression | int = 0,
) -> hl.StructExpression:
    """Make one gene entry.

    Parameters
    ----------
    gene
        Its name.
    terms
        Its consequences.
    loftee
        LOFTEE's verdict; None where there is none.
    numbers, fields
        Numbers and texts by name, as `own_values` gives them.
    preference
        Of a gene's entries only those with the smallest preference count.
    """
    return hl.struct(
        gene=gene,
        terms=terms,
        loftee=hl.missing(hl.tstr) if loftee is None else loftee,
        numbers=hl.struct(**(numbers or {})),
        fields=hl.struct(**(fields or {})),
        preference=hl.int32(preference),
    )


def own_values(
    source: AnnotationSource, present: Collection[str], value: Callable[[str], hl.Expression]
) -> dict[str, dict[str, hl.Expression]]:
    """Read those of the numbers and texts asked for that a source itself has.

    Parameters
    ----------
    source
        What is asked for.
    present
        The names that the source has.
    value
        Gives the value of a name.
    """
    return {
        "numbers": {
            name: number_expr(value(name), lowest=name in source.low_is_damaging)
            for name in source.numbers
            if name in present
        },
        "fields": {name: text_expr(value(name)) for name in source.fields if name in present},
    }


def complete_expr(
    entries: hl.ArrayExpression, source: AnnotationSource, others: Mapping[str, Mapping[str, hl.Expression]]
) -> hl.ArrayExpression:
    """Give each entry exactly the scores, texts and external frequency that are asked for.

    Parameters
    ----------
    entries
        What the source itself says.
    source
        What is asked for.
    others
        Numbers and texts that stand elsewhere, as `own_values` gives them; one that the source has is its own.
    """
    element = entries.dtype.element_type

    def value(entry: hl.StructExpression, kind: str, name: str | None, of_type: hl.HailType) -> hl.Expression:
        if name is not None and name in element[kind]:
            return entry[kind][name]
        return hl.missing(of_type) if name is None else others[kind].get(name, hl.missing(of_type))

    def complete(entry: hl.StructExpression) -> hl.StructExpression:
        scores = {name: value(entry, "numbers", name, hl.tfloat64) for name in source.scores}
        fields = {name: value(entry, "fields", name, hl.tstr) for name in source.fields}
        return entry.drop("numbers").annotate(
            external_af=value(entry, "numbers", source.external_af, hl.tfloat64),
            scores=hl.struct(**scores),
            fields=hl.struct(**fields),
        )

    return entries.map(complete)


def terms_expr(consequence: hl.StringExpression) -> hl.ArrayExpression:
    """Split consequences, which `&` or a comma joins."""
    return consequence.split("[&,]").map(lambda term: term.strip()).filter(lambda term: hl.len(term) > 0)


def number_expr(value: hl.Expression, *, lowest: bool = False) -> hl.Float64Expression:
    """Read the largest of the numbers in a value, or the lowest; missing if it holds none.

    Parameters
    ----------
    value
        A number, a text of numbers that `&`, `|`, a comma or a semicolon joins, or an array of either; of
        `deleterious(0.02)` the number is the one in parentheses.
    lowest
        Whether the lowest counts.
    """
    if isinstance(value, hl.ArrayExpression):
        numbers = value.map(lambda one: number_expr(one, lowest=lowest))
    elif value.dtype == hl.tstr:
        numbers = value.split("[&|,;]").map(_parse_expr)
    else:
        numbers = hl.array([hl.float64(value)])
    numbers = numbers.filter(lambda number: hl.is_defined(number) & ~hl.is_nan(number))
    return hl.min(numbers) if lowest else hl.max(numbers)


def text_expr(value: hl.Expression) -> hl.StringExpression:
    """Give a value as text, those of an array joined by `&`, percent-encoded characters as they were meant."""
    if isinstance(value, hl.ArrayExpression):
        texts = value.filter(hl.is_defined).map(text_expr)
        return hl.or_missing(hl.len(texts) > 0, hl.delimit(texts, "&"))
    text = hl.str(value)
    decoded = text
    for code, character in ENCODED.items():
        decoded = decoded.replace(code, character)
    return hl.if_else(text.contains("%"), decoded, text)


def genes_expr(entries: hl.ArrayExpression, *, low_is_damaging: Collection[str] = ()) -> hl.ArrayExpression:
    """Reduce a variant's gene entries to one per gene, in order of genes.

    Parameters
    ----------
    entries
        Structs as `complete_expr` makes them; those without a gene or consequence are left out.
    low_is_damaging
        Scores of which the smallest counts.
    """
    known = entries.filter(lambda entry: hl.is_defined(entry.gene) & (hl.len(entry.terms) > 0))
    by_gene = hl.sorted(hl.array(known.group_by(lambda entry: entry.gene)), key=lambda pair: pair[0])
    return by_gene.map(lambda pair: _gene_expr(pair[0], pair[1], low_is_damaging))


def _gene_expr(
    gene: hl.StringExpression, entries: hl.ArrayExpression, low_is_damaging: Collection[str]
) -> hl.StructExpression:
    """Reduce one gene's entries to its most severe."""
    preferred = hl.min(entries.map(lambda entry: entry.preference))
    counted = entries.filter(lambda entry: entry.preference == preferred)
    worst = hl.min(counted.map(_severity_expr))
    chosen = counted.filter(lambda entry: _severity_expr(entry) == worst)
    # "HC" stands after "LC" and "OS" does after both, but OS is no verdict on a coding variant.
    verdicts = hl.set(chosen.map(lambda entry: entry.loftee))
    loftee = hl.case().when(verdicts.contains("HC"), "HC").when(verdicts.contains("LC"), "LC").or_missing()

    def score(name: str) -> hl.Float64Expression:
        values = chosen.map(lambda entry: entry.scores[name])
        return hl.min(values) if name in low_is_damaging else hl.max(values)

    def field(name: str) -> hl.StringExpression:
        return chosen.map(lambda entry: entry.fields[name]).find(hl.is_defined)

    return hl.struct(
        gene=gene,
        consequence=most_severe_expr(chosen[0].terms),
        loftee=loftee,
        external_af=hl.max(chosen.map(lambda entry: entry.external_af)),
        scores=hl.struct(**{name: score(name) for name in entries[0].scores}),
        fields=hl.struct(**{name: field(name) for name in entries[0].fields}),
    )


def _severity_expr(entry: hl.StructExpression) -> hl.Int32Expression:
    """Rank an entry by its most severe term."""
    return hl.min(entry.terms.map(severity_expr))


def _parse_expr(text: hl.StringExpression) -> hl.Float64Expression:
    """Read a number, that in parentheses if there is one; missing if it is none."""
    bracketed = text.first_match_in(r"\(([^()]*)\)$")
    return hl.parse_float64(hl.if_else(hl.is_defined(bracketed), bracketed[0], text).strip())
