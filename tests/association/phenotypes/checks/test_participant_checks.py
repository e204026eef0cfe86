"""Checks of participants, on both sides of each limit and on missing dates."""

import numpy as np
import pandas as pd
import pytest

from association.phenotypes.checks.of_participants import PARTICIPANT_CHECKS

CHECKS = {check.name: check for check in PARTICIPANT_CHECKS}
NO_VISITS = pd.DataFrame()


def people(**columns):
    frame = pd.DataFrame(columns)
    for name in frame:
        if name.endswith("_date"):
            frame[name] = pd.to_datetime(frame[name])
    return frame.assign(row=np.arange(len(frame)) + 2)


def found(name, table):
    return CHECKS[name].find(table, NO_VISITS)


@pytest.mark.parametrize(
    ("name", "columns", "wrong", "words"),
    [
        (
            "events_after_death",
            {
                "death_date": ["2020-05-01", "2020-05-01", None],
                "gastrostomy_date": ["2020-05-01", "2020-05-02", "2020-05-02"],
            },
            1,
            "gastrostomy 2020-05-02, death 2020-05-01",
        ),
        (
            "events_before_onset",
            {
                "onset_date": ["2020-05-01", "2020-05-01", None],
                "death_date": ["2020-05-01", "2020-04-30", "2020-01-01"],
            },
            1,
            "death 2020-04-30, onset 2020-05-01",
        ),
        (
            "entry_after_exit",
            {
                "enrolment_date": ["2020-05-01", "2020-05-01", None, "2020-06-01"],
                "dna_date": ["2020-05-01", "2020-06-01", "2020-06-01", None],
                "last_contact_date": ["2020-05-01", "2020-05-31", None, "2020-05-01"],
                "death_date": [None, None, None, "2020-06-01"],
            },
            1,
            "sampled 2020-06-01, death or last contact 2020-05-31",
        ),
        (
            "ventilation_before_entry",
            {
                "enrolment_date": ["2020-05-01", "2020-05-01", "2020-05-01"],
                "ventilation_date": ["2020-05-02", "2020-05-01", None],
            },
            1,
            "ventilated 2020-05-01, entered 2020-05-01",
        ),
        (
            "onset_after_diagnosis",
            {"onset_date": ["2020-05-01", "2020-05-02"], "diagnosis_date": ["2020-05-01", "2020-05-01"]},
            1,
            "onset 2020-05-02, diagnosis 2020-05-01",
        ),
        (
            "age_impossible",
            {"age_at_onset": [10, 100, 9.9, np.nan]},
            2,
            "9.9 years at onset, expected 10 to 100",
        ),
        ("age_impossible", {"age_at_onset": [62, 100.1]}, 1, "100.1 years at onset, expected 10 to 100"),
        (
            "age_impossible",
            {
                "age_at_onset": [61, 58],
                "birth_date": ["1960-01-01", "1960-01-01"],
                "onset_date": ["2020-01-01", "2020-01-01"],
            },
            1,
            "58 years at onset, by the dates 60 years",
        ),
        (
            "sex_disagrees",
            {"male": [1.0, 0.0, np.nan, 1.0], "genetic_male": [1.0, 1.0, 1.0, np.nan]},
            1,
            "stated female, by genotypes male",
        ),
    ],
)
def test_one_patient_is_found_and_the_others_are_not(name, columns, wrong, words):
    findings = found(name, people(**columns))
    assert findings.to_dict("records") == [{"patient": wrong, "visit": -1, "row": wrong + 2, "found": words}]


@pytest.mark.parametrize("name", list(CHECKS))
def test_a_table_without_the_columns_has_nothing_to_find(name):
    assert found(name, people(sample=["a", "b"])).empty


def test_a_patient_with_two_late_events_is_found_twice():
    table = people(death_date=["2020-05-01"], niv_date=["2020-06-01"], gastrostomy_date=["2020-06-02"])
    assert found("events_after_death", table)["patient"].tolist() == [0, 0]
