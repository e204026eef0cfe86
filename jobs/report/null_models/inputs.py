"""What the page of null models is made from: each trait's summary, its patients and their visits.

Unlike the report of results, the page shows single patients; never under their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jobs.report import wording

Floats = NDArray[np.float64]
# What begins the name of a design column in a table of samples.
COVARIATE = "covariate:"


@dataclass(frozen=True)
class TraitPage:
    """One trait with its null model.

    Attributes
    ----------
    summary
        name, type, samples, events, strata, coefficients (name, estimate, standard_error), exclusions (reason,
        count); where there are, kind (of null model), person_months, details, flags, warnings, covariates_missing
        (column, policy, count), proportional_hazards (name, chi_square, degrees, p_value) and ties.
    samples
        A row per patient that is in: stratum, cohort (where a study names several, and each has a model of its own),
        residual (of the score), entry and exit with event or cause (0 none,
        1 the event, 2 the competing one), or value; the columns of the design are named "covariate:NAME".
    visits
        Of a slope: position (row of `samples`), months, value.
    """

    summary: Mapping[str, Any]
    samples: pd.DataFrame
    visits: pd.DataFrame | None = None

    @property
    def name(self) -> str:
        """Give the trait's name."""
        return str(self.summary["name"])

    @property
    def type(self) -> str:
        """Give the type of trait."""
        return str(self.summary["type"])

    @property
    def words(self) -> wording.TraitWords:
        """Give the words for the trait and its model."""
        return wording.trait_words(self.type, self.summary.get("kind"))

    @property
    def has_times(self) -> bool:
        """Say whether the trait is a time to an event."""
        return {"entry", "exit"} <= set(self.samples.columns)

    @property
    def has_competing_event(self) -> bool:
        """Say whether another event can come first."""
        return self.has_times and "cause" in self.samples and bool((self.samples["cause"] == 2).any())

    @property
    def strata(self) -> list[str]:
        """Give the strata, in order."""
        return sorted(self.samples["stratum"].astype(str).unique())

    @cached_property
    def endings(self) -> pd.Series:
        """Give what the names of each patient's estimates end in: their cohort, where there are several (n)."""
        if "cohort" not in self.samples or len(set(self.samples["cohort"])) == 1:
            return pd.Series("", index=self.samples.index)
        return " [" + self.samples["cohort"].astype(str) + "]"

    @cached_property
    def covariates(self) -> pd.DataFrame:
        """Give the design under its own names (n, p); a cohort's covariates are NaN for patients of another."""
        columns = [name for name in self.samples if str(name).startswith(COVARIATE)]
        table = self.samples[columns].astype(np.float64)
        table = table.set_axis([name.removeprefix(COVARIATE) for name in columns], axis=1)
        for ending in set(self.endings) - {""}:
            own = [name for name in table if name.endswith(ending)]
            table.loc[self.endings != ending, own] = np.nan
        return table

    @property
    def measured_covariates(self) -> list[str]:
        """Name the covariates that are more than yes and no."""
        return [name for name in self.covariates if self.covariates[name].nunique() > 2]

    @property
    def estimates(self) -> dict[str, float]:
        """Give the estimates by name."""
        return {str(one["name"]): float(one["estimate"]) for one in self.summary.get("coefficients", ())}

    def column(self, name: str) -> Floats:
        """Give a column of the samples as numbers (n)."""
        return np.asarray(self.samples[name], dtype=np.float64)

    @property
    def cause(self) -> NDArray[np.int64]:
        """Give what happened at exit: 0 nothing, 1 the event, 2 a competing one (n)."""
        return self.column("cause" if "cause" in self.samples else "event").astype(np.int64)

    def predicted(self, suffix: str = "", constant: str = "intercept") -> Floats:
        """Sum estimates times covariates (n).

        Parameters
        ----------
        suffix
            What follows a covariate's name in the name of its estimate, such as " x months".
        constant
            Name of the estimate that all patients of a cohort share; zero where the model has none.
        """
        estimates = self.estimates
        effects = np.array([estimates.get(name + suffix, 0.0) for name in self.covariates], dtype=np.float64)
        shared = self.endings.map(lambda ending: estimates.get(constant + ending, 0.0)).to_numpy(np.float64)
        return np.asarray(self.covariates.fillna(0.0).to_numpy(np.float64) @ effects + shared, dtype=np.float64)

    def detail(self, name: str) -> Floats:
        """Give what the model tells each patient's cohort by a name (n)."""
        details = self.summary["details"]
        return np.asarray([details[name + ending] for ending in self.endings], dtype=np.float64)
