import csv

import hail as hl
import pandas as pd
import pytest

from association.problems import InputError
from hail_pipelines.annotation.annotate import AnnotationCounts, annotate, genes_expr
from hail_pipelines.annotation.consequences import SEVERITY, is_coding, most_severe, most_severe_expr
from hail_pipelines.annotation.sources import (
    AnnotationSource,
    snpeff_entries_expr,
    vep_alleles_expr,
    vep_entries_expr,
)
from hail_pipelines.load_calls import load_calls

pytestmark = pytest.mark.usefixtures("hail_session")

SUBFIELDS = ("Consequence", "Allele", "SYMBOL", "Gene", "CANONICAL", "MANE_SELECT", "LoF", "REVEL", "AF")
CALLS = "GT 0/0 0/1 ./."


def test_severity_follows_ensembl():
    assert most_severe(["synonymous_variant", "stop_gained", "missense_variant"]) == "stop_gained"
    assert most_severe(["intron_variant", "splice_region_variant"]) == "splice_region_variant"
    assert SEVERITY["splice_donor_variant"] < SEVERITY["frameshift_variant"] < SEVERITY["inframe_deletion"]
    assert not is_coding("3_prime_UTR_variant")
    assert is_coding("synonymous_variant")
    cases = [
        most_severe_expr(["upstream_gene_variant", "missense_variant"]),
        most_severe_expr(hl.empty_array(hl.tstr)),
    ]
    assert list(hl.eval(hl.tuple(cases))) == ["missense_variant", None]


def test_alleles_are_spelled_as_vep_does():
    cases = {
        ("A", "C"): ["A", "C"],
        ("AT", "GC"): ["AT", "GC"],
        ("CA", "C"): ["A", "-"],
        ("C", "CAG"): ["-", "AG"],
        ("CA", "C", "CAT"): ["A", "-", "AT"],
        ("CA", "C", "TA"): ["CA", "C", "TA"],
        ("CA", "C", "*"): ["A", "-", "*"],
        ("C", "T", "*"): ["C", "T", "*"],
    }
    found = hl.eval([vep_alleles_expr(hl.array(list(alleles))) for alleles in cases])
    assert [list(alleles) for alleles in found] == list(cases.values())


def vep_genes(texts, alleles=("A", "C"), a_index=1, subfields=SUBFIELDS, **options):
    """Annotate one allele with CSQ texts whose parts are given in order of `subfields`."""
    source = AnnotationSource(scores=("REVEL",), external_af="AF", **options)
    entries = vep_entries_expr(
        hl.array(texts), hl.array(list(alleles)), hl.int32(a_index), subfields=subfields, source=source
    )
    return [
        (gene.gene, gene.consequence, gene.loftee, gene.external_af, gene.scores.REVEL)
        for gene in hl.eval(genes_expr(entries))
    ]


def test_a_gene_takes_its_most_severe_transcripts_and_their_largest_scores():
    found = vep_genes(
        [
            "missense_variant&splice_region_variant|C|SOD1|ENSG1|||LC|0.2&0.7&.|0.01",
            "synonymous_variant|C|SOD1|ENSG1|YES|||0.9|0.02",
            "missense_variant|C|SOD1|ENSG1|||HC|0.3|",
            "stop_gained|C||ENSG2|||||",
            "stop_gained|T|FUS|ENSG3|||||",
            "upstream_gene_variant|C|TBK1|ENSG4|||||",
        ]
    )
    assert found == [
        ("ENSG2", "stop_gained", None, None, None),
        ("SOD1", "missense_variant", "HC", 0.01, 0.7),
        ("TBK1", "upstream_gene_variant", None, None, None),
    ]


def test_only_the_transcripts_asked_for_count():
    texts = [
        "stop_gained|C|SOD1|ENSG1||||0.1|",
        "missense_variant|C|SOD1|ENSG1|YES|||0.2|",
        "synonymous_variant|C|SOD1|ENSG1|YES|NM_1||0.3|",
    ]
    assert vep_genes(texts)[0][1] == "stop_gained"
    assert vep_genes(texts, transcripts="canonical")[0][1] == "missense_variant"
    assert vep_genes(texts, transcripts="mane")[0][1] == "synonymous_variant"


def test_alleles_are_matched_by_number_where_the_field_has_it_and_else_by_vep_spelling():
    numbered = ("ALLELE_NUM", "Consequence", "SYMBOL", "REVEL", "AF")
    transcripts = ["1|stop_gained|SOD1||", "2|missense_variant|SOD1||"]
    assert vep_genes(transcripts, ("CA", "C", "CAT"), 2, numbered)[0][1] == "missense_variant"
    spelled = ["stop_gained|-|SOD1||||||", "missense_variant|AT|SOD1||||||"]
    assert vep_genes(spelled, ("CA", "C", "CAT"), 2)[0][1] == "missense_variant"
    assert vep_genes(spelled, ("CA", "C", "CAT"), 1)[0][1] == "stop_gained"


def test_snpeff_is_read_by_its_specification():
    annotations = [
        "C|missense_variant&splice_region_variant|MODERATE|SOD1|ENSG1|transcript|NM_1|Coding|1/5|c.1A>C|p.M1L|1/9|1/9|1/3||",
        "G|stop_gained|HIGH|SOD1|ENSG1|transcript|NM_1|Coding|1/5|||||||",
        "broken",
    ]
    entries = [
        genes_expr(snpeff_entries_expr(hl.array(annotations), hl.array(["A", "C", "G"]), hl.int32(index)))
        for index in (1, 2)
    ]
    found = hl.eval(hl.array(entries))
    assert [(gene[0].gene, gene[0].consequence) for gene in found] == [
        ("SOD1", "missense_variant"),
        ("SOD1", "stop_gained"),
    ]


@pytest.fixture(scope="module")
def calls(hail_session, write_vcf_file, tmp_path_factory):
    folder = tmp_path_factory.mktemp("annotate")
    csq = "stop_gained|1|SOD1|0.5,missense_variant|2|FUS|0.1,intron_variant|1|TBK1|"
    info = "GENE=SOD1,FUS;EFFECT=stop_gained,missense_variant;POPAF=0.1,0.2"
    path = write_vcf_file(
        folder / "cohort.vcf.gz",
        [
            f"1 1000 . CA C,CAT . . CSQ={csq};{info} {CALLS}",
            f"1 2000 . A G . . CSQ=intron_variant|1|TBK1| {CALLS}",
        ],
        extra_header=[
            '##INFO=<ID=CSQ,Number=.,Type=String,Description="Format: Consequence|ALLELE_NUM|SYMBOL|REVEL">'
        ],
    )
    load_calls([path], folder / "calls.mt", reference_genome="GRCh37", info_fields=["CSQ", "GENE", "EFFECT", "POPAF"])
    return folder / "calls.mt"


def annotated(calls, output, source, **options):
    counts = annotate(calls, output, source, **options)
    rows = hl.read_table(str(output)).collect()
    return counts, {
        (str(row.locus), *row.alleles): [(g.gene, g.consequence, g.external_af, dict(g.scores)) for g in row.genes]
        for row in rows
    }


def test_vep_annotation_leaves_out_genes_whose_protein_stays(calls, tmp_path):
    subfields = {"CSQ": ("Consequence", "ALLELE_NUM", "SYMBOL", "REVEL")}
    source = AnnotationSource(scores=("REVEL",))
    counts, genes = annotated(calls, tmp_path / "genes.ht", source, subfields=subfields)
    assert genes == {
        ("1:1000", "CA", "C"): [("SOD1", "stop_gained", None, {"REVEL": 0.5})],
        ("1:1001", "A", "AT"): [("FUS", "missense_variant", None, {"REVEL": 0.1})],
        ("1:2000", "A", "G"): [],
    }
    assert counts == AnnotationCounts(variants=3, annotated=2, gene_entries=2, modifier_entries=2, genes=2)


def test_info_fields_hold_a_value_per_allele(calls, tmp_path):
    source = AnnotationSource(kind="info", gene_field="GENE", consequence_field="EFFECT", external_af="POPAF")
    _, genes = annotated(calls, tmp_path / "genes.ht", source)
    assert [entries[:1] for entries in genes.values()] == [
        [("SOD1", "stop_gained", pytest.approx(0.1), {})],
        [("FUS", "missense_variant", pytest.approx(0.2), {})],
        [],
    ]


def test_a_variant_table_is_matched_in_minimal_representation_whatever_its_contig_names(calls, tmp_path):
    rows = [
        "chrom pos ref alt symbol effect CADD",
        "chr1 1000 CA CAT FUS missense_variant 20.5",
        "chr1 2000 A G TBK1 stop_gained NA",
    ]
    (tmp_path / "genes.tsv").write_text("".join(row.replace(" ", "\t") + "\n" for row in rows))
    names = {"contig": "chrom", "position": "pos", "gene": "symbol", "consequence": "effect"}
    source = AnnotationSource(kind="table", table=tmp_path / "genes.tsv", columns=names, scores=("CADD",))
    _, genes = annotated(calls, tmp_path / "genes.ht", source)
    assert list(genes.values()) == [
        [],
        [("FUS", "missense_variant", None, {"CADD": 20.5})],
        [("TBK1", "stop_gained", None, {"CADD": None})],
    ]


@pytest.mark.parametrize("name", ["genes.csv", "genes.parquet"])
def test_a_variant_table_is_read_alike_in_every_format(calls, tmp_path, name):
    table = pd.DataFrame(
        [
            ("1", "1001", "A", "AT", "FUS", "missense_variant", "20.5"),
            ("chr1", "2e3", "A", "G", "TBK1", "stop_gained", "NULL"),
        ],
        columns=["contig", "position", "ref", "alt", "gene", "consequence", "CADD"],
    )
    if name.endswith(".csv"):
        table.to_csv(tmp_path / name, index=False, quoting=csv.QUOTE_ALL)
    else:
        table.to_parquet(tmp_path / name)
    source = AnnotationSource(kind="table", table=tmp_path / name, scores=("CADD",))
    _, genes = annotated(calls, tmp_path / "genes.ht", source)
    assert list(genes.values()) == [
        [],
        [("FUS", "missense_variant", None, {"CADD": 20.5})],
        [("TBK1", "stop_gained", None, {"CADD": None})],
    ]


def test_parts_and_columns_that_are_absent_are_named(calls, tmp_path):
    with pytest.raises(InputError, match=r"CADD.*no such part; the header names: Consequence, SYMBOL"):
        annotate(
            calls,
            tmp_path / "genes.ht",
            AnnotationSource(scores=("CADD",)),
            subfields={"CSQ": ("Consequence", "SYMBOL")},
        )
    (tmp_path / "genes.tsv").write_text("contig\tposition\tref\talt\n")
    with pytest.raises(InputError, match=r"gene, consequence: no such column; it has: contig, position, ref, alt"):
        annotate(calls, tmp_path / "genes.ht", AnnotationSource(kind="table", table=tmp_path / "genes.tsv"))
