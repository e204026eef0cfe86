"""The cohort's band and the carriers' lines, against pandas."""

import numpy as np
import pandas as pd
import pytest

from association.gene_profile.course import BIN_MONTHS, MOST_LINES, Visits, carriers_course, cohort_band


@pytest.fixture
def visits():
    rng = np.random.default_rng(3)
    position = rng.integers(0, 80, 900)
    return Visits(position, rng.uniform(0, 30, 900), rng.normal(30, 8, 900))


def test_the_band_is_the_quantiles_of_patients_means_in_each_bin(visits):
    band = cohort_band(visits, 80)
    table = pd.DataFrame(vars(visits)).assign(bin=lambda rows: rows["months"] // BIN_MONTHS)
    by_bin = table.groupby(["bin", "position"])["value"].mean().groupby("bin")
    np.testing.assert_allclose(band.time, (by_bin.size().index + 0.5) * BIN_MONTHS)
    np.testing.assert_array_equal(band.patients, by_bin.size())
    for name, at in (("lower", 0.1), ("middle", 0.5), ("upper", 0.9)):
        np.testing.assert_allclose(getattr(band, name), by_bin.quantile(at), err_msg=name)


def test_a_bin_of_few_patients_is_left_out(visits):
    late = Visits(
        np.append(visits.position, [1, 1, 2]),
        np.append(visits.months, [100, 101, 100]),
        np.append(visits.value, [1] * 3),
    )
    assert cohort_band(late, 80).time.max() < 90


def test_a_cohort_without_visits_has_no_band():
    none = Visits(np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    assert cohort_band(none, 5).time.size == 0


def test_lines_follow_the_order_of_carriers_and_of_time(visits):
    carriers = np.array([7, 3, 60])
    place, time, value = carriers_course(visits, carriers)
    for number, sample in enumerate(carriers):
        own = visits.position == sample
        order = np.argsort(visits.months[own])
        np.testing.assert_array_equal(time[place == number], visits.months[own][order])
        np.testing.assert_array_equal(value[place == number], visits.value[own][order])
    assert (np.diff(place) >= 0).all()


def test_of_very_many_carriers_some_are_shown(visits):
    place, _, _ = carriers_course(visits, np.arange(80))
    assert np.unique(place).size <= MOST_LINES
    assert {0, 79} <= set(place)
