"""ALSFRS-R scores at 3-monthly visits.

The expected total falls in a straight line from 48 at onset and is measured with noise. Each patient loses the
scale's 48 points in an order of their own, which begins with the region of onset; the items at a visit are what
is left after the points lost so far. So they lie between 0 and 4, sum to the total, and never contradict it.

Axes: visits x 12 items; v visits in all, ordered by patient and date.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator

from association.simulate.effects import Integers
from association.simulate.progression import DAYS_PER_MONTH, Course, iso_dates

ITEMS = tuple(f"item_{number}" for number in range(1, 13))
BEST_ITEM = 4
BEST_TOTAL = BEST_ITEM * len(ITEMS)
MONTHS_BETWEEN_VISITS = 3.0
MOST_VISITS = 30
VISIT_JITTER_DAYS = 10
MISSED_VISIT_SHARE = 0.07
SCORE_NOISE = 1.1
# A head start in the order of loss: bulbar items first, or the limbs; breathing fails last.
BULBAR_ONSET = np.repeat([1.5, 0.0, 0.0, -0.7], 3)
SPINAL_ONSET = np.repeat([-0.7, 1.0, 1.0, -0.7], 3)


def simulate_visits(
    course: Course, sample_ids: list[str], generator: Generator, *, months_between: float = MONTHS_BETWEEN_VISITS
) -> pd.DataFrame:
    """Draw the visits table: from enrolment until the event or the end of follow-up.

    Parameters
    ----------
    course
        The patients' course.
    sample_ids
        Their names, in the same order.
    generator
        Source of randomness.
    months_between
        How far apart visits are planned.

    Returns
    -------
        Columns sample, visit_date, item_1 to item_12, total.
    """
    patient, date = _draw_dates(course, months_between, generator)
    months = (date - course.onset[patient]) / DAYS_PER_MONTH
    expected = BEST_TOTAL - course.decline[patient] * months
    total = np.rint(expected + generator.normal(0, SCORE_NOISE, len(date))).clip(0, BEST_TOTAL).astype(np.int64)
    items = _items_left(_loss_order(course, generator)[patient], BEST_TOTAL - total)
    return pd.DataFrame(
        {
            "sample": np.array(sample_ids)[patient],
            "visit_date": iso_dates(date),
            **dict(zip(ITEMS, items.T, strict=True)),
            "total": total,
        }
    )


def _draw_dates(course: Course, months_between: float, generator: Generator) -> tuple[Integers, Integers]:
    """Give the patient and the date of each visit that took place; the first is the day of enrolment."""
    shape = (len(course.enrolment), MOST_VISITS)
    planned = np.rint(np.arange(MOST_VISITS) * months_between * DAYS_PER_MONTH).astype(np.int64)
    jitter = generator.integers(-VISIT_JITTER_DAYS, VISIT_JITTER_DAYS + 1, shape)
    missed = generator.random(shape) < MISSED_VISIT_SHARE
    jitter[:, 0], missed[:, 0] = 0, False
    date = course.enrolment[:, None] + planned + jitter
    last = np.minimum(course.event - 1, course.last_contact)
    took_place = (date <= last[:, None]) & ~missed
    return np.nonzero(took_place)[0], date[took_place]


def _loss_order(course: Course, generator: Generator) -> Integers:
    """Rank each patient's 48 points by when they are lost (n, items x points)."""
    head_start = np.where(course.bulbar[:, None], BULBAR_ONSET, SPINAL_ONSET)
    when = generator.gumbel(size=(len(course.bulbar), BEST_TOTAL)) - np.repeat(head_start, BEST_ITEM, axis=1)
    order: Integers = when.argsort(axis=1).argsort(axis=1)
    return order


def _items_left(order: Integers, lost: Integers) -> Integers:
    """Count the points that each item still has (visits, items) after `lost` points are gone."""
    kept = order >= lost[:, None]
    left: Integers = kept.reshape(len(lost), len(ITEMS), BEST_ITEM).sum(axis=2)
    return left
