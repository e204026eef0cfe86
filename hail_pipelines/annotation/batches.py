"""The variants that annotation reads, share by share and in each share batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hail_pipelines.annotation.info_fields import InfoFields
from hail_pipelines.call_files import KEY
from hail_pipelines.places import Place, readable
from hail_pipelines.reference_genome import ReferenceGenome

# A batch's texts of CSQ, a few kilobytes each, are held in memory, and what is made of them. It is of one row group,
# whose bytes are bounded.
BATCH_VARIANTS = 20_000
SHARE_VARIANTS = 100_000


@dataclass(frozen=True)
class Share:
    """Some row groups of the variants' file.

    Attributes
    ----------
    number
        The share's own number, from 0.
    first
        Number of its first variant.
    groups
        Its row groups.
    """

    number: int
    first: int
    groups: tuple[int, ...]


@dataclass(frozen=True)
class Batch:
    """Some variants in order (v).

    Attributes
    ----------
    first
        Number of the first.
    contigs, refs, alts
        Chromosomes as the build writes them, and alleles in minimal representation (v).
    positions
        From 1 (v).
    old_alleles
        The alleles of each variant's record as they stood, the reference first (v).
    info
        The INFO fields that were asked for and are there.
    """

    first: int
    contigs: pa.Array
    positions: NDArray[np.int32]
    refs: pa.Array
    alts: pa.Array
    old_alleles: pa.ListArray
    info: InfoFields

    def __len__(self) -> int:
        return len(self.positions)


def genome_of(variants: Place) -> ReferenceGenome:
    """Read which build the variants are on."""
    return cast(ReferenceGenome, pq.read_schema(readable(variants)).metadata[b"reference_genome"].decode())


def info_types(variants: Place) -> Mapping[str, pa.DataType]:
    """Give the type of each INFO field that was loaded."""
    schema = pq.read_schema(readable(variants))
    fields = schema.field("info").type if "info" in schema.names else pa.struct([])
    return {child.name: child.type for child in fields}


def shares_of(variants: Place) -> list[Share]:
    """Share out the row groups of the variants' file, about `SHARE_VARIANTS` each and at least one."""
    metadata = pq.read_metadata(readable(variants))
    shares: list[Share] = []
    groups: list[int] = []
    first = end = 0
    for group in range(metadata.num_row_groups):
        groups.append(group)
        end += metadata.row_group(group).num_rows
        if end - first >= SHARE_VARIANTS or group == metadata.num_row_groups - 1:
            shares.append(Share(len(shares), first, tuple(groups)))
            groups, first = [], end
    return shares


def read_batches(variants: Place, share: Share, fields: Sequence[str]) -> Iterator[Batch]:
    """Read the variants of a share.

    Parameters
    ----------
    variants
        The file.
    share
        The share.
    fields
        INFO fields to read; those that were not loaded are left out.
    """
    loaded = info_types(variants)
    present = [name for name in dict.fromkeys(fields) if name in loaded]
    columns = [*KEY, "old_alleles", "a_index", *(f"info.{name}" for name in present)]
    first = share.first
    with pq.ParquetFile(readable(variants)) as file:
        for group in share.groups:
            for records in file.iter_batches(BATCH_VARIANTS, row_groups=[group], columns=columns, use_threads=False):
                yield _batch(first, records, present)
                first += len(records)


def _batch(first: int, records: pa.RecordBatch, fields: Sequence[str]) -> Batch:
    old_alleles = records["old_alleles"]
    info = {name: pc.struct_field(records["info"], name) for name in fields}
    alternates = pc.list_value_length(old_alleles).to_numpy() - 1
    return Batch(
        first,
        records["contig"],
        records["position"].to_numpy(),
        records["ref"],
        records["alt"],
        old_alleles,
        InfoFields(info, alternates, records["a_index"].to_numpy()),
    )
