"""What only Hail can read: Hail Tables, joined to the cohort's variants by Hail.

The rows found go back through Parquet, as `source_rows` describes them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import hail as hl
import pyarrow as pa
import pyarrow.parquet as pq

from association.problems import InputError
from hail_pipelines.annotation.source_rows import ROW, VARIANT
from hail_pipelines.annotation.variant_files import JoinCounts
from hail_pipelines.annotation.variant_texts import locus_columns, require_columns
from hail_pipelines.call_files import KEY
from hail_pipelines.places import Place, readable
from hail_pipelines.reference_genome import ReferenceGenome, contig_recoding
from hail_pipelines.session import write_parquet
from hail_pipelines.whole_file import whole_file

VARIANTS_PER_FILE = 50_000


def cohort_table(variants: Place, folder: Place, reference_genome: ReferenceGenome) -> hl.Table:
    """Bring the cohort's variants into Hail: keyed by locus and alleles, with the variant's number.

    Parameters
    ----------
    variants
        The variants' file.
    folder
        Where to write them for Hail.
    reference_genome
        Their build.
    """
    copies = folder / "cohort"
    copies.mkdir()
    first = 0
    with pq.ParquetFile(readable(variants)) as file:
        for records in file.iter_batches(VARIANTS_PER_FILE, columns=list(KEY)):
            numbers = pa.array(range(first, first + len(records)), pa.int32())
            table = pa.table({VARIANT: numbers, **{name: records[name] for name in KEY}})
            with whole_file(copies / f"{first:010d}.parquet") as copy:
                pq.write_table(table, copy)
            first += len(records)
    ht = hl.Table.from_spark(hl.utils.java.Env.spark_session().read.parquet(str(copies)))
    ht = ht.select(
        VARIANT, locus=hl.locus(ht.contig, ht.position, reference_genome), alleles=hl.array([ht.ref, ht.alt])
    )
    return ht.key_by("locus", "alleles")


def read_hail_table(path: Place, reference_genome: ReferenceGenome, columns: Mapping[str, str]) -> hl.Table:
    """Read a Hail Table of variants as one keyed by locus, with `alleles` and its other fields.

    Parameters
    ----------
    path
        The table; one with locus and alleles is taken to hold minimal alleles, as Hail splits them.
    reference_genome
        The build its positions are on.
    columns
        Its own name for each of contig, position, ref and alt, where it differs.

    Raises
    ------
    InputError
        If a column is absent, or the table is on another build.
    """
    ht = hl.read_table(str(path))
    if {"locus", "alleles"} <= set(ht.row):
        found = ht.locus.dtype.reference_genome.name
        if found != reference_genome:
            message = f"the table is on {found}, the study on {reference_genome}; use the one on the study's genome"
            raise InputError.single(str(path), "locus", message)
        return ht.key_by("locus") if list(ht.key)[:1] == ["locus"] else ht.key_by("locus", "alleles").key_by("locus")
    contig_column, position_column, *allele_columns = locus_columns(columns)
    require_columns(path, [contig_column, position_column, *allele_columns], list(ht.row))
    recoding = hl.literal(contig_recoding(reference_genome))
    contig, position = hl.str(ht[contig_column]), hl.int32(hl.float64(ht[position_column]))
    locus = hl.locus(recoding.get(contig, contig), position, reference_genome)
    ht = ht.annotate(_variant=hl.min_rep(locus, [ht[name].upper() for name in allele_columns])).key_by()
    return ht.transmute(locus=ht._variant.locus, alleles=ht._variant.alleles).key_by("locus")


def join_hail_table(cohort: hl.Table, ht: hl.Table, columns: Mapping[str, hl.Expression], rows: Place) -> JoinCounts:
    """Write the rows of a Hail Table that are of the cohort's variants, and count how the two met.

    Parameters
    ----------
    cohort
        What `cohort_table` gives.
    ht
        What `read_hail_table` gives.
    columns
        Fields of its rows to keep, by name.
    rows
        The folder to write.
    """
    kept = ht.select(alleles=ht.alleles, columns=hl.struct(**columns))
    found = kept.index(cohort.locus, all_matches=True)
    joined = cohort.select(VARIANT, found=found)
    joined = joined.filter(hl.len(joined.found) > 0)
    joined = joined.select(
        VARIANT,
        own=joined.found.filter(lambda row: row.alleles == joined.alleles).map(lambda row: row.columns),
        other_base=joined.found[0].alleles[0][0] != joined.alleles[0][0],
    )
    checkpoint = rows.with_name(f"{rows.name}.ht")
    joined.write(str(checkpoint))
    joined = hl.read_table(str(checkpoint))
    met = joined.aggregate(
        hl.struct(
            matched=hl.agg.count_where(hl.len(joined.own) > 0),
            shared_positions=hl.agg.count(),
            other_bases=hl.agg.count_where(joined.other_base),
        )
    )
    write_rows(joined.select(VARIANT, rows=joined.own), rows)
    return JoinCounts(**met)


def write_rows(ht: hl.Table, path: Place) -> None:
    """Write rows of a source for the rest of annotation.

    Parameters
    ----------
    ht
        With each variant's number and `rows`, an array of structs, in order of variants.
    path
        The folder to write.
    """
    ht = ht.key_by()
    ht = ht.select(VARIANT, numbered=hl.enumerate(ht.rows)).explode("numbered")
    row = ht.numbered[1]
    ht = ht.select(VARIANT, **{ROW: ht.numbered[0], **{name: plain_expr(row[name]) for name in row}})
    write_parquet(ht, path, files=ht.n_partitions())


def plain_expr(value: hl.Expression) -> hl.Expression:
    """Bring a value to a number, a text, a truth or an array of these: what is none of them becomes a text."""
    if isinstance(value, hl.ArrayExpression):
        if isinstance(value.dtype.element_type, hl.tarray):
            return plain_expr(hl.flatten(value))
        return value.map(plain_expr)
    plain = isinstance(value, hl.expr.NumericExpression | hl.StringExpression | hl.BooleanExpression)
    return value if plain else hl.str(value)


def field_at(row: hl.StructExpression, path: str) -> hl.Expression:
    """Find a field, or one within another: `freq[0].AF`.

    Raises
    ------
    LookupError
        If it is absent, or holds no numbers or texts.
    """
    found = row
    if path in row:
        found = row[path]
    else:
        for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
            try:
                found = found[name] if name else found[int(index)]
            except (hl.expr.ExpressionException, AttributeError, TypeError) as error:
                raise LookupError(path) from error
    element = found.dtype.element_type if isinstance(found, hl.ArrayExpression) else found.dtype
    if not (hl.expr.types.is_numeric(element) or element in (hl.tbool, hl.tstr)):
        raise LookupError(path)
    return found
