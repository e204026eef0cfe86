"""Settings of what is tested against: traits and their covariates."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from jobs.study_section import Name, Section


class Covariate(Section):
    """A column of the participants table that null models adjust for."""

    column: str
    kind: Annotated[
        Literal["numeric", "categorical"] | None,
        Field(description="null: numeric where every value is a number"),
    ] = None


class TraitSection(Section):
    """What every trait can say."""

    name: Name
    covariates: Annotated[list[str | Covariate] | None, Field(description="null: the study's covariates")] = None
    polygenic_offset: Annotated[
        str | None, Field(description="regenie's .loco file: predictions that leave one chromosome out")
    ] = None
    kinship: Annotated[
        str | None,
        Field(description="a table of related pairs: sample_1, sample_2, kinship; for quantitative traits"),
    ] = None


class SurvivalTrait(TraitSection):
    """Time to an endpoint, with delayed entry."""

    type: Literal["survival"]
    endpoint: Annotated[
        Literal["composite", "death"],
        Field(description="composite: death or invasive ventilation, the earlier"),
    ] = "composite"
    origin: Annotated[Literal["onset", "diagnosis", "enrolment"], Field(description="time zero")] = "onset"
    ties: Literal["efron", "breslow"] = "efron"


class SlopeTrait(TraitSection):
    """Monthly change of the ALSFRS-R total, from a random intercept and slope model over visits."""

    type: Literal["alsfrs_slope"]


class QuantitativeTrait(TraitSection):
    """A number per participant."""

    type: Literal["quantitative"]
    column: str


class BinaryTrait(TraitSection):
    """Yes or no per participant, coded 1 or 0: logistic regression."""

    type: Literal["binary"]
    column: str


class CountTrait(TraitSection):
    """A count per participant."""

    type: Literal["count"]
    column: str
    model: Annotated[
        Literal["poisson", "negative_binomial"], Field(description="negative binomial where counts scatter more")
    ] = "negative_binomial"


class OrdinalTrait(TraitSection):
    """An ordered category per participant, such as a stage, coded by numbers: proportional odds."""

    type: Literal["ordinal"]
    column: str


Trait = Annotated[
    SurvivalTrait | SlopeTrait | QuantitativeTrait | BinaryTrait | CountTrait | OrdinalTrait,
    Field(discriminator="type"),
]
# Traits that are one column of the participants table.
ColumnTrait = QuantitativeTrait | BinaryTrait | CountTrait | OrdinalTrait
