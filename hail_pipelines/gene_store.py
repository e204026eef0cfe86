"""Write the gene store: per gene and rare variant, who carries the minor allele.

A row holds the samples that carry the minor allele with their dosages,
and those whose call is missing; everyone else is homozygous for the major allele. Samples are numbered by
the order of their ids, not of the VCF's columns, so that the same calls give the same store however the
columns stood.

Each gene is whole in one file, and files hold about equally many carriers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hail_pipelines.places import Place, listed, readable
from hail_pipelines.quality_control.carrier_files import COHORTS
from hail_pipelines.quality_control.verdicts import CARRIERS, VARIANTS
from hail_pipelines.store_files import StoreCounts, write_store

# Rows held at a time, while they are dealt out to files.
BATCH_BYTES = 256 << 20
SIZES = {"gene": object, "variants": np.int64, "carriers": np.int64}
LISTS = ("carriers", "dosages", "missing", "missing_cohorts")
COUNTED = ("contig", "position", "ref", "alt", "allele_count", "allele_number")


def build_gene_store(
    judged: Place, samples: Sequence[str], annotations: Place, output_dir: Path, *, files: int
) -> StoreCounts:
    """Write the carriers of rare variants, gene by gene.

    Writes `part-00000.parquet` and so on, `genes.parquet` (a row for every annotated gene, even one without
    a variant left), `samples.parquet` (the samples in the order that carriers are numbered in) and, where a whole
    cohort lacks calls of a variant, `cohorts.parquet` (of which cohort each sample is).

    Parameters
    ----------
    judged
        The folder that `judge_variants` wrote to.
    samples
        Ids of the samples that stay, in order.
    annotations
        What `annotate` wrote.
    output_dir
        The folder to write, on this machine; it must not exist.
    files
        How many files to write, if there are that many genes.
    """
    output_dir.mkdir(parents=True)
    pd.DataFrame({"sample": list(samples)}).to_parquet(output_dir / "samples.parquet", index=False)
    if (cohorts := judged / CARRIERS / COHORTS).is_file():
        (output_dir / COHORTS).write_bytes(cohorts.read_bytes())
    variants = pq.read_table(readable(judged / VARIANTS), columns=list(COUNTED))
    entries = pq.read_table(readable(annotations))
    parts = listed(judged / CARRIERS, "part-*.parquet")
    counted = [_sizes(pq.read_table(readable(part), columns=["variant", "carriers"]), entries) for part in parts]
    sizes = pd.concat([pd.DataFrame(columns=["gene", "variants", "carriers"]).astype(SIZES), *counted])
    sizes = sizes.groupby("gene", as_index=False, sort=True).sum()
    rows = (gene_rows(carried, variants, entries) for carried in _batches(parts))
    genes = all_genes(entries, variants)
    return write_store(rows, sizes, genes, output_dir, files=files, samples=len(samples))


def read_cohorts(store: Place, samples: int) -> NDArray[np.int16]:
    """Read of which cohort each sample of a store is, by number; all of one where none lacks calls as a whole (n).

    Parameters
    ----------
    store
        What `build_gene_store` wrote.
    samples
        How many samples it has.
    """
    if not (store / COHORTS).is_file():
        return np.zeros(samples, np.int16)
    return np.asarray(pq.read_table(readable(store / COHORTS))["cohort"].to_numpy())


def _batches(parts: Sequence[Place]) -> Iterator[pa.Table]:
    """Read parts, as many at a time as take a fair share of memory."""
    held: list[pa.Table] = []
    for part in parts:
        held.append(pq.read_table(readable(part)))
        if sum(table.nbytes for table in held) > BATCH_BYTES:
            yield pa.concat_tables(held)
            held = []
    if held:
        yield pa.concat_tables(held)


def _sizes(carried: pa.Table, entries: pa.Table) -> pd.DataFrame:
    """Count each gene's variants and carriers."""
    pairs, of_entry = _pairs(carried["variant"].to_numpy(), entries["variant"].to_numpy())
    carriers = pc.list_value_length(carried["carriers"]).take(pairs)
    table = pa.table({"gene": entries["gene"].take(of_entry), "carriers": carriers})
    grouped = table.group_by("gene").aggregate([("carriers", "count"), ("carriers", "sum")])
    return grouped.to_pandas().rename(columns={"carriers_count": "variants", "carriers_sum": "carriers"})


def gene_rows(carried: pa.Table, variants: pa.Table, entries: pa.Table) -> pa.Table:
    """Make a row of each pair of gene and variant.

    Parameters
    ----------
    carried
        Variants with their carriers.
    variants
        Every variant, in order of its number.
    entries
        Genes and consequences, in order of the variants' numbers.
    """
    pairs, of_entry = _pairs(carried["variant"].to_numpy(), entries["variant"].to_numpy())
    own, entry = carried.take(pairs), entries.take(of_entry)
    variant = variants.take(own["variant"])
    minor_is_ref = own["minor_is_ref"]
    alternates, reference = variant["allele_count"], pc.subtract(variant["allele_number"], variant["allele_count"])
    external_af = entry["external_af"]
    described = {name: variant[name] for name in ("contig", "position", "ref", "alt")}
    values = {name: entry[name] for name in entry.column_names if name.startswith(("score_", "field_"))}
    return pa.table(
        {
            "gene": entry["gene"],
            **described,
            "minor_is_ref": minor_is_ref,
            "consequence": entry["consequence"],
            "loftee": entry["loftee"],
            "external_af": pc.if_else(minor_is_ref, pc.subtract(1.0, external_af), external_af),
            **values,
            "allele_count": pc.if_else(minor_is_ref, reference, alternates),
            "allele_number": variant["allele_number"],
            **{name: own[name] for name in LISTS if name in own.column_names},
        }
    )


def all_genes(entries: pa.Table, variants: pa.Table) -> pd.DataFrame:
    """List every annotated gene on each contig: where its variants begin and end, and how many there are.

    Parameters
    ----------
    entries, variants
        As `gene_rows` takes them.
    """
    placed = variants.select(["contig", "position"]).take(entries["variant"])
    table = pa.table({"gene": entries["gene"], **{name: placed[name] for name in placed.column_names}})
    spans = table.group_by(["gene", "contig"]).aggregate(
        [("position", "min"), ("position", "max"), ("position", "count")]
    )
    named = {"position_min": "start", "position_max": "end", "position_count": "annotated"}
    return spans.to_pandas().rename(columns=named)[["gene", "contig", "start", "end", "annotated"]]


def _pairs(carried: NDArray[np.int32], annotated: NDArray[np.int32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pair the rows of carriers with the gene entries of the same variant; both are in order of variants."""
    first = np.searchsorted(annotated, carried, "left")
    counts = np.searchsorted(annotated, carried, "right") - first
    starts = np.cumsum(counts) - counts
    within = np.arange(counts.sum()) - np.repeat(starts, counts)
    return np.repeat(np.arange(len(carried)), counts), np.repeat(first, counts) + within
