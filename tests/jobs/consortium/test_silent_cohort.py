"""A cohort in which nobody has had the event yet: it can't be run alone, and can join others."""

from __future__ import annotations

import json


def nobody_has_an_event(rows):
    at = {name: place for place, name in enumerate(rows[0])}
    for row in rows[1:]:
        for name in ("death_date", "ventilation_date"):
            row[at[name]] = ""
    return rows


def test_a_cohort_without_an_event_is_made_with_a_warning_and_not_run(folder, progex):
    folder.edit_table("participants.tsv", nobody_has_an_event)
    folder.set(cohort={"name": "north", "caller": "GATK 4.5", "capture_kit": "kit 5"}, strata=[])
    folder.set(traits=[{"name": "survival", "type": "survival"}], covariates=["age_at_onset"])
    refused = progex("validate", folder.study)
    assert refused.exit_code == 2
    assert "no sample has the event" in refused.output
    done = progex("cohort", folder.study)
    assert done.exit_code == 0, done.output
    assert "warning       trait 'survival', event: no sample has the event" in done.output
    assert "the cohort joins without this trait" in done.output
    manifest = json.loads((folder.output / "cohort/manifest.json").read_text())
    assert manifest["covariates"] == {}
    assert "survival" in str(manifest["definitions"]["traits"])


def test_a_setting_that_can_not_be_used_is_refused_as_ever(folder, progex):
    folder.edit_table("participants.tsv", nobody_has_an_event)
    folder.set(cohort={"name": "north", "caller": "GATK 4.5", "capture_kit": "kit 5"}, covariates=["nowhere"])
    done = progex("cohort", folder.study)
    assert done.exit_code == 2
    assert "nowhere" in done.output
