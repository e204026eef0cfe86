"""Scores, slope visits and rates of progression on patients worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from association.phenotypes.alsfrs import (
    ITEMS,
    SUBSCORES,
    after_floor,
    measure_visits,
    progression_rate,
    score,
    slope_reasons,
)
from association.phenotypes.timeline import DAYS_PER_MONTH
from association.problems import InputError


def visits(*rows):
    frame = pd.DataFrame(rows, columns=["patient", "date", "total"])
    return frame.assign(date=pd.to_datetime(frame["date"]), total=frame["total"].astype(float))


def participants(onset, death=None):
    table = pd.DataFrame({"onset_date": pd.to_datetime(onset)})
    return table if death is None else table.assign(death_date=pd.to_datetime(death))


def days(*texts):
    return pd.Series(pd.to_datetime(list(texts)))


def test_each_subscore_sums_its_own_items():
    table = pd.DataFrame([np.arange(12) / 10], columns=ITEMS)
    sums = {name: score(table, name).item() for name in SUBSCORES}
    assert sums == pytest.approx(
        {"total": 6.6, "bulbar": 0.3, "fine_motor": 1.2, "gross_motor": 2.1, "respiratory": 3}
    )


def test_a_subscore_is_missing_where_one_of_its_items_is():
    table = pd.DataFrame([[4.0] * 12, [np.nan] + [4.0] * 11], columns=ITEMS)
    assert score(table, "bulbar").tolist()[0] == 12
    assert score(table, "bulbar").isna().tolist() == [False, True]
    assert score(table, "respiratory").tolist() == [12, 12]
    assert score(table, "total").isna().tolist() == [False, True]


def test_the_total_is_the_tables_where_items_do_not_give_it():
    assert score(pd.DataFrame({"total": [40, np.nan]}), "total").tolist()[0] == 40
    table = pd.DataFrame([[4.0] * 12, [np.nan] * 12], columns=ITEMS).assign(total=[48.0, 31.0])
    assert score(table, "total").tolist() == [48, 31]


def test_a_subscore_without_its_items_is_refused_by_name():
    with pytest.raises(InputError, match=r"ALSFRS-R bulbar: needs item_1, item_2, item_3.*no item_2, item_3"):
        score(pd.DataFrame({"item_1": [4.0], "total": [40.0]}), "bulbar")


def test_months_run_from_the_first_visit_with_a_value():
    table = visits((0, "2019-10-01", None), (0, "2020-01-01", 44), (0, "2020-04-01", 40), (1, "2020-01-01", 30))
    used = measure_visits(table, table["total"], days(None, None))
    assert used["patient"].tolist() == [0, 0, 1]
    assert used["months"].tolist() == [0, 91 / DAYS_PER_MONTH, 0]
    assert used["value"].tolist() == [44, 40, 30]


def test_months_keep_fractions_of_a_day():
    table = visits((0, "2020-01-01 00:00:00", 44), (0, "2020-01-16 05:15:00", 40))
    assert measure_visits(table, table["total"], days(None))["months"].tolist() == [0, 0.5]


def test_slope_visits_do_not_depend_on_the_order_of_rows():
    table = visits((0, "2020-01-01", 44), (0, "2020-04-01", 40), (0, "2020-04-01", 39), (1, "2020-01-01", 30))
    shuffled = table.iloc[[3, 2, 0, 1]]
    used = measure_visits(table, table["total"], days(None, None))
    assert used.equals(measure_visits(shuffled, shuffled["total"], days(None, None)))


def test_values_after_death_or_without_a_date_are_not_used():
    table = visits((0, "2020-01-01", 44), (0, "2020-03-01", 41), (0, "2020-03-02", 40), (0, None, 39))
    assert measure_visits(table, table["total"], days("2020-03-01"))["value"].tolist() == [44, 41]


def test_patients_without_two_times_say_nothing_of_a_slope():
    table = visits(
        (0, "2020-01-01", 44),
        (0, "2020-04-01", 40),
        (1, "2020-01-01", 30),
        (2, "2020-01-01", None),
        (3, "2020-01-01", 30),
        (3, "2020-01-01", 31),
    )
    used = measure_visits(table, table["total"], days(*[None] * 5))
    assert slope_reasons(used, 5).tolist() == [
        None,
        "scored on a single day",
        "no scored visit",
        "scored on a single day",
        "no scored visit",
    ]


def test_rate_is_points_lost_since_onset_at_the_first_scored_visit():
    table = visits((0, "2020-05-01", None), (0, "2020-07-01", 42), (0, "2020-10-01", 30))
    rate = progression_rate(table, participants(["2020-01-01"])).iloc[0]
    assert rate["months"] == 182 / DAYS_PER_MONTH
    assert rate["value"] == pytest.approx(6 / (182 / DAYS_PER_MONTH))
    assert rate["reason"] is None


def test_rate_does_not_use_a_visit_after_death():
    table = visits((0, "2020-07-01", 42))
    rates = progression_rate(table, participants(["2020-01-01"], ["2020-06-30"]))
    assert rates["reason"].tolist() == ["no scored visit"]
    on_the_day = progression_rate(table, participants(["2020-01-01"], ["2020-07-01"]))
    assert on_the_day["reason"].tolist() == [None]


@pytest.mark.parametrize(
    ("onset", "visit", "total", "reason"),
    [
        (None, "2020-07-01", 42, "no onset date"),
        ("2020-01-01", "2020-07-01", None, "no scored visit"),
        ("2020-01-01", None, 42, "no scored visit"),
        ("2020-07-02", "2020-07-01", 42, "first scored before onset"),
        ("2020-01-01", "2020-01-31", 42, "first scored within 1 month of onset"),
        ("2020-01-01", "2020-01-31 10:29:59", 42, "first scored within 1 month of onset"),
        ("2020-01-01", "2020-01-31 10:30:00", 42, None),
    ],
)
def test_rate_is_undefined_with_a_reason(onset, visit, total, reason):
    rates = progression_rate(visits((0, visit, total)), participants([onset]))
    assert rates["reason"].tolist() == [reason]
    assert rates["value"].isna().item() == (reason is not None)


def test_rates_come_for_every_patient_in_order():
    table = visits((1, "2020-07-01", 42))
    rates = progression_rate(table, participants(["2020-01-01"] * 3))
    assert rates["value"].isna().tolist() == [True, False, True]
    assert list(rates.columns) == ["value", "months", "reason"]


def test_visits_after_the_first_at_or_below_the_floor_are_told():
    used = pd.DataFrame({"patient": [0, 0, 0, 0, 1, 1, 2], "value": [9.0, 6, 7, 3, 6.5, 7, 0]})
    assert after_floor(used, 6).tolist() == [False, False, True, True, False, False, False]
