"""From clinical tables to null models: who is in, who is out and why, and what the trait looks like without genes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from association.gene_tests.sex_chromosomes import hemizygous_in_males
from association.null_models.design import Design
from association.null_models.null_model import Fit
from association.phenotypes.alsfrs import slope_reasons, slope_visits
from association.phenotypes.covariates import covariate_design, is_numeric, stratum_labels
from association.phenotypes.sex import is_male
from association.phenotypes.survival import survival_times
from association.problems import InputError, Problem
from jobs.clinical import Clinical, covariates_of
from jobs.study import Study
from jobs.study_traits import ColumnTrait, SlopeTrait, SurvivalTrait, Trait
from jobs.trait_models import TraitModels, fit_trait

# Above this share of tied events the ties' treatment decides the result; rows are flagged.
MANY_TIES = 0.3


@dataclass(frozen=True)
class PreparedTrait:
    """A trait with its null model.

    Attributes
    ----------
    name, type
        As in the study file.
    models
        The null models on the samples that are in.
    samples
        One row per sample that is in, sorted by sample: sample, stratum (label), male, and the trait's own columns.
    excluded
        sample and reason of everyone who is out.
    flags
        Cautions that hold for every gene.
    """

    name: str
    type: str
    models: TraitModels
    samples: pd.DataFrame
    excluded: pd.DataFrame
    flags: tuple[str, ...]

    @property
    def fit(self) -> Fit:
        """The null model that people are shown."""
        return self.models.fit

    def summary(self) -> dict[str, Any]:
        """Summarise for people: counts, coefficients, exclusions by reason; no sample ids."""
        model = self.fit.model
        followed = (self.samples["exit"] - self.samples["entry"]).sum() if "exit" in self.samples else None
        return {
            "name": self.name,
            "type": self.type,
            "samples": len(self.samples),
            "events": None if model.events is None else int(model.events.sum()),
            "person_months": None if followed is None else round(float(followed), 1),
            "strata": int(self.samples["stratum"].nunique()),
            "coefficients": [vars(one) for one in self.fit.coefficients],
            "log_likelihood": self.fit.log_likelihood,
            "iterations": self.fit.iterations,
            "details": self.fit.details,
            "exclusions": [
                {"reason": reason, "count": int(count)}
                for reason, count in self.excluded["reason"].value_counts().sort_index().items()
            ],
            "flags": list(self.flags),
        }


def prepare_traits(
    study: Study, clinical: Clinical, genotyped: pd.Series, known: pd.DataFrame | None = None
) -> list[PreparedTrait]:
    """Prepare every trait of a study.

    Parameters
    ----------
    study
        Its settings.
    clinical
        Its tables.
    genotyped
        By sample id: None where genotypes can be used, else the reason why not. Samples that are not in it have no
        genotypes.
    known
        Dosages of variants to adjust for, by sample id; a column each.

    Raises
    ------
    InputError
        With the problems of every trait that can't be fitted.
    """
    prepared: list[PreparedTrait] = []
    problems: list[Problem] = []
    for trait in study.traits:
        try:
            prepared.append(_prepare(study, trait, clinical, genotyped, known))
        except InputError as error:
            problems += [Problem(f"trait '{trait.name}', {one.place}", one.message) for one in error.problems]
    if problems:
        raise InputError("traits", problems)
    return prepared


def _prepare(
    study: Study, trait: Trait, clinical: Clinical, genotyped: pd.Series, known: pd.DataFrame | None
) -> PreparedTrait:
    participants = clinical.participants
    phenotype = _phenotype(trait, clinical)
    covariates = covariates_of(study, trait)
    columns = [covariate.column for covariate in covariates]
    reason = _first_reason(
        _genotype_reasons(participants["sample"], genotyped),
        phenotype.pop("reason"),
        *(
            participants[column].isna().map({True: f"no value in column '{column}'", False: None})
            for column in dict.fromkeys([*columns, *study.strata])
        ),
    )
    kept = reason.isna()
    if not kept.any():
        raise InputError.single("traits", "samples", _nobody_left(reason))
    table = participants[kept].reset_index(drop=True)
    kinds = {
        covariate.column: covariate.kind
        or ("numeric" if is_numeric(participants[covariate.column]) else "categorical")
        for covariate in covariates
    }
    samples = pd.DataFrame({"sample": table["sample"], "stratum": stratum_labels(table, study.strata)})
    samples["male"] = _male(study, table)
    samples = pd.concat([samples, phenotype[kept].reset_index(drop=True)], axis=1)
    design = covariate_design(table, kinds)
    if known is not None:
        adjusted_for = _known_variants(known, samples)
        design = Design((*design.names, *adjusted_for.names), np.hstack([design.matrix, adjusted_for.matrix]))
    visits = _slope_visits(clinical) if isinstance(trait, SlopeTrait) else None
    models = fit_trait(trait, samples, design, visits, clinical.study_path)
    excluded = pd.DataFrame({"sample": participants["sample"][~kept], "reason": reason[~kept]})
    many_ties = models.fit.details.get("tied_fraction", 0) > MANY_TIES
    return PreparedTrait(trait.name, trait.type, models, samples, excluded, ("many_ties",) if many_ties else ())


def _known_variants(known: pd.DataFrame, samples: pd.DataFrame) -> Design:
    """Give the dosages of variants that a trait is adjusted for; a male's allele on X counts as two, as in a scan."""
    dosages = known.loc[samples["sample"]].to_numpy(np.float64)
    contigs, positions = (
        zip(*(name.split("-")[:2] for name in known.columns), strict=True) if known.size else ((), ())
    )
    single = hemizygous_in_males(np.array(contigs, object), np.array(positions, np.int32))
    dosages[single & samples["male"].to_numpy(bool)[:, None] & (dosages == 1)] = 2
    # A variant that none of these samples carries has nothing to adjust for.
    varying = np.ptp(dosages, axis=0) > 0
    return Design(tuple(known.columns[varying]), dosages[:, varying])


def _phenotype(trait: Trait, clinical: Clinical) -> pd.DataFrame:
    """Derive the trait for every participant: its columns and the reason why it can't be used."""
    participants = clinical.participants
    if isinstance(trait, SurvivalTrait):
        return survival_times(participants, endpoint=trait.endpoint, origin=trait.origin)
    if isinstance(trait, ColumnTrait):
        return _column(participants[trait.column], trait)
    return pd.DataFrame({"reason": slope_reasons(_slope_visits(clinical), participants["sample"])})


def _column(texts: pd.Series, trait: ColumnTrait) -> pd.DataFrame:
    column = trait.column
    values = pd.to_numeric(texts, errors="coerce")
    if (values.isna() & texts.notna()).any():
        found = texts[values.isna() & texts.notna()].iloc[0]
        raise InputError.single(
            "traits", f"column '{column}'", f"'{found}' is not a number; a trait of type {trait.type} needs them"
        )
    return pd.DataFrame(
        {"value": values, "reason": values.isna().map({True: f"no value in column '{column}'", False: None})}
    )


def _slope_visits(clinical: Clinical) -> pd.DataFrame:
    participants = clinical.participants
    if clinical.visits is None:
        raise InputError.single("traits", "visits", "an ALSFRS-R slope needs a visits table")
    death = participants.get("death_date")
    if death is None:
        death = pd.Series(pd.NaT, index=participants.index, dtype="datetime64[ns]")
    return slope_visits(clinical.visits, pd.Series(death.to_numpy(), index=participants["sample"]))


def _male(study: Study, table: pd.DataFrame) -> pd.Series:
    """Say who is male; nobody, where the study does not name a column with sex."""
    column = study.participants.columns.sex
    return pd.Series(False, index=table.index) if column is None else is_male(table[column])


def _genotype_reasons(samples: pd.Series, genotyped: pd.Series) -> pd.Series:
    reasons = samples.map(genotyped)
    return reasons.where(samples.isin(genotyped.index), "no genotypes: not in the VCFs")


def _first_reason(*reasons: pd.Series) -> pd.Series:
    first = pd.Series(None, index=reasons[0].index, dtype=object)
    for series in reasons:
        first = first.where(first.notna(), series)
    return first


def _nobody_left(reason: pd.Series) -> str:
    counts = "; ".join(f"{count} {text}" for text, count in reason.value_counts().items())
    return f"none of the {len(reason)} participants can be used: {counts}"
