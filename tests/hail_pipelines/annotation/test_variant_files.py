import csv

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from association.problems import InputError
from hail_pipelines.annotation import batches, variant_texts
from hail_pipelines.annotation.annotate import annotate
from hail_pipelines.annotation.cohort_places import minimal, read_places
from hail_pipelines.annotation.sources import AnnotationSource, FrequencyFile
from hail_pipelines.annotation.variant_files import JoinCounts, check_join, join_file

ROWS = [
    ("1", "1001", "A", "AT", "FUS", "missense_variant", "20.5"),
    ("chr1", "2e3", "a", "g", "TBK1", "stop_gained", "NULL"),
]
COLUMNS = ["contig", "position", "ref", "alt", "gene", "consequence", "CADD"]


def brief(genes):
    return [[(gene.gene, gene.consequence, gene.scores) for gene in row] for row in genes]


def write_tsv(path, *rows):
    path.write_text("".join(row.replace(" ", "\t") + "\n" for row in rows))
    return path


def test_a_variant_table_is_matched_in_minimal_representation_whatever_its_names(annotated, tmp_path):
    """Several rows of a variant are several transcripts; frequencies that a table lacks are unknown."""
    table = write_tsv(
        tmp_path / "genes.tsv",
        "chrom pos ref alt symbol effect CADD HGVSp loftee",
        "chr1 1000 CA CAT FUS missense_variant 20.5 NA NA",
        "chr1 2000 A G TBK1 synonymous_variant 30 p.= NA",
        "chr1 2000 A G TBK1 missense_variant 10 p.A1G LC",
        "chr1 2000 a g TBK1 missense_variant&splice_region_variant 12 NA HC",
        "chr1 2000 A G FUS intron_variant NA NA NA",
        "chr1 2000 A C TBK1 frameshift_variant 1 NA NA",
    )
    rows = ["1 2000 A G 0.001", "1 2000 A G 0.002", "1 2000 A T 0.3"]
    frequencies = write_tsv(tmp_path / "af.tsv", "chr pos ref alt AF.nfe", *rows)
    source = AnnotationSource(
        "table",
        table=table,
        columns={"contig": "chrom", "position": "pos", "gene": "symbol", "consequence": "effect"},
        scores=("CADD",),
        fields=("HGVSp",),
        frequencies=FrequencyFile(frequencies, "AF.nfe", {"contig": "chr", "position": "pos"}),
    )
    counts, genes = annotated(source)
    assert brief(genes) == [
        [],
        [("FUS", "missense_variant", {"CADD": 20.5})],
        [("TBK1", "missense_variant", {"CADD": 12.0})],
    ]
    assert [gene.external_af for row in genes for gene in row] == [None, 0.002]
    assert (genes[2][0].loftee, genes[2][0].fields["HGVSp"]) == ("HC", "p.A1G")
    assert (counts.matched, counts.with_frequency) == (2, 1)


FORMATS = ("genes.csv", "genes.csv.gz", "genes.tsv", "genes.tsv.gz", "genes.parquet", "typed.parquet")


@pytest.mark.parametrize("name", FORMATS)
def test_a_variant_table_is_read_alike_in_every_format(annotated, tmp_path, name):
    table = pd.DataFrame(ROWS, columns=COLUMNS)
    if name == "typed.parquet":
        table = table.assign(position=[1001, 2000], CADD=pd.array([20.5, None], "Float32"), contig=["1", "1"])
        table = table.assign(consequence=table["consequence"].str.split("&"), gene=table["gene"].astype("category"))
    if ".parquet" in name:
        table.to_parquet(tmp_path / name)
    else:
        table.to_csv(tmp_path / name, index=False, sep="," if ".csv" in name else "\t", quoting=csv.QUOTE_ALL)
    source = AnnotationSource("table", table=tmp_path / name, scores=("CADD",), fields=("gene",))
    counts, genes = annotated(source)
    assert brief(genes) == [
        [],
        [("FUS", "missense_variant", {"CADD": 20.5})],
        [("TBK1", "stop_gained", {"CADD": None})],
    ]
    assert genes[1][0].fields == {"gene": "FUS"}
    assert counts.matched == 2


def test_a_table_that_spark_wrote_as_a_folder_is_read(annotated, tmp_path):
    folder = tmp_path / "table.parquet"
    folder.mkdir()
    for number, row in enumerate(ROWS):
        pd.DataFrame([row], columns=COLUMNS).to_parquet(folder / f"part-{number}.parquet")
    counts, _ = annotated(AnnotationSource("table", table=folder))
    assert counts.annotated == 2


def joined(table, calls, rows):
    cohort = read_places(calls / "variants.parquet", "GRCh37")
    return join_file(table, cohort, rows, reference_genome="GRCh37", locus={}, columns=[])


def test_a_table_in_many_blocks_and_any_order_is_joined_as_row_by_row(
    write_variants, read_genes, tmp_path, monkeypatch
):
    """Rows of a variant lie far apart, and the first in the file gives the text."""
    monkeypatch.setattr(variant_texts, "BLOCK_BYTES", 200)
    monkeypatch.setattr(batches, "BATCH_VARIANTS", 7)
    random = np.random.default_rng(5)
    variants = [("1", place, "A", alt) for place in range(100, 140) for alt in "CG"]
    calls = write_variants(tmp_path / "calls", [(*one, ["A", one[3]], 1, {}) for one in variants], {})
    rows = [(*variants[place], f"p.{number}") for number, place in enumerate(random.integers(0, 60, 200))]
    rows += [("1", 139, "A", "T", "p.other")]
    lines = [f"{contig} {place} {ref} {alt} G stop_gained {text}" for contig, place, ref, alt, text in rows]
    table = write_tsv(tmp_path / "genes.tsv", "contig position ref alt gene consequence HGVSp", *lines)
    counts = annotate(calls, tmp_path / "genes.parquet", AnnotationSource("table", table=table, fields=("HGVSp",)))
    first = {}
    for *variant, text in rows[:-1]:
        first.setdefault(tuple(variant), text)
    genes = read_genes(tmp_path / "genes.parquet", len(variants))
    found = {variant: own[0].fields["HGVSp"] for variant, own in zip(variants, genes, strict=True) if own}
    assert found == first
    assert counts.matched == len(first)
    shared = {row[1] for row in rows}
    met = JoinCounts(len(first), sum(variant[1] in shared for variant in variants), 0)
    assert joined(table, calls, tmp_path / "rows") == met


def test_the_first_row_at_a_position_tells_the_reference_base(calls, tmp_path, monkeypatch):
    monkeypatch.setattr(variant_texts, "BLOCK_BYTES", 40)
    rows = ["1 1000 CA T", "1 2000 C G", "1 2000 A G", "1 1001 A C", "1 1001 C AT", "1 3000 T G"]
    table = write_tsv(tmp_path / "sites.tsv", "contig position ref alt", *rows)
    assert joined(table, calls, tmp_path / "rows") == JoinCounts(matched=1, shared_positions=3, other_bases=1)


def test_alleles_become_minimal_as_vcfs_are_split():
    cases = {
        (100, "A", "C"): (100, "A", "C"),
        (100, "CA", "CAT"): (101, "A", "AT"),
        (100, "GCAT", "GAT"): (100, "GC", "G"),
        (100, "ATT", "AT"): (100, "AT", "A"),
        (100, "CGT", "CAT"): (101, "G", "A"),
        (100, "AT", "AT"): (100, "A", "A"),
        (100, "CAT", "*"): (100, "CAT", "*"),
        (100, "CAT", "<DEL>"): (100, "CAT", "<DEL>"),
        (100, None, "AT"): (100, None, "AT"),
    }
    positions, refs, alts = zip(*cases, strict=True)
    found = minimal(np.array(positions), pa.array(refs), pa.array(alts))
    assert list(zip(found[0].tolist(), found[1].to_pylist(), found[2].to_pylist(), strict=True)) == list(
        cases.values()
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "can't be read"),
        ("contig position ref alt gene consequence\n1 2000 A G\n", "can't be read"),
        ("contig position ref alt gene consequence\n1 two A G X stop_gained\n", "position: is no number"),
        ("contig position ref gene consequence\n", "alt: no such column; it has: contig, position, ref, gene"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(annotated, tmp_path, text, message):
    (tmp_path / "genes.tsv").write_text(text.replace(" ", "\t"))
    with pytest.raises(InputError, match=message):
        annotated(AnnotationSource("table", table=tmp_path / "genes.tsv"))


def test_rows_without_a_place_or_allele_are_of_no_variant(annotated, tmp_path):
    table = write_tsv(
        tmp_path / "genes.tsv",
        "contig position ref alt gene consequence",
        "NA 2000 A G X stop_gained",
        "1 NA A G X stop_gained",
        "1 2000 NA G X stop_gained",
        "chrUn_1 2000 A G X stop_gained",
        "1 2000 A G FUS stop_gained",
    )
    counts, genes = annotated(AnnotationSource("table", table=table))
    assert [[gene.gene for gene in row] for row in genes] == [[], [], ["FUS"]]
    assert counts.matched == 1


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["1 2000 A C X stop_gained"], "although 1 of their positions are"),
        (["1 2001 A C X stop_gained"], "nor any of their positions"),
        ([], "nor any of their positions"),
    ],
)
def test_a_table_without_any_of_the_variants_is_refused_and_nothing_written(annotated, tmp_path, rows, message):
    table = write_tsv(tmp_path / "genes.tsv", "contig position ref alt gene consequence", *rows)
    with pytest.raises(InputError, match=message):
        annotated(AnnotationSource("table", table=table))
    assert [path.name for path in tmp_path.iterdir()] == ["genes.tsv"]


def test_columns_that_are_absent_are_named(annotated, tmp_path):
    table = write_tsv(tmp_path / "genes.tsv", "contig position ref alt")
    with pytest.raises(InputError, match=r"gene, consequence: no such column"):
        annotated(AnnotationSource(kind="table", table=table))


def test_a_table_on_another_build_is_told_by_its_reference_bases(tmp_path):
    path = tmp_path / "sites.tsv"
    check_join(path, JoinCounts(matched=20, shared_positions=20, other_bases=2), 100, "GRCh37")
    check_join(path, JoinCounts(matched=5, shared_positions=19, other_bases=14), 100, "GRCh37")
    with pytest.raises(InputError, match=r"at 3 of the 20 positions .* differs: it may be on GRCh38"):
        check_join(path, JoinCounts(matched=17, shared_positions=20, other_bases=3), 100, "GRCh37")
    with pytest.raises(InputError, match="none of the VCFs' 3 variants is in it, although 1 of their positions are"):
        check_join(path, JoinCounts(matched=0, shared_positions=1, other_bases=0), 3, "GRCh37")
    with pytest.raises(InputError, match="nor any of their positions: it may be on GRCh37"):
        check_join(path, JoinCounts(matched=0, shared_positions=0, other_bases=0), 100, "GRCh38")
