"""What can be known of a file of variants before any genotype is read: its columns, their values, its build."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from association.problems import InputError, Problem
from hail_pipelines.annotation.hail_types import read_table_type
from hail_pipelines.reference_genome import ReferenceGenome, contig_recoding, last_position, other_genome
from infra.storage import Place
from jobs.study.annotation import ExternalFrequencies, LocusColumns, TableAnnotation
from jobs.tables.table import Table

MOST_NAMES_SHOWN = 40


def check_variant_table(
    annotation: TableAnnotation, file: Place, reference_genome: ReferenceGenome, infos: set[str]
) -> None:
    """Check that a variant table has the columns that the study names, with values that can be read.

    Parameters
    ----------
    annotation
        Names its columns.
    file
        The table.
    reference_genome
        The study's build.
    infos
        INFO fields of the VCFs, any of which can stand for a column with a value.

    Raises
    ------
    InputError
        With everything that is wrong.
    """
    columns = annotation.columns
    external = [annotation.external_af] if annotation.external_af else []
    if file.name.endswith(".ht"):
        needed = [columns.gene, columns.consequence]
        asked = [name for name in (*annotation.scores, *annotation.fields, *external) if name not in infos]
        _check_hail_table(file, columns, [*needed, *asked], reference_genome)
        return
    table = Table(file)
    _check_locus_columns(table, columns, reference_genome, [columns.gene, columns.consequence])
    asked = [name for name in (*annotation.scores, *annotation.fields, *external) if not _in_info(name, table, infos)]
    table.require(asked, "Name one of these in annotation.scores, fields and external_af")
    for column in dict.fromkeys(annotation.scores):
        table.numbers(column, where=~_holds_several(table, column))
    for column in external:
        table.numbers(column, lowest=0, highest=1)
    table.close()


def check_frequencies(section: ExternalFrequencies, file: Place, reference_genome: ReferenceGenome) -> None:
    """Check a table of external frequencies; parameters as of `check_variant_table`.

    Raises
    ------
    InputError
        With everything that is wrong.
    """
    if file.name.endswith(".ht"):
        _check_hail_table(file, section.columns, [section.af.split(".")[0].split("[")[0]], reference_genome)
        return
    table = Table(file)
    _check_locus_columns(table, section.columns, reference_genome, [])
    table.require([section.af], "Name one of these in annotation.external_frequencies.af")
    table.numbers(section.af, lowest=0, highest=1)
    table.close()


def listed(names: Iterable[str]) -> str:
    """List names, not too many of them."""
    return ", ".join(sorted(names)[:MOST_NAMES_SHOWN]) or "none"


def _holds_several(table: Table, column: str) -> NDArray[np.bool_]:
    """Say which rows hold several numbers, or a verdict with a number: `0.1&0.2`, `benign(0.1)`."""
    texts = table.texts(column).fillna("").astype(str)
    several: NDArray[np.bool_] = texts.str.contains(r"[&|;]|\([-+0-9.eE]+\)$", regex=True).to_numpy(dtype=bool)
    return several


def _check_locus_columns(
    table: Table, columns: LocusColumns, reference_genome: ReferenceGenome, others: Iterable[str]
) -> None:
    """Note what is wrong with the columns that say which variant a row is of."""
    named = (columns.contig, columns.position, columns.ref, columns.alt)
    table.require([*named, *others], "Map it in annotation.columns")
    for column in named:
        table.note(column, table.texts(column).isna(), "is not a value; every row needs one")
    _check_positions(table, columns.contig, columns.position, reference_genome)


def _check_positions(
    table: Table, contig_column: str, position_column: str, reference_genome: ReferenceGenome
) -> None:
    """Note the rows that lie on no chromosome of the genome, or at no position of theirs."""
    recoding = contig_recoding(reference_genome)
    known = {*recoding, *recoding.values()}
    contigs = table.texts(contig_column)
    unknown = contigs.notna() & ~contigs.isin(known)
    expected = "expected 1 to 22, X, Y or MT, with or without 'chr'; remove the row"
    table.note(contig_column, unknown, f"is not a chromosome of {reference_genome}; {expected}")
    positions = table.numbers(position_column, lowest=1)
    table.note(position_column, positions % 1 > 0, "is not a whole number")
    last = contigs.map({name: last_position(name, reference_genome) for name in known}).astype(float)
    message = (
        f"lies beyond the end of the chromosome in {reference_genome}: the table may be on "
        f"{other_genome(reference_genome)}; use the one on the study's genome"
    )
    table.note(position_column, positions > last, message)


def _check_hail_table(
    file: Place, columns: LocusColumns, needed: Iterable[str], reference_genome: ReferenceGenome
) -> None:
    """Check a Hail Table by its own description."""
    table = read_table_type(file)
    problems = []
    if {"locus", "alleles"} <= set(table.fields):
        other = other_genome(reference_genome)
        if other in table.fields["locus"]:
            message = f"is on {other}, the study on {reference_genome}; use the table on the study's genome"
            problems.append(Problem("locus", message))
    else:
        needed = [columns.contig, columns.position, columns.ref, columns.alt, *needed]
    has = listed(table.fields)
    problems += [
        Problem("fields", f"no field '{name}'; it has {has}")
        for name in dict.fromkeys(needed)
        if name not in table.fields
    ]
    if problems:
        raise InputError(str(file), problems)


def _in_info(name: str, table: Table, infos: set[str]) -> bool:
    return name not in table.columns and name in infos
