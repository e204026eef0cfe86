"""Traits in time from small tables: who is in, what ends their time, and which date counts."""

import pandas as pd
import pytest

from association.phenotypes.timeline import DAYS_PER_MONTH
from jobs.clinical.read import read_clinical
from jobs.clinical.stages import stages_of
from jobs.study.study import ClinicalStudy
from jobs.traits.phenotypes import phenotype

ITEMS = [f"item_{number}" for number in range(1, 13)]
KINGS = {"type": "milestone", "milestone": "kings", "stage": 4, "origin": "enrolment"}
ENROLLED = "2020-01-01"


def months(date):
    return (pd.Timestamp(date) - pd.Timestamp(ENROLLED)).days / DAYS_PER_MONTH


@pytest.fixture
def derive(tmp_path):
    """Give a function that writes participants and visits, and derives a trait; by sample."""

    def run(people, trait, visits=None):
        pd.DataFrame(people).to_csv(tmp_path / "people.tsv", sep="\t", index=False)
        settings = {
            "name": "small",
            "output": "out",
            "participants": {"path": "people.tsv"},
            "traits": [{"name": "one", "covariates": []} | trait],
        }
        if visits is not None:
            visits.to_csv(tmp_path / "visits.tsv", sep="\t", index=False)
            columns = {"items": ITEMS} if "item_1" in visits else {}
            settings["visits"] = {"path": "visits.tsv", "columns": columns}
        study = ClinicalStudy.model_validate(settings)
        clinical = read_clinical(study, tmp_path / "study.yaml")
        derived = phenotype(study.traits[0], clinical, clinical.barred.isna())
        return clinical, derived.values.set_index(clinical.participants["sample"])

    return run


def test_who_has_no_last_contact_is_followed_to_death_for_a_dated_milestone(derive):
    people = {
        "sample": ["dead", "neither", "seen", "treated"],
        "onset_date": "2019-01-01",
        "enrolment_date": ENROLLED,
        "death_date": ["2020-09-01", None, None, None],
        "last_contact_date": [None, None, "2020-12-01", None],
        "niv_date": [None, None, None, "2020-05-01"],
    }
    trait = {"type": "milestone", "milestone": "niv", "origin": "enrolment"}
    found = derive(people, trait)[1]
    assert found["reason"].fillna("in").to_dict() == {
        "dead": "in",
        "neither": "no milestone date and no last contact date",
        "seen": "in",
        "treated": "in",
    }
    assert found["cause"].drop("neither").to_dict() == {"dead": 2, "seen": 0, "treated": 1}
    assert found["event"].drop("neither").to_dict() == {"dead": 0, "seen": 0, "treated": 1}
    assert found.loc["dead", "exit"] == pytest.approx(months("2020-09-01"))
    assert found.loc["treated", "exit"] == pytest.approx(months("2020-05-01"))


def test_time_that_ends_where_it_begins_is_no_time_at_risk(derive):
    people = {
        "sample": ["after", "before", "same", "zero"],
        "from": [3, 3, 3, 0],
        "until": [3.5, 2, 3, 0],
        "happened": [1, 1, 1, 0],
    }
    trait = {"type": "time_to_event", "exit": "until", "event": "happened"}
    late = derive(people, trait | {"entry": "from"})[1]["reason"].fillna("in").to_dict()
    unseen = "not followed after entry"
    assert late == {"after": "in", "before": unseen, "same": unseen, "zero": unseen}
    from_zero = derive(people, trait)[1]["reason"].fillna("in").to_dict()
    assert from_zero == {"after": "in", "before": "in", "same": "in", "zero": unseen}


@pytest.fixture
def fed():
    """One patient with a gastrostomy in June, and every other date at a time that would show if it were taken."""
    people = {
        "sample": ["fed", "not fed"],
        "birth_date": "1960-01-01",
        "onset_date": "2019-01-01",
        "diagnosis_date": "2019-06-01",
        "enrolment_date": ENROLLED,
        "niv_date": "2020-02-15",
        "niv23_date": "2020-03-15",
        "ventilation_date": "2020-04-15",
        "gastrostomy_date": ["2020-06-15", None],
        "death_date": "2021-06-01",
        "last_contact_date": "2021-06-01",
    }
    visited = ["2020-01-05", "2020-05-01", "2020-09-01", "2021-01-01"]
    visits = pd.DataFrame({"sample": ["fed"] * 4 + ["not fed"] * 4, "visit_date": visited * 2})
    # The arm alone: stage 1 at every visit.
    return people, visits.assign(**dict.fromkeys(ITEMS, 4)).assign(item_4=2)


def test_kings_fourth_stage_begins_on_the_day_of_gastrostomy(derive, fed):
    clinical, found = derive(fed[0], KINGS, fed[1])
    assert stages_of(clinical, "kings").tolist() == [1, 1, 4, 4, 1, 1, 1, 1]
    # Death comes within one and a half of the usual gaps of four months after the last visit.
    assert found["cause"].tolist() == [1, 2]
    assert found.loc["fed", "exit"] == pytest.approx(months("2020-06-15"))


@pytest.mark.parametrize(("day", "stage"), [("2020-06-14", 1), ("2020-06-15", 4), ("2020-09-02", 4)])
def test_kings_stage_at_a_time_is_four_from_the_day_of_gastrostomy_on(derive, fed, day, stage):
    trait = {"type": "stage", "system": "kings", "at_months": months(day)}
    assert derive(fed[0], trait, fed[1])[1]["value"].tolist() == [stage, 1]


def test_mitos_takes_no_notice_of_gastrostomy(derive, fed):
    clinical, found = derive(fed[0], KINGS | {"milestone": "mitos", "stage": 1}, fed[1])
    assert stages_of(clinical, "mitos").tolist() == [0] * 8
    assert (found["cause"] != 1).all()


RANKED = {
    "sample": ["late", "steady"],
    "onset_date": "2019-01-01",
    "enrolment_date": ENROLLED,
    "death_date": None,
    "last_contact_date": "2021-01-01",
}
# Since entry one patient has lost nothing and the other two points; before entry the first had lost eight.
TOTALS = pd.DataFrame(
    [
        ("late", "2019-10-01", 48),
        ("late", "2020-01-01", 40),
        ("late", "2020-04-01", 40),
        ("steady", "2020-01-01", 40),
        ("steady", "2020-04-01", 38),
    ],
    columns=["sample", "visit_date", "total"],
)


@pytest.mark.parametrize(("clock", "ranks"), [("entry", [2, 1]), ("onset", [1, 2]), ("enrolment", [1, 2])])
def test_joint_rank_counts_function_from_entry_on_that_clock_alone(derive, clock, ranks):
    found = derive(RANKED, {"type": "joint_rank", "clock": clock}, TOTALS)[1]
    assert found["value"].tolist() == ranks


def test_entry_is_the_clock_of_a_joint_rank_that_names_none(derive):
    assert derive(RANKED, {"type": "joint_rank"}, TOTALS)[1]["value"].tolist() == [2, 1]
