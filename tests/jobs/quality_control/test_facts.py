"""What quality control takes from the clinical tables: batch, cohort, stated sex, and whether an event is known."""

from __future__ import annotations

import pandas as pd
import pytest
import yaml

from jobs.clinical.read import read_clinical
from jobs.quality_control.facts import digest, sample_facts
from jobs.study.file import read_study

SETTINGS = {
    "name": "small",
    "output": "out",
    "genotypes": {"vcfs": ["a.vcf"], "reference_genome": "GRCh38"},
    "annotation": {"source": "vep"},
    "masks": [{"name": "missense"}],
    "covariates": [],
    "strata": [],
}
COLUMNS = "sample enrolment_date death_date ventilation_date last_contact_date sex kit centre died height"
ROWS = """\
died 2020-01-01 2021-01-01 NA 2021-01-01 M k1 north 1 170
ventilated 2020-01-01 NA 2021-02-01 2021-03-01 F k1 south 1 171
alive 2020-01-01 NA NA 2021-03-01 2 k2 south 0 172
unknown 2020-01-01 NA NA NA 1 NA NA NA 173
uncoded 2020-01-01 NA NA 2021-03-01 F k2 south NA 175
absent 2020-01-01 2021-01-01 NA 2021-01-01 M k2 north 1 174"""
IDS = ("ventilated", "died", "unknown", "alive", "genotyped_only", "uncoded")


@pytest.fixture
def facts(tmp_path):
    """Give a function that reads the facts of a study with some columns and traits."""

    def read(columns, *traits, ids=IDS, without=()):
        rows = [row.split() for row in ROWS.splitlines()]
        table = pd.DataFrame(rows, columns=COLUMNS.split())
        table = table.drop(columns=list(without))
        table.to_csv(tmp_path / "participants.tsv", sep="\t", index=False)
        path = tmp_path / "study.yaml"
        participants = {"path": "participants.tsv", "columns": columns}
        path.write_text(yaml.safe_dump(SETTINGS | {"participants": participants, "traits": list(traits)}))
        study = read_study(path)
        return sample_facts(study, read_clinical(study, path), ids).set_index("sample")

    return read


SURVIVAL = {"name": "survival", "type": "survival", "origin": "enrolment"}
HEIGHT = {"name": "height", "type": "quantitative", "column": "height"}


def test_there_is_a_row_for_each_genotyped_sample_in_order_and_for_nobody_else(facts):
    assert facts({}, SURVIVAL).index.tolist() == sorted(IDS)


def test_death_and_ventilation_are_events_and_a_last_contact_says_that_there_was_none(facts):
    found = facts({}, SURVIVAL)
    assert found["event"].to_dict() == {
        "died": True,
        "ventilated": True,
        "alive": False,
        "unknown": False,
        "genotyped_only": False,
        "uncoded": False,
    }
    assert found["event_known"].to_dict() == {
        "died": True,
        "ventilated": True,
        "alive": True,
        "unknown": False,
        "genotyped_only": False,
        "uncoded": True,
    }
    assert found["event"].dtype == found["event_known"].dtype == bool


def test_a_column_of_events_takes_the_place_of_dates(facts):
    found = facts({"event": "died"}, SURVIVAL, without=["death_date", "ventilation_date"])
    assert found.index[found["event"]].tolist() == ["died", "ventilated"]
    assert found.index[found["event_known"]].tolist() == ["alive", "died", "ventilated"]


def test_without_batch_site_and_sex_nothing_is_known_of_them(facts):
    found = facts({}, SURVIVAL)
    for name in ("batch", "cohort", "reported_sex"):
        assert all(value is None for value in found[name]), name


def test_batch_cohort_and_sex_come_from_the_columns_that_the_study_names(facts):
    found = facts({"batch": "kit", "site": "centre", "sex": "sex"}, HEIGHT)
    assert found["batch"].to_dict() == {
        "died": "k1",
        "ventilated": "k1",
        "alive": "k2",
        "unknown": None,
        "genotyped_only": None,
        "uncoded": "k2",
    }
    assert found.loc[["died", "unknown"], "cohort"].tolist() == ["north", None]
    assert found["reported_sex"].to_dict() == {
        "died": "male",
        "ventilated": "female",
        "alive": "female",
        "unknown": "male",
        "genotyped_only": None,
        "uncoded": "female",
    }


def test_the_digest_changes_with_any_fact_and_with_nothing_else(facts):
    found = facts({"batch": "kit"}, SURVIVAL).reset_index()
    assert digest(found) == digest(facts({"batch": "kit"}, SURVIVAL, ids=IDS[::-1]).reset_index())
    for name, value in (("batch", "k9"), ("event", True), ("reported_sex", "male")):
        changed = found.copy()
        changed.loc[changed["sample"] == "alive", name] = value
        assert digest(changed) != digest(found), name
