"""Which way a trait is worse: of every type, by its measure, and as the study says."""

import pytest
from pydantic import TypeAdapter, ValidationError

from jobs.study.traits import Trait
from jobs.study.worse import harm_of, of_unknown_harm

SURVIVAL = {"type": "survival"}
SLOPE = {"type": "alsfrs_slope"}


def made(**settings):
    return TypeAdapter(Trait).validate_python({"name": "own"} | settings)


@pytest.mark.parametrize(
    ("settings", "harm"),
    [
        (SURVIVAL, 1),
        ({"type": "milestone", "milestone": "fvc"}, 1),
        ({"type": "stage", "system": "kings", "at_months": 12.0}, 1),
        ({"type": "progression_rate"}, 1),
        ({"type": "binary", "column": "niv"}, 1),
        (SLOPE, -1),
        ({"type": "d50"}, -1),
        ({"type": "joint_rank"}, -1),
        ({"type": "slope", "measure": "fvc"}, -1),
        ({"type": "baseline", "measure": "cmap"}, -1),
        ({"type": "baseline", "measure": "distal_latency"}, 1),
        ({"type": "slope", "measure": "grip"}, 0),
        ({"type": "quantitative", "column": "nfl"}, 0),
        ({"type": "quantitative", "column": "nfl", "worse": "higher"}, 1),
        ({"type": "slope", "measure": "grip", "worse": "lower"}, -1),
        ({"type": "binary", "column": "walks", "worse": "lower"}, -1),
    ],
)
def test_worse_is(settings, harm):
    assert harm_of(made(**settings)) == harm


def test_traits_that_leave_it_open_are_named():
    assert of_unknown_harm([made(**SURVIVAL), made(type="quantitative", column="nfl")]) == ["own"]


def test_a_trait_whose_type_says_it_takes_no_such_setting():
    with pytest.raises(ValidationError):
        made(**SURVIVAL, worse="lower")
