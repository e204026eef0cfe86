"""Settings of what is tested against: the traits of progression."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from jobs.study.covariates import Covariates
from jobs.study.section import Name, Section

Origin = Annotated[Literal["onset", "diagnosis", "enrolment"], Field(description="time zero")]
Ties = Literal["efron", "breslow"]
Transform = Annotated[
    Literal["none", "rank_normal", "log"],
    Field(description="rank_normal: ranks turned into normal scores; log: of values above zero"),
]
Measure = Annotated[
    str,
    Field(description="fvc, cmap, distal_latency, munix, neurophysiological_index, or a column of the visits table"),
]
Worse = Annotated[
    Literal["higher", "lower"] | None,
    Field(description="which way is worse for the patient; null: by the type or measure (docs/traits_together.md)"),
]

# The highest stage short of death that has a time of its own.
HIGHEST_STAGE = 4


class TraitSection(Section):
    """What every trait can say."""

    name: Name
    covariates: Annotated[Covariates | None, Field(description="null: the study's covariates")] = None
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
        Literal["composite", "composite_niv23", "death"],
        Field(
            description="composite: death or invasive ventilation, the earlier; composite_niv23: or non-invasive "
            "ventilation for 23 hours a day"
        ),
    ] = "composite"
    origin: Origin = "onset"
    ties: Ties = "efron"


class MilestoneTrait(TraitSection):
    """Time to a milestone, with delayed entry and death competing."""

    type: Literal["milestone"]
    milestone: Annotated[
        Literal["niv", "niv23", "ventilation", "gastrostomy", "kings", "mitos", "fvc", "date"],
        Field(description="kings, mitos: a stage; fvc: falling below a limit; date: a column of participants"),
    ]
    stage: Annotated[int | None, Field(ge=1, le=HIGHEST_STAGE, description="of kings and mitos")] = None
    below: Annotated[float, Field(gt=0, description="of fvc: % predicted")] = 50
    column: Annotated[str | None, Field(description="of date: the column that holds it")] = None
    model: Annotated[
        Literal["cause_specific", "fine_gray"],
        Field(description="hazard of those alive without the milestone, or of the subdistribution (Fine and Gray)"),
    ] = "cause_specific"
    origin: Origin = "onset"
    ties: Ties = "efron"

    @model_validator(mode="after")
    def _says_which(self) -> MilestoneTrait:
        if (self.stage is not None) != (self.milestone in ("kings", "mitos")):
            raise ValueError("a milestone of kings or mitos needs its 'stage', and no other has one")
        if (self.column is not None) != (self.milestone == "date"):
            raise ValueError("a milestone of type date needs its 'column', and no other has one")
        if "below" in self.model_fields_set and self.milestone != "fvc":
            raise ValueError("'below' is of milestone fvc alone; leave it out")
        if self.model == "fine_gray" and self.ties != "breslow" and "ties" in self.model_fields_set:
            raise ValueError("Fine and Gray's model treats ties as Breslow does; leave 'ties' out")
        return self

    @model_serializer(mode="wrap")
    def _without_what_is_of_others(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what has a default here but is refused, so that what is recorded can be read again."""
        settings: dict[str, Any] = written(self)
        others = (("below", self.milestone != "fvc"), ("ties", self.model == "fine_gray"))
        return {name: value for name, value in settings.items() if (name, True) not in others}


class TimeToEventTrait(TraitSection):
    """A time and whether it ended with the event, from columns of the participants table."""

    type: Literal["time_to_event"]
    exit: Annotated[str, Field(description="column: when observation ends, a number")]
    event: Annotated[str, Field(description="column: 1 where it ends with the event, 0 where not")]
    entry: Annotated[str | None, Field(description="column: when observation begins; null: at zero")] = None
    ties: Ties = "efron"


class AlsfrsSlopeTrait(TraitSection):
    """Monthly change of the ALSFRS-R, from a random intercept and slope model over visits."""

    type: Literal["alsfrs_slope"]
    score: Literal["total", "bulbar", "fine_motor", "gross_motor", "respiratory"] = "total"
    floor: Annotated[
        float | None,
        Field(
            ge=0,
            lt=4,
            description="points per item: visits after a patient's first at or below it are left out, since the "
            "scale hides further loss; null: none are",
        ),
    ] = 0.5


class SlopeTrait(TraitSection):
    """Monthly change of a measure, from a random intercept and slope model over visits."""

    type: Literal["slope"]
    measure: Measure
    worse: Worse = None


class BaselineTrait(TraitSection):
    """A measure at the first visit that has it."""

    type: Literal["baseline"]
    measure: Measure
    transform: Transform = "rank_normal"
    worse: Worse = None


class ProgressionRateTrait(TraitSection):
    """Points of ALSFRS-R lost per month from onset to the first visit."""

    type: Literal["progression_rate"]
    transform: Transform = "rank_normal"


class D50Trait(TraitSection):
    """Months from onset to half of the ALSFRS-R, from a logistic curve through a patient's scores."""

    type: Literal["d50"]
    transform: Transform = "rank_normal"


class JointRankTrait(TraitSection):
    """Rank of function and survival together (CAFS): every pair of patients compared."""

    type: Literal["joint_rank"]
    clock: Annotated[
        Literal["entry", "onset", "diagnosis", "enrolment"],
        Field(description="what survival counts from; entry allows for patients who join late"),
    ] = "entry"


class StageTrait(TraitSection):
    """Stage at a fixed time, death being the last: proportional odds."""

    type: Literal["stage"]
    system: Literal["kings", "mitos"]
    at_months: Annotated[float, Field(gt=0)]
    origin: Origin = "enrolment"


class QuantitativeTrait(TraitSection):
    """A number per participant."""

    type: Literal["quantitative"]
    column: str
    transform: Transform = "none"
    worse: Worse = None


class BinaryTrait(TraitSection):
    """Yes or no per participant, coded 1 or 0: logistic regression."""

    type: Literal["binary"]
    column: str
    worse: Worse = None


class CountTrait(TraitSection):
    """A count per participant."""

    type: Literal["count"]
    column: str
    model: Annotated[
        Literal["poisson", "negative_binomial"], Field(description="negative binomial where counts scatter more")
    ] = "negative_binomial"
    worse: Worse = None


class OrdinalTrait(TraitSection):
    """An ordered category per participant, such as a stage, coded by numbers: proportional odds."""

    type: Literal["ordinal"]
    column: str
    worse: Worse = None


Trait = Annotated[
    SurvivalTrait
    | MilestoneTrait
    | TimeToEventTrait
    | AlsfrsSlopeTrait
    | SlopeTrait
    | BaselineTrait
    | ProgressionRateTrait
    | D50Trait
    | JointRankTrait
    | StageTrait
    | QuantitativeTrait
    | BinaryTrait
    | CountTrait
    | OrdinalTrait,
    Field(discriminator="type"),
]
# Traits that are one column of the participants table.
ColumnTrait = QuantitativeTrait | BinaryTrait | CountTrait | OrdinalTrait
# Traits that follow patients in time, each at risk from entry to exit.
TimeTrait = SurvivalTrait | MilestoneTrait | TimeToEventTrait
# Traits that fit a line through every patient's visits.
VisitTrait = AlsfrsSlopeTrait | SlopeTrait
# Traits that are a number per patient, with least squares for a model.
LinearTrait = QuantitativeTrait | BaselineTrait | ProgressionRateTrait | D50Trait


def needs_visits(trait: Trait) -> bool:
    """Say whether a trait is made from visits."""
    if isinstance(trait, MilestoneTrait):
        return trait.milestone in ("kings", "mitos", "fvc")
    return isinstance(
        trait, VisitTrait | BaselineTrait | ProgressionRateTrait | D50Trait | JointRankTrait | StageTrait
    )


def needs_scores(trait: Trait) -> bool:
    """Say whether a trait is made from the ALSFRS-R."""
    if isinstance(trait, MilestoneTrait):
        return trait.milestone in ("kings", "mitos")
    return isinstance(trait, AlsfrsSlopeTrait | ProgressionRateTrait | D50Trait | JointRankTrait | StageTrait)
