"""The course of ALS in patients who live long enough to be enrolled, on one time axis from symptom onset.

With a latent rate z_i ~ N(0, 1), shared by the loss of function and the hazard,

    decline_i = DECLINE exp(0.45 z_i + bulbar) + extra_decline_i          ALSFRS-R points a month
    h_i(t) = shape/scale (t/scale)^(shape-1) exp(0.35 z_i + age + bulbar + centre + log_hazard_i)

and event time T_i (death or invasive ventilation). A patient is enrolled A_i months after onset, and only if
T_i > A_i: candidates are drawn anew, for the same genotype, until everyone is enrolled. The cohort is thus left
truncated exactly as a Cox model with delayed entry assumes, and the number of carriers is the planned one.

Axes: n samples. Times are days from onset, dates are days since 1970-01-01.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from association.simulate.effects import Floats, Integers

DAYS_PER_MONTH = 30.4375
CENTRES = ("North", "East", "South")
CENTRE_SHARES = (0.45, 0.35, 0.20)
CENTRE_LOG_HAZARDS = (0.0, 0.25, -0.2)
DECLINE = 0.62
WEIBULL_SHAPE = 1.7
WEIBULL_SCALE = 50.0
LATENT_ON_LOG_DECLINE = 0.45
LATENT_ON_LOG_HAZARD = 0.35
LOG_HAZARD_PER_YEAR_OF_AGE = 0.025
BULBAR_SHARE = 0.3
BULBAR_LOG_HAZARD = 0.4
BULBAR_LOG_DECLINE = 0.2
ENROLMENT_MONTHS = (3.0, 18.0)
LOST_PER_MONTH = 0.006
VENTILATED_SHARE = 0.15
MONTHS_VENTILATED = 14.0
FIRST_ENROLMENT = np.datetime64("2017-01-01").astype(int)
LAST_ENROLMENT = np.datetime64("2021-06-30").astype(int)
DATA_LOCK = np.datetime64("2022-09-30").astype(int)
# Every round enrols a good share of those left; a thousand can only mean an effect that lets nobody live.
MOST_ROUNDS = 1_000


@dataclass(frozen=True)
class Course:
    """The disease course of enrolled patients, an entry per sample in each array.

    Attributes
    ----------
    male, bulbar
        Sex and onset region.
    centre
        Position in `CENTRES`.
    age_at_onset
        Years.
    decline
        ALSFRS-R points lost per month.
    onset, diagnosis, enrolment
        Dates.
    event
        Date of death or invasive ventilation, were the patient followed for ever.
    ventilated
        Whether that event is ventilation.
    death
        Date of death, were the patient followed for ever.
    lost
        Date at which follow-up ends if the patient is still alive.
    """

    male: NDArray[np.bool_]
    bulbar: NDArray[np.bool_]
    centre: Integers
    age_at_onset: Floats
    decline: Floats
    onset: Integers
    diagnosis: Integers
    enrolment: Integers
    event: Integers
    ventilated: NDArray[np.bool_]
    death: Integers
    lost: Integers

    @property
    def last_contact(self) -> Integers:
        """Give the last date on which the patient is known to be alive, or the date of death."""
        return np.minimum(self.death, self.lost)

    def participants(self, sample_ids: list[str]) -> pd.DataFrame:
        """Lay the courses out as a participants table; dates are text, empty where nothing was seen."""
        happened = self.event <= self.lost
        return pd.DataFrame(
            {
                "sample": sample_ids,
                "sex": np.where(self.male, "M", "F"),
                "age_at_onset": self.age_at_onset.round(1),
                "onset_region": np.where(self.bulbar, "bulbar", "spinal"),
                "centre": np.array(CENTRES)[self.centre],
                "onset_date": iso_dates(self.onset),
                "diagnosis_date": iso_dates(self.diagnosis),
                "enrolment_date": iso_dates(self.enrolment),
                "ventilation_date": iso_dates(self.event, shown=self.ventilated & happened),
                "death_date": iso_dates(self.death, shown=self.death <= self.lost),
                "last_contact_date": iso_dates(self.last_contact),
            }
        )


def iso_dates(days: Integers, *, shown: NDArray[np.bool_] | None = None) -> NDArray[np.str_]:
    """Write days since 1970-01-01 as ISO dates, empty where not `shown`."""
    text = days.astype("datetime64[D]").astype(str)
    return text if shown is None else np.where(shown, text, "")


def simulate_course(log_hazard: Floats, extra_decline: Floats, generator: Generator) -> Course:
    """Draw patients, one for each genotype, until all of them have been enrolled.

    Parameters
    ----------
    log_hazard
        Planted log hazard ratio of each patient (n).
    extra_decline
        Planted loss of points per month of each patient (n).
    generator
        Source of randomness.

    Raises
    ------
    ValueError
        If a planted hazard leaves nobody alive to enrol.
    """
    course = _draw_candidates(log_hazard, extra_decline, generator)
    for _ in range(MOST_ROUNDS):
        waiting = course.event <= course.enrolment
        if not waiting.any():
            return course
        again = _draw_candidates(log_hazard, extra_decline, generator)
        course = Course(
            **{
                field.name: np.where(waiting, getattr(again, field.name), getattr(course, field.name))
                for field in fields(Course)
            }
        )
    raise ValueError(f"{waiting.sum()} patients never lived to be enrolled; plant a smaller hazard ratio")


def _draw_candidates(log_hazard: Floats, extra_decline: Floats, generator: Generator) -> Course:
    count = len(log_hazard)
    latent = generator.standard_normal(count)
    bulbar = generator.random(count) < BULBAR_SHARE
    centre = generator.choice(len(CENTRES), count, p=CENTRE_SHARES)
    age = generator.normal(62, 11, count).clip(25, 88)
    enrolment = generator.integers(FIRST_ENROLMENT, LAST_ENROLMENT + 1, count)
    months_to_enrolment = generator.uniform(*ENROLMENT_MONTHS, count)
    onset = enrolment - np.rint(months_to_enrolment * DAYS_PER_MONTH).astype(np.int64)
    log_decline = LATENT_ON_LOG_DECLINE * latent + BULBAR_LOG_DECLINE * bulbar
    log_risk = (
        LATENT_ON_LOG_HAZARD * latent
        + LOG_HAZARD_PER_YEAR_OF_AGE * (age - 62)
        + BULBAR_LOG_HAZARD * bulbar
        + np.array(CENTRE_LOG_HAZARDS)[centre]
        + log_hazard
    )
    months = WEIBULL_SCALE * (generator.exponential(size=count) / np.exp(log_risk)) ** (1 / WEIBULL_SHAPE)
    event = onset + np.ceil(months * DAYS_PER_MONTH).astype(np.int64)
    ventilated = generator.random(count) < VENTILATED_SHARE
    survived = _days(generator.exponential(MONTHS_VENTILATED, count)) + 1
    lost = np.minimum(DATA_LOCK, enrolment + 1 + _days(generator.exponential(1 / LOST_PER_MONTH, count)))
    return Course(
        male=generator.random(count) < 0.56,
        bulbar=bulbar,
        centre=centre,
        age_at_onset=age,
        decline=DECLINE * np.exp(log_decline) + extra_decline,
        onset=onset,
        diagnosis=onset + np.rint((enrolment - onset) * generator.uniform(0.4, 0.95, count)).astype(np.int64),
        enrolment=enrolment,
        event=event,
        ventilated=ventilated,
        death=np.where(ventilated, event + survived, event),
        lost=lost,
    )


def _days(months: Floats) -> Integers:
    return (months * DAYS_PER_MONTH).astype(np.int64)
