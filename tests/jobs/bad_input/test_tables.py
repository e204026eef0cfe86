"""What the command says of clinical tables that it can't use, and of traits that they do not give."""

from __future__ import annotations

import re

import pytest


@pytest.mark.parametrize(("section", "path"), [("participants", "people.tsv"), ("visits", "clinic.tsv")])
def test_a_missing_table_is_named(folder, refusal, section, path):
    folder.set(**{section: {"path": path}})
    line = refusal().line_of("no such table")
    assert "check its path in the study file" in line


def test_a_table_without_rows_is_refused(folder, refusal):
    folder.edit_table("participants.tsv", lambda rows: rows[:1])
    text = refusal()
    assert "participants.tsv" in text
    assert "holds no rows" in text


def test_a_missing_column_is_refused_with_the_closest_there_is_and_the_setting(folder, refusal):
    folder.edit_table("participants.tsv", lambda rows: [[*rows[0][:5], "date_of_onset", *rows[0][6:]], *rows[1:]])
    line = refusal().line_of("no column 'onset_date'")
    assert "line 1" in line
    assert "'date_of_onset'" in line
    assert "participants.columns" in line


def test_a_missing_covariate_is_refused_with_the_closest_there_is(folder, refusal):
    folder.set(covariates=["sexe"])
    assert "no column 'sexe' (did you mean 'sex'?)" in refusal()


def test_a_participant_in_two_rows_is_refused_with_the_line_of_the_second(folder, refusal):
    folder.edit_table("participants.tsv", lambda rows: [*rows, rows[3]])
    line = refusal().line_of("stands in an earlier row")
    assert "line 42, column 'sample'" in line
    assert "keep one row per sample" in line


def test_a_date_that_is_none_is_refused_with_line_column_and_value(folder, refusal):
    folder.edit_table(
        "participants.tsv", lambda rows: [*rows[:2], [*rows[2][:5], "31/12/2019", *rows[2][6:]], *rows[3:]]
    )
    line = refusal().line_of("31/12/2019")
    assert "line 3, column 'onset_date'" in line
    assert "YYYY-MM-DD" in line


def test_a_score_beyond_its_range_is_refused_with_line_column_and_value(folder, refusal):
    folder.edit_table("visits.tsv", lambda rows: [rows[0], [*rows[1][:13], "9", *rows[1][14:]], *rows[2:]])
    line = refusal().line_of("'9'")
    assert "visits.tsv, line 2: a score or measure that can't be: '9' in column 'item_12'" in line
    assert "checks.item_out_of_range" in line


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
        line = refusal().line_of(f"trait '{trait}', country")
        assert "has one and the same value" in line
        assert "leave it out" in line


def test_a_constant_category_is_refused_by_name(folder, refusal):
    folder.edit_table("participants.tsv", lambda rows: [[*rows[0], "country"], *([*row, "NL"] for row in rows[1:])])
    folder.set(covariates=["sex", "country"])
    assert "country=NL" in refusal()


def test_covariates_that_determine_each_other_are_refused_by_name(folder, refusal):
    def in_months(rows):
        age = rows[0].index("age_at_onset")
        return [[*rows[0], "age_in_months"], *([*row, str(12 * float(row[age]))] for row in rows[1:])]

    folder.edit_table("participants.tsv", in_months)
    folder.set(covariates=["sex", "age_at_onset", "age_in_months"])
    line = refusal().line_of("trait 'survival'")
    assert "age_in_months" in line
    assert "age_at_onset" in line
    assert "leave one of them out" in line


def test_tables_and_vcfs_without_a_sample_in_common_are_refused_with_the_counts(folder, refusal):
    for table in ("participants.tsv", "visits.tsv"):
        folder.edit_table(table, lambda rows: [rows[0], *([f"ALS-{row[0]}", *row[1:]] for row in rows[1:])])
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
