"""King's and MiToS stages of visits worked out by hand, each rule on both sides of its threshold."""

import numpy as np
import pandas as pd
import pytest

from association.phenotypes.alsfrs import ITEMS
from association.phenotypes.stages import has_gastrostomy, kings_stage, kings_without_region, mitos_stage, stage_at
from association.problems import InputError

MISSING = np.nan


def visit(**scores):
    """Make one visit with full marks, but for the items given as i1=3."""
    return pd.DataFrame([[4.0] * 12], columns=ITEMS).assign(**{f"item_{name[1:]}": s for name, s in scores.items()})


@pytest.mark.parametrize(
    ("scores", "stage"),
    [
        ({}, 1),
        # Bulbar alone, and each of its items.
        ({"i1": 3}, 1),
        ({"i1": 3, "i4": 3}, 2),
        ({"i2": 3, "i4": 3}, 2),
        ({"i3": 3, "i4": 3}, 2),
        ({"i1": 0, "i2": 0, "i3": 0}, 1),
        # Upper limb by either item, lower limb by item 8 only.
        ({"i4": 3, "i8": 3}, 2),
        ({"i5": 3, "i8": 3}, 2),
        ({"i4": 0, "i5": 0}, 1),
        ({"i8": 3}, 1),
        ({"i1": 3, "i8": 3}, 2),
        ({"i1": 3, "i5": 3, "i8": 3}, 3),
        ({"i6": 0, "i7": 0, "i9": 0, "i8": 3}, 1),
        # Breathing: item 10 at 0 and not at 1, item 12 below 4, item 11 never.
        ({"i10": 0}, 4.5),
        ({"i10": 1}, 1),
        ({"i12": 3}, 4.5),
        ({"i11": 0}, 1),
        ({"i1": 3, "i4": 3, "i8": 3, "i12": 3}, 4.5),
        # Missing items that decide, and those that do not.
        ({"i10": MISSING}, None),
        ({"i12": MISSING}, None),
        ({"i10": MISSING, "i12": 3}, 4.5),
        ({"i10": 0, "i12": MISSING}, 4.5),
        ({"i10": 0, "i1": MISSING, "i8": MISSING}, 4.5),
        ({"i1": MISSING, "i4": 3}, None),
        ({"i1": MISSING, "i2": 3, "i4": 3}, 2),
        ({"i4": MISSING, "i5": 3, "i8": 3}, 2),
        ({"i8": MISSING, "i4": 3}, None),
        ({"i8": MISSING, "i4": 3, "i1": 3}, None),
        # One region at the most is stage 1 whether it is involved or not.
        ({"i8": MISSING}, 1),
        ({"i1": MISSING}, 1),
        ({"i1": MISSING, "i8": MISSING}, None),
        ({"i6": MISSING, "i7": MISSING, "i9": MISSING, "i11": MISSING}, 1),
    ],
)
def test_kings_stage_without_gastrostomy(scores, stage):
    found = kings_stage(visit(**scores), None).item()
    assert np.isnan(found) if stage is None else found == stage


@pytest.mark.parametrize(
    ("scores", "stage"),
    [
        ({}, 4),
        ({"i1": 3, "i4": 3, "i8": 3}, 4),
        ({"i1": MISSING, "i4": 3}, 4),
        ({"i10": 0}, 4.5),
        ({"i12": 3}, 4.5),
        ({"i10": MISSING}, None),
    ],
)
def test_gastrostomy_is_4a_unless_breathing_makes_it_4b(scores, stage):
    found = kings_stage(visit(**scores), pd.Series([True])).item()
    assert np.isnan(found) if stage is None else found == stage
    assert kings_stage(visit(**scores), pd.Series([False])).equals(kings_stage(visit(**scores), None))


def test_gastrostomy_counts_from_its_day_on():
    visits = pd.DataFrame({"patient": [0, 0, 0, 1], "date": pd.to_datetime(["2020-01-01", "2020-01-02"] * 2)})
    dates = pd.Series(pd.to_datetime(["2020-01-02", None]))
    assert has_gastrostomy(visits, dates).tolist() == [False, True, False, False]


def test_stage_1_without_a_region_is_told():
    visits = pd.concat([visit(), visit(i8=3), visit(i8=MISSING), visit(i12=3), visit(i6=0)], ignore_index=True)
    assert kings_without_region(visits, None).tolist() == [True, False, False, False, True]
    assert kings_without_region(visits, pd.Series([True] * 5)).sum() == 0


@pytest.mark.parametrize(
    ("scores", "stage"),
    [
        ({}, 0),
        ({"i8": 1}, 1),
        ({"i8": 2}, 0),
        ({"i6": 1}, 1),
        ({"i6": 2}, 0),
        ({"i6": 1, "i8": 1}, 1),
        ({"i3": 1}, 1),
        ({"i3": 2}, 0),
        # Communicating is lost where speech and writing both are.
        ({"i1": 1, "i4": 1}, 1),
        ({"i1": 1, "i4": 2}, 0),
        ({"i1": 2, "i4": 1}, 0),
        ({"i10": 1}, 1),
        ({"i10": 2}, 0),
        ({"i12": 2}, 1),
        ({"i12": 3}, 0),
        ({"i8": 0, "i3": 0}, 2),
        ({"i8": 0, "i3": 0, "i1": 0, "i4": 0}, 3),
        ({"i8": 0, "i3": 0, "i1": 0, "i4": 0, "i12": 0}, 4),
        ({"i2": 0, "i5": 0, "i7": 0, "i9": 0, "i11": 0}, 0),
        # Missing items that decide, and those that do not.
        ({"i8": MISSING}, None),
        ({"i8": MISSING, "i6": 1}, 1),
        ({"i8": 1, "i6": MISSING}, 1),
        ({"i3": MISSING}, None),
        ({"i1": MISSING, "i4": 2}, 0),
        ({"i1": 2, "i4": MISSING}, 0),
        ({"i1": MISSING, "i4": 1}, None),
        ({"i1": 1, "i4": MISSING}, None),
        ({"i10": MISSING, "i12": 3}, None),
        ({"i10": MISSING, "i12": 2}, 1),
        ({"i10": 1, "i12": MISSING}, 1),
        ({"i2": MISSING, "i5": MISSING, "i7": MISSING, "i9": MISSING, "i11": MISSING}, 0),
    ],
)
def test_mitos_stage(scores, stage):
    found = mitos_stage(visit(**scores)).item()
    assert np.isnan(found) if stage is None else found == stage


@pytest.mark.parametrize("seed", range(3))
def test_a_stage_with_missing_items_is_the_one_that_every_completion_has(seed):
    """Each missing item is filled with each score in turn: decided means all agree."""
    random = np.random.default_rng(seed)
    for _ in range(40):
        full = random.integers(0, 5, 12).astype(float)
        full[9], full[11] = random.choice([0, 1, 4]), random.choice([2, 3, 4, 4])
        holes = random.choice(12, 2, replace=False)
        rows = []
        for first in range(5):
            for second in range(5):
                row = full.copy()
                row[holes] = first, second
                rows.append(row)
        completed = pd.DataFrame(rows, columns=ITEMS)
        full[holes] = np.nan
        holed = pd.DataFrame([full], columns=ITEMS)
        for stage_of in (lambda visits: kings_stage(visits, None), mitos_stage):
            stages = stage_of(completed).unique()
            found = stage_of(holed).item()
            assert found == stages[0] if stages.size == 1 else np.isnan(found)


def test_items_that_the_visits_lack_are_refused_by_name():
    with pytest.raises(InputError, match="no item_8"):
        mitos_stage(visit().drop(columns="item_8"))


# A stage at a fixed time. One month is 30 days 10:30:00; onset is the start of 1970, as in a table of months.

ONSET = pd.Timestamp("1970-01-01")


def at(months):
    return ONSET + pd.Timedelta(seconds=months * 2_629_800) if months is not None else pd.NaT


def stage_at_12(*visits, death=None, onset=ONSET, entered=0):
    table = pd.DataFrame(
        {"patient": np.zeros(len(visits), int), "date": pd.to_datetime([at(months) for months, _ in visits])}
    )
    stages = pd.Series([stage for _, stage in visits], dtype=float)
    dates = {"death_date": [at(death)], "enrolment_date": [at(entered)]}
    participants = pd.DataFrame(dates).apply(pd.to_datetime)
    row = stage_at(table, stages, participants, months=12, origin_date=pd.to_datetime(pd.Series([onset]))).iloc[0]
    return None if np.isnan(row["value"]) else row["value"], row["reason"]


NO_VISIT = (None, "no visit within 3 months of the time")


@pytest.mark.parametrize(
    ("visits", "death", "found"),
    [
        ([(9, 2), (13, 3)], None, (3, None)),
        ([(10, 2), (14, 3)], None, (2, None)),
        ([(14, 3), (10, 2)], None, (2, None)),
        ([(9, 2)], None, (2, None)),
        ([(8.99, 2)], None, NO_VISIT),
        ([(15, 2)], None, (2, None)),
        ([(15.01, 2)], None, NO_VISIT),
        ([(12, MISSING), (14, 3)], None, (3, None)),
        ([(12, MISSING)], None, (None, "no visit with a stage within 3 months of the time")),
        ([(None, 2)], None, NO_VISIT),
        ([(11, 4.5)], 12, (5, None)),
        ([(11, 4.5)], 12.01, (4.5, None)),
        ([], 6, (5, None)),
        ([], None, NO_VISIT),
        ([(10, 2), (13.5, 4)], 13, (2, None)),
        ([(13, 4)], 12.5, NO_VISIT),
    ],
)
def test_stage_at_a_fixed_time(visits, death, found):
    assert stage_at_12(*visits, death=death) == found


def test_stage_at_a_fixed_time_needs_an_origin():
    assert stage_at_12((12, 2), onset=None) == (None, "no origin date")


def test_who_comes_under_observation_after_the_time_is_left_out():
    """Had they died by then, nobody would know of them."""
    assert stage_at_12((12, 2), entered=12) == (2, None)
    assert stage_at_12((13, 2), entered=12.5)[1] == "entered after the time"
    assert stage_at_12((13, 2), entered=None)[1] == "no enrolment date"


def test_stages_at_a_fixed_time_come_for_every_patient_in_order():
    table = pd.DataFrame({"patient": [1, 3], "date": [at(12), at(12)]})
    origins = pd.Series([ONSET] * 4)
    people = pd.DataFrame({"enrolment_date": origins})
    stages = stage_at(table, pd.Series([2.0, 3.0]), people, months=12, origin_date=origins)
    assert stages["value"].fillna(0).tolist() == [0, 2, 0, 3]
