"""The gene store's files: which gene goes where, in what order, with what columns.

Rows come in any order, and leave in one order only.
"""

from __future__ import annotations

import heapq
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

log = logging.getLogger(__name__)

ORDER = ("gene", "contig", "position", "ref", "alt")
# A variant without carriers still costs its row.
ROW_COST = 1


@dataclass(frozen=True)
class StoreCounts:
    """What the store holds.

    Attributes
    ----------
    samples
        Samples that carriers are numbered among.
    genes
        Genes with an annotated variant.
    empty_genes
        Those of them that have no variant left.
    variants
        Rows: pairs of gene and variant.
    carriers
        Carriers over all rows.
    files
        Files written.
    """

    samples: int
    genes: int
    empty_genes: int
    variants: int
    carriers: int
    files: int


def store_schema(scores: list[str], fields: Sequence[str] = (), lists: Sequence[str] = ()) -> pa.Schema:
    """Return the columns of a store file.

    Parameters
    ----------
    scores
        Score columns, each named `score_<NAME>`.
    fields
        Columns of texts, each named `field_<NAME>`.
    lists
        `missing_cohorts`, where whole cohorts lack calls of variants: their numbers.
    """
    required = [
        ("gene", pa.string()),
        ("contig", pa.string()),
        ("position", pa.int32()),
        ("ref", pa.string()),
        ("alt", pa.string()),
        ("minor_is_ref", pa.bool_()),
        ("consequence", pa.string()),
    ]
    nullable = [("loftee", pa.string()), ("external_af", pa.float64())]
    nullable += [*((name, pa.float64()) for name in scores), *((name, pa.string()) for name in fields)]
    counted = [
        ("allele_count", pa.int32()),
        ("allele_number", pa.int32()),
        ("carriers", pa.list_(pa.int32())),
        ("dosages", pa.list_(pa.int8())),
        ("missing", pa.list_(pa.int32())),
    ]
    counted += [(name, pa.list_(pa.int16())) for name in lists]
    fields = [pa.field(name, of_type, nullable=False) for name, of_type in required]
    fields += [pa.field(name, of_type) for name, of_type in nullable]
    fields += [pa.field(name, of_type, nullable=False) for name, of_type in counted]
    return pa.schema(fields)


def assign_files(costs: Mapping[str, int], files: int) -> dict[str, int]:
    """Share genes out among files so that these cost about the same.

    The dearest gene goes first, each to the file that is cheapest so far; equals are taken by name, so that
    the answer depends on the costs alone.

    Parameters
    ----------
    costs
        Cost by gene.
    files
        How many files there may be.
    """
    count = max(1, min(files, len(costs)))
    loads = [(0, number) for number in range(count)]
    assigned: dict[str, int] = {}
    for gene in sorted(costs, key=lambda name: (-costs[name], name)):
        load, number = heapq.heappop(loads)
        assigned[gene] = number
        heapq.heappush(loads, (load + costs[gene], number))
    return assigned


def write_store(
    rows: Iterable[pa.Table],
    sizes: pd.DataFrame,
    annotated: pd.DataFrame,
    output_dir: Path,
    *,
    files: int,
    samples: int,
) -> StoreCounts:
    """Deal rows out to the store's files, sort each file, and write the table of genes.

    Parameters
    ----------
    rows
        Tables with the store's columns, their rows in any order; one is held at a time, and then one file.
    sizes
        Of each gene that has rows: gene, variants and carriers.
    annotated
        Every annotated gene: gene, contig, start, end and how many variants it has there.
    output_dir
        The folder to write to.
    files
        How many files to write, if there are that many genes.
    samples
        How many samples carriers are numbered among.
    """
    costs = dict.fromkeys(annotated["gene"], 0)
    costs |= dict(zip(sizes["gene"], sizes["carriers"] + ROW_COST * sizes["variants"], strict=True))
    assigned = assign_files(costs, files)
    written = max(assigned.values(), default=0) + 1
    schema = _deal_out(rows, assigned, output_dir)
    for number in range(written):
        dealt, target = _unsorted(output_dir, number), output_dir / f"part-{number:05d}.parquet"
        table = pq.read_table(dealt) if dealt.exists() else schema.empty_table()
        pq.write_table(table.sort_by([(name, "ascending") for name in ORDER]), target)
        dealt.unlink(missing_ok=True)
    genes_table = _genes_table(annotated, sizes, assigned)
    genes_table.to_parquet(output_dir / "genes.parquet", index=False)
    counts = StoreCounts(
        samples=samples,
        genes=len(genes_table),
        empty_genes=int((genes_table["variants"] == 0).sum()),
        variants=int(genes_table["variants"].sum()),
        carriers=int(genes_table["carriers"].sum()),
        files=written,
    )
    log.info("gene store: %d variants in %d genes, %d carriers", counts.variants, counts.genes, counts.carriers)
    return counts


def _deal_out(rows: Iterable[pa.Table], assigned: Mapping[str, int], output_dir: Path) -> pa.Schema:
    """Append each row to its file, unsorted; give the columns of a store file."""
    genes, numbers = pa.array(assigned.keys(), pa.string()), np.fromiter(assigned.values(), np.int32, len(assigned))
    writers: dict[int, pq.ParquetWriter] = {}
    schema = store_schema([])
    for table in rows:
        named = table.column_names
        kinds = ("score_", "field_", "missing_cohorts")
        schema = store_schema(*([name for name in named if name.startswith(kind)] for kind in kinds))
        table = table.select(schema.names).cast(schema)
        of_row = numbers[pc.index_in(table["gene"], genes).to_numpy()]
        order = np.argsort(of_row, kind="stable")
        edges = np.flatnonzero(np.diff(of_row[order], prepend=-1, append=-1))
        for first, last in pairwise(edges):
            number = int(of_row[order[first]])
            if number not in writers:
                writers[number] = pq.ParquetWriter(_unsorted(output_dir, number), schema)
            writers[number].write_table(table.take(order[first:last]))
    for writer in writers.values():
        writer.close()
    return schema


def _unsorted(output_dir: Path, number: int) -> Path:
    return output_dir / f"unsorted-{number:05d}.parquet"


def _genes_table(annotated: pd.DataFrame, sizes: pd.DataFrame, assigned: Mapping[str, int]) -> pd.DataFrame:
    """Make the table of genes; one that occurs on several contigs is placed where most of its variants are."""
    placed = annotated.sort_values(["gene", "annotated", "contig"], ascending=[True, False, True])
    placed = placed.drop_duplicates("gene").drop(columns="annotated")
    table = placed.merge(sizes, on="gene", how="left").fillna({"variants": 0, "carriers": 0})
    table = table.assign(file=table["gene"].map(assigned))
    integers = {name: "int32" for name in ("start", "end", "variants", "carriers", "file")}
    columns = ["gene", "contig", "start", "end", "variants", "carriers", "file"]
    return table.astype(integers)[columns].sort_values("gene", ignore_index=True)
