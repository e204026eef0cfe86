"""Checks of visits, on both sides of each limit and on missing values."""

import numpy as np
import pandas as pd

from association.phenotypes.checks.of_visits import VISIT_CHECKS

CHECKS = {check.name: check for check in VISIT_CHECKS}
PEOPLE = pd.DataFrame(
    {
        "onset_date": pd.to_datetime(["2019-01-01", "2019-06-01"]),
        "death_date": pd.to_datetime(["2020-05-01", None]),
    }
)


def visits(*rows, **more):
    frame = pd.DataFrame(rows, columns=["patient", "date", "total"])
    frame = frame.assign(date=pd.to_datetime(frame["date"]), total=frame["total"].astype(float), **more)
    return frame.assign(row=np.arange(len(frame)) + 2)


def found(name, table):
    return CHECKS[name].find(PEOPLE, table).to_dict("records")


def test_visits_after_death_and_before_onset_are_found():
    table = visits((0, "2020-05-01", 30), (0, "2020-05-02", 30), (0, None, 30), (1, "2019-05-31", 44))
    assert found("scores_after_death", table) == [
        {"patient": 0, "visit": 1, "row": 3, "found": "visit 2020-05-02, death 2020-05-01"}
    ]
    assert found("visits_before_onset", table) == [
        {"patient": 1, "visit": 3, "row": 5, "found": "visit 2019-05-31, onset 2019-06-01"}
    ]


def test_every_visit_of_a_day_but_the_first_is_found():
    table = visits(
        (0, "2020-01-01", 30),
        (0, "2020-01-01", 31),
        (0, "2020-01-01", 31),
        (1, "2020-01-01", 30),
        (1, None, 1),
        (1, None, 1),
    )
    assert [one["visit"] for one in found("duplicate_visits", table)] == [1, 2]


def test_totals_that_differ_from_their_items_are_found():
    table = visits((0, "2020-01-01", 30), (0, "2020-02-01", 30), (0, "2020-03-01", None), stated_total=[30, 31, 40])
    assert found("total_differs_from_items", table) == [
        {"patient": 0, "visit": 1, "row": 3, "found": "total 31, its items sum to 30"}
    ]
    assert found("total_differs_from_items", table.drop(columns="stated_total")) == []


def test_a_rise_of_more_than_four_points_over_the_last_scored_visit_is_found():
    table = visits(
        (0, "2020-01-01", 30),
        (0, "2020-02-01", 34),
        (0, "2020-03-01", None),
        (0, "2020-04-01", 39),
        (1, "2020-01-01", 48),
    )
    assert found("alsfrs_rise", table) == [{"patient": 0, "visit": 3, "row": 5, "found": "from 34 to 39"}]
