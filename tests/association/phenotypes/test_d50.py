"""Sigmoids against hand-checked values and against scipy's curve_fit."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import curve_fit
from scipy.special import expit

from association.phenotypes.d50 import fit_d50

ONSET = pd.Timestamp("1970-01-01")


def cohort(*patients):
    """Make visits and participants from a list of (months, scores) per patient; onset is the start of 1970."""
    rows = [
        (i, at, total)
        for i, (months, scores) in enumerate(patients)
        for at, total in zip(months, scores, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["patient", "months", "total"])
    dates = ONSET + pd.to_timedelta((frame["months"] * 2_629_800).round(), unit="s")
    visits = pd.DataFrame(
        {"patient": frame["patient"].astype(int), "date": dates, "total": frame["total"].astype(float)}
    )
    return visits, pd.DataFrame({"onset_date": [ONSET] * len(patients)})


def sigmoid(months, d50, dx):
    return 48 * expit(-(months - d50) / dx)


def fit(*patients):
    return fit_d50(*cohort(*patients))


def test_the_check_value():
    row = fit(([10, 13, 16, 19, 22], [42, 38, 33, 28, 22])).iloc[0]
    assert row["d50"] == pytest.approx(20.936753, abs=1e-6)
    assert row["dx"] == pytest.approx(5.895880, abs=1e-6)
    assert row["relative_time"] == pytest.approx(22 / (2 * 20.936753), abs=1e-7)
    assert row["reason"] is None


def test_scores_on_a_sigmoid_give_it_back():
    months = np.array([3.0, 9, 15, 21, 40])
    row = fit((months, sigmoid(months, 25, 4))).iloc[0]
    assert (row["d50"], row["dx"]) == pytest.approx((25, 4), rel=1e-6)


def test_random_patients_agree_with_curve_fit():
    random = np.random.default_rng(7)
    patients = []
    for _ in range(60):
        months = np.cumsum(random.uniform(1, 5, random.integers(3, 12))) + random.uniform(3, 20)
        d50, dx = random.uniform(10, 60), random.uniform(2, 15)
        patients.append(
            (months, np.clip(np.round(sigmoid(months, d50, dx) + random.normal(0, 1.5, months.size)), 0, 48))
        )
    visits, participants = cohort(*patients)
    found = fit_d50(visits, participants)
    usable = found["reason"].isna()
    assert usable.sum() > 40
    for i in np.flatnonzero(usable):
        months, scores = patients[i]
        start = found.loc[i, ["d50", "dx"]].to_numpy(float) * 1.05
        expected, _ = curve_fit(sigmoid, months, scores, p0=start, xtol=1e-12, ftol=1e-12)
        # curve_fit's derivatives are differences, and times here are rounded to the second.
        assert found.loc[i, ["d50", "dx"]].to_numpy(float) == pytest.approx(expected, rel=2e-5)


def test_no_other_start_finds_a_better_fit():
    random = np.random.default_rng(8)
    months = np.arange(5) * 3.0 + 6
    for _ in range(20):
        d50, dx = random.uniform(10, 30), random.uniform(2, 8)
        scores = np.clip(np.round(sigmoid(months, d50, dx) + random.normal(0, 2, 5)), 0, 48)
        row = fit((months, scores)).iloc[0]
        if row["reason"] is not None:
            continue
        found = np.sum((sigmoid(months, row["d50"], row["dx"]) - scores) ** 2)
        grid_d50, grid_dx = np.meshgrid(np.linspace(1, 80, 120), np.geomspace(0.3, 60, 120))
        fits = sigmoid(months[:, None, None], grid_d50, grid_dx)
        assert found <= np.sum((fits - scores[:, None, None]) ** 2, axis=0).min() + 1e-9


def test_a_fit_does_not_depend_on_other_patients_or_on_the_order_of_visits():
    one, other = ([10, 13, 16, 19, 22], [42, 38, 33, 28, 22]), ([5, 7, 9], [40, 30, 20])
    assert fit(one, other).iloc[0].equals(fit(other, one).iloc[1])
    backwards = fit(([22, 19, 16, 13, 10], [22, 28, 33, 38, 42])).iloc[0]
    assert backwards["d50"] == pytest.approx(fit(one)["d50"].item(), rel=1e-9)


@pytest.mark.parametrize(
    ("months", "scores", "reason"),
    [
        ([5, 7], [40, 30], "fewer than 3 scored visits"),
        ([], [], "fewer than 3 scored visits"),
        ([5, 7, 7], [40, 30, 29], "fewer than 3 scored visits"),
        ([5, 7, 9], [40, 30, None], "fewer than 3 scored visits"),
        ([-1, 7, 9], [40, 30, 20], "fewer than 3 scored visits"),
        ([5, 7, 9], [40, 40, 40], "scores do not fall"),
        ([5, 7, 9], [48, 48, 48], "scores do not fall"),
        ([5, 7, 9], [30, 35, 40], "scores do not fall"),
        ([5, 7, 9], [40, 38, 40], "scores do not fall"),
        ([5, 7, 9], [48, 48, 0], "no finite fit"),
        ([5, 7, 9], [48, 48, 30], "no finite fit"),
        ([5, 7, 9], [48, 20, 0], "no finite fit"),
        ([5, 7, 9, 11], [48, 48, 0, 0], "no finite fit"),
        ([5, 7, 9], [20, 19.9, 19.8], "half of the score lost before onset"),
        ([5, 7, 9], [40, 39, 38], None),
    ],
)
def test_patients_without_a_fit_are_left_out_with_a_reason(months, scores, reason):
    row = fit((months, scores), ([10, 13, 16], [42, 38, 33])).iloc[0]
    assert row["reason"] == reason
    assert row[["d50", "dx", "relative_time"]].isna().all() == (reason is not None)


def test_onset_is_needed_and_visits_after_death_are_not_used():
    visits, participants = cohort(*[([10, 13, 16, 19], [42, 38, 33, 10])] * 3)
    participants.loc[0, "onset_date"] = pd.NaT
    participants["death_date"] = pd.to_datetime([None, None, "1971-06-01"])
    fits = fit_d50(visits, participants)
    assert fits["reason"].tolist() == ["no onset date", None, None]
    assert fits.loc[2, "d50"] == pytest.approx(fit(([10, 13, 16], [42, 38, 33]))["d50"].item(), rel=1e-9)


@pytest.mark.parametrize(
    "scores",
    [
        [47, 46, 46, 45, 44, 47, 45, 48, 48, 46, 45, 39],
        [9, 4, 3, 0, 2, 1, 4, 0, 2, 1, 3, 3],
        [45, 19, 1, 2, 1, 1, 2, 1, 0, 0, 2, 2],
        [46, 48, 46, 48, 44],
        [44, 48, 41],
    ],
)
def test_courses_near_the_ends_of_the_scale_are_fitted(scores):
    # Gauss and Newton's curvature alone creeps or leaps on these; the reference starts near the answer.
    months = np.arange(len(scores)) * 3.0 + 30
    row = fit((months, scores)).iloc[0]
    assert row["dx"] > 0
    found = np.sum((sigmoid(months, row["d50"], row["dx"]) - scores) ** 2)
    expected, _ = curve_fit(sigmoid, months, scores, p0=row[["d50", "dx"]].to_numpy(float) * 1.02, maxfev=5000)
    assert found <= np.sum((sigmoid(months, *expected) - scores) ** 2) + 1e-9
