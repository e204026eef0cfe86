"""What the study file says of annotation reaches the engine, and which files and fields it will read."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from pydantic import TypeAdapter

from hail_pipelines.annotation.sources import AnnotationSource, FrequencyFile
from hail_pipelines.vcf.files import VcfSummary
from jobs.annotation_settings import (
    annotation_files,
    annotation_inputs,
    annotation_outputs,
    annotation_source,
    info_fields,
)
from jobs.study.annotation import Annotation

VEP = {"source": "vep", "scores": ["REVEL", "CADD"], "fields": ["HGVSp"], "external_af": "gnomAD"}
SUMMARY = VcfSummary(
    samples=("s1",),
    call_fields=("GT",),
    format_types={},
    info_descriptions={"CSQ": "", "CADD": "", "gnomAD": "", "REVEL": ""},
    annotation_subfields={"CSQ": ("Consequence", "SYMBOL", "REVEL", "HGVSp")},
    contigs=("1",),
    has_chr_prefix=False,
)


def study(**annotation):
    return SimpleNamespace(annotation=TypeAdapter(Annotation).validate_python(annotation))


def test_only_what_the_source_lacks_is_loaded_from_info():
    assert info_fields(study(**VEP)) == ("CSQ",)
    assert info_fields(study(**VEP), SUMMARY) == ("CSQ", "CADD", "gnomAD")
    bare = replace(SUMMARY, annotation_subfields={"CSQ": ()})
    assert info_fields(study(**VEP), bare) == ("CSQ", "REVEL", "CADD", "gnomAD")
    info = {"source": "info", "gene": "GENE", "consequence": "EFFECT", "scores": ["X", "GENE"]}
    assert info_fields(study(**info)) == ("GENE", "EFFECT", "X")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            VEP | {"transcripts": "mane_or_canonical", "low_is_damaging": ["X"]},
            AnnotationSource(
                transcripts="mane_or_canonical",
                scores=("REVEL", "CADD"),
                fields=("HGVSp",),
                low_is_damaging=frozenset({"X"}),
                external_af="gnomAD",
            ),
        ),
        ({"source": "snpeff"}, AnnotationSource("snpeff", field="ANN")),
        (
            {"source": "info", "gene": "GENE", "consequence": "EFFECT"},
            AnnotationSource("info", gene_field="GENE", consequence_field="EFFECT"),
        ),
        ({"source": "hail_vep", "transcripts": "pick"}, AnnotationSource("hail_vep", transcripts="pick")),
    ],
)
def test_settings_reach_the_engine(tmp_path, settings, expected):
    found = annotation_source(study(**settings), tmp_path / "study.yaml")
    if "low_is_damaging" not in settings:
        assert {"SIFT", "sift_score"} == found.low_is_damaging
        found = replace(found, low_is_damaging=frozenset())
    assert found == expected


def test_files_are_found_beside_the_study_and_stand_for_what_is_in_them(tmp_path):
    path = tmp_path / "study.yaml"
    with_files = study(
        source="table",
        path="genes.ht",
        gene_model="genes.gtf",
        external_frequencies={"path": "gnomad.tsv", "af": "AF", "columns": {"contig": "chrom"}},
    )
    names = ["annotation.path", "annotation.gene_model", "annotation.external_frequencies.path"]
    assert [setting for setting, _ in annotation_files(with_files)] == names
    assert annotation_inputs(with_files, path) == [
        tmp_path / "genes.ht" / "rows" / "metadata.json.gz",
        tmp_path / "genes.gtf",
        tmp_path / "gnomad.tsv",
    ]
    assert annotation_outputs(with_files) == ("genes.parquet", "gene_lengths.parquet")
    source = annotation_source(with_files, path)
    columns = {"contig": "chrom", "position": "position", "ref": "ref", "alt": "alt"}
    assert source.frequencies == FrequencyFile(tmp_path / "gnomad.tsv", "AF", columns)
    assert (source.table, source.gene_model) == (tmp_path / "genes.ht", tmp_path / "genes.gtf")


@pytest.mark.parametrize(
    ("settings", "padding"),
    [({"gene_model": "a.gtf.gz"}, 2), ({"gene_model": "a.bed"}, 0), ({"gene_model": "a.gtf", "padding": 5}, 5)],
)
def test_splice_sites_belong_to_the_coding_sequence_of_a_gtf(tmp_path, settings, padding):
    source = annotation_source(study(source="gene_model", **settings), tmp_path / "study.yaml")
    assert source.padding == padding
    assert annotation_outputs(study(source="snpeff")) == ("genes.parquet",)
