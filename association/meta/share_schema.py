"""The files in which a cohort tells of a trait: columns, types and meanings, listed once.

Change `VERSION` whenever a column is added, removed, or comes to mean something else.
"""

from __future__ import annotations

import pyarrow as pa

from association.results import Column

VERSION = 3

# Places of genes are told in steps of so many bases: a collapsed variant has no position.
START_STEP = 100_000

GENES = (
    Column("gene", pa.string(), "gene symbol, as annotated; genes without any variant too"),
    Column("contig", pa.string(), "chromosome, as the reference genome names it"),
    Column(
        "start",
        pa.int32(),
        f"first multiple of {START_STEP:,} within so many bases of which enough carriers who are told of have a "
        "variant of the gene's masks; null where there is none",
    ),
    Column(
        "withheld",
        pa.list_(pa.string()),
        "masks, with all of their ceilings, some of whose carriers are in no column of a trait that they have; the "
        "same for all traits",
    ),
)

VARIANTS = (
    Column("gene", pa.string(), "gene symbol"),
    Column("number", pa.int32(), "of the column within its gene, from 0"),
    Column(
        "variant",
        pa.string(),
        "contig-position-ref-alt, :ref behind it where the reference is the minor allele; 'collapsed' and the masks "
        "for variants that too few carry by themselves, each carrier of any of them counting once",
    ),
    Column("masks", pa.list_(pa.string()), "the masks it is in, as mask@ceiling"),
    Column("score", pa.float64(), "U: sum over carriers of minor alleles times score residual"),
    Column("minor_allele_count", pa.int32(), "minor alleles among samples with the trait"),
    Column("carriers", pa.int32(), "samples with the trait that carry it"),
    Column(
        "observed_events",
        pa.float64(),
        "carriers with the event; null where these, or carriers without it, are too few to tell of",
    ),
    Column("expected_events", pa.float64(), "expected under the null model; null with observed_events"),
)

PATTERNS = (
    Column("gene", pa.string(), "gene symbol"),
    Column("number", pa.int32(), "of the pattern within its gene, from 0"),
    Column("columns", pa.list_(pa.int32()), "numbers of the columns of the gene that a carrier has, all of them"),
    Column("dosages", pa.list_(pa.int8()), "minor alleles of each of these"),
    Column("carriers", pa.int32(), "samples with the trait that have exactly this pattern"),
    Column(
        "carriers_by_stratum",
        pa.list_(pa.int32()),
        "of them in each stratum of the table of residuals; null in all of a gene where a cell would be too small",
    ),
)

COVARIANCES = (
    Column("gene", pa.string(), "gene symbol"),
    Column("row", pa.int32(), "number of a column of the gene"),
    Column("column", pa.int32(), "number of a column of the gene, not below row: the upper triangle"),
    Column("covariance", pa.float64(), "Phi: covariance of the two scores under the null model"),
    Column(
        "gram",
        pa.float64(),
        "G'G: sum over samples of the product of minor alleles, each times the sample's information where residuals "
        "differ in variance by it; null for zero",
    ),
)

RESIDUALS = (
    Column("stratum", pa.int32(), "of samples that are exchangeable, from 0"),
    Column("residual", pa.float64(), "a value that stands for score residuals; none is a sample's own"),
    Column("samples", pa.float64(), "how many samples it stands for; adds up to those of the stratum"),
)

TABLES = {
    "genes": GENES,
    "variants": VARIANTS,
    "patterns": PATTERNS,
    "covariances": COVARIANCES,
    "residuals": RESIDUALS,
}
# How rows stand in each table.
ORDER = {
    "genes": ("gene", "contig"),
    "variants": ("gene", "number"),
    "patterns": ("gene", "number"),
    "covariances": ("gene", "row", "column"),
    "residuals": ("stratum", "residual"),
}


def schema_of(table: str) -> pa.Schema:
    """Give a table's Arrow schema, its meanings and the version within."""
    fields = [pa.field(one.name, one.type, metadata={"meaning": one.meaning}) for one in TABLES[table]]
    return pa.schema(fields, metadata={"progex_share": str(VERSION)})
