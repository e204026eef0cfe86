"""What lies at the end of a mechanism: a time to event, a slope over visits, or a number.

Each gives the model that genes are tested by, effects on a scale where a total effect is a direct and an indirect
one, and whether the mediator goes with the outcome once the gene and the covariates are known:

    time to event   differences of hazards; the mediator by the likelihood ratio of a Cox model in which carriers and
                    others have baseline hazards of their own, so that no effect of the gene needs to be estimated
    slope           the mixed model's change per month; the mediator by its estimate over its standard error
    number          least squares; the mediator by Student's t

Axes: n samples.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaln, hyp2f1, log_ndtr
from scipy.stats import norm, t

from association.mechanism.additive_hazards import AdditiveHazards, Estimate
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.linear import fit_linear
from association.null_models.null_model import Fit
from association.null_models.risk_sets import Ties
from association.null_models.slope import fit_slope

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

CARRIER, MEDIATOR = "carrier", "mediator"


class Outcome(Protocol):
    """What a mechanism ends in."""

    @property
    def scale(self) -> str:
        """What its effects are differences of."""
        ...

    def fit(self, design: Design) -> Fit:
        """Fit the null model that genes are tested by."""
        ...

    def effects(self, design: Design, columns: dict[str, Floats]) -> dict[str, Estimate]:
        """Estimate the effects of some columns (n each) together, beside covariates; "carrier" is an indicator."""
        ...

    def mediator_log10_p(self, design: Design, carrier: Floats, mediator: Floats) -> float:
        """Test the mediator, given the gene and the covariates; log10 of the p-value stays finite."""
        ...


@dataclass(frozen=True)
class TimeOutcome:
    """A time to event, observed from entry to exit (n); strata have baseline hazards of their own."""

    entry: Floats
    exit: Floats
    event: Floats
    strata: Integers
    ties: Ties = "efron"
    scale: str = "hazard"

    def fit(self, design: Design) -> Fit:
        """Fit Cox's model."""
        return fit_cox(self.entry, self.exit, self.event, design, strata=self.strata, ties=self.ties)

    def effects(self, design: Design, columns: dict[str, Floats]) -> dict[str, Estimate]:
        """Estimate differences of hazards, per month."""
        joined = np.column_stack((*columns.values(), design.matrix))
        fitted = AdditiveHazards(self.entry, self.exit, self.event, joined, self.strata)
        return {
            name: fitted.of_carriers(place) if name == CARRIER else fitted.wald(place)
            for place, name in enumerate(columns)
        }

    def mediator_log10_p(self, design: Design, carrier: Floats, mediator: Floats) -> float:
        """Compare Cox models with and without the mediator by their likelihoods."""
        strata = 2 * self.strata + (carrier > 0)
        columns = _apart(design, strata)
        without, with_it = (
            fit_cox(self.entry, self.exit, self.event, one, strata=strata, ties=self.ties).log_likelihood
            for one in (columns, _beside(columns, {MEDIATOR: mediator}))
        )
        return two_sided_log10_p(math.sqrt(max(2 * (with_it - without), 0.0)), np.inf)


@dataclass(frozen=True)
class SlopeOutcome:
    """A score's change per month, from visits: position of the sample, months and score of each."""

    position: Integers
    months: Floats
    score: Floats
    scale: str = "slope"

    def fit(self, design: Design) -> Fit:
        """Fit the mixed model."""
        return fit_slope(self.position, self.months, self.score, design)

    def effects(self, design: Design, columns: dict[str, Floats]) -> dict[str, Estimate]:
        """Estimate differences of slopes."""
        return {name: own for name, (own, _) in self._slopes(design, columns).items()}

    def mediator_log10_p(self, design: Design, carrier: Floats, mediator: Floats) -> float:
        """Test the mediator's effect on the slope."""
        return self._slopes(design, {CARRIER: carrier, MEDIATOR: mediator})[MEDIATOR][1]

    def _slopes(self, design: Design, columns: dict[str, Floats]) -> dict[str, tuple[Estimate, float]]:
        return _estimates(self.fit(_beside(design, columns)), columns, " x months", np.inf)


@dataclass(frozen=True)
class ValueOutcome:
    """A number (n)."""

    value: Floats
    scale: str = "value"

    def fit(self, design: Design) -> Fit:
        """Fit by least squares."""
        return fit_linear(self.value, design)

    def effects(self, design: Design, columns: dict[str, Floats]) -> dict[str, Estimate]:
        """Estimate differences of means."""
        return {name: own for name, (own, _) in self._means(design, columns).items()}

    def mediator_log10_p(self, design: Design, carrier: Floats, mediator: Floats) -> float:
        """Test the mediator's coefficient."""
        return self._means(design, {CARRIER: carrier, MEDIATOR: mediator})[MEDIATOR][1]

    def _means(self, design: Design, columns: dict[str, Floats]) -> dict[str, tuple[Estimate, float]]:
        degrees = self.value.size - len(design.names) - len(columns) - 1
        return _estimates(self.fit(_beside(design, columns)), columns, "", degrees)


def _estimates(
    fit: Fit, columns: dict[str, Floats], ending: str, degrees: float
) -> dict[str, tuple[Estimate, float]]:
    """Give the estimates of some columns with intervals and log10 p-values, by Student's t or the normal law."""
    law = norm if np.isinf(degrees) else t(degrees)
    found = {}
    for name in columns:
        one = next(own for own in fit.coefficients if own.name == name + ending)
        half = float(law.isf(0.025)) * one.standard_error
        estimate = Estimate(one.estimate, one.standard_error, one.estimate - half, one.estimate + half)
        estimate = Estimate(one.estimate, one.standard_error, one.estimate - half, one.estimate + half)
        found[name] = estimate, two_sided_log10_p(one.estimate / one.standard_error, degrees)
    return found


def two_sided_log10_p(deviation: float, degrees: float) -> float:
    """Give log10 of the two-sided p-value of a deviation, by Student's t or (infinite degrees) the normal law."""
    if math.isinf(degrees):
        return (math.log(2) + float(log_ndtr(-abs(deviation)))) / math.log(10)
    half, rest = degrees / 2, degrees / (degrees + deviation**2)
    p_value = float(betainc(half, 0.5, rest))
    if p_value > 0:
        return math.log10(p_value)
    # The same function by its series, where it is below the smallest double.
    log_series = math.log(float(hyp2f1(half + 0.5, 1, half + 1, rest)))
    log_p = half * math.log(rest) + math.log1p(-rest) / 2 - math.log(half) - float(betaln(half, 0.5)) + log_series
    return log_p / math.log(10)


def _beside(design: Design, columns: dict[str, Floats]) -> Design:
    return Design((*columns, *design.names), np.column_stack((*columns.values(), design.matrix)))


def _apart(design: Design, strata: Integers) -> Design:
    """Leave out columns that do not vary within any stratum, or only as others do."""
    groups = (strata[:, None] == np.unique(strata)).astype(np.float64)
    return independent_columns(design, groups)


def independent_columns(design: Design, level: Floats) -> Design:
    """Keep the columns that neither the level's columns (n, l) nor columns before them make up."""
    basis, kept = np.linalg.qr(level)[0], []
    for place, column in enumerate(design.matrix.T):
        rest = column - basis @ (basis.T @ column)
        rest -= basis @ (basis.T @ rest)
        length = float(np.linalg.norm(rest))
        # What rounding leaves of a combination; as `null_models.design` refuses them.
        if length > 1e-8 * float(np.linalg.norm(column)):
            kept.append(place)
            basis = np.column_stack((basis, rest / length))
    return Design(tuple(design.names[place] for place in kept), design.matrix[:, kept])
