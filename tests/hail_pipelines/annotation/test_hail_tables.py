"""Hail Tables, joined by Hail and read as any other file of variants."""

import hail as hl
import pytest

from association.problems import InputError
from hail_pipelines.annotation.sources import AnnotationSource, FrequencyFile

pytestmark = pytest.mark.usefixtures("hail_session")


def brief(genes):
    return [[(gene.gene, gene.consequence, gene.scores) for gene in row] for row in genes]


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


@pytest.mark.parametrize("keyed", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_a_hail_table_is_read_as_any_table(annotated, tmp_path, keyed):
    as_hail_table(keyed).write(str(tmp_path / "genes.ht"))
    source = AnnotationSource("table", table=tmp_path / "genes.ht", scores=("CADD",), fields=("gene",))
    counts, genes = annotated(source)
    assert brief(genes) == [
        [],
        [("FUS", "missense_variant", {"CADD": 20.5})],
        [("TBK1", "stop_gained", {"CADD": None})],
    ]
    assert genes[1][0].fields == {"gene": "FUS"}
    assert counts.matched == 2


def test_rows_of_a_variant_keep_their_order_and_values_their_kinds(annotated, tmp_path):
    """Arrays of consequences, numbers within arrays and structs come through; positions with other alleles do not."""
    of_type = hl.tstruct(
        locus=hl.tlocus("GRCh37"),
        alleles=hl.tarray(hl.tstr),
        gene=hl.tstr,
        consequence=hl.tarray(hl.tstr),
        score=hl.tarray(hl.tarray(hl.tfloat32)),
        text=hl.tstr,
        record=hl.tstruct(a=hl.tint32),
        loftee=hl.tstr,
    )
    common = {"locus": hl.Locus("1", 2000, "GRCh37"), "alleles": ["A", "G"], "gene": "TBK1", "loftee": "HC"}
    common |= {"record": None, "text": None, "score": None}
    rows = [
        common
        | {"consequence": ["missense_variant", "intron_variant"], "score": [[0.5], [2.5, None]], "text": "one"},
        common | {"consequence": ["missense_variant"], "score": [[1.5]], "text": "two", "record": {"a": 3}},
        common | {"alleles": ["A", "T"], "consequence": ["stop_gained"]},
    ]
    hl.Table.parallelize(rows, of_type).key_by("locus", "alleles").write(str(tmp_path / "genes.ht"))
    source = AnnotationSource("table", table=tmp_path / "genes.ht", scores=("score",), fields=("text", "record"))
    counts, genes = annotated(source)
    ((gene,),) = [row for row in genes if row]
    assert (gene.consequence, gene.scores, gene.loftee) == ("missense_variant", {"score": 2.5}, "HC")
    assert gene.fields == {"text": "one", "record": '{"a":3}'}
    assert (counts.matched, counts.annotated) == (1, 1)


def test_a_hail_table_on_the_other_build_is_refused(annotated, tmp_path):
    ht = hl.Table.parallelize(
        [{"locus": hl.Locus("chr1", 2000, "GRCh38"), "alleles": ["A", "G"]}],
        hl.tstruct(locus=hl.tlocus("GRCh38"), alleles=hl.tarray(hl.tstr)),
    )
    ht.key_by("locus", "alleles").write(str(tmp_path / "sites.ht"))
    with pytest.raises(InputError, match="the table is on GRCh38, the study on GRCh37"):
        annotated(AnnotationSource(kind="table", table=tmp_path / "sites.ht"))


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
