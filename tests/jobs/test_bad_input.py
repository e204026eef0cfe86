"""What the command says of input that it can't use: status 2, the place, the value, the remedy; nothing written."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pandas as pd
import pytest


@pytest.fixture
def refusal(progex, folder):
    """Give a function that has the study refused and returns what was said."""

    def refuse(command="validate"):
        outcome = progex(command, folder.study)
        print(outcome.output)
        assert outcome.exit_code == 2, outcome.output
        assert "Traceback" not in outcome.output
        assert outcome.stderr.startswith("error: ")
        assert outcome.stdout == ""
        assert not folder.output.exists()
        return outcome.stderr

    return refuse


def line_of(text, word):
    """Give the one line of a message that holds a word."""
    found = [line for line in text.splitlines() if word in line]
    assert len(found) == 1, text
    return found[0]


# ------------------------------------------------------------------------------------------------ the study file


def test_a_study_file_that_is_not_there_is_named(progex, tmp_path):
    outcome = progex("validate", tmp_path / "studdy.yaml")
    assert outcome.exit_code == 2
    assert "studdy.yaml" in outcome.stderr
    assert "no such study file" in outcome.stderr


@pytest.mark.parametrize("command", ["validate", "run"])
def test_an_unknown_setting_is_refused_with_its_line_and_a_suggestion(folder, refusal, command):
    folder.set(qc={"genotypes": {"min_gq": 20}})
    line = line_of(refusal(command), "qc.genotypes")
    assert re.search(r"line \d+, qc\.genotypes: unknown setting; did you mean 'genotype'\?", line)


def test_all_that_is_wrong_with_files_and_tables_is_said_at_once(folder, refusal):
    folder.set(genotypes={"reference_genome": "GRCh37"}, participants={"path": "nobody.tsv"})
    text = refusal()
    assert "reference genome" in text
    assert "nobody.tsv" in text


# ----------------------------------------------------------------------------------------------------------- VCFs


@pytest.mark.parametrize("pattern", ["vcf/chr99.vcf.gz", "vcf/sample*.vcf.gz", "nowhere/*.vcf.gz"])
def test_a_missing_vcf_is_named_with_the_setting_and_the_folder(folder, refusal, pattern):
    folder.set(genotypes={"vcfs": ["vcf/chr1.vcf.gz", pattern]})
    line = line_of(refusal(), pattern)
    assert "genotypes.vcfs[1]" in line
    assert "no file matches" in line
    assert str((folder.path / pattern).parent) in line


def test_a_folder_of_vcfs_that_may_not_be_looked_into_is_named(folder, refusal, monkeypatch):
    is_file = Path.is_file

    def is_file_unless_closed(path):
        if path.parent.name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return is_file(path)

    # Taking the mode's bits away would not stop root.
    monkeypatch.setattr(Path, "is_file", is_file_unless_closed)
    folder.set(genotypes={"vcfs": ["closed/chr1.vcf.gz"]})
    line = line_of(refusal(), "genotypes.vcfs[0]")
    assert f"{folder.path / 'closed'} can't be read: permission denied; ask its owner for access" in line


def test_an_empty_vcf_is_refused(folder, refusal):
    (folder.path / "vcf" / "chr1.vcf.gz").write_bytes(b"")
    text = refusal()
    assert "chr1.vcf.gz" in text
    assert "the file is empty (0 bytes)" in text


def test_a_vcf_without_a_record_is_refused(folder, refusal):
    header, _ = folder.read_vcf("chr1.vcf.gz")
    folder.write_vcf("chr1.vcf.gz", header, [])
    assert "there is no variant in any VCF" in refusal()


def test_a_file_that_is_no_vcf_is_refused_with_its_first_line(folder, refusal):
    folder.write_vcf("chr1.vcf.gz", ["sample\tage"], [["P0001", "61"]])
    assert "not a VCF: the first line is 'sample\\tage'" in refusal()


@pytest.mark.parametrize("command", ["validate", "run"])
@pytest.mark.parametrize("kept", [0.3, 0.9])
def test_a_truncated_bgzip_is_refused(folder, refusal, kept, command):
    path = folder.path / "vcf" / "chr1.vcf.gz"
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    text = refusal(command)
    assert "chr1.vcf.gz" in text
    assert "truncated or damaged bgzip" in text
    assert "copy it again" in text


def test_a_bgzip_that_lacks_only_its_last_block_is_refused(folder, refusal):
    path = folder.path / "vcf" / "chr1.vcf.gz"
    path.write_bytes(path.read_bytes()[:-28])
    assert "the end-of-file block is absent" in refusal()


def test_a_sample_id_that_stands_twice_in_a_vcf_is_named(folder, refusal):
    header, records = folder.read_vcf("chr1.vcf.gz")
    header[-1] = header[-1].replace("P0007", "P0008")
    folder.write_vcf("chr1.vcf.gz", header, records)
    line = line_of(refusal(), "samples: ")
    assert "1 sample id occurs twice or more, the first is 'P0008'; rename all but one" in line


def test_vcfs_with_different_samples_are_refused_without_listing_them(folder, refusal):
    header, records = folder.read_vcf("chr2.vcf.gz")
    header[-1] = header[-1].replace("P0007", "X0007")
    folder.write_vcf("chr2.vcf.gz", header, records)
    folder.set(genotypes={"vcfs": ["vcf/chr1.vcf.gz", "vcf/chr2.vcf.gz"]})
    text = refusal()
    assert "chr2.vcf.gz, samples: differ from those of chr1.vcf.gz: 1 are absent, 1 are new" in text
    assert "0007" not in text


def test_the_wrong_reference_genome_is_refused_with_both_builds(folder, refusal):
    folder.set(genotypes={"reference_genome": "GRCh37"})
    line = line_of(refusal(), "reference genome")
    assert "GRCh37" in line
    assert "GRCh38" in line
    assert "set genotypes.reference_genome" in line


def test_positions_beyond_the_chromosome_reveal_the_wrong_genome_where_the_header_says_nothing(folder, refusal):
    header, records = folder.read_vcf("chr1.vcf.gz")
    records[0][:2] = "chr1", "249000000"
    silent = [line for line in header if not line.startswith("##contig")]
    folder.write_vcf("chr1.vcf.gz", silent, records[:1])
    assert "position chr1:249,000,000 lies beyond the end of the chromosome in GRCh38" in refusal()


def test_plain_gzip_is_refused_with_the_command_that_mends_it(folder, refusal, progex):
    path = folder.path / "vcf" / "chr1.vcf.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())))
    line = line_of(refusal(), "compressed by plain gzip")
    assert f"progex bgzip {path}" in line
    assert progex("bgzip", path, path.with_name("new.vcf.bgz")).exit_code == 0
    folder.set(genotypes={"vcfs": ["vcf/new.vcf.bgz"]})
    assert progex("validate", folder.study).exit_code == 0


def test_a_header_type_that_the_values_contradict_is_refused_with_the_setting_that_mends_it(folder, refusal, progex):
    header, records = folder.read_vcf("chr1.vcf.gz")
    for record in records:
        record[9:] = [f"{call}.5" for call in record[9:]]
    folder.write_vcf("chr1.vcf.gz", header, records)
    line = line_of(refusal(), "FORMAT GQ")
    assert f"line {len(header) + 1}" in line
    assert "the header declares Integer" in line
    assert "set genotypes.header_types: {GQ: Float}" in line
    folder.set(genotypes={"header_types": {"GQ": "Float"}})
    assert progex("validate", folder.study).exit_code == 0


def test_a_record_that_was_cut_off_is_named_by_its_line(folder, refusal):
    header, records = folder.read_vcf("chr1.vcf.gz")
    records[3] = records[3][:-5]
    folder.write_vcf("chr1.vcf.gz", header, records)
    line = line_of(refusal(), f"line {len(header) + 4}")
    assert "found 44 columns where the header has 49" in line


# ----------------------------------------------------------------------------------------------------- annotation


def test_an_unknown_info_field_is_refused_with_those_there_are(folder, refusal):
    folder.set(annotation={"field": "VEP"})
    line = line_of(refusal(), "INFO VEP")
    assert "not declared in the header; it has: AC, AF, AN, CSQ" in line


def test_an_unknown_score_is_refused_with_the_parts_there_are(folder, refusal):
    folder.set(annotation={"scores": ["REVEL", "AlphaMissense"]})
    line = line_of(refusal(), "annotation.scores[1]")
    assert "'AlphaMissense' is not in CSQ" in line
    assert "REVEL" in line


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
    line = line_of(refusal(), "masks[1].damaging.score")
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
    text = refusal()
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


# --------------------------------------------------------------------------------------------------------- tables


@pytest.mark.parametrize(("section", "path"), [("participants", "people.tsv"), ("visits", "clinic.tsv")])
def test_a_missing_table_is_named(folder, refusal, section, path):
    folder.set(**{section: {"path": path}})
    line = line_of(refusal(), "no such table")
    assert "check its path in the study file" in line


def test_a_table_without_rows_is_refused(folder, refusal):
    folder.edit_table("participants.tsv", lambda rows: rows[:1])
    text = refusal()
    assert "participants.tsv" in text
    assert "holds no rows" in text


def test_a_missing_column_is_refused_with_the_closest_there_is_and_the_setting(folder, refusal):
    folder.edit_table("participants.tsv", lambda rows: [[*rows[0][:5], "date_of_onset", *rows[0][6:]], *rows[1:]])
    line = line_of(refusal(), "no column 'onset_date'")
    assert "line 1" in line
    assert "'date_of_onset'" in line
    assert "participants.columns" in line


def test_a_missing_covariate_is_refused_with_the_closest_there_is(folder, refusal):
    folder.set(covariates=["sexe"])
    assert "no column 'sexe' (did you mean 'sex'?)" in refusal()


def test_a_participant_in_two_rows_is_refused_with_the_line_of_the_second(folder, refusal):
    folder.edit_table("participants.tsv", lambda rows: [*rows, rows[3]])
    line = line_of(refusal(), "stands in an earlier row")
    assert "line 42, column 'sample'" in line
    assert "keep one row per sample" in line


def test_a_date_that_is_none_is_refused_with_line_column_and_value(folder, refusal):
    folder.edit_table(
        "participants.tsv", lambda rows: [*rows[:2], [*rows[2][:5], "31/12/2019", *rows[2][6:]], *rows[3:]]
    )
    line = line_of(refusal(), "31/12/2019")
    assert "line 3, column 'onset_date'" in line
    assert "YYYY-MM-DD" in line


def test_a_score_beyond_its_range_is_refused_with_line_column_and_value(folder, refusal):
    folder.edit_table("visits.tsv", lambda rows: [rows[0], [*rows[1][:13], "9", *rows[1][14:]], *rows[2:]])
    line = line_of(refusal(), "'9'")
    assert "line 2, column 'item_12'" in line
    assert "outside 0 to 4" in line


# --------------------------------------------------------------------------------------------------------- traits


def test_a_cohort_without_an_event_is_refused(folder, refusal):
    def alive(rows):
        columns = [rows[0].index(name) for name in ("death_date", "ventilation_date")]
        return [rows[0], *([("" if at in columns else cell) for at, cell in enumerate(row)] for row in rows[1:])]

    folder.edit_table("participants.tsv", alive)
    text = refusal()
    assert "trait 'survival'" in text
    assert "no sample has the event" in text


def test_a_cohort_in_which_everyone_had_the_event_is_accepted(folder, progex):
    def dead(rows):
        death, last = rows[0].index("death_date"), rows[0].index("last_contact_date")
        return [rows[0], *([*row[:death], row[last], *row[death + 1 :]] for row in rows[1:])]

    folder.edit_table("participants.tsv", dead)
    outcome = progex("validate", folder.study)
    assert outcome.exit_code == 0, outcome.output
    assert "survival: 40 samples, 40 events" in outcome.stdout


def test_a_constant_covariate_is_refused_by_name(folder, refusal):
    folder.edit_table("participants.tsv", lambda rows: [[*rows[0], "country"], *([*row, "1"] for row in rows[1:])])
    folder.set(covariates=["sex", "country"])
    for trait in ("survival", "alsfrs_slope"):
        line = line_of(refusal(), f"trait '{trait}', country")
        assert "has one and the same value" in line
        assert "leave it out" in line


def test_a_constant_category_is_refused_by_name(folder, refusal):
    folder.edit_table("participants.tsv", lambda rows: [[*rows[0], "country"], *([*row, "NL"] for row in rows[1:])])
    folder.set(covariates=["sex", "country"])
    assert "country=NL" in refusal()


def test_an_output_that_cannot_be_made_is_refused(folder, refusal):
    (folder.path / "taken").write_text("")
    folder.set(output="taken/out")
    assert "is a file; name a folder" in refusal()


def test_covariates_that_determine_each_other_are_refused_by_name(folder, refusal):
    def in_months(rows):
        age = rows[0].index("age_at_onset")
        return [[*rows[0], "age_in_months"], *([*row, str(12 * float(row[age]))] for row in rows[1:])]

    folder.edit_table("participants.tsv", in_months)
    folder.set(covariates=["sex", "age_at_onset", "age_in_months"])
    line = line_of(refusal(), "trait 'survival'")
    assert "age_in_months" in line
    assert "age_at_onset" in line
    assert "leave one of them out" in line


def test_tables_and_vcfs_without_a_sample_in_common_are_refused_with_the_counts(folder, refusal):
    folder.edit_table("participants.tsv", lambda rows: [rows[0], *([f"ALS-{row[0]}", *row[1:]] for row in rows[1:])])
    text = refusal()
    assert "none of the 40 participants can be used: 40 no genotypes: not in the VCFs" in text
    assert "P0001" not in text


def test_participants_without_genotypes_are_counted_and_not_listed(folder, progex):
    folder.edit_table(
        "participants.tsv", lambda rows: [rows[0], *([f"X{row[0]}", *row[1:]] for row in rows[1:4]), *rows[4:]]
    )
    outcome = progex("validate", folder.study)
    assert outcome.exit_code == 0, outcome.output
    assert "survival: 37 samples" in outcome.stdout
    assert "3 no genotypes: not in the VCFs" in outcome.stdout
    assert not re.search(r"P\d{4}", outcome.output)
    assert not folder.output.exists()


# ----------------------------------------------------------------------- what only the genotypes tell, in one run


@pytest.fixture(scope="module")
def awkward_run(simulated, copy_of, progex_process, tmp_path_factory):
    """Run a study in which all have died, one gene has no carrier, and tables and VCFs differ by three samples."""
    folder = copy_of(simulated, tmp_path_factory.mktemp("awkward") / "cohort")

    def dead_and_renamed(rows):
        death, last = rows[0].index("death_date"), rows[0].index("last_contact_date")
        rows = [rows[0], *([*row[:death], row[last], *row[death + 1 :]] for row in rows[1:])]
        return [rows[0], *([f"X{row[0]}", *row[1:]] for row in rows[1:4]), *rows[4:]]

    folder.edit_table("participants.tsv", dead_and_renamed)
    header, records = folder.read_vcf("chr1.vcf.gz")
    for record in records:
        record[9:] = ["0/0:30,0:30:90"] * len(record[9:])
    folder.write_vcf("chr1.vcf.gz", header, records)
    folder.set(
        genotypes={"vcfs": ["vcf/chr1.vcf.gz", "vcf/chr2.vcf.gz"]},
        masks=[{"name": "synonymous", "max_allele_frequency": [0.1]}],
        covariates=["age_at_onset"],
        strata=[],
        calibration={"max_permutations": 1000},
    )
    outcome = progex_process("run", folder.study)
    assert outcome.returncode == 0, outcome.stderr
    return folder, outcome


def test_samples_on_one_side_only_are_counted_on_the_screen(awkward_run):
    _, outcome = awkward_run
    line = line_of(outcome.stderr, "traits")
    assert "samples in survival 37" in line
    assert "samples without a participants row 3" in line


def test_samples_on_one_side_only_are_listed_in_files(awkward_run):
    traits = awkward_run[0].output / "traits"
    assert (traits / "not_in_participants.tsv").read_text().split() == ["sample", "P0001", "P0002", "P0003"]
    excluded = [line.split("\t") for line in (traits / "excluded.tsv").read_text().splitlines()]
    without_genotypes = [row[1] for row in excluded if row[0] == "survival" and "not in the VCFs" in row[2]]
    assert without_genotypes == ["XP0001", "XP0002", "XP0003"]


def test_no_sample_id_reaches_the_screen_or_a_log(awkward_run):
    folder, outcome = awkward_run
    logs = [path.read_text() for path in folder.output.rglob("*.log")]
    assert logs
    for text in (outcome.stdout, outcome.stderr, *logs):
        assert not re.search(r"P\d{4}", text)


def test_a_cohort_in_which_everyone_had_the_event_gets_results(awkward_run):
    results = pd.read_parquet(awkward_run[0].output / "results" / "gene_tests.parquet")
    tested = results[(results["trait"] == "survival") & results["p_value"].notna()]
    assert len(tested)
    assert tested["observed_events"].gt(0).any()


def test_a_gene_without_a_carrier_is_a_row_with_its_reason(awkward_run):
    results = pd.read_parquet(awkward_run[0].output / "results" / "gene_tests.parquet")
    empty = results[results["gene"] == "SIM001"]
    assert len(empty) == 2 * 2
    assert empty["p_value"].isna().all()
    assert (empty["carriers"].fillna(0) == 0).all()
    assert empty["reason"].str.len().gt(0).all()


# --------------------------------------------------------------------------------------------------------- output


def test_an_output_folder_that_another_run_holds_is_refused(folder, progex, progex_process):
    from infra.local_files import lock_folder

    with lock_folder(folder.output):
        outcome = progex_process("run", folder.study)
    assert outcome.returncode == 2
    assert "Traceback" not in outcome.stderr
    assert f"output: {folder.output}: another run is writing to this folder" in outcome.stderr
    assert "wait for it, or give this study an output of its own" in outcome.stderr
    assert [path.name for path in folder.output.iterdir()] == [".lock"]
