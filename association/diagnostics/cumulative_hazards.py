"""Cumulative hazards, and the incidence of each of several competing events, under delayed entry.

With n_k at risk (risk_table) and d_k events, d_kc by cause c, at the k-th distinct event time t_k,

    Nelson-Aalen     H(t) = sum_{t_k <= t} d_k / n_k,   var H(t) = sum_{t_k <= t} d_k / n_k^2,
    Aalen-Johansen   F_c(t) = sum_{t_k <= t} S(t_k-) d_kc / n_k,

S being the Kaplan-Meier curve of having had no event (survival_curves).

Axes: n samples, K distinct event times, C causes.

References
----------
Andersen PK, Borgan O, Gill RD, Keiding N (1993) Statistical models based on counting processes. Chapter IV.
doi:10.1007/978-1-4612-4348-9
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from association.diagnostics.risk_table import check_events, count_exits, curve_problems, refuse, risk_table
from association.null_models.null_model import Floats, Integers
from association.problems import Problem


@dataclass(frozen=True)
class CumulativeHazard:
    """A Nelson-Aalen estimate.

    Attributes
    ----------
    times
        Distinct event times after the start (K).
    hazard, variance
        Cumulative hazard from each time on, and its variance (K).
    at_risk, events, starts_at, ends_at
        As of a survival curve.
    """

    times: Floats
    hazard: Floats
    variance: Floats
    at_risk: Integers
    events: Integers
    starts_at: float
    ends_at: float


@dataclass(frozen=True)
class CumulativeIncidence:
    """An Aalen-Johansen estimate.

    Attributes
    ----------
    causes
        Codes of the causes, ascending (C).
    times
        Distinct times of an event of any cause after the start (K).
    incidence
        Probability of having had the event, by cause, from each time on (K, C).
    survival
        Probability of having had none (K); with the incidences it adds up to 1.
    at_risk, starts_at, ends_at
        As of a survival curve.
    """

    causes: Integers
    times: Floats
    incidence: Floats
    survival: Floats
    at_risk: Integers
    starts_at: float
    ends_at: float


def nelson_aalen(
    entry: Floats, exit: Floats, event: Floats, *, from_time: float = -np.inf, fewest_at_risk: int = 1
) -> CumulativeHazard:
    """Estimate the cumulative hazard.

    Parameters
    ----------
    entry, exit, event, from_time, fewest_at_risk
        As in `survival_curves.kaplan_meier`.

    Raises
    ------
    InputError
        If times or events are unusable.

    Notes
    -----
    Simultaneous events all count against everyone at risk: R's `survfit(ctype = 1)`, its default, not the correction
    of Fleming and Harrington for ties.
    """
    died = check_events(entry, exit, event)
    table = risk_table(entry, exit, died, from_time, fewest_at_risk)
    deaths = count_exits(exit[died], table.times)
    at_risk = table.at_risk.astype(float)
    hazard, variance = np.cumsum(deaths / at_risk), np.cumsum(deaths / at_risk**2)
    return CumulativeHazard(table.times, hazard, variance, table.at_risk, deaths, table.starts_at, table.ends_at)


def cumulative_incidence(
    entry: Floats, exit: Floats, cause: Integers, *, from_time: float = -np.inf, fewest_at_risk: int = 1
) -> CumulativeIncidence:
    """Estimate the probability of each of several competing events.

    Parameters
    ----------
    entry, exit, from_time, fewest_at_risk
        As in `survival_curves.kaplan_meier`, an event of any cause being an event.
    cause
        Why observation ends (n): 0 censored, 1 and above the causes.

    Raises
    ------
    InputError
        If times or causes are unusable.
    """
    bad = int((~((cause >= 0) & (cause == np.round(cause)))).sum())
    message = f"{bad} values are not whole numbers from 0; code censoring as 0 and the causes from 1"
    refuse([*([Problem("cause", message)] if bad else []), *curve_problems(entry, exit)])
    table = risk_table(entry, exit, cause > 0, from_time, fewest_at_risk)
    causes = np.unique(cause[cause > 0]).astype(np.int64)
    deaths = np.empty((table.times.size, causes.size), np.int64)
    for column, code in enumerate(causes):
        deaths[:, column] = count_exits(exit[cause == code], table.times)
    survival = np.cumprod(1 - deaths.sum(axis=1) / table.at_risk)
    before = np.concatenate([[1.0], survival[:-1]])[: survival.size]
    incidence = np.cumsum((before / table.at_risk)[:, None] * deaths, axis=0)
    return CumulativeIncidence(
        causes, table.times, incidence, survival, table.at_risk, table.starts_at, table.ends_at
    )
