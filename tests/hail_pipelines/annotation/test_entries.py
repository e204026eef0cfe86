import math

import numpy as np
import pyarrow as pa
import pytest

from hail_pipelines.annotation.entries import Columns, Entries
from hail_pipelines.annotation.info_fields import InfoFields
from hail_pipelines.annotation.sources import AnnotationSource


def info(**fields):
    """Make INFO fields of one variant."""
    return InfoFields({name: pa.array([value]) for name, value in fields.items()}, np.array([1]), np.array([1]))


def entry(gene, consequence, preference=0, score=None, low=None, text=None, loftee=None, variant=0):
    return (variant, gene, consequence, preference, score, low, text, loftee)


def entries_of(*rows):
    variants, genes, consequences, preferences, scores, lows, texts, verdicts = zip(*rows, strict=True)
    values = {
        "CADD": pa.array(scores, pa.float64()),
        "SIFT": pa.array(lows, pa.float64()),
        "HGVSp": pa.array(texts, pa.string()),
        "LoF": pa.array(verdicts, pa.string()),
    }
    return Entries(
        np.array(variants),
        pa.array(genes, pa.string()),
        pa.array(consequences, pa.string()),
        np.array(preferences, np.int8),
        Columns(values),
        "LoF",
    )


@pytest.fixture
def genes_of(reduced):
    """Give a function that reduces entries to each variant's genes."""
    source = AnnotationSource(scores=("CADD", "SIFT"), fields=("HGVSp",), low_is_damaging=frozenset({"SIFT"}))

    def run(*rows, variants=1):
        return reduced(entries_of(*rows), source, info(), variants)

    return run


def test_of_the_most_severe_transcripts_the_most_damaging_scores_and_the_first_text_count(genes_of):
    ((gene,),) = genes_of(
        entry("SOD1", "missense_variant", score=20, low=0.3),
        entry("SOD1", "splice_region_variant&missense_variant", score=25, low=0.01, text="p.A4V", loftee="LC"),
        entry("SOD1", "synonymous_variant", score=40, low=0.0, text="p.="),
        entry("SOD1", "missense_variant", text="p.A5V"),
    )
    assert gene.consequence == "missense_variant"
    assert gene.scores == {"CADD": 25, "SIFT": 0.01}
    assert gene.fields == {"HGVSp": "p.A4V"}
    assert gene.loftee == "LC"


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [(("LC", "HC", "LC"), "HC"), (("OS", "LC"), "LC"), (("OS", None), None), ((None, "HC"), "HC")],
)
def test_loftee_is_the_most_confident_verdict(genes_of, verdicts, expected):
    found = genes_of(*(entry("SOD1", "stop_gained", loftee=verdict) for verdict in verdicts))
    assert found[0][0].loftee == expected


def test_of_terms_that_are_equally_severe_the_first_is_named(genes_of):
    found = genes_of(
        entry("SOD1", "upstream_gene_variant&intron_variant"), entry("SOD1", "intron_variant"), entry("SOD1", "odd")
    )
    assert [gene.consequence for gene in found[0]] == ["upstream_gene_variant"]


def test_transcripts_that_are_preferred_count_alone_gene_by_gene(genes_of):
    found = genes_of(
        entry("SOD1", "stop_gained", preference=1),
        entry("SOD1", "synonymous_variant", preference=0),
        entry("FUS", "missense_variant", preference=1),
    )
    assert [(gene.gene, gene.consequence) for gene in found[0]] == [
        ("FUS", "missense_variant"),
        ("SOD1", "synonymous_variant"),
    ]


def test_variants_do_not_mix_whatever_the_order_of_their_entries(genes_of):
    found = genes_of(
        entry("SOD1", "missense_variant", score=1, text="b", variant=2),
        entry("SOD1", "stop_gained", score=9, variant=0),
        entry("FUS", "missense_variant", score=5, variant=2),
        entry("SOD1", "missense_variant", score=3, text="a", variant=2),
        variants=3,
    )
    assert [[(gene.gene, gene.scores["CADD"], gene.fields["HGVSp"]) for gene in genes] for genes in found] == [
        [("SOD1", 9, None)],
        [],
        [("FUS", 5, None), ("SOD1", 3, "b")],
    ]


def test_entries_without_a_gene_or_a_consequence_are_left_out(genes_of):
    found = genes_of(
        entry(None, "missense_variant"), entry("SOD1", ""), entry("TBK1", None), entry("FUS", "intron_variant")
    )
    assert [gene.gene for gene in found[0]] == ["FUS"]


def test_a_value_that_the_source_lacks_is_taken_from_elsewhere_and_its_own_goes_first(reduced):
    source = AnnotationSource(scores=("CADD", "REVEL"), fields=("X",), external_af="AF")
    entries = Entries(
        np.array([0]), pa.array(["G"]), pa.array(["t"]), np.zeros(1, np.int8), Columns({"CADD": pa.array([1.0])})
    )
    ((one,),) = reduced(entries, source, info(CADD=9.0, REVEL=0.5, X="x"))
    assert one.scores == {"CADD": 1, "REVEL": 0.5}
    assert one.fields == {"X": "x"}
    assert one.external_af is None


def test_a_score_that_no_transcript_has_is_missing_and_no_number(genes_of):
    ((gene,),) = genes_of(entry("SOD1", "missense_variant", score=math.nan))
    assert gene.scores == {"CADD": None, "SIFT": None}
