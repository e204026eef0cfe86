"""Times to a milestone that only visits tell of: no group looks better or worse for when it was seen.

The milestone comes at the same rate in everyone. What differs between two groups is when they enrol, how late after
it they are first seen, or how soon they die; none of it may look like an effect on the milestone.
"""

import numpy as np
import pandas as pd
import pytest

from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.phenotypes.milestones import known_by_visits, milestone_times, reached_between
from association.phenotypes.timeline import SECONDS_PER_MONTH

PATIENTS = 1_000
COHORTS = 12
GAP = 3.0
START = pd.Timestamp("1970-01-01")


def dates(months):
    return START + pd.to_timedelta(np.where(np.isfinite(months), months, np.nan) * SECONDS_PER_MONTH, "s")


def cohort(rng, *, later=0.0, first_seen=1.0, death_ratio=1.0, stop=np.inf, known=150.0):
    """Follow patients from enrolment; those of group 1 enrol later, or die sooner."""
    group = rng.integers(0, 2, 4 * PATIENTS)
    milestone = rng.exponential(30, group.size)
    death = rng.exponential(60 / np.where(group == 1, death_ratio, 1.0))
    enrolled = rng.uniform(3, 15, group.size) + later * group
    alive = death > enrolled
    group, milestone, death, enrolled = (values[alive][:PATIENTS] for values in (group, milestone, death, enrolled))
    first = enrolled + rng.uniform(0, first_seen, group.size)
    planned = first[:, None] + GAP * np.arange(60) + rng.uniform(0, 0.6, (group.size, 60))
    last = np.minimum.reduce(
        [death, enrolled + rng.exponential(stop, group.size) if np.isfinite(stop) else death, enrolled + 90]
    )
    patient, number = np.nonzero(planned <= last[:, None])
    when = planned[patient, number]
    people = pd.DataFrame(
        {
            "onset_date": START,
            "enrolment_date": dates(enrolled),
            "death_date": dates(np.where(death <= enrolled + known, death, np.inf)),
        }
    )
    visits = pd.DataFrame({"patient": patient, "date": dates(when)})
    return group, people, visits, pd.Series(when >= milestone[patient])


def z_of_group(rng, **law):
    group, people, visits, shown = cohort(rng, **law)
    times = milestone_times(
        people,
        reached_date=reached_between(visits, shown | True, shown, len(people)),
        known=known_by_visits(visits, shown | True, len(people)),
        origin="onset",
    )
    used = times["reason"].isna().to_numpy()
    entry, leaving, event = (values[used] for values in (times["entry"], times["exit"], times["cause"] == 1))
    design = Design(("group",), group[used, None].astype(float))
    (found,) = fit_cox(entry.to_numpy(), leaving.to_numpy(), event.to_numpy(float), design).coefficients
    return found.estimate / found.standard_error


@pytest.mark.parametrize(
    "law",
    [
        {"later": 12.0, "first_seen": 0.1},
        {"later": 12.0, "first_seen": 6.0},
        {"death_ratio": 4.0},
        {"death_ratio": 4.0, "stop": 10.0},
        {"later": 6.0, "death_ratio": 3.0, "stop": 20.0},
    ],
    ids=["seen at once", "seen half a year late", "death", "death and visits that stop", "all of it"],
)
def test_a_group_that_is_seen_otherwise_does_not_look_affected(law):
    rng = np.random.default_rng(7)
    z = np.array([z_of_group(rng, **law) for _ in range(COHORTS)])
    assert abs(z.mean()) < 3.5 / np.sqrt(COHORTS), z
