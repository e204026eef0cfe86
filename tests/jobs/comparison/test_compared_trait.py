"""Samples of both runs whose covariates, strata or visits changed."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from association.comparison import causes
from jobs.comparison.compared_run import ComparedRun
from jobs.comparison.compared_trait import ComparedTrait, RunTrait, _visits


def samples(**columns):
    names = pd.Series(["a", "b", "c"])
    return pd.DataFrame({"sample": names, "stratum": "one", "male": True, "residual": 0.0, **columns})


NO_VISITS = np.zeros((3, 0))


def compared(old, new, visits=(NO_VISITS, NO_VISITS)):
    scan = SimpleNamespace(by_contig={}, model=SimpleNamespace(residuals=np.zeros(3), events=None))
    return ComparedTrait("x", *(RunTrait(table, scan, own) for table, own in zip((old, new), visits, strict=True)))


def test_a_covariate_counts_in_whom_it_differs():
    old = samples(**{"covariate:age": [50.0, 60.0, 70.0]})
    assert compared(old, old.iloc[[2, 0, 1]]).other_covariates == 0
    assert compared(old, samples(**{"covariate:age": [50.0, 61.0, 70.0]})).other_covariates == 1


def test_a_column_of_one_run_alone_counts_in_whom_it_is_not_zero():
    old = samples(**{"covariate:age [north]": [50.0, 60.0, 70.0]})
    assert compared(old, old.assign(**{"covariate:age [west]": 0.0})).other_covariates == 0
    assert compared(old, old.assign(**{"covariate:sex=male": [1.0, 0.0, 1.0]})).other_covariates == 2
    assert compared(old, samples()).other_covariates == 3


def test_another_stratum_counts():
    assert compared(samples(), samples(stratum=["one", "two", "one"])).other_covariates == 1


def test_texts_beside_a_trait_are_no_outcome():
    old, new = samples(value=[1.0, 2.0, 3.0]), samples(value=[1.0, 2.5, 3.0], label="text")
    assert compared(old, new).fates.cause.tolist() == ["", causes.VALUES_CHANGED, ""]


def test_a_later_visit_is_longer_follow_up_and_another_score_another_value(tmp_path):
    found = []
    for name, months, value in (
        ("old", [0, 6, 0, 6, 0, 6], [40, 38, 45, 44, 30, 29]),
        ("new", [0, 6, 12, 0, 6, 0, 6], [40, 38, 36, 45, 41, 30, 29]),
    ):
        (tmp_path / name / "traits").mkdir(parents=True)
        position = [0] * (len(months) - 4) + [1, 1, 2, 2]
        visits = pd.DataFrame(
            {"position": position, "months": np.array(months, float), "value": np.array(value, float)}
        )
        visits.to_parquet(tmp_path / name / "traits/x.visits.parquet")
        found.append(_visits(ComparedRun(tmp_path / name, {}, None, None), "x", 3))
    cause = compared(samples(), samples(), tuple(found)).fates.cause
    assert cause.tolist() == [causes.FOLLOWED_LONGER, causes.VALUES_CHANGED, ""]
