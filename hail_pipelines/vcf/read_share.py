"""One share of the VCFs, read and written as a part of the calls: chunk by chunk, each a row group or a few.

Nothing more is written once a record can't be read; the records that follow are still looked at, so that all faults
are told at once.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from association.genotypes.calls import Calls
from hail_pipelines.call_files import PartWriter, part_path
from hail_pipelines.places import Place
from hail_pipelines.reference_genome import CHROMOSOMES, ReferenceGenome, genome_contig
from hail_pipelines.vcf.alleles import MOST_ALTERNATES
from hail_pipelines.vcf.bgzip import DamagedBlock
from hail_pipelines.vcf.call_columns import COUNTED, MENDED, PAIRED, SPLIT, CallRows, read_calls
from hail_pipelines.vcf.file_shares import CHUNK_BYTES, FileShare, Stretch, share_text
from hail_pipelines.vcf.findings import Fault
from hail_pipelines.vcf.info_columns import InfoColumns, read_info
from hail_pipelines.vcf.line_columns import CALLS, Records, find_records
from hail_pipelines.vcf.record_columns import Places, find_filters, find_formats, find_ids, find_places
from hail_pipelines.vcf.record_text import BEHIND_HEADER, Expected, explained_faults
from hail_pipelines.vcf.variant_rows import VariantRows, find_variants

# Calls of a row group: their arrays take some tens of megabytes.
GROUP_CALLS = 2 << 20
# So many faulty records of a share are explained; a wrong type in the header makes all of them faulty.
MOST_EXPLAINED = 1_000


@dataclass(frozen=True)
class Reading:
    """How shares are read.

    Attributes
    ----------
    folder
        Where the parts are written.
    expected
        What records are held against.
    call_fields
        Those of GT, GQ, DP and AD to read.
    chunk_bytes
        How much text is worked on at a time.
    """

    folder: Place
    expected: Expected
    call_fields: tuple[str, ...]
    chunk_bytes: int = CHUNK_BYTES


@dataclass
class ShareOutcome:
    """What became of a share.

    Attributes
    ----------
    lines
        How many lines it has.
    counts
        What was found in its records, by the names of `LoadCounts`.
    faults
        Faults of its records, each with the number of its line within the share, from 0.
    rows
        How many rows its part has.
    damaged
        Whether it does not decompress.
    heading
        Its first line, from 0, that begins with `#` and stands before all its records; a fault if records of an
        earlier share stand before it.
    blocks
        Where its blocks lie.
    """

    lines: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[int, Fault]] = field(default_factory=list)
    rows: int = 0
    damaged: bool = False
    heading: int | None = None
    blocks: Stretch = field(default_factory=Stretch)


def read_share(share: FileShare, reading: Reading) -> ShareOutcome:
    """Read a share and write its part, if any row comes of it."""
    outcome = ShareOutcome()
    with PartWriter(part_path(reading.folder, share.number)) as writer:
        try:
            for text in share_text(share, reading.chunk_bytes, outcome.blocks):
                _read_chunk(find_records(text), reading, outcome, writer)
        except DamagedBlock:
            outcome.damaged = True
    return outcome


def _read_chunk(records: Records, reading: Reading, outcome: ShareOutcome, writer: PartWriter) -> None:
    """Read the records of a chunk, write their rows and add to the outcome."""
    expected = reading.expected
    places = find_places(records, expected.reference_genome)
    variants = find_variants(records, places)
    info = read_info(records, variants.alleles, expected.infos)
    filters, odd_filters = find_filters(records)
    readable = places.sound & info.readable & records.complete() & (variants.alleles <= 1 + MOST_ALTERNATES)
    _note_headings(records, outcome)

    facts = {"rsid": find_ids(records), "filters": filters, **_info_column(info)}
    table = _variant_table(variants, places, pa.table(facts), expected.reference_genome)
    of_record, rows = _call_rows(records, places, variants)
    step = max(1, GROUP_CALLS // expected.samples)
    edges = [*range(0, len(variants), step), *range(len(variants), len(rows), step), len(rows)]
    for first, last in pairwise(edges):
        calls, mended, sound = _read_calls(records, rows.take(slice(first, last)), reading)
        readable[of_record[first:last]] &= sound
        outcome.counts.update(dict(zip(MENDED, mended.tolist(), strict=True)))
        if last <= len(variants) and not outcome.faults and readable.all():
            writer.write(table.slice(first, last - first), calls)
            outcome.rows += last - first

    on_chromosome = places.chromosomes >= 0
    outcome.counts.update(variants.counts)
    outcome.counts.update(
        records=len(records),
        other_contigs=int((~on_chromosome).sum()),
        odd_filters=int(odd_filters[on_chromosome].sum()),
        odd_info=int(info.odd[on_chromosome].sum()),
    )
    for record in np.flatnonzero(~readable)[: max(0, MOST_EXPLAINED - len(outcome.faults))]:
        line = outcome.lines + int(records.numbers[record])
        outcome.faults += [(line, fault) for fault in explained_faults(records.line(record), expected)]
    outcome.lines += records.lines


def _note_headings(records: Records, outcome: ShareOutcome) -> None:
    """Note the lines that begin with `#`: those behind a record as faults, else the first."""
    first_record = records.numbers[0] if len(records) else records.lines
    is_behind = (records.headings > first_record) | (outcome.counts["records"] > 0)
    before, behind = records.headings[~is_behind], records.headings[is_behind]
    if len(before) and outcome.heading is None:
        outcome.heading = outcome.lines + int(before[0])
    for line in behind[: max(0, MOST_EXPLAINED - len(outcome.faults))]:
        outcome.faults.append((outcome.lines + int(line), BEHIND_HEADER))


def _info_column(info: InfoColumns) -> dict[str, pa.Array]:
    """Put the INFO fields together as one column, if there are any."""
    if not info.columns:
        return {}
    return {"info": pa.StructArray.from_arrays(list(info.columns.values()), names=list(info.columns))}


def _variant_table(
    variants: VariantRows, places: Places, facts: pa.Table, reference_genome: ReferenceGenome
) -> pa.Table:
    """Give the rows' columns: their alleles, and what is known of their records."""
    names = pa.array([genome_contig(name, reference_genome) for name in CHROMOSOMES])
    if len(variants) != facts.num_rows or not np.array_equal(variants.records, np.arange(facts.num_rows)):
        facts = facts.take(variants.records)
    table = variants.table.append_column("contig", names.take(pa.array(places.chromosomes[variants.records])))
    for name in facts.column_names:
        table = table.append_column(name, facts[name])
    return table.append_column("plain", pa.array(variants.plain))


def _call_rows(records: Records, places: Places, variants: VariantRows) -> tuple[NDArray[np.int64], CallRows]:
    """Say how to read the calls of each row, then those of each record that no row comes of; and of which record."""
    has_row = np.zeros(len(records), np.bool_)
    has_row[variants.records] = True
    without = np.flatnonzero(~has_row)
    of_record = np.concatenate([variants.records, without])
    allele = np.concatenate([variants.allele, np.ones_like(without)])
    begins, ends = records.span(CALLS)
    first_of_record = np.append(True, of_record[1:] != of_record[:-1])[: len(of_record)]
    flags = (
        PAIRED * places.paired[of_record]
        + SPLIT * ~np.concatenate([variants.plain, np.zeros(len(without), np.bool_)])
        + COUNTED * (first_of_record & (places.chromosomes[of_record] >= 0))
    )
    rows = CallRows(
        begins[of_record],
        ends[of_record],
        find_formats(records)[of_record],
        allele,
        variants.alleles[of_record],
        flags.astype(np.uint8),
    )
    return of_record, rows


def _read_calls(
    records: Records, rows: CallRows, reading: Reading
) -> tuple[Calls, NDArray[np.int64], NDArray[np.bool_]]:
    """Read the calls of some rows as the header says."""
    names = ("GQ", "DP", "AD")
    present = [name in reading.call_fields for name in names]
    floats = np.array([reading.expected.types.get(name) == "Float" for name in names])
    return read_calls(records.text, rows, reading.expected.samples, present, floats)
