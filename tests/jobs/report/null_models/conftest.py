"""Simulated patients with known truth, fitted by the engine's own null models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from association.diagnostics.proportional_hazards import proportional_hazards_test
from association.null_models.counts import fit_poisson
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.fine_gray import fit_fine_gray
from association.null_models.linear import fit_linear
from association.null_models.logistic import fit_logistic
from association.null_models.ordinal import fit_proportional_odds
from association.null_models.slope import fit_slope
from jobs.report.null_models import TraitPage
from jobs.report.null_models.inputs import COVARIATE

SITES = ("Leuven", "Sheffield", "Utrecht")
NAMES = ("age_at_onset", "sex=F", "pc1", "pc2")
CHECKS = [
    {
        "name": "rising_scores",
        "meaning": "the ALSFRS-R rises by more than 4 between two visits",
        "action": "warn",
        "count": 7,
        "patients": 5,
    },
    {
        "name": "events_before_onset",
        "meaning": "death or ventilation comes before onset",
        "action": "exclude",
        "count": 2,
        "patients": 2,
        "excluded": 2,
    },
    {
        "name": "duplicate_visits",
        "meaning": "two visits of a patient on one day",
        "action": "warn",
        "count": 0,
        "patients": 0,
    },
]


def draw_covariates(generator: np.random.Generator, patients: int) -> Design:
    """Draw age at onset, sex and two components of ancestry."""
    matrix = np.column_stack(
        [
            generator.normal(62, 11, patients).round(1),
            generator.random(patients) < 0.45,
            generator.normal(0, 0.02, (patients, 2)),
        ]
    ).astype(np.float64)
    return Design(NAMES, matrix)


def make_page(
    name: str,
    trait_type: str,
    fit: Any,
    design: Design,
    samples: pd.DataFrame,
    visits: pd.DataFrame | None = None,
    **summary: Any,
) -> TraitPage:
    """Put a fitted trait together as the engine does."""
    covariates = pd.DataFrame(design.matrix, columns=[COVARIATE + one for one in design.names])
    table = samples.assign(
        sample=[f"PATIENT-{number:06}" for number in range(len(samples))], residual=fit.model.residuals
    )
    model = fit.model
    given = {
        "name": name,
        "type": trait_type,
        "kind": model.kind,
        "samples": len(samples),
        "events": None if model.events is None else int(model.events.sum()),
        "person_months": float((samples["exit"] - samples["entry"]).sum()) if "exit" in samples else None,
        "strata": int(samples["stratum"].nunique()),
        "coefficients": [vars(one) for one in fit.coefficients],
        "log_likelihood": fit.log_likelihood,
        "details": fit.details,
        "exclusions": [
            {"reason": "no genotypes: not in the VCFs", "count": max(1, len(samples) // 8)},
            {"reason": "event before enrolment", "count": max(1, len(samples) // 25)},
            {"reason": "no value in column 'age_at_onset'", "count": 3},
        ],
        "flags": [],
        "warnings": [],
        "covariates_missing": [{"column": "pc1", "policy": "mean", "count": 4}],
        "proportional_hazards": [],
        **summary,
    }
    return TraitPage(given, pd.concat([table, covariates], axis=1), visits)


def simulate_survival(patients: int, seed: int = 1, *, competing: bool = False, **summary: Any) -> TraitPage:
    """Simulate onset to event with delayed entry; hazards rise with time, and with age."""
    generator = np.random.default_rng(seed)
    design = draw_covariates(generator, 3 * patients)
    stratum = generator.choice(SITES, 3 * patients, p=(0.5, 0.3, 0.2))
    hazard = np.exp(0.03 * (design.matrix[:, 0] - 62) + 0.25 * design.matrix[:, 1] + 0.2 * (stratum == "Utrecht"))
    time = 42 * (generator.exponential(1, 3 * patients) / hazard) ** (1 / 1.6)
    other = 130 * generator.exponential(1, 3 * patients) ** (1 / 1.3) if competing else np.full(3 * patients, np.inf)
    entry = generator.gamma(2.2, 5.5, 3 * patients).round(2)
    censored = entry + generator.uniform(2, 70, 3 * patients)
    exit_ = np.minimum(np.minimum(time, other), censored).round(2)
    cause = np.select([time <= np.minimum(other, censored), other <= censored], [1, 2], 0)
    kept = np.flatnonzero(exit_ > entry)[:patients]
    entry, exit_, cause, stratum = entry[kept], exit_[kept], cause[kept], stratum[kept]
    design = Design(design.names, design.matrix[kept])
    samples = pd.DataFrame({"stratum": stratum, "entry": entry, "exit": exit_})
    if competing:
        samples["cause"] = cause
        fit = fit_fine_gray(entry, exit_, cause, design, strata=stratum)
        return make_page("time_to_niv", "time_to_event", fit, design, samples, **summary)
    event = (cause == 1).astype(np.float64)
    samples["event"] = event
    fit = fit_cox(entry, exit_, event, design, strata=stratum)
    estimates = np.array([one.estimate for one in fit.coefficients])
    tests = proportional_hazards_test(entry, exit_, event, design, estimates, strata=stratum)
    rows = [
        {"name": one.lower() if one == "GLOBAL" else one, "chi_square": c, "degrees": int(d), "p_value": p}
        for one, c, d, p in zip(tests.names, tests.chi_square, tests.degrees, tests.p_value, strict=True)
    ]
    return make_page("survival", "survival", fit, design, samples, proportional_hazards=rows, **summary)


def simulate_slope(patients: int, seed: int = 2, **summary: Any) -> TraitPage:
    """Simulate ALSFRS-R visits every 3 months until death or the end."""
    generator = np.random.default_rng(seed)
    design = draw_covariates(generator, patients)
    visits = 1 + generator.poisson(5, patients)
    patient = np.repeat(np.arange(patients), visits)
    order = np.arange(patient.size) - np.repeat(np.cumsum(visits) - visits, visits)
    months = np.repeat(generator.gamma(3, 4, patients), visits) + 3 * order + generator.normal(0, 0.3, patient.size)
    level = generator.normal(47, 1.2, patients)
    slope = -0.75 - 0.012 * (design.matrix[:, 0] - 62) + generator.normal(0, 0.35, patients)
    value = np.rint(level[patient] + slope[patient] * months + generator.normal(0, 1.5, patient.size)).clip(0, 48)
    fit = fit_slope(patient, months, value, design)
    samples = pd.DataFrame({"stratum": generator.choice(SITES, patients)})
    table = pd.DataFrame({"position": patient, "months": months, "value": value})
    return make_page("alsfrs_slope", "alsfrs_slope", fit, design, samples, table, **summary)


def simulate_value(trait_type: str, patients: int, seed: int = 3, **summary: Any) -> TraitPage:
    """Simulate a trait that is measured once."""
    generator = np.random.default_rng(seed)
    design = draw_covariates(generator, patients)
    predicted = 0.03 * (design.matrix[:, 0] - 62) + 0.4 * design.matrix[:, 1]
    if trait_type == "binary":
        value = (generator.random(patients) < 1 / (1 + np.exp(1 - predicted))).astype(np.float64)
        fit = fit_logistic(value, design)
    elif trait_type == "count":
        value = generator.poisson(np.exp(0.5 + predicted)).astype(np.float64)
        fit = fit_poisson(value, design)
    elif trait_type in ("ordinal", "stage"):
        value = 1 + np.digitize(predicted + generator.logistic(0, 1, patients), (-1.5, 0, 1.5)).astype(np.float64)
        fit = fit_proportional_odds(value, design)
    else:
        value = 5 + predicted + generator.normal(0, 1, patients)
        fit = fit_linear(value, design)
    samples = pd.DataFrame({"stratum": generator.choice(SITES, patients), "value": value})
    return make_page(f"{trait_type}_trait", trait_type, fit, design, samples, **summary)


@pytest.fixture(scope="session")
def survival_page() -> TraitPage:
    return simulate_survival(300, warnings=["dFS lies on the causal path: adjusting for it hides what genes do"])


@pytest.fixture(scope="session")
def competing_page() -> TraitPage:
    return simulate_survival(400, 11, competing=True)


@pytest.fixture(scope="session")
def slope_page() -> TraitPage:
    return simulate_slope(300)


@pytest.fixture(scope="session")
def value_pages() -> list[TraitPage]:
    return [simulate_value(kind, 300) for kind in ("quantitative", "binary", "count", "stage")]


@pytest.fixture(scope="session")
def checks() -> list[dict[str, Any]]:
    return CHECKS
