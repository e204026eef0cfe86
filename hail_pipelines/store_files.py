"""The gene store's files: which gene goes where, in what order, with what columns.

Rows come in any order and number of files, as Spark happened to write them, and leave in one order only.
"""

from __future__ import annotations

import heapq
import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset
import pyarrow.parquet

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


def store_schema(scores: list[str], fields: Sequence[str] = ()) -> pa.Schema:
    """Return the columns of a store file.

    Parameters
    ----------
    scores
        Score columns, each named `score_<NAME>`.
    fields
        Columns of texts, each named `field_<NAME>`.
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


def write_store(rows: Path, annotated: pd.DataFrame, output_dir: Path, *, files: int, samples: int) -> StoreCounts:
    """Sort rows into the store's files and write the table of genes.

    Parameters
    ----------
    rows
        A folder of Parquet files with the store's columns; it is removed at the end.
    annotated
        Every annotated gene: gene, contig, start, end and how many variants it has there.
    output_dir
        The folder to write to.
    files
        How many files to write, if there are that many genes.
    samples
        How many samples carriers are numbered among.
    """
    unsorted = pyarrow.dataset.dataset(rows, format="parquet", exclude_invalid_files=False)
    names = unsorted.schema.names
    kept = ([name for name in names if name.startswith(prefix)] for prefix in ("score_", "field_"))
    schema = store_schema(*kept)
    sizes = _gene_sizes(unsorted)
    costs = {gene: 0 for gene in annotated["gene"]}
    costs |= dict(zip(sizes["gene"], sizes["carriers"] + ROW_COST * sizes["variants"], strict=True))
    assigned = assign_files(costs, files)
    written = max(assigned.values(), default=0) + 1
    for number in range(written):
        genes = pa.array([gene for gene, file in assigned.items() if file == number], pa.string())
        table = unsorted.to_table(filter=pc.field("gene").isin(genes))
        table = table.sort_by([(name, "ascending") for name in ORDER]).select(schema.names).cast(schema)
        pyarrow.parquet.write_table(table, output_dir / f"part-{number:05d}.parquet")
    genes_table = _genes_table(annotated, sizes, assigned)
    genes_table.to_parquet(output_dir / "genes.parquet", index=False)
    shutil.rmtree(rows)
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


def _gene_sizes(unsorted: pyarrow.dataset.Dataset) -> pd.DataFrame:
    """Count each gene's variants and carriers."""
    lengths = unsorted.to_table(
        columns={"gene": pc.field("gene"), "carriers": pc.list_value_length(pc.field("carriers"))}
    )
    grouped = lengths.group_by("gene").aggregate([("carriers", "sum"), ("carriers", "count")]).to_pandas()
    return grouped.rename(columns={"carriers_sum": "carriers", "carriers_count": "variants"})


def _genes_table(annotated: pd.DataFrame, sizes: pd.DataFrame, assigned: Mapping[str, int]) -> pd.DataFrame:
    """Make the table of genes; one that occurs on several contigs is placed where most of its variants are."""
    placed = annotated.sort_values(["gene", "annotated", "contig"], ascending=[True, False, True])
    placed = placed.drop_duplicates("gene").drop(columns="annotated")
    table = placed.merge(sizes, on="gene", how="left").fillna({"variants": 0, "carriers": 0})
    table = table.assign(file=table["gene"].map(assigned))
    integers = {name: "int32" for name in ("start", "end", "variants", "carriers", "file")}
    columns = ["gene", "contig", "start", "end", "variants", "carriers", "file"]
    return table.astype(integers)[columns].sort_values("gene", ignore_index=True)
