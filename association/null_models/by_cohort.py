"""The null model of several cohorts, each of which is fitted by itself.

Where every cohort c has a level, covariate effects and (of a quantitative trait) a residual variance of its own, the
likelihood is the product of the cohorts' own, and so its maximum is theirs. What a gene test sees adds up,

    U = sum_c G_c'M_c,   Phi = sum_c Phi_c,

so a test of all samples together is the meta-analysis of the cohorts, to rounding. M and V stand in the trait's order
of samples; V X has a block of columns for each cohort, zero in the rows of the others, and X'VX is block diagonal.
Risk sets of two cohorts have no sample in common: their slots stand one after another, and nothing is shared between
them.

Axes: n samples, c cohorts, p columns of all cohorts together, K slots of all cohorts together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from scipy.linalg import block_diag

from association.null_models.design import Design
from association.null_models.null_model import Fit, Floats, Integers, NullModel, SharedRisk
from association.null_models.shared_risk import CoxSharedRisk
from association.null_models.subdistribution_risk import SubdistributionSharedRisk

# Fields of a shared risk that number slots, and those that have a value per slot; all others have one per sample.
SLOT_NUMBERS = frozenset({"first", "last", "end"})
OF_SLOTS = frozenset({"before", "one_dies", "both_die"})
# Details that are counts, and add up.
COUNTS = frozenset({"events", "cases", "competing_events"})
TIED = "tied_fraction"
# What a coefficient that acts on time ends with, and the month.
TIMES_MONTHS = " x months"


@dataclass(frozen=True)
class CohortFit:
    """One cohort's null model.

    Attributes
    ----------
    name
        The cohort.
    samples
        Positions of its samples in the trait's order, as the model has them (n_c).
    fit
        On these samples alone.
    """

    name: str
    samples: Integers
    fit: Fit


def stack_fits(cohorts: Sequence[CohortFit]) -> Fit:
    """Put the null models of cohorts side by side.

    Parameters
    ----------
    cohorts
        Of one kind of model, two or more; every sample of the trait belongs to one of them.

    Returns
    -------
    Fit
        Coefficients are named after their cohort, `age [utrecht]`, and so are details but for counts, which add up,
        and the tied fraction, which is that of all events.

    Raises
    ------
    TypeError
        If samples share information otherwise than through risk sets: families may span cohorts.
    """
    fits = [one.fit for one in cohorts]
    return Fit(
        model=_stack_models(cohorts),
        coefficients=tuple(
            replace(one, name=_named(one.name, cohort.name)) for cohort in cohorts for one in cohort.fit.coefficients
        ),
        log_likelihood=math.fsum(fit.log_likelihood for fit in fits),
        iterations=max(fit.iterations for fit in fits),
        details=_stack_details(cohorts),
    )


def stack_designs(cohorts: Sequence[tuple[str, Integers, Design]], *, levels: bool) -> Design:
    """Give the one design on which a single model has the cohorts' effects.

    Parameters
    ----------
    cohorts
        Name, positions of the samples in the trait's order (n_c), and covariates of each.
    levels
        Whether the model has an intercept, and so needs a column for the level of each cohort but the first; where
        cohorts are strata of a hazard, they have levels of their own.

    Returns
    -------
    Design
        Each cohort's covariates, as they are among its samples and zero in all others.
    """
    samples = sum(own.size for _, own, _ in cohorts)
    names = [_named(covariate, name) for name, _, design in cohorts for covariate in design.names]
    matrix = _blocks([(own, design.matrix) for _, own, design in cohorts], samples)
    if levels:
        names += [f"cohort={name}" for name, _, _ in cohorts[1:]]
        members = [(own, np.ones((own.size, int(place > 0)))) for place, (_, own, _) in enumerate(cohorts)]
        matrix = np.hstack([matrix, _blocks(members, samples)])
    return Design(tuple(names), matrix)


def is_of(name: str, cohort: str) -> bool:
    """Say whether a coefficient is named after a cohort."""
    return name.partition(TIMES_MONTHS)[0].endswith(f" [{cohort}]")


def _named(name: str, cohort: str) -> str:
    """Name a coefficient after its cohort; what it acts on stays at the end."""
    covariate, times, month = name.partition(TIMES_MONTHS)
    return f"{covariate} [{cohort}]{times}{month}"


def _stack_models(cohorts: Sequence[CohortFit]) -> NullModel:
    models = [one.fit.model for one in cohorts]
    samples = sum(one.samples.size for one in cohorts)

    def gather(value: Callable[[NullModel], Floats]) -> Floats:
        gathered = np.empty(samples)
        for cohort in cohorts:
            gathered[cohort.samples] = value(cohort.fit.model)
        return gathered

    counted = all(model.events is not None for model in models)
    return NullModel(
        kind=models[0].kind,
        residuals=gather(lambda model: model.residuals),
        information=gather(lambda model: model.information),
        cross_information=_blocks([(one.samples, one.fit.model.cross_information) for one in cohorts], samples),
        covariate_information=block_diag(*(model.covariate_information for model in models)),
        shared_risk=_stack_risks(cohorts, samples),
        events=gather(lambda model: np.asarray(model.events)) if counted else None,
        expected_events=gather(lambda model: np.asarray(model.expected_events)) if counted else None,
    )


def _blocks(parts: Sequence[tuple[Integers, Floats]], samples: int) -> Floats:
    """Put the columns (n_c, p_c) of each part's samples beside those of the others, with zeros around (n, p)."""
    stacked = np.zeros((samples, sum(columns.shape[1] for _, columns in parts)))
    begin = 0
    for own, columns in parts:
        stacked[own, begin : begin + columns.shape[1]] = columns
        begin += columns.shape[1]
    return stacked


def _stack_risks(cohorts: Sequence[CohortFit], samples: int) -> SharedRisk | None:
    """Let the slots of cohorts stand one after another."""
    risks = [one.fit.model.shared_risk for one in cohorts]
    if all(risk is None for risk in risks):
        return None
    kind = type(risks[0])
    if kind not in (CoxSharedRisk, SubdistributionSharedRisk) or any(type(risk) is not kind for risk in risks):
        raise TypeError(f"can't put the shared information of a {kind.__name__} side by side")
    begins = np.cumsum([0, *(len(vars(risk)["before"]) for risk in risks)])
    stacked = {}
    for field in fields(kind):
        values = [vars(risk)[field.name] for risk in risks]
        if field.name in OF_SLOTS:
            stacked[field.name] = np.concatenate(values)
            continue
        gathered = np.empty(samples, values[0].dtype)
        for cohort, own, begin in zip(cohorts, values, begins[:-1], strict=True):
            gathered[cohort.samples] = own + begin if field.name in SLOT_NUMBERS else own
        stacked[field.name] = gathered
    return kind(**stacked)


def _stack_details(cohorts: Sequence[CohortFit]) -> dict[str, float]:
    details: dict[str, float] = {}
    for cohort in cohorts:
        for name, value in cohort.fit.details.items():
            if name == TIED:
                details[TIED] = details.get(TIED, 0.0) + value * cohort.fit.details["events"]
            elif name in COUNTS:
                details[name] = details.get(name, 0.0) + value
            else:
                details[_named(name, cohort.name)] = value
    if TIED in details:
        details[TIED] /= details["events"]
    return details
