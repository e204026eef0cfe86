"""What is said of a whole trait: events that share their times, hazards that are not proportional."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from association.diagnostics.proportional_hazards import ProportionalHazards
from association.results import MANY_TIES, NONPROPORTIONAL

TIES = {"name": "until", "type": "time_to_event", "exit": "until", "event": "happened"}


def with_ties(cohort, tied):
    """Let everyone have the event, so many of them at a time of another's."""
    times = np.arange(len(cohort)) + 10.0
    # Pairs share a time, and the last of an odd number is a third.
    first = 2 * (np.arange(tied) // 2)
    times[:tied] = times[np.minimum(first, tied - 2 - tied % 2)]
    assert pd.Series(times).duplicated(keep=False).sum() == tied
    return cohort.assign(until=times, happened=1)


def ties_found(trait):
    (outcome,) = (one for one in trait.checks if one.name == MANY_TIES)
    return outcome.findings["found"].tolist()


def test_more_than_three_shared_event_times_of_ten_are_found_and_flagged(cohort, prepare):
    (many,) = prepare(with_ties(cohort, 46), TIES)
    assert ties_found(many) == ["31% of events share their time with another"]
    assert many.flags == (MANY_TIES,)
    assert many.summary()["flags"] == [MANY_TIES]


def test_three_shared_event_times_of_ten_are_not_too_many(cohort, prepare):
    (few,) = prepare(with_ties(cohort, 45), TIES)
    assert few.fit.details["tied_fraction"] == 0.3
    assert ties_found(few) == []
    assert few.flags == ()


def test_ties_stop_where_asked_with_each_traits_name_and_the_setting(cohort, prepare, refusal):
    stopping = {"checks": {"many_ties": "stop"}}
    crowded = with_ties(cohort, 60).assign(lone=np.arange(len(cohort)) + 10.0)
    alone = TIES | {"name": "alone", "exit": "lone"}
    found = refusal(crowded, alone, TIES, TIES | {"name": "again"}, **stopping)
    message = "40% of events share their time with another; checks.many_ties is set to stop, and may be set to warn"
    assert found == {"trait 'until'": message, "trait 'again'": message}
    assert prepare(crowded, alone, **stopping)[0].name == "alone"


def hazards(*p_values):
    """Make a test of proportional hazards with these p-values, the last that of all covariates together."""
    names = tuple(f"covariate {number}" for number in range(1, len(p_values)))
    nothing = np.empty(0)
    ones = np.ones(len(p_values))
    return ProportionalHazards(
        names=(*names, "GLOBAL"),
        chi_square=ones,
        degrees=ones.astype(np.int64),
        p_value=np.array(p_values),
        times=nothing,
        transformed_times=nothing,
        samples=nothing.astype(np.int64),
        scaled_residuals=np.empty((0, len(names))),
    )


@pytest.mark.parametrize(
    ("p_values", "flags"),
    [
        ((0.5, 0.0099), (NONPROPORTIONAL,)),
        ((0.5, 0.01), ()),
        ((0.5, 0.0101), ()),
        ((0.0001, 0.02), ()),
        ((np.nan, np.nan), ()),
    ],
)
def test_hazards_are_flagged_if_all_covariates_together_have_p_below_one_in_a_hundred(
    cohort, prepare, p_values, flags
):
    (trait,) = prepare(with_ties(cohort, 0), TIES)
    assert trait.hazards is not None
    assert replace(trait, hazards=hazards(*p_values)).flags == flags
    assert replace(trait, hazards=None).flags == ()


def test_both_cautions_stand_beside_each_other(cohort, prepare):
    (trait,) = prepare(with_ties(cohort, 60), TIES)
    assert replace(trait, hazards=hazards(0.001)).flags == (MANY_TIES, NONPROPORTIONAL)
