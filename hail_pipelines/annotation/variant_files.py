"""Files of variants: what they say is joined to the cohort's variants by locus and alleles, both minimal.

TSV, CSV, Parquet, or a Hail Table. One that is on another build is told by its reference bases: of two
builds about 70% differ at the same position, of one none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import hail as hl

from association.problems import InputError
from hail_pipelines.annotation.entries import gene_entry_expr, number_expr, own_values, terms_expr
from hail_pipelines.annotation.sources import AnnotationSource, FrequencyFile
from hail_pipelines.reference_genome import ReferenceGenome, contig_recoding, other_genome

LOCUS_COLUMNS = ("contig", "position", "ref", "alt")
TABLE_COLUMNS = (*LOCUS_COLUMNS, "gene", "consequence")

# What stands for a missing value in a table of variants, as in the participants and visits tables.
MISSING = ["", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "."]

# With this many positions in common, more than this share of other reference bases is no accident.
ENOUGH_POSITIONS = 20
MOST_OTHER_BASES = 0.1


@dataclass(frozen=True)
class JoinCounts:
    """How a file's variants met the cohort's.

    Attributes
    ----------
    matched
        Variants of the cohort that the file holds.
    shared_positions
        Variants of the cohort at whose position the file holds any variant.
    other_bases
        Those of them where the file has another reference base.
    """

    matched: int
    shared_positions: int
    other_bases: int


def read_variants(path: Path, reference_genome: ReferenceGenome, columns: Mapping[str, str]) -> hl.Table:
    """Read a file of variants as a table keyed by locus, with `alleles` and the file's other columns.

    Parameters
    ----------
    path
        The file; a Hail Table with locus and alleles is taken to hold minimal alleles, as Hail splits them.
    reference_genome
        The build its positions are on.
    columns
        Its own name for each of contig, position, ref and alt, where it differs.

    Raises
    ------
    InputError
        If a column is absent, or a Hail Table is on another build.
    """
    ht = _read(path)
    names = {name: columns.get(name, name) for name in LOCUS_COLUMNS}
    if {"locus", "alleles"} <= set(ht.row):
        found = ht.locus.dtype.reference_genome.name
        if found != reference_genome:
            message = f"the table is on {found}, the study on {reference_genome}; use the one on the study's genome"
            raise InputError.single(str(path), "locus", message)
        return ht.key_by("locus") if list(ht.key)[:1] == ["locus"] else ht.key_by("locus", "alleles").key_by("locus")
    if absent := [name for name in names.values() if name not in ht.row]:
        raise InputError.single(str(path), ", ".join(absent), f"no such column; it has: {', '.join(ht.row)}")
    recoding = hl.literal(contig_recoding(reference_genome))
    contig = hl.str(ht[names["contig"]])
    position = hl.int32(hl.float64(ht[names["position"]]))
    locus = hl.locus(recoding.get(contig, contig), position, reference_genome)
    alleles = [ht[names[name]].upper() for name in ("ref", "alt")]
    ht = ht.annotate(_variant=hl.min_rep(locus, alleles)).key_by()
    return ht.transmute(locus=ht._variant.locus, alleles=ht._variant.alleles).key_by("locus")


def rows_of_variant(variants: hl.Table, ht: hl.Table) -> tuple[hl.ArrayExpression, hl.StructExpression]:
    """Join a file's rows to the cohort's variants.

    Returns the array of rows of each variant, empty where the file has none, and what `count_join` counts.

    Parameters
    ----------
    variants
        The cohort's variants, keyed by locus and alleles.
    ht
        The file, as `read_variants` gives it.
    """
    at_locus = ht.index(variants.locus, all_matches=True)
    rows = hl.or_else(at_locus, hl.empty_array(at_locus.dtype.element_type))
    mine = rows.filter(lambda row: row.alleles == variants.alleles)
    shared = hl.len(rows) > 0
    other_base = shared & (rows[0].alleles[0][0] != variants.alleles[0][0])
    return mine, hl.struct(matched=hl.len(mine) > 0, shared=shared, other_base=other_base)


def count_join(join: hl.StructExpression) -> hl.StructExpression:
    """Aggregate what `rows_of_variant` says of each variant."""
    return hl.struct(
        matched=hl.agg.count_where(join.matched),
        shared_positions=hl.agg.count_where(join.shared),
        other_bases=hl.agg.count_where(join.other_base),
    )


def check_join(path: Path, counts: JoinCounts, variants: int, reference_genome: ReferenceGenome) -> None:
    """Refuse a file that is on another build, or that holds none of the cohort's variants.

    Parameters
    ----------
    path
        The file.
    counts
        How its variants met the cohort's.
    variants
        How many variants the cohort has.
    reference_genome
        The study's build.

    Raises
    ------
    InputError
        If it is such a file.
    """
    shared, other = counts.shared_positions, counts.other_bases
    remedy = f"it may be on {other_genome(reference_genome)}; use the one on {reference_genome}, the study's genome"
    if shared >= ENOUGH_POSITIONS and other > MOST_OTHER_BASES * shared:
        message = f"at {other:,} of the {shared:,} positions that it shares with the VCFs the reference base differs"
        raise InputError.single(str(path), "reference bases", f"{message}: {remedy}")
    if variants and not counts.matched:
        message = (
            f"none of the VCFs' {variants:,} variants is in it, although {shared:,} of their positions are"
            if shared
            else f"none of the VCFs' {variants:,} variants is in it, nor any of their positions"
        )
        raise InputError.single(str(path), "variants", f"{message}: {remedy}, made for the same calls")


def table_entries(variants: hl.Table, source: AnnotationSource) -> tuple[hl.ArrayExpression, hl.StructExpression]:
    """List each variant's gene entries in a variant table, and how it was joined.

    Raises
    ------
    InputError
        If a column is absent.
    """
    assert source.table is not None
    ht = read_variants(source.table, variants.locus.dtype.reference_genome.name, source.columns)
    names = {name: source.columns.get(name, name) for name in ("gene", "consequence", "loftee")}
    asked = {*source.values} - set(variants.info if "info" in variants.row else ())
    if absent := [name for name in (names["gene"], names["consequence"], *sorted(asked)) if name not in ht.row]:
        raise InputError.single(str(source.table), ", ".join(absent), f"no such column; it has: {', '.join(ht.row)}")
    loftee = names["loftee"]

    def entry(row: hl.StructExpression) -> hl.StructExpression:
        consequence = row[names["consequence"]]
        return gene_entry_expr(
            gene=row[names["gene"]],
            terms=consequence if isinstance(consequence, hl.ArrayExpression) else terms_expr(consequence),
            loftee=row[loftee] if loftee in ht.row else None,
            **own_values(source, set(ht.row), lambda name: row[name]),
        )

    rows, join = rows_of_variant(variants, ht)
    return rows.map(entry), join


def external_frequency(variants: hl.Table, file: FrequencyFile) -> tuple[hl.Float64Expression, hl.StructExpression]:
    """Give each variant's frequency in a file of variants, missing for one that it lacks, and how it was joined.

    Raises
    ------
    InputError
        If a column is absent.
    """
    ht = read_variants(file.path, variants.locus.dtype.reference_genome.name, file.columns)
    try:
        frequency = number_expr(field_at(ht.row, file.af))
    except (LookupError, hl.expr.ExpressionException, AttributeError):
        message = f"no such column; it has: {', '.join(ht.row)}"
        raise InputError.single(str(file.path), file.af, message) from None
    rows, join = rows_of_variant(variants, ht.select(alleles=ht.alleles, af=frequency))
    return hl.max(rows.map(lambda row: row.af)), join


def field_at(row: hl.StructExpression, path: str) -> hl.Expression:
    """Find a column, or a field within one: `freq[0].AF`."""
    if path in row:
        return row[path]
    found = row
    for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
        found = found[name] if name else found[int(index)]
    return found


def _read(path: Path) -> hl.Table:
    """Read a file as it stands; in a text all columns are texts."""
    if path.name.endswith(".ht"):
        return hl.read_table(str(path))
    if path.name.endswith(".parquet"):
        ht = hl.Table.from_spark(hl.utils.java.Env.spark_session().read.parquet(str(path)))
        texts = {name: ht[name] for name, of_type in ht.row.dtype.items() if of_type == hl.tstr}
        return ht.annotate(**{name: hl.or_missing(~_is_missing_expr(text), text) for name, text in texts.items()})
    separator = "," if path.name.removesuffix(".gz").endswith(".csv") else "\t"
    return hl.import_table(str(path), force_bgz=False, force=True, missing=MISSING, delimiter=separator, quote='"')


def _is_missing_expr(text: hl.StringExpression) -> hl.BooleanExpression:
    """Say whether a text stands for a missing value."""
    return hl.literal(set(MISSING)).contains(text)
