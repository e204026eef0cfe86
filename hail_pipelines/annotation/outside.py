"""What sources outside the VCFs say of the cohort's variants: found once, before these are read batch by batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from association.problems import InputError
from hail_pipelines.annotation.batches import genome_of, info_types
from hail_pipelines.annotation.cohort_places import CohortPlaces, read_places
from hail_pipelines.annotation.sources import AnnotationSource, FrequencyFile
from hail_pipelines.annotation.table import table_columns
from hail_pipelines.annotation.variant_files import JoinCounts, check_join, join_file
from hail_pipelines.annotation.variant_texts import column_names, require_columns
from hail_pipelines.places import Place, readable

if TYPE_CHECKING:
    import hail as hl

HAIL_TABLE = ".ht"


@dataclass(frozen=True)
class OutsideRows:
    """Rows of the sources outside the VCFs, as `source_rows` describes them.

    Attributes
    ----------
    entries
        Of a variant table or VEP; None where the source is neither.
    frequencies
        Of a file of external frequencies; None without one.
    joins
        How the variants met the table, under "table", and the file of frequencies, under "frequencies".
    """

    entries: Place | None
    frequencies: Place | None
    joins: Mapping[str, JoinCounts]


def find_outside_rows(variants: Place, source: AnnotationSource, folder: Place) -> OutsideRows:
    """Find what is said of the cohort's variants elsewhere.

    Parameters
    ----------
    variants
        The cohort's variants.
    source
        Where genes, consequences and frequencies come from.
    folder
        Where to write the rows.

    Raises
    ------
    InputError
        If a file lacks a column, is on another build or holds none of the variants, or VEP has no configuration.
    """
    cohort = _Cohort(variants, folder)
    entries = frequencies = None
    joins = {}
    if source.kind == "hail_vep":
        from hail_pipelines.annotation.hail_vep import run_vep

        entries = folder / "transcripts"
        run_vep(cohort.in_hail(), source, entries)
    if source.kind == "table":
        entries = folder / "table"
        joins["table"] = _join_table(cohort, source, entries)
    if source.frequencies is not None:
        frequencies = folder / "frequencies"
        joins["frequencies"] = _join_frequencies(cohort, source.frequencies, frequencies)
    files = {"table": source.table, "frequencies": source.frequencies.path if source.frequencies else None}
    for name, counts in joins.items():
        file = files[name]
        assert file is not None
        check_join(file, counts, pq.read_metadata(readable(variants)).num_rows, cohort.reference_genome)
    return OutsideRows(entries, frequencies, joins)


class _Cohort:
    """The cohort's variants as they are joined to: brought into Hail, or into memory, once and where needed."""

    def __init__(self, variants: Place, folder: Place) -> None:
        self.variants = variants
        self.reference_genome = genome_of(variants)
        self._folder = folder
        self._places: CohortPlaces | None = None
        self._table: hl.Table | None = None

    def places(self) -> CohortPlaces:
        """Give their places."""
        self._places = self._places or read_places(self.variants, self.reference_genome)
        return self._places

    def in_hail(self) -> hl.Table:
        """Give them as a Hail Table."""
        from hail_pipelines.annotation.hail_tables import cohort_table

        self._table = self._table or cohort_table(self.variants, self._folder, self.reference_genome)
        return self._table


def _join_table(cohort: _Cohort, source: AnnotationSource, rows: Place) -> JoinCounts:
    """Join a variant table."""
    assert source.table is not None
    infos, genome = set(info_types(cohort.variants)), cohort.reference_genome
    if source.table.name.endswith(HAIL_TABLE):
        from hail_pipelines.annotation.hail_tables import join_hail_table, read_hail_table

        ht = read_hail_table(source.table, genome, source.columns)
        columns = {name: ht[name] for name in table_columns(source, list(ht.row), infos)}
        return join_hail_table(cohort.in_hail(), ht, columns, rows)
    names = table_columns(source, column_names(source.table), infos)
    return join_file(
        source.table, cohort.places(), rows, reference_genome=genome, locus=source.columns, columns=names
    )


def _join_frequencies(cohort: _Cohort, file: FrequencyFile, rows: Place) -> JoinCounts:
    """Join a file of external frequencies."""
    genome = cohort.reference_genome
    if file.path.name.endswith(HAIL_TABLE):
        from hail_pipelines.annotation.hail_tables import field_at, join_hail_table, read_hail_table

        ht = read_hail_table(file.path, genome, file.columns)
        try:
            columns = {"frequency": field_at(ht.row, file.af)}
        except LookupError:
            message = f"no such column; it has: {', '.join(ht.row)}"
            raise InputError.single(str(file.path), file.af, message) from None
        return join_hail_table(cohort.in_hail(), ht, columns, rows)
    require_columns(file.path, [file.af], column_names(file.path))
    return join_file(file.path, cohort.places(), rows, reference_genome=genome, locus=file.columns, columns=[file.af])
