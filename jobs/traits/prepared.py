"""A trait with its null model, ready to be tested and to be shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from association.diagnostics.proportional_hazards import ProportionalHazards
from association.null_models.null_model import Fit
from association.phenotypes.covariates import FilledCovariate
from association.results import MANY_TIES, NONPROPORTIONAL
from jobs.clinical.checks import CheckOutcome
from jobs.traits.models import TraitModels

# The null model's own covariates, all together; few genes would show it at less.
NONPROPORTIONAL_P = 0.01


@dataclass(frozen=True)
class PreparedTrait:
    """A trait with its null model.

    Attributes
    ----------
    name, type
        As in the study file.
    ties
        How simultaneous events are treated; None where there are no events in time.
    models
        The null models on the samples that are in.
    samples
        One row per sample that is in, sorted by sample: sample, stratum (label), cohort where the study names it,
        male, and the trait's own columns.
    visits
        For a trait of visits: position (of the sample), months from the first, value; else None.
    excluded
        sample and reason of everyone who is out.
    filled
        Covariates with values that were filled in.
    hazards
        For a Cox model with covariates: whether their hazards are proportional.
    checks
        What the checks of a trait found.
    warnings
        What a reader of the model must know, in words.
    definition
        The settings that say what the trait is.
    """

    name: str
    type: str
    ties: str | None
    models: TraitModels
    samples: pd.DataFrame
    visits: pd.DataFrame | None
    excluded: pd.DataFrame
    filled: tuple[FilledCovariate, ...]
    hazards: ProportionalHazards | None
    checks: tuple[CheckOutcome, ...]
    warnings: tuple[str, ...]
    definition: Mapping[str, Any]

    @property
    def fit(self) -> Fit:
        """The null model that people are shown."""
        return self.models.fit

    @property
    def flags(self) -> tuple[str, ...]:
        """Cautions that hold for every gene."""
        found = [one.name for one in self.checks if one.name == MANY_TIES and len(one.findings)]
        violated = self.hazards is not None and self.hazards.p_value[-1] < NONPROPORTIONAL_P
        return (*found, *((NONPROPORTIONAL,) if violated else ()))

    def summary(self) -> dict[str, Any]:
        """Summarise for people: counts, coefficients, exclusions by reason; no sample ids."""
        model = self.fit.model
        followed = (self.samples["exit"] - self.samples["entry"]).sum() if "exit" in self.samples else None
        return {
            "name": self.name,
            "type": self.type,
            "definition": dict(self.definition),
            "kind": model.kind,
            "ties": self.ties,
            "samples": len(self.samples),
            "events": None if model.events is None else int(model.events.sum()),
            "person_months": None if followed is None else round(float(followed), 1),
            "visits": None if self.visits is None else len(self.visits),
            "strata": int(self.samples["stratum"].nunique()),
            "cohorts": self._cohorts(),
            "coefficients": [vars(one) for one in self.fit.coefficients],
            "log_likelihood": self.fit.log_likelihood,
            "iterations": self.fit.iterations,
            "details": self.fit.details,
            "covariates_missing": [vars(one) for one in self.filled],
            "proportional_hazards": [] if self.hazards is None else self._hazard_tests(),
            "exclusions": [
                {"reason": reason, "count": int(count)}
                for reason, count in self.excluded["reason"].value_counts().sort_index().items()
            ],
            "flags": list(self.flags),
            "warnings": list(self.warnings),
        }

    def _cohorts(self) -> list[dict[str, Any]]:
        """Count each cohort's samples and events; of a study that names its cohorts."""
        if "cohort" not in self.samples:
            return []
        events = self.fit.model.events
        return [
            {"name": name, "samples": len(own), "events": None if events is None else int(events[own].sum())}
            for name, own in sorted(self.samples.groupby("cohort").indices.items())
        ]

    def _hazard_tests(self) -> list[dict[str, Any]]:
        tests = self.hazards
        if tests is None:
            return []
        return [
            {"name": name, "chi_square": float(chi_square), "degrees": int(degrees), "p_value": float(p_value)}
            for name, chi_square, degrees, p_value in zip(
                tests.names, tests.chi_square, tests.degrees, tests.p_value, strict=True
            )
        ]
