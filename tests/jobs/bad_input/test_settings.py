"""What the command says of settings that it can't use, and of a folder that it can't write to."""

from __future__ import annotations

import re

import pytest


def test_a_study_file_that_is_not_there_is_named(progex, tmp_path):
    outcome = progex("validate", tmp_path / "studdy.yaml")
    assert outcome.exit_code == 2
    assert "studdy.yaml" in outcome.stderr
    assert "no such study file" in outcome.stderr


@pytest.mark.parametrize("command", ["validate", "run"])
def test_an_unknown_setting_is_refused_with_its_line_and_a_suggestion(folder, refusal, command):
    folder.set(qc={"genotypes": {"min_gq": 20}})
    line = refusal(command).line_of("qc.genotypes")
    assert re.search(r"line \d+, qc\.genotypes: unknown setting; did you mean 'genotype'\?", line)


def test_all_that_is_wrong_with_files_and_tables_is_said_at_once(folder, refusal):
    folder.set(genotypes={"reference_genome": "GRCh37"}, participants={"path": "nobody.tsv"})
    text = refusal()
    assert "reference genome" in text
    assert "nobody.tsv" in text


def test_an_output_that_cannot_be_made_is_refused(folder, refusal):
    (folder.path / "taken").write_text("")
    folder.set(output="taken/out")
    assert "is a file; name a folder" in refusal()


def test_an_output_folder_that_another_run_holds_is_refused(folder, progex, progex_process):
    from infra.storage import lock_folder

    with lock_folder(folder.output):
        outcome = progex_process("run", folder.study)
    assert outcome.returncode == 2
    assert "Traceback" not in outcome.stderr
    assert f"output: {folder.output}: another run is writing to this folder" in outcome.stderr
    assert "wait for it, or give this study an output of its own" in outcome.stderr
    assert [path.name for path in folder.output.iterdir()] == [".lock"]
