"""What the command says of annotation that it can't use: INFO fields, and tables of variants."""

from __future__ import annotations

import json

import pandas as pd
import pytest


def test_an_unknown_info_field_is_refused_with_those_there_are(folder, refusal):
    folder.set(annotation={"field": "VEP"})
    line = refusal().line_of("INFO VEP")
    assert "not declared in the header; it has: AC, AF, AN, CSQ" in line


def test_an_unknown_score_or_text_is_refused_with_the_parts_there_are(folder, refusal):
    folder.set(annotation={"scores": ["REVEL", "AlphaMissense"], "fields": ["ClinVar"]})
    said = refusal()
    line = said.line_of("annotation.scores[1]")
    assert "'AlphaMissense' is not in CSQ" in line
    assert "REVEL" in line
    assert "annotation.fields[0]: 'ClinVar' is not in CSQ" in said


def test_an_info_field_can_stand_for_a_part_but_not_the_cohorts_own_frequency_for_anothers(folder, refusal):
    folder.set(annotation={"scores": ["REVEL", "AN"], "external_af": "AF"})
    said = refusal()
    assert "1 problem" in said
    assert "annotation.external_af: INFO AF is the cohort's own frequency; name that of another" in said


def test_two_external_frequencies_are_refused(folder, refusal):
    folder.set(annotation={"external_af": "gnomAD_AF", "external_frequencies": {"path": "a.tsv", "af": "AF"}})
    assert "'external_af' and 'external_frequencies' say the same twice" in refusal()


def test_a_field_that_is_not_snpeffs_is_refused(folder, refusal):
    folder.replace(annotation={"source": "snpeff", "field": "CSQ", "scores": ["REVEL"]})
    text = refusal()
    assert "annotation.field: 'Annotation' is not in CSQ; it has" in text
    assert "annotation.field: 'Gene_Name' is not in CSQ; it has" in text


def test_every_file_of_annotation_is_checked_before_anything_runs(folder, refusal):
    (folder.path / "genes.bed").write_text("chr1\t10\t20\n")
    (folder.path / "af.tsv").write_text("contig\tposition\tref\talt\tAF\n1\t300000000\tA\tC\t2\n")
    folder.replace(
        annotation={
            "source": "table",
            "path": "genes.ht",
            "scores": ["REVEL"],
            "gene_model": "genes.bed",
            "external_frequencies": {"path": "af.tsv", "af": "AF"},
        },
    )
    text = refusal()
    assert "genes.ht: 1 problem" in text
    assert "no such table" in text
    assert "line 1: has 3 columns between tabs, expected at least 4" in text
    assert "line 2, column 'position': '300000000' lies beyond the end of the chromosome in GRCh38" in text
    assert "line 2, column 'AF': '2' is outside 0 to 1" in text


def test_a_configuration_of_vep_without_what_is_asked_is_refused(folder, refusal):
    schema = "Struct{transcript_consequences:Array[Struct{gene_symbol:String,consequence_terms:Array[String]}]}"
    configuration = {"command": ["vep"], "env": {}, "vep_json_schema": schema}
    (folder.path / "vep.json").write_text(json.dumps(configuration))
    settings = {"source": "hail_vep", "config": "vep.json", "transcripts": "canonical", "scores": ["REVEL"]}
    folder.replace(annotation=settings)
    text = refusal()
    assert "annotation.scores[0]: 'REVEL' is not in the vep_json_schema of vep.json; it has consequence_terms" in text
    assert "annotation.transcripts: 'canonical' is not in the vep_json_schema" in text


def test_a_score_that_neither_a_gene_model_nor_the_vcfs_have_is_refused(folder, refusal):
    (folder.path / "genes.bed").write_text("chr1\t10\t20\tSIM001\n")
    folder.replace(annotation={"source": "gene_model", "gene_model": "genes.bed", "scores": ["REVEL"]})
    assert "annotation.scores[0]: 'REVEL' is no INFO field of the VCFs; they have AC, AF, AN, CSQ" in refusal()


def with_csq_parts(folder, renamed):
    """Rename parts of CSQ in the one VCF that the study reads."""
    header, records = folder.read_vcf("chr1.vcf.gz")
    at = next(index for index, line in enumerate(header) if line.startswith("##INFO=<ID=CSQ"))
    text, parts = header[at].removesuffix('">').split("Format: ")
    header[at] = f'{text}Format: {"|".join(renamed.get(part, part) for part in parts.split("|"))}">'
    folder.write_vcf("chr1.vcf.gz", header, records)
    folder.set(genotypes={"vcfs": ["vcf/chr1.vcf.gz"]})


def test_a_vep_field_without_consequences_or_genes_is_refused(folder, refusal):
    with_csq_parts(folder, {"Consequence": "Effect", "SYMBOL": "Symbol", "Gene": "Gen"})
    text = refusal()
    assert "annotation.field: 'Consequence' is not in CSQ; it has" in text
    assert "annotation.field: 'SYMBOL' or 'Gene' is not in CSQ; it has" in text


@pytest.mark.parametrize("mark", ["MANE", "MANE_SELECT"])
def test_either_mark_of_mane_transcripts_is_accepted(folder, progex, mark):
    with_csq_parts(folder, {"MANE": mark, "MANE_SELECT": mark, "LoF": mark})
    folder.set(annotation={"transcripts": "mane"})
    outcome = progex("validate", folder.study)
    assert outcome.exit_code == 0, outcome.output


def test_mane_transcripts_that_nothing_marks_are_refused(folder, refusal):
    with_csq_parts(folder, {"MANE": "Other", "MANE_SELECT": "Other"})
    folder.set(annotation={"transcripts": "mane"})
    assert "annotation.transcripts: 'MANE_SELECT' or 'MANE' is not in CSQ" in refusal()


def test_a_mask_on_a_score_that_annotation_does_not_keep_is_refused(folder, refusal):
    folder.set(annotation={"scores": []})
    line = refusal().line_of("masks[1].damaging.score")
    assert "'REVEL' is not in annotation.scores; add it there" in line


def test_a_variant_table_without_a_column_is_refused(folder, refusal):
    (folder.path / "variants.tsv").write_text("contig\tposition\tref\talt\tsymbol\tconsequence\n1\t1\tA\tC\tG\tx\n")
    folder.replace(annotation={"source": "table", "path": "variants.tsv", "scores": ["REVEL"]})
    text = refusal()
    assert "variants.tsv" in text
    assert "no column 'gene'" in text
    assert "no column 'REVEL'" in text
    assert "annotation.columns" in text


@pytest.fixture
def variant_table(folder):
    """Give a function that annotates the study by a table of the given rows."""
    columns = ["contig", "position", "ref", "alt", "gene", "consequence", "REVEL", "gnomAD"]

    def write(*rows, name="variants.tsv"):
        table = pd.DataFrame([row.split() for row in rows], columns=columns)
        if name.endswith(".parquet"):
            table.to_parquet(folder.path / name)
        else:
            table.to_csv(folder.path / name, sep="\t", index=False)
        folder.replace(annotation={"source": "table", "path": name, "scores": ["REVEL"], "external_af": "gnomAD"})

    return write


@pytest.mark.parametrize("name", ["variants.tsv", "variants.parquet"])
def test_values_of_a_variant_table_that_cannot_be_read_are_refused_all_at_once(refusal, variant_table, name):
    variant_table(
        "1 1000 A C SIM001 missense_variant high 0.1",
        "1 abc A C SIM001 missense_variant 0.5 0.1",
        "1 0 A C SIM001 missense_variant 0.5 0.1",
        "1 10.5 A C SIM001 missense_variant 0.5 0.1",
        "chrUn_1 1000 A C SIM001 missense_variant 0.5 0.1",
        "1 249000000 A C SIM001 missense_variant 0.5 0.1",
        "1 1000 A C SIM001 missense_variant 0.5 rare",
        "1 1000 A C SIM001 missense_variant 0.5 -9",
        "1 1000 . C SIM001 missense_variant 0.5 0.1",
        name=name,
    )
    # A Parquet file has rows, and no lines.
    text = refusal().replace("row ", "line ") if name.endswith(".parquet") else refusal()
    assert f"{name}: 9 problems" in text
    assert "line 2, column 'REVEL': 'high' is not a number" in text
    assert "line 3, column 'position': 'abc' is not a number" in text
    assert "line 4, column 'position': '0' is outside 1 to" in text
    assert "line 5, column 'position': '10.5' is not a whole number" in text
    assert "line 6, column 'contig': 'chrUn_1' is not a chromosome of GRCh38; expected 1 to 22, X, Y or MT" in text
    assert "line 7, column 'position': '249000000' lies beyond the end of the chromosome in GRCh38" in text
    assert "line 8, column 'gnomAD': 'rare' is not a number" in text
    assert "line 9, column 'gnomAD': '-9' is outside 0 to 1" in text
    assert "line 10, column 'ref': (empty) is not a value" in text


@pytest.mark.parametrize("name", ["variants.tsv", "variants.parquet"])
def test_a_sound_variant_table_is_accepted_with_values_missing(folder, progex, variant_table, name):
    variant_table(
        "1 1000 A C SIM001 missense_variant 0.5 0.1",
        "chrX 1000 A C SIM002 missense_variant NA .",
        "M 1000 A C SIM003 missense_variant 1e-3 0",
        name=name,
    )
    outcome = progex("validate", folder.study)
    assert outcome.exit_code == 0, outcome.output
