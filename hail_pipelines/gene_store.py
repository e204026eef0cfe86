"""Write the gene store: per gene and rare variant, who carries the minor allele.

A row holds the samples that carry the minor allele with their dosages,
and those whose call is missing; everyone else is homozygous for the major allele. Samples are numbered by
the order of their ids, not of the VCF's columns, so that the same calls give the same store however the
columns stood.

Each gene is whole in one file, and files hold about equally many carriers.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import hail as hl
import pandas as pd

from hail_pipelines.session import write_parquet
from hail_pipelines.store_files import StoreCounts, write_store

log = logging.getLogger(__name__)


def build_gene_store(
    variants: Path, samples: Sequence[str], annotations: Path, output_dir: Path, *, files: int
) -> StoreCounts:
    """Write the carriers of rare variants, gene by gene.

    Writes `part-00000.parquet` and so on, `genes.parquet` (a row for every annotated gene, even one without
    a variant left) and `samples.parquet` (the samples in the order that carriers are numbered in).

    Parameters
    ----------
    variants
        The table of variants with their carriers, as quality control wrote it.
    samples
        Ids of the samples that stay, in order.
    annotations
        What `annotate` wrote.
    output_dir
        The folder to write; it must not exist.
    files
        How many files to write, if there are that many genes.
    """
    output_dir.mkdir(parents=True)
    pd.DataFrame({"sample": list(samples)}).to_parquet(output_dir / "samples.parquet", index=False)
    rows = output_dir / "unsorted.parquet"
    ht = hl.read_table(str(variants))
    genes = hl.read_table(str(annotations))
    ht = ht.filter(hl.is_defined(ht.carriers))
    ht = ht.annotate(genes=genes[ht.key].genes)
    write_parquet(gene_rows(ht.filter(hl.len(ht.genes) > 0)), rows, files=files)
    return write_store(rows, all_genes(genes), output_dir, files=files, samples=len(samples))


def gene_rows(ht: hl.Table) -> hl.Table:
    """Make a row of each pair of gene and variant, with plain columns."""
    ht = ht.explode("genes", name="entry").key_by()
    external_af = ht.entry.external_af
    return ht.select(
        gene=ht.entry.gene,
        contig=ht.locus.contig,
        position=ht.locus.position,
        ref=ht.alleles[0],
        alt=ht.alleles[1],
        minor_is_ref=ht.minor_is_ref,
        consequence=ht.entry.consequence,
        loftee=ht.entry.loftee,
        external_af=hl.if_else(ht.minor_is_ref, 1 - external_af, external_af),
        **{f"score_{name}": ht.entry.scores[name] for name in ht.entry.scores},
        **{f"field_{name}": ht.entry.fields[name] for name in ht.entry.fields},
        allele_count=hl.if_else(ht.minor_is_ref, ht.allele_number - ht.allele_count, ht.allele_count),
        allele_number=ht.allele_number,
        carriers=ht.carriers.number,
        dosages=ht.carriers.dosage,
        missing=ht.missing,
    )


def all_genes(annotations: hl.Table) -> pd.DataFrame:
    """List every annotated gene on each contig: where its variants begin and end, and how many there are."""
    ht = annotations.select(gene=annotations.genes.map(lambda entry: entry.gene)).explode("gene")
    spans = ht.group_by(gene=ht.gene, contig=ht.locus.contig).aggregate(
        start=hl.agg.min(ht.locus.position), end=hl.agg.max(ht.locus.position), annotated=hl.agg.count()
    )
    columns = ["gene", "contig", "start", "end", "annotated"]
    return pd.DataFrame([dict(row) for row in spans.collect()], columns=columns)
