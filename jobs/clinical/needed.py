"""Which columns of the clinical tables a study needs: for its traits, its covariates and its strata."""

from __future__ import annotations

from collections.abc import Iterator

from association.phenotypes.survival import EVENT_DATES, ORIGINS
from jobs.study.covariates import Covariate, Covariates
from jobs.study.study import ClinicalStudy, Study
from jobs.study.traits import (
    BaselineTrait,
    ColumnTrait,
    D50Trait,
    JointRankTrait,
    MilestoneTrait,
    ProgressionRateTrait,
    SlopeTrait,
    StageTrait,
    SurvivalTrait,
    TimeToEventTrait,
    Trait,
    VisitTrait,
)

AGE_AT_ONSET = "age_at_onset"
# Read where the table has them, for the data checks.
ALL_DATES = (
    "birth_date",
    "onset_date",
    "diagnosis_date",
    "enrolment_date",
    "dna_date",
    "death_date",
    "ventilation_date",
    "niv_date",
    "niv23_date",
    "gastrostomy_date",
    "last_contact_date",
)
MILESTONE_DATES = {
    "niv": "niv_date",
    "niv23": "niv23_date",
    "ventilation": "ventilation_date",
    "gastrostomy": "gastrostomy_date",
}
# Measures of a visit that have a place of their own in the study file, and one that is made of three of them.
INDEX = "neurophysiological_index"
PARTS_OF_INDEX = ("cmap", "distal_latency", "f_wave_frequency")
NAMED_MEASURES = ("fvc", "munix", *PARTS_OF_INDEX)


def covariates_of(study: ClinicalStudy, trait: Trait) -> list[Covariate]:
    """Give a trait's covariates: its own, or the study's; of a default model, the parts that the study names."""
    chosen = chosen_covariates(study, trait)
    if not isinstance(chosen, str):
        return [Covariate(column=one) if isinstance(one, str) else one for one in chosen]
    return [Covariate(column=column) for columns in parts_of_model(study, chosen).values() for column in columns]


def chosen_covariates(study: ClinicalStudy, trait: Trait) -> Covariates:
    """Give what the study file says of a trait's covariates: a list, or the name of a default model."""
    return study.covariates if trait.covariates is None else trait.covariates


def parts_of_model(study: ClinicalStudy, model: str) -> dict[str, list[str]]:
    """Give the columns of each part of a default model, by the setting of participants.columns that names them."""
    columns = study.participants.columns
    settings = ["sex", AGE_AT_ONSET]
    if model == "secondary":
        settings += ["onset_region", "c9orf72", "pathogenic_variant"]
    # Age at onset is found or derived under the engine's name, whatever its column is called.
    named = {one: AGE_AT_ONSET if one == AGE_AT_ONSET else getattr(columns, one) for one in settings}
    parts = {setting: [column] if column else [] for setting, column in named.items()}
    return parts | {"principal_components": list(columns.principal_components)}


def needed_dates(study: ClinicalStudy) -> list[str]:
    """List the dates that the traits need or the study file names, in the engine's names."""
    # What the study file names is meant to be there.
    named = study.participants.columns.model_fields_set
    needed = dict.fromkeys(name for name in ALL_DATES if name in named and getattr(study.participants.columns, name))
    for trait in study.traits:
        needed |= dict.fromkeys(_dates_of(study, trait))
    if study.participants.times != "dates":
        # Every time counts from onset.
        needed.pop("onset_date", None)
    return list(needed)


def optional_dates(study: ClinicalStudy) -> list[str]:
    """List the dates that are read where the table has them."""
    return [name for name in ALL_DATES if getattr(study.participants.columns, name) is not None]


def own_dates(study: ClinicalStudy) -> list[str]:
    """List the columns of dates that are used under the study's own names."""
    milestones = [trait for trait in study.traits if isinstance(trait, MilestoneTrait)]
    return list(dict.fromkeys(trait.column for trait in milestones if trait.column is not None))


def own_columns(study: ClinicalStudy) -> list[str]:
    """List the columns that are used under the study's own names, as they are."""
    columns = study.participants.columns
    named = [covariate.column for trait in study.traits for covariate in covariates_of(study, trait)]
    named += study.strata_columns
    for trait in study.traits:
        if isinstance(trait, ColumnTrait):
            named.append(trait.column)
        if isinstance(trait, TimeToEventTrait):
            named += [trait.exit, trait.event, *([trait.entry] if trait.entry else [])]
    labels = (columns.sex, columns.genetic_sex, columns.site, columns.batch, columns.onset_region)
    named += [column for column in (*labels, columns.c9orf72, columns.pathogenic_variant) if column is not None]
    named += [*columns.principal_components, *known_columns(study)]
    return [column for column in dict.fromkeys(named) if column != AGE_AT_ONSET]


def known_columns(study: ClinicalStudy) -> list[str]:
    """List the columns that say who carries a known variant."""
    if not isinstance(study, Study) or study.known_genes is None:
        return []
    return study.known_genes.columns


def uses_age_at_onset(study: ClinicalStudy) -> bool:
    """Say whether a trait lists age at onset; a default model does without where there is none."""
    listed = [trait for trait in study.traits if not isinstance(chosen_covariates(study, trait), str)]
    return any(one.column == AGE_AT_ONSET for trait in listed for one in covariates_of(study, trait))


def uses_event_column(study: ClinicalStudy) -> bool:
    """Say whether the event is a column of its own, in place of dates."""
    survival = any(isinstance(trait, SurvivalTrait) for trait in study.traits)
    return survival and study.participants.columns.event is not None


def own_measures(study: ClinicalStudy) -> list[str]:
    """List the columns of the visits table that traits use under the study's own names."""
    named = [trait.measure for trait in study.traits if isinstance(trait, SlopeTrait | BaselineTrait)]
    return [name for name in dict.fromkeys(named) if name not in (INDEX, *NAMED_MEASURES)]


def _dates_of(study: ClinicalStudy, trait: Trait) -> Iterator[str]:
    mapped = study.participants.columns
    if isinstance(trait, SurvivalTrait | MilestoneTrait):
        yield from (ORIGINS[trait.origin], "enrolment_date", "last_contact_date")
        yield from ("dna_date",) if mapped.dna_date else ()
    if isinstance(trait, SurvivalTrait):
        yield from () if mapped.event else EVENT_DATES[trait.endpoint]
    if isinstance(trait, MilestoneTrait):
        yield "death_date"
        yield from (MILESTONE_DATES[trait.milestone],) if trait.milestone in MILESTONE_DATES else ()
    if isinstance(trait, VisitTrait) and not mapped.event:
        yield "death_date"
    if isinstance(trait, ProgressionRateTrait | D50Trait):
        yield "onset_date"
    if isinstance(trait, JointRankTrait):
        yield from ("enrolment_date", "last_contact_date", "death_date")
        yield from () if trait.clock == "entry" else (ORIGINS[trait.clock],)
    if isinstance(trait, StageTrait):
        yield from (ORIGINS[trait.origin], "enrolment_date", "death_date")
