"""Joint ranks against every pair compared in turn, and on five patients worked out by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from association.phenotypes.joint_rank import joint_rank, joint_rank_scores, survival_scores


def changes_by_slot(months, scores, interval):
    """Put one patient's visits on the schedule, by dictionaries and np.interp: {k: change}."""
    visits = [(m, s) for m, s in zip(months, scores, strict=True) if m >= 0]
    chosen = {}
    for k in range(int(max((m for m, _ in visits), default=0) / interval) + 2):
        near = [(abs(m - k * interval), m, s) for m, s in visits if -interval / 2 < m - k * interval <= interval / 2]
        if near:
            chosen[k] = min(near)[1:]
    if 0 not in chosen:
        return {}
    times, kept = zip(*sorted(chosen.values()), strict=True)
    slots = range(1, max(chosen) + 1)
    filled = {k: chosen[k][1] if k in chosen else np.interp(k * interval, times, kept) for k in slots}
    return {k: round(value - chosen[0][1], 9) for k, value in filled.items()}


def outcome(i, j, time, dead, changes):
    """Say how i fared against j: 1, 0 or -1."""
    if dead[i] and dead[j]:
        return np.sign(time[i] - time[j])
    if dead[i] and time[j] >= time[i]:
        return -1
    if dead[j] and time[i] >= time[j]:
        return 1
    last = min(max(changes[i], default=0), max(changes[j], default=0))
    return np.sign(changes[i][last] - changes[j][last]) if last > 0 else 0


def brute_force(time, dead, patient, months, score, interval=3.0):
    n = len(time)
    changes = [changes_by_slot(months[patient == i], score[patient == i], interval) for i in range(n)]
    return [sum(int(outcome(i, j, time, dead, changes)) for j in range(n) if j != i) for i in range(n)]


def random_cohort(random, n, spread):
    time = random.integers(1, spread, n).astype(float)
    dead = random.random(n) < random.uniform(0.1, 0.9)
    counts = random.integers(0, 7, n)
    patient = np.repeat(np.arange(n), counts)
    months = random.integers(0, 30, patient.size) / 2
    # Most patients have their baseline at 0.
    first = np.r_[True, np.diff(patient) > 0] if patient.size else np.empty(0, bool)
    months[first & (random.random(patient.size) < 0.9)] = 0
    return time, dead, patient, months, random.integers(0, 6, patient.size).astype(float)


@pytest.mark.parametrize("seed", range(40))
def test_scores_are_those_of_every_pair_compared_in_turn(seed):
    random = np.random.default_rng(seed)
    cohort = random_cohort(random, int(random.integers(1, 45)), int(random.integers(3, 30)))
    assert joint_rank_scores(*cohort).tolist() == brute_force(*cohort)


def test_another_interval_is_another_schedule():
    cohort = random_cohort(np.random.default_rng(99), 40, 10)
    assert joint_rank_scores(*cohort, interval=2.0).tolist() == brute_force(*cohort, interval=2.0)
    assert joint_rank_scores(*cohort, interval=2.0).tolist() != joint_rank_scores(*cohort).tolist()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_scores_sum_to_zero_and_follow_the_patients_in_any_order(seed):
    random = np.random.default_rng(seed)
    time, dead, patient, months, score = random_cohort(random, 20, 8)
    scores = joint_rank_scores(time, dead, patient, months, score)
    assert scores.sum() == 0
    order, shuffled = random.permutation(20), random.permutation(patient.size)
    places = np.argsort(order)
    again = joint_rank_scores(
        time[order], dead[order], places[patient][shuffled], months[shuffled], score[shuffled] + 7
    )
    assert again.tolist() == scores[order].tolist()


def test_five_patients_worked_out_by_hand():
    # a died at 12, b died at 20, c and d were followed to 24 and 10, e to 12 without any score.
    time = np.array([12.0, 20.0, 24.0, 10.0, 12.0])
    dead = np.array([True, True, False, False, False])
    # Scheduled visits at 0, 3, 6 and 9 months; c's at 6 was missed and lies between 3 and 9.
    a = [(0, 44), (3, 40), (6, 36)]
    b = [(0, 40), (3, 39), (6, 37)]
    c = [(0, 46), (3, 44), (9, 32)]
    d = [(0, 42), (3, 38), (6, 33)]
    visits = [(i, *visit) for i, patient in enumerate((a, b, c, d)) for visit in patient]
    patient, months, score = (np.array(column) for column in zip(*visits, strict=True))
    # Changes       3 months   6 months
    #   a               -4         -8
    #   b               -1         -3
    #   c               -2         -8   (from 44 at 3 months to 32 at 9: 38 at 6)
    #   d               -4         -9
    pairs = {
        "ab": -1,  # both died, b later
        "ac": -1,  # c was followed beyond a's death
        "ad": +1,  # d was lost at 10, before a's death: at 6 months -8 against -9
        "ae": -1,  # e was followed to the day of a's death
        "bc": -1,  # c was followed beyond b's death
        "bd": +1,  # d was lost before: -3 against -9
        "be": 0,  # e was lost before, and has no score
        "cd": +1,  # both alive: at 6 months, d's last, -8 against -9
        "ce": 0,  # no visit in common
        "de": 0,  # no visit in common
    }
    scores = dict.fromkeys("abcde", 0)
    for (first, second), result in pairs.items():
        scores[first] += result
        scores[second] -= result
    assert scores == {"a": -2, "b": 1, "c": 3, "d": -3, "e": 1}
    assert joint_rank_scores(time, dead, patient, months, score).tolist() == list(scores.values())


def test_deaths_alone_rank_by_time():
    assert survival_scores(np.array([5.0, 9, 5, 7]), np.array([True] * 4)).tolist() == [-2, 3, -2, 1]


def test_a_line_between_visits_ties_with_a_visit_on_it():
    time, dead = np.array([24.0, 24.0]), np.array([False, False])
    # Thirds are not exact in double precision: 40 less a third of 10 against the line that passes there.
    patient = np.array([0, 0, 1, 1, 1])
    months = np.array([0.0, 9, 0, 3, 6])
    scores = np.array([40.0, 30, 40, 40 - 10 / 3, 40 - 20 / 3])
    assert joint_rank_scores(time, dead, patient, months, scores).tolist() == [0, 0]


def test_a_cohort_without_visits_or_without_patients_has_scores():
    none = np.empty(0)
    assert joint_rank_scores(np.array([3.0, 5.0]), np.array([True, False]), none, none, none).tolist() == [-1, 1]
    assert joint_rank_scores(none, np.empty(0, bool), none, none, none).size == 0


# From tables.


def dates(*texts):
    return pd.to_datetime(list(texts))


def tables():
    participants = pd.DataFrame(
        {
            "onset_date": dates("2018-01-01", "2019-12-01", "2020-01-01", "2020-01-01", None),
            "enrolment_date": dates("2020-06-01", "2020-06-01", "2020-06-01", None, "2020-06-01"),
            "death_date": dates("2020-12-01", "2021-06-01", None, None, "2020-05-01"),
            "last_contact_date": dates(None, None, "2020-09-01", "2021-01-01", None),
        }
    )
    visits = pd.DataFrame(
        {
            "patient": [0, 0, 0, 2, 2],
            "date": dates("2020-05-01", "2020-06-01", "2020-09-01", "2020-06-01", "2020-09-01"),
            "total": [46.0, 40.0, 38.0, 40.0, 39.0],
        }
    )
    return participants, visits


def test_on_the_clock_of_entry_a_late_comer_gains_nothing():
    ranks = joint_rank(*tables(), clock="entry")
    # 0 died first and 2, lost before both deaths, declined less than 0 (-1 against -2); 1 has no visits.
    assert ranks["score"].tolist()[:3] == [-2, 1, 1]
    assert ranks["value"].tolist()[:3] == [1, 2.5, 2.5]
    assert ranks["reason"].tolist() == [None, None, None, "no enrolment date", "died at or before entry"]
    assert ranks["value"].isna().tolist() == [False, False, False, True, True]


def test_on_the_clock_of_onset_a_late_comer_outlives_the_rest():
    ranks = joint_rank(*tables(), clock="onset")
    # 0 came 29 months after onset and died at 35; 1 died at 18, 2 was lost at 8.
    # The change counts from 0's first visit in May: -6 at 1 month is no scheduled visit, -8 at 4 is the first.
    assert ranks["score"].tolist()[:3] == [0, -1, 1]
    assert ranks["reason"].tolist() == [None, None, None, "no enrolment date", "no onset date"]


def test_an_event_tells_of_death_where_no_date_does():
    participants, visits = tables()
    participants["last_contact_date"] = participants["last_contact_date"].fillna(participants["death_date"])
    told = participants.drop(columns="death_date").assign(event=[1.0, 1.0, 0.0, 0.0, np.nan])
    ranks = joint_rank(told, visits, clock="entry")
    assert ranks["value"].tolist()[:3] == [1, 2.5, 2.5]
    assert ranks["reason"].tolist()[4] == "no event status"


def test_nobody_to_rank_is_no_error():
    participants, visits = tables()
    ranks = joint_rank(participants.assign(enrolment_date=pd.NaT), visits, clock="entry")
    assert ranks["reason"].tolist() == ["no enrolment date"] * 5
