import hail as hl
import pytest

from hail_pipelines.annotation.entries import (
    complete_expr,
    gene_entry_expr,
    genes_expr,
    number_expr,
    terms_expr,
    text_expr,
)
from hail_pipelines.annotation.sources import AnnotationSource

pytestmark = pytest.mark.usefixtures("hail_session")


def test_numbers_are_read_however_programs_write_them():
    texts = [
        "0.5",
        "1e-3",
        "0.2&0.7&.",
        "0.1|0.3",
        "deleterious(0.02)",
        "probably_damaging(0.99)&benign(0.1)",
        "deleterious_low_confidence(0)",
        "-2.5",
        "tolerated",
        ".",
        "nan",
        "",
    ]
    found = hl.eval(hl.array(texts).map(number_expr))
    assert found == [0.5, 0.001, 0.7, 0.3, 0.02, 0.99, 0.0, -2.5, None, None, None, None]


def test_the_lowest_number_is_taken_where_low_is_damaging():
    values = [
        number_expr(hl.str("tolerated(0.3)&deleterious(0.01)"), lowest=True),
        number_expr(hl.array([0.3, 0.1, float("nan")]), lowest=True),
        number_expr(hl.array(["0.3", "."])),
        number_expr(hl.int32(3)),
    ]
    assert hl.eval(hl.array(values)) == [0.01, 0.1, 0.3, 3.0]


def test_texts_are_kept_joined_and_decoded():
    found = hl.eval(
        hl.tuple(
            [
                text_expr(hl.str("D&T")),
                text_expr(hl.str("ENSP1:p.Arg4%3D")),
                text_expr(hl.str("100%25%3B")),
                text_expr(hl.array(["D", "T"])),
                text_expr(hl.empty_array(hl.tstr)),
                text_expr(hl.missing(hl.tstr)),
            ]
        )
    )
    assert found == ("D&T", "ENSP1:p.Arg4=", "100%;", "D&T", None, None)


def entry(gene, consequence, preference=0, score=None, low=None, text=None, loftee=None):
    return gene_entry_expr(
        gene=hl.or_missing(gene is not None, hl.str(gene or "")),
        terms=terms_expr(hl.str(consequence)),
        loftee=hl.missing(hl.tstr) if loftee is None else hl.str(loftee),
        numbers={
            name: hl.missing(hl.tfloat64) if value is None else hl.float64(value)
            for name, value in (("CADD", score), ("SIFT", low))
        },
        fields={"HGVSp": hl.missing(hl.tstr) if text is None else hl.str(text)},
        preference=preference,
    )


def reduced(*entries):
    source = AnnotationSource(scores=("CADD", "SIFT"), fields=("HGVSp",), low_is_damaging=frozenset({"SIFT"}))
    complete = complete_expr(hl.array(list(entries)), source, {"numbers": {}, "fields": {}})
    return hl.eval(genes_expr(complete, low_is_damaging=source.low_is_damaging))


def test_of_the_most_severe_transcripts_the_most_damaging_scores_and_the_first_text_count():
    (gene,) = reduced(
        entry("SOD1", "missense_variant", score=20, low=0.3),
        entry("SOD1", "splice_region_variant&missense_variant", score=25, low=0.01, text="p.A4V", loftee="LC"),
        entry("SOD1", "synonymous_variant", score=40, low=0.0, text="p.="),
        entry("SOD1", "missense_variant", text="p.A5V"),
    )
    assert gene.consequence == "missense_variant"
    assert dict(gene.scores) == {"CADD": 25, "SIFT": 0.01}
    assert dict(gene.fields) == {"HGVSp": "p.A4V"}
    assert gene.loftee == "LC"


def test_transcripts_that_are_preferred_count_alone_gene_by_gene():
    found = reduced(
        entry("SOD1", "stop_gained", preference=1),
        entry("SOD1", "synonymous_variant", preference=0),
        entry("FUS", "missense_variant", preference=1),
    )
    assert [(gene.gene, gene.consequence) for gene in found] == [
        ("FUS", "missense_variant"),
        ("SOD1", "synonymous_variant"),
    ]


def test_entries_without_a_gene_or_a_consequence_are_left_out():
    found = reduced(entry(None, "missense_variant"), entry("SOD1", ""), entry("FUS", "intron_variant"))
    assert [gene.gene for gene in found] == ["FUS"]


def test_a_value_that_the_source_lacks_is_taken_from_elsewhere_and_its_own_goes_first():
    source = AnnotationSource(scores=("CADD", "REVEL"), fields=("X",), external_af="AF")
    entries = hl.array([gene_entry_expr(gene=hl.str("G"), terms=hl.array(["t"]), numbers={"CADD": hl.float64(1)})])
    others = {"numbers": {"CADD": hl.float64(9), "REVEL": hl.float64(0.5)}, "fields": {"X": hl.str("x")}}
    (one,) = hl.eval(complete_expr(entries, source, others))
    assert dict(one.scores) == {"CADD": 1, "REVEL": 0.5}
    assert dict(one.fields) == {"X": "x"}
    assert one.external_af is None
