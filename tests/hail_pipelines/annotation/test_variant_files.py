import csv

import hail as hl
import pandas as pd
import pytest

from association.problems import InputError
from hail_pipelines.annotation.sources import AnnotationSource, FrequencyFile
from hail_pipelines.annotation.variant_files import JoinCounts, check_join, read_variants

pytestmark = pytest.mark.usefixtures("hail_session")

ROWS = [
    ("1", "1001", "A", "AT", "FUS", "missense_variant", "20.5"),
    ("chr1", "2e3", "a", "g", "TBK1", "stop_gained", "NULL"),
]
COLUMNS = ["contig", "position", "ref", "alt", "gene", "consequence", "CADD"]


def brief(genes):
    return [[(gene.gene, gene.consequence, dict(gene.scores)) for gene in row] for row in genes]


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
    assert (genes[2][0].loftee, genes[2][0].fields.HGVSp) == ("HC", "p.A1G")
    assert (counts.matched, counts.with_frequency) == (2, 1)


def as_hail_table(keyed):
    """Give the same rows as Hail's own kind of table, keyed by variant or with plain columns."""
    rows = [
        {"locus": hl.Locus("1", 1001, "GRCh37"), "alleles": ["A", "AT"], "gene": "FUS", "CADD": "20.5"},
        {"locus": hl.Locus("1", 2000, "GRCh37"), "alleles": ["A", "G"], "gene": "TBK1", "CADD": None},
    ]
    of_type = hl.tstruct(locus=hl.tlocus("GRCh37"), alleles=hl.tarray(hl.tstr), gene=hl.tstr, CADD=hl.tstr)
    ht = hl.Table.parallelize(rows, of_type)
    ht = ht.annotate(consequence=hl.if_else(ht.gene == "FUS", "missense_variant", "stop_gained"))
    if keyed:
        return ht.key_by("locus", "alleles")
    return ht.transmute(contig=ht.locus.contig, position=ht.locus.position, ref=ht.alleles[0], alt=ht.alleles[1])


def test_a_variant_table_is_read_alike_in_every_format(tmp_path):
    table = pd.DataFrame(ROWS, columns=COLUMNS)
    table.to_csv(tmp_path / "genes.csv", index=False, quoting=csv.QUOTE_ALL)
    table.to_csv(tmp_path / "genes.tsv.gz", index=False, sep="\t")
    table.to_parquet(tmp_path / "genes.parquet")
    as_hail_table(keyed=True).write(str(tmp_path / "keyed.ht"))
    as_hail_table(keyed=False).write(str(tmp_path / "plain.ht"))
    read = []
    for name in ("genes.csv", "genes.tsv.gz", "genes.parquet", "keyed.ht", "plain.ht"):
        ht = read_variants(tmp_path / name, "GRCh37", {})
        assert list(ht.key) == ["locus"]
        read.append(ht.key_by().select("locus", "alleles", "gene", "consequence", "CADD"))
    together = read[0].union(*read[1:]).collect()
    expected = [
        ("1:1001", ["A", "AT"], "FUS", "missense_variant", "20.5"),
        ("1:2000", ["A", "G"], "TBK1", "stop_gained", None),
    ]
    found = [(str(row.locus), list(row.alleles), row.gene, row.consequence, row.CADD) for row in together]
    assert sorted(found) == sorted(expected * 5, key=lambda row: row[:2])


def test_a_hail_table_on_the_other_build_is_refused(annotated, tmp_path):
    ht = hl.Table.parallelize(
        [{"locus": hl.Locus("chr1", 2000, "GRCh38"), "alleles": ["A", "G"]}],
        hl.tstruct(locus=hl.tlocus("GRCh38"), alleles=hl.tarray(hl.tstr)),
    )
    ht.key_by("locus", "alleles").write(str(tmp_path / "sites.ht"))
    with pytest.raises(InputError, match="the table is on GRCh38, the study on GRCh37"):
        annotated(AnnotationSource(kind="table", table=tmp_path / "sites.ht"))


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


SOURCE = {"kind": "info", "gene_field": "GENE", "consequence_field": "EFFECT"}


def test_external_frequencies_are_found_within_a_hail_table_as_gnomad_writes_it(annotated, tmp_path):
    of_type = hl.tstruct(
        locus=hl.tlocus("GRCh37"), alleles=hl.tarray(hl.tstr), freq=hl.tarray(hl.tstruct(AF=hl.tfloat64))
    )
    rows = [
        {"locus": hl.Locus("1", 1000, "GRCh37"), "alleles": ["CA", "C"], "freq": [{"AF": 0.01}, {"AF": 0.5}]},
        {"locus": hl.Locus("1", 1001, "GRCh37"), "alleles": ["A", "AT"], "freq": []},
    ]
    ht = hl.Table.parallelize(rows, of_type).key_by("locus", "alleles")
    ht.write(str(tmp_path / "gnomad.ht"))
    # The second variant's array is too short to have a first element.
    ht.filter(hl.len(ht.freq) > 0).write(str(tmp_path / "sound.ht"))
    _, genes = annotated(AnnotationSource(**SOURCE, frequencies=FrequencyFile(tmp_path / "sound.ht", "freq[0].AF")))
    assert [[gene.external_af for gene in row] for row in genes] == [[0.01], [None], []]
    with pytest.raises(InputError, match=r"freq\[0\].XX: no such column; it has: "):
        annotated(AnnotationSource(**SOURCE, frequencies=FrequencyFile(tmp_path / "gnomad.ht", "freq[0].XX")))
