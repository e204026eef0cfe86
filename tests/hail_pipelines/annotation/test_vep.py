import hail as hl
import pytest

from hail_pipelines.annotation.entries import complete_expr, genes_expr
from hail_pipelines.annotation.snpeff import snpeff_entries_expr
from hail_pipelines.annotation.sources import AnnotationSource
from hail_pipelines.annotation.vep import vep_alleles_expr, vep_entries_expr

pytestmark = pytest.mark.usefixtures("hail_session")

SUBFIELDS = ("Consequence", "Allele", "SYMBOL", "Gene", "CANONICAL", "MANE_SELECT", "LoF", "REVEL", "AF")
NOTHING = {"numbers": {}, "fields": {}}


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
        for gene in hl.eval(genes_expr(complete_expr(entries, source, NOTHING)))
    ]


def consequences(texts, *arguments, **options):
    return {gene[0]: gene[1] for gene in vep_genes(texts, *arguments, **options)}


def test_a_gene_takes_its_most_severe_transcripts_and_their_largest_scores():
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
    assert found == [
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
def test_only_the_transcripts_asked_for_count(transcripts, expected):
    assert consequences(TRANSCRIPTS, transcripts=transcripts) == expected


def test_transcripts_that_vep_picked_count_alone():
    parts = ("Consequence", "SYMBOL", "PICK")
    texts = ["stop_gained|SOD1|", "missense_variant|SOD1|1", "stop_gained|FUS|"]
    assert consequences(texts, subfields=parts, transcripts="pick") == {"SOD1": "missense_variant"}


def test_mane_plus_clinical_is_not_mane_select():
    parts = ("Consequence", "SYMBOL", "MANE")
    texts = [
        "stop_gained|SOD1|MANE_Plus_Clinical",
        "missense_variant|SOD1|MANE_Select",
        "synonymous_variant|FUS|NM_2",
    ]
    found = consequences(texts, subfields=parts, transcripts="mane")
    assert found == {"SOD1": "missense_variant", "FUS": "synonymous_variant"}


def of_alleles(parts, *cases):
    """Give the one consequence of each case, of its texts, alleles and the number of one of these; None for none."""
    source, of_type = AnnotationSource(), hl.tarray(hl.ttuple(hl.tarray(hl.tstr), hl.tarray(hl.tstr), hl.tint32))
    found = hl.eval(
        hl.literal([(texts, list(alleles), number) for texts, alleles, number in cases], of_type).map(
            lambda case: (
                genes_expr(
                    complete_expr(
                        vep_entries_expr(case[0], case[1], case[2], subfields=parts, source=source), source, NOTHING
                    )
                ).consequence
            )
        )
    )
    return [terms[0] if terms else None for terms in found]


def test_alleles_are_matched_by_vep_spelling_where_nothing_numbers_them():
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


def test_alleles_are_matched_by_number_unless_the_record_was_split_after_vep_saw_it():
    texts = ["1|C|stop_gained|SOD1", "2|G|missense_variant|SOD1"]
    found = of_alleles(
        ("ALLELE_NUM", "Allele", "Consequence", "SYMBOL"),
        (texts, ("A", "C", "G"), 1),
        (texts, ("A", "C", "G"), 2),
        (texts, ("A", "G"), 1),
        (texts, ("A", "C"), 1),
        (["1|odd|stop_gained|SOD1"], ("A", "C"), 1),
    )
    assert found == ["stop_gained", "missense_variant", "missense_variant", "stop_gained", "stop_gained"]


def test_without_allele_parts_only_a_record_with_one_alternate_can_be_read():
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


def test_snpeff_is_read_by_its_specification():
    source = AnnotationSource("snpeff", field="ANN")
    entries = [
        genes_expr(
            complete_expr(
                snpeff_entries_expr(hl.array(ANN), hl.array(["A", "C", "G"]), hl.int32(index)), source, NOTHING
            )
        )
        for index in (1, 2)
    ]
    found = [[(gene.gene, gene.consequence, gene.loftee) for gene in genes] for genes in hl.eval(hl.array(entries))]
    assert found == [
        [("SOD1", "missense_variant", None)],
        [("ENSG2", "stop_gained", None), ("SOD1", "stop_gained", None)],
    ]
