"""Settings of the clinical tables: where they are, what their columns are called, how they write times and codes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from jobs.study.section import Section

Times = Annotated[
    Literal["dates", "days", "months", "years"],
    Field(description="dates; or numbers since symptom onset, in this unit, where a site gives no dates"),
]
DateFormat = Annotated[
    str,
    Field(
        pattern=r"^(YYYY|YY|MMM|MM|DD|[-./ ,])+$",
        description="how dates are written, of YYYY, YY, MM, MMM (Jan), DD and what stands between: DD/MM/YYYY",
    ),
]
Sheet = Annotated[str | None, Field(description="of an Excel file; null: its only sheet")]
Column = str | None


class ParticipantColumns(Section):
    """Which column of the participants table holds what. A date that no trait needs may be absent."""

    sample: str = "sample"
    birth_date: str = "birth_date"
    onset_date: str = "onset_date"
    diagnosis_date: str = "diagnosis_date"
    enrolment_date: str = "enrolment_date"
    dna_date: Annotated[Column, Field(description="entry is the later of enrolment and this date")] = None
    death_date: str = "death_date"
    ventilation_date: Annotated[str, Field(description="first day of invasive ventilation")] = "ventilation_date"
    niv_date: Annotated[str, Field(description="first day of non-invasive ventilation")] = "niv_date"
    niv23_date: Annotated[
        str, Field(description="first day of non-invasive ventilation for 23 hours a day or more")
    ] = "niv23_date"
    gastrostomy_date: str = "gastrostomy_date"
    last_contact_date: str = "last_contact_date"
    sex: Annotated[
        Column, Field(description="male and female, M and F, or 1 and 2; needed for X, where males have one copy")
    ] = None
    genetic_sex: Annotated[Column, Field(description="sex from genotypes, as in sex; the two are compared")] = None
    age_at_onset: Annotated[str, Field(description="years; where absent, from birth_date and onset_date")] = (
        "age_at_onset"
    )
    site: Annotated[Column, Field(description="site or cohort; the strata, where none are named")] = None
    batch: Annotated[Column, Field(description="sequencing batch or capture kit, for quality control")] = None
    onset_region: Column = None
    c9orf72: Annotated[Column, Field(description="repeat expansion: yes or no")] = None
    pathogenic_variant: Annotated[Column, Field(description="carrier in SOD1, FUS or TARDBP: yes or no")] = None
    principal_components: Annotated[
        list[str],
        Field(max_length=20, description="of ancestry, 2 to 5 as a rule; the default models adjust for them"),
    ] = []
    event: Annotated[
        Column,
        Field(
            description="1 where the endpoint happened at the last contact date, 0 where not; instead of event dates"
        ),
    ] = None


class Participants(Section):
    """One row per patient: CSV, TSV, Excel or Parquet."""

    path: str
    sheet: Sheet = None
    times: Times = "dates"
    date_format: DateFormat = "YYYY-MM-DD"
    year_only: Annotated[
        Literal["refuse", "mid_year"],
        Field(
            description="dates of onset and diagnosis known to the year alone; those known to the month are day 15"
        ),
    ] = "refuse"
    columns: ParticipantColumns = ParticipantColumns()
    codes: Annotated[
        dict[str, dict[str, list[str | int]]],
        Field(description="by column: what each of its codes means, e.g. {gender: {male: [0], female: [1]}}"),
    ] = {}


class VisitColumns(Section):
    """Which column of the visits table holds what.

    In the long layout, with a row per visit and measure, `item` is the column that says what was measured and `score`
    the one that holds the value; all others are then what `item` says, not columns.
    """

    sample: str = "sample"
    visit_date: str = "visit_date"
    total: Annotated[str, Field(description="ALSFRS-R total")] = "total"
    items: Annotated[
        list[str] | None,
        Field(
            min_length=12,
            max_length=12,
            description="the 12 ALSFRS-R items in order; their sum is the total",
        ),
    ] = None
    fvc: Annotated[Column, Field(description="forced vital capacity, % predicted")] = None
    cmap: Annotated[Column, Field(description="amplitude of the compound muscle action potential")] = None
    distal_latency: Annotated[Column, Field(description="distal motor latency")] = None
    munix: Annotated[Column, Field(description="motor unit number index")] = None
    f_wave_frequency: Annotated[Column, Field(description="share of stimuli with an F wave")] = None
    item: Annotated[Column, Field(description="long layout: the column that says what was measured")] = None
    score: Annotated[Column, Field(description="long layout: the column that holds the value")] = None

    @model_validator(mode="after")
    def _long_layout_is_whole(self) -> VisitColumns:
        if (self.item is None) != (self.score is None):
            raise ValueError("a long table needs both 'item' and 'score'; name the other column too")
        return self


class VisitUnits(Section):
    """Units of the measures, as the table has them."""

    fvc: Literal["percent_predicted", "fraction_predicted"] = "percent_predicted"
    cmap: Literal["mV", "uV"] = "mV"
    distal_latency: Literal["ms", "s"] = "ms"
    f_wave_frequency: Literal["percent", "fraction"] = "percent"


class Visits(Section):
    """One row per visit, or (long) per visit and measure: CSV, TSV, Excel or Parquet."""

    path: str
    sheet: Sheet = None
    times: Times = "dates"
    date_format: DateFormat = "YYYY-MM-DD"
    columns: VisitColumns = VisitColumns()
    units: VisitUnits = VisitUnits()
