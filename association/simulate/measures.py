"""What else is measured at visits, and when support begins: breathing, the nerve, ventilation by mask, feeding tube.

Every measure falls with the points of ALSFRS-R lost since onset, each patient from a level of their own, with noise:

    FVC              98 - 1.6 points lost                  % predicted
    CMAP amplitude    8 exp(-0.035 points lost)            mV
    MUNIX           130 exp(-0.050 points lost)
    distal latency  3.8 + 0.02 points lost                 ms
    F waves          88 - 1.2 points lost                  % of stimuli

Non-invasive ventilation begins some weeks after FVC would fall below 50%, a gastrostomy some weeks after 22 points
are lost; both only while the patient is alive, unventilated and in contact.

Axes: n samples, v visits.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from association.simulate.effects import Floats
from association.simulate.progression import DAYS_PER_MONTH, Course, iso_dates

FVC_AT_ONSET, FVC_PER_POINT = 98.0, 1.6
POINTS_AT_NIV = (FVC_AT_ONSET - 50) / FVC_PER_POINT
POINTS_AT_GASTROSTOMY = 22.0
WEEKS_UNTIL_SUPPORT = 8.0


def simulate_measures(
    course: Course, visits: pd.DataFrame, sample_ids: list[str], generator: Generator
) -> pd.DataFrame:
    """Draw the measures of visits that took place.

    Parameters
    ----------
    course
        The patients' course.
    visits
        Of `simulate_visits`.
    sample_ids
        The patients' names, in the order of the course.
    generator
        Source of randomness.

    Returns
    -------
        Columns fvc, cmap, munix, distal_latency, f_wave_frequency, a row per visit.
    """
    patient = pd.Index(sample_ids).get_indexer(pd.Index(visits["sample"]))
    days = pd.to_datetime(visits["visit_date"]).to_numpy().astype("datetime64[D]").astype(np.int64)
    lost = course.decline[patient] * (days - course.onset[patient]) / DAYS_PER_MONTH

    def draw(mean: Floats, between: float, within: float) -> Floats:
        own = generator.normal(0, between, len(sample_ids))[patient]
        return np.asarray(mean + own + generator.normal(0, within, len(visits)), dtype=np.float64)

    return pd.DataFrame(
        {
            "fvc": draw(FVC_AT_ONSET - FVC_PER_POINT * lost, 9, 5).clip(8, 150).round(),
            "cmap": np.exp(draw(np.log(8) - 0.035 * lost, 0.25, 0.12)).round(2),
            "munix": np.exp(draw(np.log(130) - 0.050 * lost, 0.30, 0.12)).round(),
            "distal_latency": draw(3.8 + 0.02 * lost, 0.4, 0.2).clip(2).round(2),
            "f_wave_frequency": draw(88 - 1.2 * lost, 6, 5).clip(0, 100).round(),
        }
    )


def simulate_support(course: Course, generator: Generator) -> pd.DataFrame:
    """Draw when support begins.

    Returns
    -------
        Columns niv_date, gastrostomy_date (ISO text, empty where it was not seen), a row per sample.
    """
    return pd.DataFrame(
        {
            "niv_date": _begin(course, POINTS_AT_NIV, generator),
            "gastrostomy_date": _begin(course, POINTS_AT_GASTROSTOMY, generator),
        }
    )


def _begin(course: Course, points: float, generator: Generator) -> NDArray[np.str_]:
    """Date the loss of so many points and the weeks until something is done about it."""
    months = points / course.decline + generator.exponential(
        WEEKS_UNTIL_SUPPORT * 7 / DAYS_PER_MONTH, len(course.onset)
    )
    begins = course.onset + np.ceil(months.clip(max=1_200) * DAYS_PER_MONTH).astype(np.int64)
    return iso_dates(begins, shown=begins < np.minimum(course.event, course.last_contact))
