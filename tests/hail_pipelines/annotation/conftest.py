"""A small cohort whose records carry every kind of annotation, loaded once."""

from __future__ import annotations

import hail as hl
import pytest

from hail_pipelines.annotation.annotate import annotate
from hail_pipelines.load_calls import load_calls

CALLS = "GT 0/0 0/1 ./."
CSQ_PARTS = ("Consequence", "ALLELE_NUM", "SYMBOL", "REVEL")
EXTRA_HEADER = [
    f'##INFO=<ID=CSQ,Number=.,Type=String,Description="Format: {"|".join(CSQ_PARTS)}">',
    '##INFO=<ID=ANN,Number=.,Type=String,Description="Functional annotations: '
    "'Allele | Annotation | Annotation_Impact | Gene_Name | Gene_ID | HGVS.p'\">",
    '##INFO=<ID=dbNSFP_CADD_phred,Number=A,Type=Float,Description="CADD">',
    '##INFO=<ID=dbNSFP_SIFT_pred,Number=.,Type=String,Description="SIFT">',
    '##INFO=<ID=SITE_AF,Number=1,Type=Float,Description="Frequency elsewhere">',
]


@pytest.fixture(scope="session")
def calls(hail_session, write_vcf_file, tmp_path_factory):
    """Three variants: two alleles of one record, of which one moves when it is trimmed, and a plain one."""
    folder = tmp_path_factory.mktemp("annotate")
    csq = "stop_gained|1|SOD1|0.5,missense_variant|2|FUS|0.1,intron_variant|1|TBK1|"
    ann = "C|stop_gained|HIGH|SOD1|ENSG1|p.Gln23%2A,CAT|missense_variant|MODERATE|FUS|ENSG2|p.Arg1Gly"
    plain = "GENE=SOD1,FUS;EFFECT=stop_gained,missense_variant;POPAF=0.1,0.2"
    scores = "dbNSFP_CADD_phred=33.5,21.0;dbNSFP_SIFT_pred=D,T,T;SITE_AF=0.25"
    path = write_vcf_file(
        folder / "cohort.vcf.gz",
        [
            f"1 1000 . CA C,CAT . . CSQ={csq};ANN={ann};{plain};{scores} {CALLS}",
            f"1 2000 . A G . . CSQ=intron_variant|1|TBK1|;ANN=G|odd_variant|MODIFIER|TBK1|ENSG3| {CALLS}",
        ],
        extra_header=EXTRA_HEADER,
    )
    names = ["CSQ", "ANN", "GENE", "EFFECT", "POPAF", "dbNSFP_CADD_phred", "dbNSFP_SIFT_pred", "SITE_AF"]
    load_calls([path], folder / "calls.mt", reference_genome="GRCh37", info_fields=names)
    return folder / "calls.mt"


@pytest.fixture
def annotated(calls, tmp_path):
    """Give a function that annotates the cohort: the counts, and each variant's genes in order of variants."""

    def run(source, **options):
        counts = annotate(calls, tmp_path / "genes.ht", source, **options)
        return counts, [list(row.genes) for row in hl.read_table(str(tmp_path / "genes.ht")).collect()]

    return run
