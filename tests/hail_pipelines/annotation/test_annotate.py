import pandas as pd
import pytest

from association.problems import InputError
from hail_pipelines.annotation.annotate import GENE_LENGTHS, annotate
from hail_pipelines.annotation.counts import AnnotationCounts, check_gene_model
from hail_pipelines.annotation.sources import AnnotationSource

pytestmark = pytest.mark.usefixtures("hail_session")

PARTS = {
    "CSQ": ("Consequence", "ALLELE_NUM", "SYMBOL", "REVEL"),
    "ANN": ("Allele", "Annotation", "Annotation_Impact", "Gene_Name", "Gene_ID", "HGVS.p"),
}


def brief(genes):
    return [[(gene.gene, gene.consequence, gene.external_af, dict(gene.scores)) for gene in row] for row in genes]


def test_vep_annotation_leaves_out_genes_whose_protein_stays_and_takes_what_it_lacks_from_info(annotated):
    source = AnnotationSource(
        scores=("REVEL", "dbNSFP_CADD_phred"), fields=("dbNSFP_SIFT_pred",), external_af="SITE_AF"
    )
    counts, genes = annotated(source, subfields=PARTS)
    assert brief(genes) == [
        [("SOD1", "stop_gained", 0.25, {"REVEL": 0.5, "dbNSFP_CADD_phred": 33.5})],
        [("FUS", "missense_variant", 0.25, {"REVEL": 0.1, "dbNSFP_CADD_phred": 21.0})],
        [],
    ]
    # Three values for two alleles are the record's, not the alleles'.
    assert [dict(row[0].fields) for row in genes[:2]] == [{"dbNSFP_SIFT_pred": "D&T&T"}] * 2
    assert counts == AnnotationCounts(variants=3, annotated=2, gene_entries=2, modifier_entries=2, genes=2)


def test_info_fields_hold_a_value_per_allele(annotated):
    source = AnnotationSource(kind="info", gene_field="GENE", consequence_field="EFFECT", external_af="POPAF")
    _, genes = annotated(source)
    assert brief(genes) == [
        [("SOD1", "stop_gained", pytest.approx(0.1), {})],
        [("FUS", "missense_variant", pytest.approx(0.2), {})],
        [],
    ]


def test_snpeff_keeps_its_own_texts_and_scores_from_info_and_counts_unknown_terms(annotated):
    source = AnnotationSource("snpeff", field="ANN", scores=("dbNSFP_CADD_phred",), fields=("HGVS.p",))
    counts, genes = annotated(source, subfields=PARTS)
    assert brief(genes) == [
        [("SOD1", "stop_gained", None, {"dbNSFP_CADD_phred": 33.5})],
        [("FUS", "missense_variant", None, {"dbNSFP_CADD_phred": 21.0})],
        [],
    ]
    assert [dict(row[0].fields) for row in genes[:2]] == [{"HGVS.p": "p.Gln23%2A"}, {"HGVS.p": "p.Arg1Gly"}]
    assert counts.unknown_terms == {"odd_variant": 1}
    assert counts.by_name()["unknown consequence odd_variant"] == 1
    assert all(isinstance(count, int) for count in counts.by_name().values())


def test_a_gene_model_names_the_genes_alone_and_writes_their_coding_lengths(annotated, tmp_path):
    # The deletion at 1000 takes base 1001, which is the first of SOD1; FUS begins two bases after 2000.
    (tmp_path / "genes.bed").write_text("chr1\t1000\t1100\tSOD1\nchr1\t2001\t2100\tFUS\nchr2\t0\t10\tTBK1\n")
    source = AnnotationSource("gene_model", gene_model=tmp_path / "genes.bed", scores=("dbNSFP_CADD_phred",))
    counts, genes = annotated(source)
    coding = "coding_sequence_variant"
    assert brief(genes) == [
        [("SOD1", coding, None, {"dbNSFP_CADD_phred": 33.5})],
        [("SOD1", coding, None, {"dbNSFP_CADD_phred": 21.0})],
        [],
    ]
    assert counts.annotated == 2
    lengths = pd.read_parquet(tmp_path / GENE_LENGTHS)
    assert lengths.set_index("gene")["coding_length"].to_dict() == {"SOD1": 100, "FUS": 99, "TBK1": 10}


def test_a_gene_model_that_holds_no_variant_is_refused(tmp_path):
    check_gene_model(tmp_path, 1, 3, "GRCh37")
    with pytest.raises(InputError, match=r"none of the VCFs' 3 variants lies in any gene: the file may be on GRCh38"):
        check_gene_model(tmp_path, 0, 3, "GRCh37")


def test_parts_that_are_absent_are_named(calls, tmp_path):
    with pytest.raises(InputError, match=r"AlphaMissense.*no such part; the header names: Consequence, SYMBOL"):
        annotate(
            calls,
            tmp_path / "genes.ht",
            AnnotationSource(scores=("AlphaMissense",)),
            subfields={"CSQ": ("Consequence", "SYMBOL")},
        )
    with pytest.raises(InputError, match=r"'Gene_Name'.*no such part"):
        annotate(
            calls,
            tmp_path / "genes.ht",
            AnnotationSource("snpeff", field="ANN"),
            subfields={"ANN": ("Allele", "Annotation")},
        )
