"""Prepare the traits of a study: who is in, who is out and why, and what the trait looks like without genes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pandas as pd

from association.phenotypes.covariates import CovariateRule, missing_reasons, stratum_labels
from association.phenotypes.survival import NO_END
from association.phenotypes.transforms import log_positive, rank_normal
from association.problems import InputError, Problem
from jobs.clinical.read import Clinical
from jobs.study.study import ClinicalStudy, Study
from jobs.study.traits import Trait
from jobs.traits.checks import check_trait, stop_where_asked
from jobs.traits.cohorts import SilentTraitError, says_nothing, silent_cohorts
from jobs.traits.covariates import covariate_rules, covariate_table, covariate_warnings
from jobs.traits.designs import cohort_designs, filled_in, known_variants, left_out_warnings
from jobs.traits.diagnostics import proportional_hazards
from jobs.traits.genotyped import Genotyped, adjusted_components, component_warnings, related_reason
from jobs.traits.models import fit_trait
from jobs.traits.phenotypes import Phenotype, phenotype
from jobs.traits.prepared import PreparedTrait


def prepare_traits(
    study: ClinicalStudy,
    clinical: Clinical,
    genotyped: Genotyped | None,
    known: pd.DataFrame | None = None,
    *,
    tell: Callable[[str], None] = lambda _: None,
    silent: list[Problem] | None = None,
) -> list[PreparedTrait]:
    """Prepare every trait of a study.

    Parameters
    ----------
    study
        Its settings.
    clinical
        Its tables.
    genotyped
        Whose genotypes can be used, and who is related; None where genotypes do not matter: everyone counts.
    known
        Dosages of variants to adjust for, by sample id; a column each.
    tell
        Is told the name of each trait as its turn comes.
    silent
        Where given, it gets the problems of traits in which there is nothing to compare, and these are left out.

    Raises
    ------
    InputError
        With the problems of every trait that can't be fitted.
    """
    prepared: list[PreparedTrait] = []
    problems: list[Problem] = []
    for trait in study.traits:
        tell(trait.name)
        try:
            prepared.append(_prepare(study, trait, clinical, genotyped, known))
        except InputError as error:
            told = silent if silent is not None and isinstance(error, SilentTraitError) else problems
            told += [Problem(f"trait '{trait.name}', {one.place}", one.message) for one in error.problems]
    if problems:
        raise InputError("traits", problems)
    stop_where_asked(study.checks, prepared)
    return prepared


def _prepare(
    study: ClinicalStudy,
    trait: Trait,
    clinical: Clinical,
    genotyped: Genotyped | None,
    known: pd.DataFrame | None,
) -> PreparedTrait:
    participants = clinical.participants
    columns = covariate_table(clinical)
    rules = covariate_rules(study, trait, columns)
    barred = _first_of(_reasons_of_study(clinical, genotyped))
    unknown = _first_of(_reasons_of_covariates(study, columns, rules))
    eligible = barred.isna() & unknown.isna()
    _check_anybody_left(_first_of([barred, unknown]))
    cohorts = None if study.cohorts is None else columns[study.cohorts].astype(str)
    derived = phenotype(trait, clinical, eligible, cohorts)
    reason = _first_of([barred, *_reasons_of_trait(trait, derived), unknown])
    _check_anybody_left(reason)
    if genotyped is not None and isinstance(study, Study) and trait.kinship is None:
        relatedness = study.qc.relatedness
        related = related_reason(participants["sample"], reason.isna(), _event(derived), genotyped, relatedness)
        reason = _first_of([reason, related])
    if cohorts is not None:
        reason = _first_of([reason, silent_cohorts(trait, derived.values, cohorts, reason.isna())])
        _check_anybody_left(reason)
    kept = reason.isna()
    strata = stratum_labels(columns[study.strata_columns].fillna("none"), study.strata_columns)
    labels = {"stratum": strata} if cohorts is None else {"stratum": strata, "cohort": cohorts}
    samples = _samples(participants, labels, derived, kept, getattr(trait, "transform", "none"))
    others = [pd.DataFrame(index=samples.index)] if known is None else [known_variants(known, samples)]
    if genotyped is not None and isinstance(study, Study):
        others.append(adjusted_components(study, trait, genotyped).loc[samples["sample"]].reset_index(drop=True))
    designs = cohort_designs(samples, columns[kept].reset_index(drop=True), rules, pd.concat(others, axis=1))
    visits = _visits(derived, kept)
    try:
        models = fit_trait(trait, samples, designs, visits, clinical.study_path)
    except InputError as error:
        if says_nothing(trait, samples):
            raise SilentTraitError(error.source, error.problems) from error
        raise
    return PreparedTrait(
        name=trait.name,
        type=trait.type,
        ties=getattr(trait, "ties", None),
        models=models,
        samples=samples,
        visits=visits,
        excluded=pd.DataFrame({"sample": participants["sample"][~kept], "reason": reason[~kept]}),
        filled=filled_in(designs),
        hazards=proportional_hazards(trait, samples, models),
        checks=check_trait(trait.name, study.checks, participants, models.fit, derived, kept, strata),
        warnings=(
            *covariate_warnings(study, trait, columns, from_genotypes=genotyped is not None),
            *left_out_warnings(designs),
            *_event_warnings(samples, reason),
            *(component_warnings(study, genotyped) if genotyped is not None and isinstance(study, Study) else ()),
        ),
        definition=trait.model_dump(exclude={"name", "type", "covariates"}, exclude_none=True),
    )


def _event(derived: Phenotype) -> pd.Series:
    """Say who has the trait's event (n); nobody, where it has none."""
    if "event" not in derived.values:
        return pd.Series(False, index=derived.values.index)
    return derived.values["event"] == 1


def _reasons_of_study(clinical: Clinical, genotyped: Genotyped | None) -> Iterator[pd.Series]:
    """Give the reasons to leave participants out of every trait (n)."""
    if genotyped is not None:
        samples = clinical.participants["sample"]
        known = samples.map(genotyped.reason)
        yield known.where(samples.isin(genotyped.reason.index), "no genotypes: not in the VCFs")
    yield clinical.barred


def _reasons_of_trait(trait: Trait, derived: Phenotype) -> Iterator[pd.Series]:
    yield derived.values["reason"]
    if getattr(trait, "transform", "none") == "log":
        words = "not above zero, so that it has no logarithm"
        yield (derived.values["value"] <= 0).map({True: words, False: None})


def _reasons_of_covariates(
    study: ClinicalStudy, columns: pd.DataFrame, rules: list[CovariateRule]
) -> Iterator[pd.Series]:
    yield pd.Series(None, index=columns.index, dtype=object)
    yield from missing_reasons(columns, [*rules, *(CovariateRule(column) for column in study.strata_columns)])


def _first_of(reasons: Iterable[pd.Series]) -> pd.Series:
    """Give each participant the first reason that there is (n)."""
    first, *others = reasons
    first = first.astype(object)
    for series in others:
        first = first.where(first.notna(), series)
    return first


def _samples(
    participants: pd.DataFrame, labels: dict[str, pd.Series], derived: Phenotype, kept: pd.Series, transform: str
) -> pd.DataFrame:
    """Give the samples that are in, with the trait's own columns; `measured` keeps what a transform changed.

    Ranks are among the patients of a cohort.
    """
    own = derived.values.drop(columns="reason")
    labelled = [column.rename(name) for name, column in labels.items()]
    table = pd.concat([participants["sample"], *labelled, _is_male(participants).rename("male"), own], axis=1)
    table = table[kept].reset_index(drop=True)
    if transform == "none":
        return table
    scale = rank_normal if transform == "rank_normal" else log_positive
    together = table["cohort"] if "cohort" in table else pd.Series("", index=table.index)
    scaled = pd.concat([scale(values) for _, values in table["value"].groupby(together)])
    return table.assign(measured=table["value"], value=scaled.reindex(table.index))


def _is_male(participants: pd.DataFrame) -> pd.Series:
    """Say who has one X (n): by the stated sex, and where none is stated by that of the genotypes."""
    return participants["male"].fillna(participants["genetic_male"]) == 1


def _visits(derived: Phenotype, kept: pd.Series) -> pd.DataFrame | None:
    """Give the visits of those who are in, by their position among them."""
    if derived.visits is None:
        return None
    patient = derived.visits["patient"].to_numpy()
    position = np.where(kept, np.cumsum(kept) - 1, -1)[patient]
    used = derived.visits.assign(position=position)[["position", "months", "value"]]
    return used[position >= 0].reset_index(drop=True)


def _event_warnings(samples: pd.DataFrame, reason: pd.Series) -> Iterator[str]:
    """Warn where whoever has no event is out for want of a last contact: then everybody dies."""
    unseen = int((reason == NO_END).sum())
    if unseen and "event" in samples and bool((samples["event"] == 1).all()):
        yield f"everyone in the trait has the event, and {unseen:,} are left out: {NO_END}; give last contact dates"


def _check_anybody_left(reason: pd.Series) -> None:
    """Refuse a trait that nobody is in, and count why."""
    if reason.notna().all():
        counts = "; ".join(f"{count} {text}" for text, count in reason.value_counts().items())
        message = f"none of the {len(reason)} participants can be used: {counts}"
        raise InputError.single("traits", "samples", message)
