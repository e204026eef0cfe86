"""What can be known of annotation before any genotype is read."""

from __future__ import annotations

from pathlib import Path

from association.problems import InputError, Problem
from hail_pipelines.reference_genome import ReferenceGenome, contig_recoding, last_position, other_genome
from hail_pipelines.vcf.files import VcfSummary
from hail_pipelines.vcf.header import absent_parts
from jobs.study.annotation import TableAnnotation, VepAnnotation
from jobs.study.study import Study, resolve
from jobs.tables.table import Table


def check_annotation(study: Study, path: Path, summary: VcfSummary) -> None:
    """Check that VEP's field holds the parts that the study needs."""
    annotation = study.annotation
    if not isinstance(annotation, VepAnnotation):
        return
    subfields = summary.annotation_subfields.get(annotation.field, ())
    absent = absent_parts(
        subfields,
        transcripts=annotation.transcripts,
        scores=annotation.scores,
        external_af=annotation.external_af,
    )
    present = ", ".join(subfields) or "no parts that its header names"
    problems = [
        Problem(f"annotation.{part.setting}", f"{part} is not in {annotation.field}; it has {present}")
        for part in absent
    ]
    if problems:
        raise InputError(path.name, problems)


def check_variant_table(study: Study, path: Path) -> None:
    """Check that a variant table has the columns that the study names, with values that can be read."""
    annotation = study.annotation
    if not isinstance(annotation, TableAnnotation):
        return
    table = Table(resolve(path, annotation.path))
    columns = annotation.columns
    external = [annotation.external_af] if annotation.external_af else []
    table.require(columns.model_dump().values(), "Map it in annotation.columns")
    table.require([*annotation.scores, *external], "Name one of these in annotation.scores and external_af")
    for column in (columns.contig, columns.position, columns.ref, columns.alt):
        table.note(column, table.texts(column).isna(), "is not a value; every row needs one")
    _check_positions(table, columns.contig, columns.position, study.genotypes.reference_genome)
    for column in dict.fromkeys(annotation.scores):
        table.numbers(column)
    for column in external:
        table.numbers(column, lowest=0, highest=1)
    table.close()


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
