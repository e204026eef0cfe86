"""Karyotypes from depth and calls: literals on both sides of each limit, and simulated cohorts."""

import numpy as np
import pandas as pd
import pytest

from association.cohort.karyotype import SEX, Capture, capture_of, karyotypes

# Copies of X and of Y.
COPIES = {"XX": (2, 0), "XY": (1, 1), "X0": (1, 0), "XXY": (2, 1), "XYY": (1, 2), "XXX": (3, 0)}


def cohort(rng, names, *, x_capture=1.0, y_capture=1.0, expected=200.0, stray=0.02):
    """Measure people of these karyotypes, with 3% noise of depth, and reads that stray to Y for each X."""
    x, y = (np.array([COPIES[name][place] for name in names], float) for place in (0, 1))
    heterozygous = np.where(x == 1, 1, rng.poisson(expected, len(names)))
    return pd.DataFrame(
        {
            "x_heterozygous": heterozygous,
            "x_expected_heterozygous": expected,
            "x_ploidy": x * x_capture * rng.normal(1, 0.03, len(names)),
            "y_ploidy": (y * y_capture + x * stray) * rng.normal(1, 0.03, len(names)),
            "y_called": np.where(y > 0, 95, 5),
            "y_variants": 100,
        }
    )


MIXED = ["XX"] * 40 + ["XY"] * 60 + ["X0", "XXY", "XYY", "XXX"]


@pytest.mark.parametrize(("x_capture", "y_capture"), [(1, 1), (0.8, 0.55), (1.25, 1.6)])
def test_finds_every_karyotype_whatever_the_capture_of_x_and_y(x_capture, y_capture):
    table = cohort(np.random.default_rng(1), MIXED, x_capture=x_capture, y_capture=y_capture)
    found = karyotypes(table)
    assert found["karyotype"].tolist() == MIXED
    assert found["sex_from_genotypes"].tolist() == [SEX[name] for name in MIXED]


@pytest.mark.parametrize(("y_capture", "stray"), [(0.15, 0.01), (0.6, 0.15), (1.0, 0.25)])
def test_little_y_and_many_stray_reads_are_told_apart_in_a_cohort_of_both_sexes(y_capture, stray):
    names = MIXED[:102]
    table = cohort(np.random.default_rng(6), names, y_capture=y_capture, stray=stray)
    found = karyotypes(table)
    assert (found["karyotype"] == names).mean() > 0.95
    assert found["karyotype"][:100].tolist() == names[:100]


@pytest.mark.parametrize("names", [["XX"] * 30, ["XY"] * 30, ["XX"] * 3 + ["XY"] * 2, ["XX", "XY"], ["XX"], ["XY"]])
def test_one_sex_only_and_few_samples_are_told(names):
    rng = np.random.default_rng(2)
    found = karyotypes(cohort(rng, names))
    assert found["karyotype"].tolist() == names


@pytest.mark.parametrize("names", [["XX"] * 30, ["XY"] * 30, ["XX"] * 10 + ["XY"] * 10])
def test_calls_on_x_too_few_to_tell_leave_depth_to_decide(names):
    table = cohort(np.random.default_rng(3), names, x_capture=0.9, y_capture=0.8, expected=5)
    assert karyotypes(table)["karyotype"].tolist() == names


@pytest.mark.parametrize("left_out", [["x_ploidy", "y_ploidy"], ["x_ploidy", "y_ploidy", "y_called", "y_variants"]])
def test_without_depth_calls_tell_only_the_two_usual_karyotypes(left_out):
    table = cohort(np.random.default_rng(4), MIXED).drop(columns=left_out)
    found = karyotypes(table)["karyotype"]
    assert found[:100].tolist() == MIXED[:100]
    unusual = {"XX", "XY"} if "y_called" in left_out else {"XX", "XY", "unclear"}
    assert set(found[100:]) <= unusual
    if "y_called" not in left_out:
        assert found[[100, 101]].tolist() == ["unclear", "unclear"]


def test_without_variants_on_y_depth_on_x_still_tells():
    table = cohort(np.random.default_rng(5), ["XX"] * 20 + ["XY"] * 20 + ["XXX"])
    table = table.assign(y_ploidy=np.nan, y_called=0, y_variants=0)
    assert karyotypes(table)["karyotype"].tolist() == ["XX"] * 20 + ["XY"] * 20 + ["XXX"]


def test_nothing_known_is_unclear():
    table = pd.DataFrame({"x_heterozygous": [0, 5], "x_expected_heterozygous": [0.0, np.nan]}, index=["b", "a"])
    found = karyotypes(table)
    assert found["karyotype"].tolist() == ["unclear"] * 2
    assert found["sex_from_genotypes"].tolist() == [None] * 2
    assert found.index.tolist() == ["b", "a"]


@pytest.mark.parametrize(
    ("x", "y", "homozygosity", "name"),
    [
        (1.6, 0.0, 0.1, "XX"),
        (1.59, 0.0, 0.1, "unclear"),
        (2.4, 0.2, 0.1, "XX"),
        (2.41, 0.0, 0.1, "unclear"),
        (2.6, 0.0, 0.1, "XXX"),
        (3.41, 0.0, 0.1, "unclear"),
        (2.0, 0.21, 0.1, "unclear"),
        (2.0, 0.35, 0.1, "XXY"),
        (1.0, 0.34, 0.95, "unclear"),
        (1.0, 0.35, 0.95, "XY"),
        (1.4, 1.4, 0.95, "XY"),
        (1.0, 1.41, 0.95, "unclear"),
        (1.0, 1.6, 0.95, "XYY"),
        (0.6, 0.0, 0.95, "X0"),
        (0.59, 0.0, 0.95, "unclear"),
        (1.0, 1.0, 0.1, "unclear"),  # calls of two X
        (2.0, 0.0, 0.95, "unclear"),  # calls of one X
        (2.0, 0.0, 0.6, "XX"),  # calls that don't tell
        (3.0, 1.0, 0.1, "unclear"),
    ],
)
def test_karyotypes_change_at_their_limits(x, y, homozygosity, name):
    table = pd.DataFrame(
        {
            "x_heterozygous": [(1 - homozygosity) * 100],
            "x_expected_heterozygous": [100.0],
            "x_ploidy": [x],
            "y_ploidy": [y],
        }
    )
    assert karyotypes(table)["karyotype"].tolist() == [name]


def test_a_lone_sample_without_y_does_not_make_its_stray_reads_a_copy():
    male = np.array([1.0, 1.0, 1.0])
    assert capture_of(male, np.ones(3), np.array([0.02, 0.01, 0.03])) == Capture(1.0, 1.0, 0.0)


def test_depth_on_y_tells_nothing_where_men_show_no_more_of_it_than_women():
    male = np.repeat([1.0, 0.0], 20)
    found = capture_of(male, np.repeat([1.0, 2.0], 20), np.repeat([0.9, 0.7], 20))
    assert np.isnan(found.y_per_copy)
    table = pd.DataFrame(
        {
            "x_heterozygous": np.repeat([0.0, 100.0], 20),
            "x_expected_heterozygous": 100.0,
            "x_ploidy": np.repeat([1.0, 2.0], 20),
            "y_ploidy": np.repeat([0.9, 0.7], 20),
        }
    )
    assert karyotypes(table)["karyotype"].tolist() == ["XY"] * 20 + ["XX"] * 20


def test_two_x_beside_a_y_need_no_heterozygous_calls_and_without_a_y_they_do():
    table = pd.DataFrame(
        {
            "x_heterozygous": [0.0] * 10 + [100.0] * 10 + [0.0, 0.0],
            "x_expected_heterozygous": 100.0,
            "x_ploidy": [1.0] * 10 + [2.0] * 12,
            "y_ploidy": [1.0] * 10 + [0.0] * 10 + [1.0, 0.0],
        }
    )
    assert karyotypes(table)["karyotype"].tolist()[-2:] == ["XXY", "unclear"]


def test_depth_on_x_alone_names_no_karyotype():
    table = pd.DataFrame(
        {"x_heterozygous": [0.0] * 9, "x_expected_heterozygous": 3.0, "x_ploidy": [0.9] * 4 + [1.4] * 5}
    )
    assert set(karyotypes(table)["karyotype"]) == {"unclear"}


def test_calls_on_y_tell_above_a_half_and_below_a_fifth_of_enough_variants():
    table = pd.DataFrame(
        {
            "x_heterozygous": [1.0] * 5,
            "x_expected_heterozygous": [100.0] * 5,
            "y_called": [50, 20, 35, 10, 0],
            "y_variants": [100, 100, 100, 19, 19],
        }
    )
    assert karyotypes(table)["karyotype"].tolist() == ["XY", "unclear", "XY", "XY", "XY"]
