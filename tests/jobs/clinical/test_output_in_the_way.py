"""What stands where the output goes: inputs are never replaced, nor files that others made."""

from __future__ import annotations

import pytest


@pytest.fixture
def refused(folder, progex):
    """Give a function that has the command refused with what it said."""

    def refuse(command="traits"):
        outcome = progex(command, folder.study)
        assert outcome.exit_code == 2, outcome.output
        assert "Traceback" not in outcome.output
        return outcome.stderr

    return refuse


@pytest.mark.parametrize(("command", "place"), [("traits", "clinical"), ("validate", "traits"), ("validate", "qc")])
def test_an_input_in_a_folder_that_is_replaced_is_refused(folder, refused, command, place):
    (folder.path / place).mkdir()
    table = folder.path / place / "participants.tsv"
    (folder.path / "participants.tsv").rename(table)
    folder.set(output=".", participants={"path": f"{place}/participants.tsv"})
    assert f"lies in {folder.path / place}, which is replaced" in refused(command)
    assert table.is_file()


def test_a_folder_that_others_made_is_refused(folder, refused):
    (folder.output / "clinical").mkdir(parents=True)
    (folder.output / "clinical" / "precious.xlsx").write_text("mine")
    assert "holds files that progex did not make" in refused()
    assert (folder.output / "clinical" / "precious.xlsx").read_text() == "mine"


def test_an_output_that_is_a_file_is_refused(folder, refused):
    folder.output.write_text("a file")
    assert "is a file; name a folder" in refused()


def test_what_is_wrong_with_both_tables_is_said_at_once(folder, refused):
    folder.edit_table("participants.tsv", lambda rows: [*rows, rows[3]])
    folder.edit_table("visits.tsv", lambda rows: [rows[0], [rows[1][0], "soon", *rows[1][2:]], *rows[2:]])
    said = refused()
    assert "participants.tsv: 1 problem" in said
    assert "visits.tsv: 1 problem" in said
    assert "'soon'" in said
    validated = refused("validate")
    assert "participants.tsv: 1 problem" in validated
    assert "visits.tsv: 1 problem" in validated


@pytest.mark.parametrize("name", ["excluded", "Excluded", "not_in_participants"])
def test_a_trait_named_like_another_file_is_refused(folder, refused, name):
    folder.replace(traits=[{"name": name, "type": "survival"}])
    assert "is the name of another file" in refused()


def test_names_that_differ_in_case_alone_are_refused(folder, refused):
    folder.replace(traits=[{"name": "one", "type": "survival"}, {"name": "One", "type": "alsfrs_slope"}])
    assert "is used twice" in refused()


def test_the_sample_ids_are_no_trait(folder, refused):
    folder.replace(traits=[{"name": "one", "type": "quantitative", "column": "sample"}])
    assert "holds the sample ids" in refused()


def test_a_column_named_event_is_not_the_endpoint_unless_it_is_mapped(folder, progex):
    folder.replace(traits=[{"name": "survival", "type": "survival"}], covariates=["sex"], strata=[])
    before = progex("traits", folder.study)
    folder.edit_table("participants.tsv", lambda rows: [[*rows[0], "event"], *([*row, row[1]] for row in rows[1:])])
    folder.replace(covariates=["event"])
    after = progex("traits", folder.study)
    assert after.exit_code == 0, after.output
    (line,) = (line for line in before.stdout.splitlines() if "survival: " in line)
    assert line in after.stdout
