"""What a report is made from: results, who is in and out, null models, settings and the run's record.

All of it is about groups. No input names a sample, so no page can.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from association.calibration.multiplicity import Multiplicity
from association.gene_sets.set_results import GENE_SCHEMA, SET_SCHEMA
from association.interaction.interaction_columns import SCHEMA as INTERACTION_SCHEMA
from association.known_genes import SCHEMA as KNOWN_SCHEMA
from association.mechanism.mechanism_columns import SCHEMA as MECHANISM_SCHEMA
from jobs.report.audience import Audience
from jobs.report.consortium import Consortium
from jobs.stage_settings import ESCALATION


@dataclass(frozen=True)
class ReportInputs:
    """Everything a report shows.

    Attributes
    ----------
    results
        Result rows with the columns of `association.results.COLUMNS`.
    attrition
        A row per exclusion rule: step ("all" for a unit's total), unit, before, excluded, after, reason and, where
        the rule could not be applied, skipped (why).
    traits
        A summary per trait: name, type, samples, events, person_months, strata, coefficients (name, estimate,
        standard_error), exclusions (reason, count), details.
    settings
        The study's settings, ready for YAML; `name`, `alpha` and `calibration` are read.
    run
        The run's record; of it `versions` (name to version) and `stages` (name, seconds, reused) are shown.
    consortium
        The cohorts of a meta-analysis; None for a study of its own.
    relatives_untold
        Which relatives in two of merged cohorts can't be told; None where there are none such.
    together
        Traits together: tables genes, pairs and correlations; None where the study has none.
    left_out
        Traits that can't be looked at together: trait and reason.
    unknown_harm
        Traits that are looked at together of which the study does not say which way is worse.
    gene_sets, set_genes
        Tables of gene sets (`association.gene_sets.set_results`): tests, and genes; empty without gene lists.
    known_genes
        Findings without known carriers and adjusted for them (`association.known_genes`); empty where none are named.
    interactions
        Genes x covariates (`association.interaction.interaction_columns`); empty where the study asks for none.
    mechanism
        Genes to mediators to outcomes (`association.mechanism.mechanism_columns`); empty likewise.
    audience
        Who reads the page; what it may not see is withheld before any section is made.
    families
        Each trait's line of significance, where what it is found from is withheld; None where nothing is.
    testable
        How many genes of each trait can reach it, where of single genes this is withheld.
    few
        How many genes of each trait have too few carriers to count, where their p-values are withheld.
    profiles
        What gene pages are drawn from (`association.gene_profile.profile_columns`), by the tables' names; None where
        there are none.
    leave_one_out, variants, effects
        Tables of the followed-up genes (`jobs.follow_up`); None where there are none.
    """

    results: pd.DataFrame
    attrition: Sequence[Mapping[str, Any]]
    traits: Sequence[Mapping[str, Any]]
    settings: Mapping[str, Any]
    run: Mapping[str, Any]
    consortium: Consortium | None = None
    relatives_untold: str | None = None
    together: Mapping[str, pd.DataFrame] | None = None
    left_out: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    unknown_harm: Sequence[str] = ()
    gene_sets: pd.DataFrame = field(default_factory=lambda: SET_SCHEMA.empty_table().to_pandas())
    set_genes: pd.DataFrame = field(default_factory=lambda: GENE_SCHEMA.empty_table().to_pandas())
    known_genes: pd.DataFrame = field(default_factory=lambda: KNOWN_SCHEMA.empty_table().to_pandas())
    interactions: pd.DataFrame = field(default_factory=lambda: INTERACTION_SCHEMA.empty_table().to_pandas())
    mechanism: pd.DataFrame = field(default_factory=lambda: MECHANISM_SCHEMA.empty_table().to_pandas())
    profiles: Mapping[str, pd.DataFrame] | None = None
    leave_one_out: pd.DataFrame | None = None
    variants: pd.DataFrame | None = None
    effects: pd.DataFrame | None = None
    audience: Audience = Audience.CONSORTIUM
    families: Mapping[str, Multiplicity] | None = None
    testable: Mapping[str, int] = field(default_factory=dict)
    few: Mapping[str, int] = field(default_factory=dict)

    @property
    def study(self) -> str:
        """Give the study's name."""
        return str(self.settings.get("name", "ALS progression study"))

    @property
    def alpha(self) -> float:
        """Give the family-wise error rate."""
        return float(self.settings.get("alpha", 0.05))

    @property
    def most_permutations(self) -> float:
        """Give the most permutations that a test of an ordinary gene may make; NaN where the settings don't say."""
        calibration = self.settings.get("calibration", {})
        screen = float(calibration.get("max_permutations", float("nan")))
        escalated = calibration.get("escalate_to")
        return ESCALATION * screen if escalated is None else max(screen, float(escalated))

    def tested(self, trait: str) -> pd.DataFrame:
        """Give a trait's rows that have a p-value."""
        rows = self.results
        return rows[(rows["trait"] == trait) & rows["p_value"].notna()]
