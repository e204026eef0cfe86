"""Settings of the data checks: what each leads to."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from jobs.study.section import Section

Action = Literal["warn", "exclude", "stop"]
# What can't be used as it stands is never only warned of.
Unusable = Literal["exclude", "stop"]
# What concerns a trait and no single patient excludes nobody.
OfTrait = Literal["warn", "stop"]


class Checks(Section):
    """What a check that finds something leads to: a warning, the exclusion of what it found, or a refusal."""

    scores_after_death: Annotated[Action, Field(description="visits after the date of death")] = "exclude"
    visits_before_onset: Annotated[Action, Field(description="visits before symptom onset")] = "warn"
    duplicate_visits: Annotated[Action, Field(description="contradicting rows of one day; the first is kept")] = (
        "exclude"
    )
    item_out_of_range: Annotated[
        Unusable, Field(description="scores and measures that can't be; the value is left out")
    ] = "stop"
    total_differs_from_items: Annotated[Action, Field(description="a total that is not the sum of its items")] = (
        "warn"
    )
    alsfrs_rise: Annotated[Action, Field(description="ALSFRS-R more than 4 points above the visit before")] = "warn"
    no_region_involved: Annotated[Action, Field(description="visits with no region involved: King's stage 1")] = (
        "warn"
    )
    visits_without_date: Annotated[Unusable, Field(description="visits without a date")] = "exclude"
    incomplete_items: Annotated[
        Action, Field(description="visits with some of the 12 items and not all, which have no total")
    ] = "warn"
    visits_without_participant: Annotated[
        Unusable, Field(description="visits of samples without a participants row")
    ] = "exclude"
    events_after_death: Annotated[Action, Field(description="ventilation, gastrostomy or contact after death")] = (
        "warn"
    )
    events_before_onset: Annotated[Action, Field(description="death, ventilation or gastrostomy before onset")] = (
        "exclude"
    )
    entry_after_exit: Annotated[Action, Field(description="enrolled or sampled after the last contact or death")] = (
        "exclude"
    )
    ventilation_before_entry: Annotated[
        Action, Field(description="invasive ventilation before entry; a composite endpoint leaves them out by itself")
    ] = "warn"
    onset_after_diagnosis: Annotated[Action, Field(description="onset after diagnosis")] = "warn"
    age_impossible: Annotated[
        Action, Field(description="age at onset below 10 or above 100, or at odds with the dates")
    ] = "exclude"
    sex_disagrees: Annotated[Action, Field(description="sex at odds with the genotypes")] = "exclude"
    many_ties: Annotated[OfTrait, Field(description="more than 30% of event times shared")] = "warn"
    informative_missingness: Annotated[OfTrait, Field(description="patients stop coming by their last score")] = (
        "warn"
    )
