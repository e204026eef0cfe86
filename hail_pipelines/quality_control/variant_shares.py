"""The variants in the order of their calls on disk, dealt into shares that are worked on one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from association.genotypes.sample_sums import TRANSITION, TRANSVERSION
from association.genotypes.stored_calls import StoredCalls
from hail_pipelines.call_files import KEY, VARIANTS, part_path, read_stored
from hail_pipelines.places import Place, listed, readable
from hail_pipelines.reference_genome import ReferenceGenome, places_of

# Each share of a pass over samples leaves a file with a few numbers per sample: so many are few beside the calls.
MOST_SHARES = 512
# What tells variants apart, and where their calls are.
PLACES = (*KEY, "part", "row")
# Fields of a VCF by what of them is kept.
CALL_FIELDS = {"quality": "GQ", "depth": "DP", "reference_reads": "AD"}


@dataclass(frozen=True)
class VariantFacts:
    """What is known of variants before their calls are read (v each).

    Attributes
    ----------
    places
        What their places are to a man.
    sound
        Whether no rule on their sites speaks against them.
    reference_first
        Whether REF comes before ALT in the alphabet.
    gained
        Bases that ALT has more than REF.
    substitution
        `TRANSITION` or `TRANSVERSION` of a single base, else 0.
    """

    places: NDArray[np.uint8]
    sound: NDArray[np.bool_]
    reference_first: NDArray[np.bool_]
    gained: NDArray[np.int32]
    substitution: NDArray[np.uint8]

    def take(self, variants: NDArray[np.intp]) -> VariantFacts:
        """Give the facts of some of them."""
        return VariantFacts(*(getattr(self, field.name)[variants] for field in fields(self)))


@dataclass(frozen=True)
class VariantShare:
    """Some of the variants, part of the calls by part.

    Attributes
    ----------
    number
        The share's own number.
    parts
        Files of calls.
    starts
        Where each part's variants begin in the arrays below, and at last where they end (parts + 1).
    variants, rows
        Numbers of the variants, and their rows in the part (v).
    facts
        What is known of them.
    """

    number: int
    parts: tuple[Place, ...]
    starts: NDArray[np.intp]
    variants: NDArray[np.intp]
    rows: NDArray[np.intp]
    facts: VariantFacts

    def blocks(self) -> Iterator[tuple[NDArray[np.intp], StoredCalls]]:
        """Read the calls block by block, with where their variants stand in the share's arrays."""
        for path, start, end in zip(self.parts, self.starts[:-1], self.starts[1:], strict=True):
            for where, calls in read_stored(path, self.rows[start:end]):
                yield start + where, calls


def call_fields(calls: Place) -> set[str]:
    """Name the call fields beside the genotypes that the VCFs had."""
    parts = listed(calls, "part-*.parquet")
    names = set(pq.read_schema(readable(parts[0])).names) if parts else set()
    return {field for name, field in CALL_FIELDS.items() if name in names}


def genome_of(variants: pa.Table) -> ReferenceGenome:
    """Give the build that a table of variants says it is on."""
    genome: ReferenceGenome = variants.schema.metadata[b"reference_genome"].decode()
    return genome


def read_variants(calls: Place, columns: Sequence[str] = PLACES) -> pa.Table:
    """Read some columns of the variants of `calls/`.

    Row group by row group: what is as long as the consequences of every variant is not read beside them, and no
    text of all variants is put into one array, which holds 2 GiB.

    Parameters
    ----------
    calls
        The folder.
    columns
        Names of columns; `info.QD` is a field of INFO, which is left out where it was not loaded.
    """
    with pq.ParquetFile(readable(calls / VARIANTS)) as file:
        schema = file.schema_arrow
        info = schema.field("info").type if "info" in schema.names else pa.struct([])
        loaded = {*schema.names, *(f"info.{child.name}" for child in info)}
        present = [name for name in columns if name in loaded]
        groups = ([], *([number] for number in range(file.num_row_groups)))
        return pa.concat_tables([file.read_row_groups(group, columns=present) for group in groups])


def variant_facts(variants: pa.Table, sound: NDArray[np.bool_]) -> VariantFacts:
    """Work out what is known of variants.

    Parameters
    ----------
    variants
        contig, position, ref and alt.
    sound
        Whether no rule on their sites speaks against them (v).
    """
    ref, alt = variants["ref"], variants["alt"]
    contigs = variants["contig"].to_numpy(zero_copy_only=False)
    gained = pc.subtract(pc.binary_length(alt), pc.binary_length(ref)).to_numpy()
    single = (gained == 0) & (pc.binary_length(ref).to_numpy() == 1)
    # A and G are the purines, C and T the pyrimidines: a transition stays within its kind.
    pairs = pc.binary_join_element_wise(ref, alt, "")
    transition = pc.is_in(pairs, value_set=pa.array(["AG", "GA", "CT", "TC"])).to_numpy(zero_copy_only=False)
    return VariantFacts(
        places=places_of(contigs, variants["position"].to_numpy(), genome_of(variants)),
        sound=sound,
        reference_first=pc.less(ref, alt).to_numpy(zero_copy_only=False),
        gained=gained,
        substitution=np.where(single, np.where(transition, TRANSITION, TRANSVERSION), 0).astype(np.uint8),
    )


def shares_of(
    calls: Place,
    variants: pa.Table,
    facts: VariantFacts,
    chosen: NDArray[np.bool_] | None = None,
    *,
    first_number: int = 0,
) -> list[VariantShare]:
    """Deal variants into shares, each of one part of the calls or, where there are very many, of a few.

    Parameters
    ----------
    calls
        The folder `calls/`.
    variants
        Its variants: part and row.
    facts
        What is known of them.
    chosen
        Which of them (v); None for all.
    first_number
        The number of the first share.
    """
    part, row = variants["part"].to_numpy(), variants["row"].to_numpy()
    numbers = np.flatnonzero(chosen) if chosen is not None else np.arange(len(part))
    order = numbers[np.lexsort((row[numbers], part[numbers]))]
    parts, begins = np.unique(part[order], return_index=True)
    starts = np.append(begins, len(order))
    shares = []
    for number, some in enumerate(
        np.array_split(np.arange(len(parts)), min(len(parts), MOST_SHARES) or 1), first_number
    ):
        if len(some):
            ends = starts[some[0] : some[-1] + 2]
            own = order[ends[0] : ends[-1]]
            paths = tuple(part_path(calls, one) for one in parts[some].tolist())
            shares.append(VariantShare(number, paths, ends - ends[0], own, row[own], facts.take(own)))
    return shares
