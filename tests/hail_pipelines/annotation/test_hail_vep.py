"""`hl.vep` itself, with a few lines of Python in place of Ensembl's program."""

import json
import os
import sys

import pytest

from association.problems import InputError
from hail_pipelines.annotation.sources import AnnotationSource
from hail_pipelines.annotation.vep_config import read_transcript_fields

SCHEMA = (
    "Struct{input:String,transcript_consequences:Array[Struct{gene_symbol:String,gene_id:String,"
    "consequence_terms:Array[String],lof:String,canonical:Int32,mane_select:String,sift_score:Float64,"
    "polyphen_score:Float64,hgvsp:String,variant_allele:String,domains:Array[Struct{db:String,name:String}]}]}"
)
# Reads a VCF as VEP does and answers in VEP's JSON; the deletion is in two genes, the last variant in none.
STAND_IN = """\
import json, sys
for line in sys.stdin:
    if line[0] == "#":
        continue
    contig, position, _, ref, alt = line.rstrip("\\n").split("\\t")[:5]
    common = {"variant_allele": "-", "gene_id": "ENSG1"}
    found = []
    if len(ref) > len(alt):
        found = [
            common | {"gene_symbol": "SOD1", "consequence_terms": ["frameshift_variant"],
                      "canonical": 1, "lof": "HC"},
            common | {"gene_symbol": "SOD1", "consequence_terms": ["missense_variant", "splice_region_variant"],
                      "mane_select": "NM_1", "sift_score": 0.2, "polyphen_score": 0.9, "hgvsp": "p.A4V"},
            common | {"gene_symbol": "SOD1", "consequence_terms": ["missense_variant"],
                      "mane_select": "NM_1", "sift_score": 0.01, "polyphen_score": 0.1},
            common | {"consequence_terms": ["stop_gained"], "canonical": 1},
        ]
    elif position == "1001":
        found = [common | {"gene_symbol": "FUS", "consequence_terms": ["missense_variant"]}]
    answer = {"input": line.rstrip("\\n")} | ({"transcript_consequences": found} if found else {})
    print(json.dumps(answer))
"""


@pytest.fixture
def config(tmp_path):
    (tmp_path / "stand_in.py").write_text(STAND_IN)
    settings = {
        "command": [sys.executable, str(tmp_path / "stand_in.py"), "__OUTPUT_FORMAT_FLAG__"],
        "env": {"PATH": os.environ["PATH"]},
        "vep_json_schema": SCHEMA,
    }
    path = tmp_path / "vep.json"
    path.write_text(json.dumps(settings))
    return path


def brief(genes):
    return [[(gene.gene, gene.consequence, gene.loftee) for gene in row] for row in genes]


@pytest.mark.usefixtures("hail_session")
def test_vep_run_by_hail_is_read_by_the_rule_of_csq(annotated, config):
    source = AnnotationSource(
        "hail_vep",
        config=config,
        transcripts="mane_or_canonical",
        scores=("sift_score", "polyphen_score", "dbNSFP_CADD_phred"),
        fields=("hgvsp",),
        low_is_damaging=frozenset({"sift_score"}),
    )
    counts, genes = annotated(source)
    assert brief(genes) == [
        [("ENSG1", "stop_gained", None), ("SOD1", "missense_variant", None)],
        [],
        [],
    ]
    sod1 = genes[0][1]
    assert sod1.scores == {"sift_score": 0.01, "polyphen_score": 0.9, "dbNSFP_CADD_phred": 33.5}
    assert sod1.fields == {"hgvsp": "p.A4V"}
    assert (counts.variants, counts.annotated) == (3, 1)


@pytest.mark.usefixtures("hail_session")
def test_without_a_configuration_the_remedy_is_named(annotated, monkeypatch):
    monkeypatch.delenv("VEP_CONFIG_URI", raising=False)
    with pytest.raises(InputError, match=r"(?s)annotation.config.*make the cluster with VEP"):
        annotated(AnnotationSource("hail_vep"))


def test_the_fields_of_transcripts_are_read_from_the_configuration(config):
    assert set(read_transcript_fields(config)) >= {"gene_symbol", "consequence_terms", "sift_score", "domains"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no JSON"),
        ("[]", "needs command, env, vep_json_schema"),
        ('{"command": [], "env": {}}', "vep_json_schema absent"),
        ('{"command": [], "env": {}, "vep_json_schema": "Struct{a:String}"}', "has no consequence_terms"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_refused(tmp_path, text, message):
    (tmp_path / "vep.json").write_text(text)
    with pytest.raises(InputError, match=message):
        read_transcript_fields(tmp_path / "vep.json")
    with pytest.raises(InputError, match="no such file"):
        read_transcript_fields(tmp_path / "absent.json")
