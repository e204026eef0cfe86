"""The study's own columns: one spelling of sex and of yes and no, and what looks wrong refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from association.problems import InputError
from jobs.clinical.labels import own_labels
from jobs.study.study import ClinicalStudy

N = 60


def study(*covariates, strata=(), **columns):
    return ClinicalStudy.model_validate(
        {
            "name": "one",
            "output": "out",
            "participants": {"path": "p.tsv", "columns": columns},
            "traits": [{"name": "t", "type": "binary", "column": "t"}],
            "covariates": list(covariates),
            "strata": list(strata),
        }
    )


def labels(settings, **columns):
    own = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})
    return own_labels(own, pd.Series(np.arange(len(own)) + 2), settings, "p.tsv")


def told(settings, **columns):
    with pytest.raises(InputError) as caught:
        labels(settings, **columns)
    return {problem.place: problem.message for problem in caught.value.problems}


def test_sex_and_yes_or_no_have_one_spelling_each():
    read = labels(study(sex="s", c9orf72="c"), s=["M", "female", "1", None], c=["Yes", "no", "N", None])
    assert read.texts["s"].fillna("-").tolist() == ["male", "female", "male", "-"]
    assert read.texts["c"].fillna("-").tolist() == ["yes", "no", "no", "-"]
    assert read.male.fillna(-1).tolist() == [1, 0, 1, -1]


def test_a_column_of_ones_and_zeros_stays_one_of_numbers():
    assert labels(study(c9orf72="c"), c=["1", "0", None]).texts["c"].tolist() == ["1", "0", None]


def test_words_for_neither_yes_nor_no_are_refused_with_their_lines():
    found = told(study(pathogenic_variant="v"), v=["yes", "untested", "no"])
    assert found == {
        "line 3, column 'v'": "'untested' where yes and no were expected; say what it means in participants.codes"
    }


def test_numbers_for_yes_and_no_other_than_one_and_zero_are_refused_with_their_lines():
    found = told(study(c9orf72="c"), c=["1", "2", None, "-9", "0"])
    assert list(found) == ["line 3, column 'c'", "line 5, column 'c'"]
    expected = "'2' where 0 and 1 were expected; say what it means in participants.codes"
    assert found["line 3, column 'c'"] == expected


def test_a_slip_among_numbers_is_refused_and_does_not_make_a_category():
    values = [*map(str, range(N - 1)), "12,5"]
    found = told(study("edu"), edu=values)
    assert list(found) == [f"line {N + 1}, column 'edu'"]
    assert "'12,5' among numbers" in found[f"line {N + 1}, column 'edu'"]
    labels(study({"column": "edu", "kind": "categorical"}), edu=["1", "2", "x"] * 20)


def test_texts_where_a_covariate_is_said_to_be_a_number_are_refused_with_line_value_and_remedy():
    settings = study({"column": "region", "kind": "numeric"})
    found = told(settings, region=["bulbar", "spinal", "bulbar", None, "12"])
    assert list(found) == ["line 2, column 'region'", "line 3, column 'region'"]
    assert found["line 2, column 'region'"].startswith("'bulbar', there and in 1 line more, is no number")
    assert "kind: categorical" in found["line 3, column 'region'"]
    labels(settings, region=["1", "2.5", None])


@pytest.mark.parametrize(
    "settings",
    [study("id"), study({"column": "id", "kind": "numeric"}), study(strata=["id"])],
    ids=["covariate", "number", "stratum"],
)
def test_a_column_that_names_patients_is_refused_without_its_values(settings):
    found = told(settings, id=[f"P{number}" for number in range(N)])
    assert "60 different values in 60 participants" in found["column 'id'"]
    assert "P1" not in str(found)


def test_levels_in_several_spellings_are_refused():
    found = told(study(strata=["site"]), site=["Berlin", "berlin ", "Bonn"] * 20)
    assert "'Berlin' and 'berlin ' are one level" in found["column 'site'"]


def test_a_date_is_no_covariate():
    own = pd.DataFrame({"seen": pd.to_datetime(["2020-01-01"])})
    with pytest.raises(InputError, match="column 'seen': is a date"):
        own_labels(own, pd.Series([2]), study("seen"), "p.tsv")
