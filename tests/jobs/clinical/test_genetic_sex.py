"""The sex of X beside that of the table: which one counts, and what a contradiction leads to."""

import pandas as pd
import pytest

from association.problems import InputError
from jobs.clinical.genetic_sex import with_genetic_sex
from jobs.clinical.read import read_clinical
from jobs.study.checks import Checks
from jobs.study.study import ClinicalStudy

MALE, FEMALE, UNKNOWN = 1.0, 0.0, None
ON_X = pd.Series({"D": MALE, "B": MALE, "A": MALE, "other": FEMALE})
SEX = "data check: sex at odds with the genotypes"
AGE = "data check: age at onset impossible"


@pytest.fixture
def clinical(tmp_path):
    """All are stated female, A by genotypes too; D is out for their age."""
    people = pd.DataFrame(
        {"sample": list("ABCD"), "sex": "F", "sex_by_chip": ["F", None, None, None], "age_at_onset": [60, 60, 60, 5]}
    )
    people.to_csv(tmp_path / "people.tsv", sep="\t", index=False)
    settings = {
        "name": "small",
        "output": "out",
        "participants": {"path": "people.tsv", "columns": {"sex": "sex", "genetic_sex": "sex_by_chip"}},
        "traits": [{"name": "age", "type": "quantitative", "column": "age_at_onset"}],
    }
    return read_clinical(ClinicalStudy.model_validate(settings), tmp_path / "study.yaml")


def reasons(clinical):
    return clinical.barred.fillna("in").tolist()


def test_the_tables_own_sex_wins_and_x_fills_the_rest(clinical):
    found = with_genetic_sex(clinical, Checks(), ON_X).participants
    assert found["genetic_male"].fillna(-1).tolist() == [FEMALE, MALE, -1, MALE]
    assert found["male"].tolist() == [FEMALE] * 4


@pytest.mark.parametrize(("action", "reason"), [("exclude", SEX), ("warn", "in")])
def test_a_contradiction_excludes_only_where_asked_and_is_found_either_way(clinical, action, reason):
    found = with_genetic_sex(clinical, Checks(sex_disagrees=action), ON_X)
    assert reasons(clinical) == ["in", "in", "in", AGE]
    assert reasons(found) == ["in", reason, "in", AGE]
    assert [one.name for one in found.checks] == [one.name for one in clinical.checks]
    (outcome,) = (one for one in found.checks if one.name == "sex_disagrees")
    assert outcome.action == action
    assert outcome.findings["row"].tolist() == [3, 5]
    assert set(outcome.findings["found"]) == {"stated female, by genotypes male"}


def test_a_contradiction_stops_where_asked_and_names_nobody(clinical):
    with pytest.raises(InputError) as caught:
        with_genetic_sex(clinical, Checks(sex_disagrees="stop"), ON_X)
    (problem,) = caught.value.problems
    assert problem.place == "sex at odds with the genotypes"
    assert problem.message == "2 participants; correct them, or let checks.sex_disagrees exclude them"


def test_nothing_stops_where_x_agrees_or_does_not_tell(clinical):
    agreeing = pd.Series({"B": FEMALE, "D": UNKNOWN}, dtype=float)
    found = with_genetic_sex(clinical, Checks(sex_disagrees="stop"), agreeing)
    assert reasons(found) == ["in", "in", "in", AGE]
