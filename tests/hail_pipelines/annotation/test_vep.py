import numpy as np
import pyarrow as pa
import pytest

from hail_pipelines.annotation.snpeff import snpeff_entries
from hail_pipelines.annotation.sources import AnnotationSource
from hail_pipelines.annotation.vep import vep_alleles, vep_entries

SUBFIELDS = ("Consequence", "Allele", "SYMBOL", "Gene", "CANONICAL", "MANE_SELECT", "LoF", "REVEL", "AF")


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
    records = [list(alleles) for alleles in cases for _ in alleles]
    numbers = np.array([number for alleles in cases for number, _ in enumerate(alleles)])
    found = vep_alleles(pa.array(records), numbers).to_pylist()
    assert found == [spelling for spellings in cases.values() for spelling in spellings]


@pytest.fixture
def vep_genes(batch_of, reduced):
    """Give a function that annotates one allele with CSQ texts whose parts are in order of `subfields`."""

    def run(texts, subfields=SUBFIELDS, **options):
        source = AnnotationSource(scores=("REVEL",), external_af="AF", **options)
        batch = batch_of([(texts, ("A", "C"), 1)])
        return reduced(vep_entries(batch, source, subfields), source, batch.info)[0]

    return run


@pytest.fixture
def consequences(vep_genes):
    """Give a function that names the consequence in each gene."""

    def run(texts, **options):
        return {gene.gene: gene.consequence for gene in vep_genes(texts, **options)}

    return run


def test_a_gene_takes_its_most_severe_transcripts_and_their_largest_scores(vep_genes):
    found = vep_genes(
        [
            "missense_variant&splice_region_variant|C|SOD1|ENSG1|||LC|0.2&0.7&.|0.01",
            "synonymous_variant|C|SOD1|ENSG1|YES|||0.9|0.02",
            "missense_variant|C|SOD1|ENSG1|||HC|0.3|",
            "stop_gained|C||ENSG2|||||",
            "upstream_gene_variant|C|TBK1|ENSG4|||||",
            "stop_gained|T|FUS|ENSG3|||||",
        ]
    )
    assert [(gene.gene, gene.consequence, gene.loftee, gene.external_af, gene.scores["REVEL"]) for gene in found] == [
        ("ENSG2", "stop_gained", None, None, None),
        ("SOD1", "missense_variant", "HC", 0.01, 0.7),
        ("TBK1", "upstream_gene_variant", None, None, None),
    ]


TRANSCRIPTS = [
    "stop_gained|C|SOD1|ENSG1||||0.1|",
    "missense_variant|C|SOD1|ENSG1|YES|||0.2|",
    "synonymous_variant|C|SOD1|ENSG1|YES|NM_1||0.3|",
    "stop_gained|C|FUS|ENSG2|||||",
    "missense_variant|C|FUS|ENSG2|YES||||",
    "stop_gained|C|TBK1|ENSG3|||||",
]


@pytest.mark.parametrize(
    ("transcripts", "expected"),
    [
        ("all", {"SOD1": "stop_gained", "FUS": "stop_gained", "TBK1": "stop_gained"}),
        ("canonical", {"SOD1": "missense_variant", "FUS": "missense_variant"}),
        ("mane", {"SOD1": "synonymous_variant"}),
        ("mane_or_canonical", {"SOD1": "synonymous_variant", "FUS": "missense_variant"}),
    ],
)
def test_only_the_transcripts_asked_for_count(consequences, transcripts, expected):
    assert consequences(TRANSCRIPTS, transcripts=transcripts) == expected


def test_transcripts_that_vep_picked_count_alone(consequences):
    parts = ("Consequence", "SYMBOL", "PICK")
    texts = ["stop_gained|SOD1|", "missense_variant|SOD1|1", "stop_gained|FUS|"]
    assert consequences(texts, subfields=parts, transcripts="pick") == {"SOD1": "missense_variant"}


def test_mane_plus_clinical_is_not_mane_select(consequences):
    parts = ("Consequence", "SYMBOL", "MANE")
    texts = [
        "stop_gained|SOD1|MANE_Plus_Clinical",
        "missense_variant|SOD1|MANE_Select",
        "synonymous_variant|FUS|NM_2",
    ]
    found = consequences(texts, subfields=parts, transcripts="mane")
    assert found == {"SOD1": "missense_variant", "FUS": "synonymous_variant"}


@pytest.fixture
def of_alleles(batch_of, reduced):
    """Give a function for the one consequence of each case: its texts, alleles and the number of one of these."""

    def run(parts, *cases):
        source, batch = AnnotationSource(), batch_of(cases)
        genes = reduced(vep_entries(batch, source, parts), source, batch.info, len(cases))
        return [found[0].consequence if found else None for found in genes]

    return run


def test_alleles_are_matched_by_vep_spelling_where_nothing_numbers_them(of_alleles):
    spelled, one = ["stop_gained|-|SOD1", "missense_variant|AT|SOD1"], ["stop_gained|AT|SOD1"]
    found = of_alleles(
        ("Consequence", "Allele", "SYMBOL"),
        (spelled, ("CA", "C", "CAT"), 2),
        (spelled, ("CA", "C", "CAT"), 1),
        # One spelling and one alternate are the same allele however it was trimmed.
        (one, ("A", "AT"), 1),
        (one, ("A", "AT", "AG"), 2),
        (["stop_gained", "|AT|SOD1"], ("A", "AT"), 1),
    )
    assert found == ["missense_variant", "stop_gained", "stop_gained", None, None]


def test_alleles_are_matched_by_number_unless_the_record_was_split_after_vep_saw_it(of_alleles):
    texts = ["1|C|stop_gained|SOD1", "2|G|missense_variant|SOD1"]
    found = of_alleles(
        ("ALLELE_NUM", "Allele", "Consequence", "SYMBOL"),
        (texts, ("A", "C", "G"), 1),
        (texts, ("A", "C", "G"), 2),
        (texts, ("A", "G"), 1),
        (texts, ("A", "C"), 1),
        (["1|odd|stop_gained|SOD1"], ("A", "C"), 1),
        (["|C|synonymous_variant|SOD1", "1|C|stop_gained|SOD1"], ("A", "C"), 1),
    )
    assert found == ["stop_gained", "missense_variant", "missense_variant", *["stop_gained"] * 3]


def test_without_allele_parts_only_a_record_with_one_alternate_can_be_read(of_alleles):
    text = ["stop_gained|SOD1"]
    assert of_alleles(("Consequence", "SYMBOL"), (text, ("A", "C"), 1), (text, ("A", "C", "G"), 2)) == [
        "stop_gained",
        None,
    ]


ANN = [
    "C|missense_variant&splice_region_variant|MODERATE|SOD1|ENSG1|transcript|NM_1|Coding|1/5|c.1A>C|p.M1L|1/9|1/9|1/3||",
    "C|intron_variant|MODIFIER|SOD1|ENSG1|transcript|NM_2|Coding|1/5|||||||",
    "G|stop_gained|HIGH|SOD1|ENSG1|transcript|NM_1|Coding|1/5|||||||",
    "G|stop_gained|HIGH||ENSG2|transcript|NM_1|Coding|1/5|||||||",
    "broken",
]


def test_snpeff_is_read_by_its_specification(batch_of, reduced):
    source = AnnotationSource("snpeff", field="ANN")
    batch = batch_of([(ANN, ("A", "C", "G"), number) for number in (1, 2)], "ANN")
    found = reduced(snpeff_entries(batch, source), source, batch.info, 2)
    assert [[(gene.gene, gene.consequence, gene.loftee) for gene in genes] for genes in found] == [
        [("SOD1", "missense_variant", None)],
        [("ENSG2", "stop_gained", None), ("SOD1", "stop_gained", None)],
    ]
