"""What the checks of both tables leave: visits one check after the other, participants with a reason."""

import pandas as pd
import pytest

from association.problems import InputError
from jobs.clinical.checks import check_tables
from jobs.study.study import ClinicalStudy
from jobs.tables.visits import VisitsRead

SEX = "data check: sex at odds with the genotypes"


def study(**checks):
    return ClinicalStudy.model_validate(
        {
            "name": "small",
            "output": "out",
            "participants": {"path": "people.tsv"},
            "visits": {"path": "visits.tsv"},
            "traits": [{"name": "height", "type": "quantitative", "column": "height"}],
            "checks": checks,
        }
    )


def participants(**columns):
    people = {"sample": ["A", "B", "C"], "row": [4, 2, 3], "onset_date": pd.to_datetime(["2019-01-01"] * 3)}
    return pd.DataFrame(people | columns)


def read(*rows):
    visits = pd.DataFrame(rows, columns=["row", "patient", "date", "total"])
    visits = visits.assign(date=pd.to_datetime(visits["date"]), total=visits["total"].astype(float))
    nothing = pd.DataFrame(columns=["row", "patient", "column", "value"])
    return VisitsRead(visits, pd.DataFrame({"row": []}), nothing)


# Rows 3 and 7 come after death, rows 2 and 6 before onset, and row 8 is the one that rises.
DYING = {"death_date": pd.to_datetime(["2020-05-01", "2020-05-01", None])}
VISITS = (
    (2, 0, "2018-12-01", 20),
    (9, 0, "2020-01-01", 40),
    (3, 0, "2020-06-01", 40),
    (6, 1, "2018-06-01", 30),
    (4, 1, "2020-01-01", 38),
    (7, 1, "2020-07-01", 44),
    (5, 2, "2020-01-01", 35),
    (8, 2, "2020-03-01", 40),
    (10, 2, "2020-04-01", 34),
)


def test_each_check_sees_and_drops_what_the_ones_before_it_left():
    excluding = study(scores_after_death="exclude", visits_before_onset="exclude", alsfrs_rise="exclude")
    checked = check_tables(excluding, participants(**DYING), read(*VISITS))
    found = {one.name: one.findings["row"].tolist() for one in checked.outcomes if len(one.findings)}
    # Without the visits before onset, patients 0 and 1 rise no more.
    assert found == {"scores_after_death": [3, 7], "visits_before_onset": [2, 6], "alsfrs_rise": [8]}
    assert checked.visits["row"].tolist() == [9, 4, 5, 10]
    assert checked.visits.index.tolist() == [0, 1, 2, 3]
    assert checked.barred.isna().all()


def test_a_check_that_warns_leaves_the_visits_to_the_next():
    warning = study(scores_after_death="warn", visits_before_onset="warn", alsfrs_rise="exclude")
    checked = check_tables(warning, participants(**DYING), read(*VISITS))
    found = {one.name: one.findings["row"].tolist() for one in checked.outcomes if len(one.findings)}
    assert found == {"scores_after_death": [3, 7], "visits_before_onset": [2, 6], "alsfrs_rise": [9, 4, 7, 8]}
    assert checked.visits["row"].tolist() == [2, 3, 6, 5, 10]


SEXES = {"male": [1.0, 0.0, None], "genetic_male": [1.0, 1.0, 0.0]}


@pytest.mark.parametrize(("action", "reason"), [("exclude", SEX), ("warn", "in")])
def test_a_sex_at_odds_with_the_tables_own_genotypes_is_found_and_excluded_where_asked(action, reason):
    checked = check_tables(study(sex_disagrees=action), participants(**SEXES), None)
    assert checked.barred.fillna("in").tolist() == ["in", reason, "in"]
    (outcome,) = (one for one in checked.outcomes if one.name == "sex_disagrees")
    assert outcome.summary() == {
        "name": "sex_disagrees",
        "meaning": "sex at odds with the genotypes",
        "action": action,
        "count": 1,
        "patients": 1,
    }


def test_a_sex_at_odds_with_the_tables_own_genotypes_stops_where_asked():
    with pytest.raises(InputError) as caught:
        check_tables(study(sex_disagrees="stop"), participants(**SEXES), None)
    (problem,) = caught.value.problems
    assert problem.place == "people.tsv, line 2"
    assert problem.message == (
        "sex at odds with the genotypes: stated female, by genotypes male; "
        "correct it, or let checks.sex_disagrees exclude it"
    )


def test_checks_that_stop_name_both_tables_at_once():
    stopping = study(sex_disagrees="stop", scores_after_death="stop", visits_before_onset="exclude")
    with pytest.raises(InputError) as caught:
        check_tables(stopping, participants(**DYING, **SEXES), read(*VISITS))
    assert [one.place for one in caught.value.problems] == [
        "people.tsv, line 2",
        "visits.tsv, line 3",
        "visits.tsv, line 7",
    ]
