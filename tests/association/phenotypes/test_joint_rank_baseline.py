"""Which visit a joint rank takes its change of function from, by the clock."""

import pandas as pd
import pytest

from association.phenotypes.joint_rank import joint_rank

# Patient 0 has lost ten points up to entry and none since; patient 1 two points since.
VISITS = pd.DataFrame(
    [
        (0, "2019-10-01", 46.0),
        (0, "2020-01-01", 36.0),
        (0, "2020-04-01", 36.0),
        (1, "2020-01-01", 44.0),
        (1, "2020-04-01", 42.0),
    ],
    columns=["patient", "date", "total"],
).assign(date=lambda table: pd.to_datetime(table["date"]))


def participants(enrolled, sampled):
    dates = {
        "onset_date": "2019-01-01",
        "diagnosis_date": "2019-03-01",
        "enrolment_date": enrolled,
        "dna_date": sampled,
        "last_contact_date": "2020-06-01",
    }
    return pd.DataFrame({name: pd.to_datetime([day, day]) for name, day in dates.items()})


@pytest.mark.parametrize(
    ("enrolled", "sampled", "better"),
    [
        ("2020-01-01", None, 0),
        ("2019-12-31", None, 0),
        ("2019-10-01", None, 1),
        ("2019-10-01", "2020-01-01", 0),
        ("2020-01-01", "2019-10-01", 0),
    ],
)
def test_from_entry_the_change_counts_from_the_first_visit_at_or_after_the_later_of_enrolment_and_sampling(
    enrolled, sampled, better
):
    found = joint_rank(participants(enrolled, sampled), VISITS, clock="entry")
    assert found["reason"].isna().all()
    assert found["value"].idxmax() == better
    assert sorted(found["score"]) == [-1, 1]


@pytest.mark.parametrize("clock", ["onset", "diagnosis", "enrolment"])
def test_from_elsewhere_the_change_counts_from_the_first_scored_visit(clock):
    found = joint_rank(participants("2020-01-01", None), VISITS, clock=clock)
    assert found["score"].tolist() == [-1, 1]


def test_who_has_no_visit_after_entry_is_compared_by_survival_alone():
    found = joint_rank(participants("2020-05-01", None), VISITS, clock="entry")
    assert found["score"].tolist() == [0, 0]
