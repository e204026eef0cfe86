"""Each covariate that a null model cannot use is refused by name."""

import numpy as np
import pytest

from association.null_models.design import Design, check_design
from association.problems import InputError

RNG = np.random.default_rng(7)
AGE, SEX = RNG.normal(60, 10, 40), RNG.integers(0, 2, 40).astype(float)
SITE = np.repeat([0, 1], 20)


def refusal(design, **options):
    with pytest.raises(InputError) as caught:
        check_design(design, **options)
    return {problem.place: problem.message for problem in caught.value.problems}


def design(**columns):
    return Design(tuple(columns), np.column_stack(list(columns.values())))


def test_accepts_covariates_that_differ():
    check_design(design(age=AGE, sex=SEX), strata=SITE)


def test_accepts_no_covariates():
    check_design(Design((), np.empty((40, 0))))


def test_accepts_a_large_offset_and_tiny_units():
    check_design(design(year=2015 + AGE / 100, component=SEX * 1e-9))


def test_names_a_constant_column():
    assert "one and the same value" in refusal(design(age=AGE, flag=np.full(40, 0.1)))["flag"]


def test_names_every_missing_value_before_anything_else():
    messages = refusal(design(age=np.where(SITE == 1, np.nan, AGE), flag=np.ones(40)))
    assert list(messages) == ["age"]
    assert "20 of 40" in messages["age"]


def test_names_a_column_that_strata_already_hold():
    site = design(age=AGE, site=SITE.astype(float))
    check_design(site)
    assert "within every stratum" in refusal(site, strata=SITE)["site"]


def test_names_the_parts_of_a_combination():
    messages = refusal(design(age=AGE, sex=SEX, other=AGE / 10 - 3 * SEX + 5))
    (place,) = messages
    named = {place, *(name for name in ("age", "sex", "other") if f"'{name}'" in messages[place])}
    assert named == {"age", "sex", "other"}


def test_indicators_of_every_level_repeat_the_intercept():
    levels = design(first=SEX, second=1 - SEX)
    assert len(refusal(levels)) == 1
    check_design(levels, intercept=False)


def test_more_covariates_than_samples_are_combinations():
    wide = Design(tuple("abcde"), RNG.normal(size=(4, 5)))
    assert len(refusal(wide)) == 2


def test_refuses_names_that_do_not_match_the_columns():
    assert "3 names" in refusal(Design(("a", "b", "c"), np.zeros((4, 2))))["columns"]
