"""Null models, their details and their treatment of missing covariates in words."""

from __future__ import annotations

from typing import Any

from jobs.report import numbers, wording
from jobs.report.null_models.inputs import TraitPage

ACTIONS = {"warn": "kept, with a warning", "exclude": "left out", "stop": "the run stops"}
MODELS = {
    "cox": "Cox model of the hazard; patients count from when they came under observation",
    "fine_gray": "Fine\u2013Gray model of the event's subdistribution hazard, a competing event coming first in some",
    "slope": "mixed model of the visits; every patient has a level and a slope of their own",
    "linear": "linear model",
    "logistic": "logistic model of cases against controls",
    "poisson": "Poisson model of counts",
    "negative_binomial": "negative binomial model of counts",
    "proportional_odds": "proportional odds model of ordered categories",
    "linear_kinship": "linear model of relatives, by their kinship",
    "joint_rank": "linear model of the joint rank of function and survival",
}
FILLED = {
    "drop": "left out of the trait",
    "mean": "given the mean of the others",
    "median": "given the median of the others",
    "indicator": "marked by a covariate of its own; a number is given the mean of the others, too",
}
DETAILS = {
    "residual_sd": "standard deviation of a visit around its patient's line",
    "intercept_sd": "standard deviation of patients' levels at month 0",
    "slope_sd": "standard deviation of patients' slopes",
    "correlation": "correlation of level and slope",
    "mean_slope": "mean slope, per month",
    "tied_fraction": "share of events that fall on the same time as another",
    "competing_events": "competing events",
    "residual_variance": "variance of residuals",
    "dispersion": "dispersion beyond Poisson's",
    "pearson_dispersion": "variance of counts over that of a Poisson model",
    "heritability": "heritability by the kinship",
    "total_variance": "variance in all",
}
# Said elsewhere in the section.
KNOWN = ("events", "cases", "competing_events")


def model_words(trait: TraitPage) -> str:
    """Name the null model."""
    return MODELS.get(str(trait.summary.get("kind") or _kind(trait)), "")


def definition_words(trait: TraitPage) -> str:
    """Say what the trait is: its type and the settings that define it."""
    settings = dict(trait.summary.get("definition") or {})
    if not settings:
        return ""
    said = "; ".join(f"{wording.plain_words(name)}: {wording.plain_words(value)}" for name, value in settings.items())
    return f"Trait of type {trait.type}. {said[:1].upper()}{said[1:]}."


def _kind(trait: TraitPage) -> str:
    """Guess the kind of null model from the trait."""
    if trait.has_times:
        return "cox"
    if trait.visits is not None:
        return "slope"
    return {"binary": "logistic", "count": "", "ordinal": "proportional_odds", "stage": "proportional_odds"}.get(
        trait.type, "linear"
    )


def filled_words(policy: str) -> str:
    """Say what became of patients without a covariate."""
    return FILLED.get(policy, wording.plain_words(policy))


def _detail_words(name: str) -> str:
    """Name a detail, and the cohort that it is of."""
    plain, bracket, cohort = name.partition(" [")
    return DETAILS.get(plain, wording.plain_words(plain)) + bracket + cohort


def detail_rows(trait: TraitPage) -> list[tuple[str, str]]:
    """Give the model's further numbers with their names."""
    details: dict[str, Any] = dict(trait.summary.get("details") or {})
    rows = [(_detail_words(name), numbers.number(value)) for name, value in details.items() if name not in KNOWN]
    if numbers.present(trait.summary.get("log_likelihood")):
        rows.append(("log-likelihood", numbers.number(trait.summary["log_likelihood"], 6)))
    return rows
