"""Write the gene store: per gene and rare variant, who carries the minor allele.

From here on genotypes are small. A row holds the samples that carry the minor allele with their dosages,
and those whose call is missing; everyone else is homozygous for the major allele. Samples are numbered by
the order of their ids, not of the VCF's columns, so that the same calls give the same store however the
columns stood.

Each gene is whole in one file, and files hold about equally many carriers.
"""

from __future__ import annotations

import logging
from pathlib import Path

import hail as hl
import pandas as pd

from hail_pipelines.quality_control.genotypes import GenotypeThresholds, drop_poor_calls
from hail_pipelines.quality_control.samples import minor_dosage_expr, minor_is_ref_expr
from hail_pipelines.quality_control.verdicts import VARIANTS_TABLE
from hail_pipelines.session import write_parquet
from hail_pipelines.store_files import StoreCounts, write_store

log = logging.getLogger(__name__)


def build_gene_store(
    calls: Path,
    qc_dir: Path,
    annotations: Path,
    output_dir: Path,
    *,
    genotype: GenotypeThresholds,
    max_allele_frequency: float,
    files: int,
) -> StoreCounts:
    """Write the carriers of rare variants, gene by gene.

    Writes `part-00000.parquet` and so on, `genes.parquet` (a row for every annotated gene, even one without
    a variant left) and `samples.parquet` (the samples in the order that carriers are numbered in).

    Parameters
    ----------
    calls
        `calls.mt`.
    qc_dir
        What `quality_control` wrote: its verdicts on variants and samples are followed.
    annotations
        What `annotate` wrote.
    output_dir
        The folder to write; it must not exist.
    genotype
        Thresholds of genotype QC, the same as for `quality_control`.
    max_allele_frequency
        Largest frequency of the minor allele among the samples kept.
    files
        How many files to write, if there are that many genes.
    """
    samples = pd.read_parquet(qc_dir / "samples.parquet", columns=["sample", "passes"])
    kept = sorted(samples.loc[samples["passes"], "sample"])
    output_dir.mkdir(parents=True)
    pd.DataFrame({"sample": kept}).to_parquet(output_dir / "samples.parquet", index=False)
    rows = output_dir / "unsorted.parquet"
    mt = hl.read_matrix_table(str(calls))
    mt = drop_poor_calls(number_samples(mt, kept), genotype)
    verdicts = hl.read_table(str(qc_dir / VARIANTS_TABLE))
    genes = hl.read_table(str(annotations))
    mt = mt.annotate_rows(genes=genes[mt.row_key].genes)
    mt = mt.filter_rows(verdicts[mt.row_key].passes & (hl.len(mt.genes) > 0))
    write_parquet(gene_rows(minor_carriers(mt, max_allele_frequency)), rows, files=files)
    return write_store(rows, all_genes(genes), output_dir, files=files, samples=len(kept))


def number_samples(mt: hl.MatrixTable, kept: list[str]) -> hl.MatrixTable:
    """Keep some samples and give each its number, the place of its id in `kept`."""
    numbers = hl.literal({sample: number for number, sample in enumerate(kept)}, hl.tdict(hl.tstr, hl.tint32))
    mt = mt.annotate_cols(number=numbers.get(mt.s))
    return mt.filter_cols(hl.is_defined(mt.number))


def minor_carriers(mt: hl.MatrixTable, max_allele_frequency: float) -> hl.Table:
    """Make the table of rare variants with their carriers.

    Parameters
    ----------
    mt
        Calls after genotype QC, of the samples to keep, with the column field `number`.
    max_allele_frequency
        Largest frequency of the minor allele.
    """
    mt = mt.annotate_rows(
        alternates=hl.int32(hl.agg.sum(mt.GT.n_alt_alleles())),
        allele_number=hl.int32(hl.agg.sum(mt.GT.ploidy)),
    )
    mt = mt.annotate_rows(minor_is_ref=minor_is_ref_expr(mt.alleles, mt.alternates, mt.allele_number))
    mt = mt.annotate_rows(allele_count=hl.if_else(mt.minor_is_ref, mt.allele_number - mt.alternates, mt.alternates))
    rare = mt.allele_count <= max_allele_frequency * mt.allele_number
    mt = mt.filter_rows((mt.allele_count > 0) & rare)
    dosage = minor_dosage_expr(mt.GT, mt.minor_is_ref)
    carriers = hl.agg.filter(dosage > 0, hl.agg.collect(hl.struct(number=mt.number, dosage=dosage)))
    missing = hl.agg.filter(hl.is_missing(mt.GT), hl.agg.collect(mt.number))
    return mt.select_rows(
        "genes",
        "minor_is_ref",
        "allele_count",
        "allele_number",
        carriers=hl.sorted(carriers, key=lambda carrier: carrier.number),
        missing=hl.sorted(missing),
    ).rows()


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
        allele_count=ht.allele_count,
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
