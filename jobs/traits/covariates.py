"""A trait's covariates: which columns, of what kind, what becomes of missing values, and what to warn of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pandas as pd

from association.phenotypes.covariates import CovariateRule, is_numeric
from jobs.clinical.needed import AGE_AT_ONSET, chosen_covariates, covariates_of, parts_of_model
from jobs.clinical.read import Clinical
from jobs.study.covariates import Covariate, MissingPolicy
from jobs.study.study import ClinicalStudy
from jobs.study.traits import Trait

# What is measured of the disease itself: between a gene and how long somebody lives.
CONSEQUENCES = (
    "alsfrs",
    "cmap",
    "d50",
    "delta_?fs",
    "dfs",
    "emg",
    "fvc",
    "gastrostomy",
    "kings?",
    "latency",
    "mitos",
    "motor_unit",
    "munix",
    "niv",
    "peg",
    "progression(_rate)?",
    "stage",
    "svc",
    "ventilat\\w*",
    "weight_loss",
)
_CONSEQUENCE = re.compile(rf"(^|_)({'|'.join(CONSEQUENCES)})(_|\d|$)")


def covariate_table(clinical: Clinical) -> pd.DataFrame:
    """Give the columns that covariates and strata are taken from, a row per participant."""
    participants = clinical.participants
    if AGE_AT_ONSET not in participants:
        return clinical.own
    return clinical.own.assign(**{AGE_AT_ONSET: participants[AGE_AT_ONSET]})


def covariate_rules(study: ClinicalStudy, trait: Trait, table: pd.DataFrame) -> list[CovariateRule]:
    """Say how a trait's covariates are made of their columns."""
    return [_rule(one, study, table[one.column]) for one in covariates_of(study, trait) if one.column in table]


def covariate_warnings(
    study: ClinicalStudy, trait: Trait, table: pd.DataFrame, *, from_genotypes: bool
) -> Iterator[str]:
    """Warn of covariates on the causal path, and of default models that lack a part.

    Parameters
    ----------
    study, trait
        Settings.
    table
        The participants' columns.
    from_genotypes
        Whether principal components come of the genotypes, where the table has none.
    """
    for name in on_causal_path([one.column for one in covariates_of(study, trait)]):
        yield (
            f"covariate '{name}' is measured of the disease, between a gene and progression: adjusting for it hides "
            "what acts through it; leave it out of the primary model"
        )
    model = chosen_covariates(study, trait)
    if not isinstance(model, str):
        return
    parts = parts_of_model(study, model)
    if from_genotypes:
        parts.pop("principal_components")
    absent = [setting for setting, columns in parts.items() if not columns or not set(columns) <= set(table)]
    if absent:
        yield (
            f"the {model} model lacks {', '.join(absent)}: name their columns in participants.columns, or list "
            "covariates to do without"
        )


def on_causal_path(columns: Sequence[str]) -> list[str]:
    """Give the columns whose names say that they measure the disease itself."""
    return [name for name in columns if _CONSEQUENCE.search(re.sub(r"[^a-z0-9]+", "_", name.lower()))]


def _rule(covariate: Covariate, study: ClinicalStudy, column: pd.Series) -> CovariateRule:
    kind = covariate.kind or ("numeric" if is_numeric(column) else "categorical")
    missing = covariate.missing or _for_kind(study.missing_covariates, kind)
    return CovariateRule(covariate.column, kind, missing, covariate.spline)


def _for_kind(policy: MissingPolicy, kind: str) -> MissingPolicy:
    """Apply the study's policy to a kind of covariate: a category has no mean, its missing values are a level."""
    return "indicator" if kind == "categorical" and policy in ("mean", "median") else policy
