"""Settings of covariates: the default models, columns, and what becomes of missing values."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from jobs.study.section import Section

MissingPolicy = Annotated[
    Literal["drop", "indicator", "mean", "median"],
    Field(description="patients without the value: left out, given a level of their own, or the mean or median"),
]


class Covariate(Section):
    """A column of the participants table that null models adjust for."""

    column: str
    kind: Annotated[
        Literal["numeric", "categorical"] | None,
        Field(description="null: numeric where every value is a number"),
    ] = None
    spline: Annotated[
        int | None,
        Field(ge=2, le=8, description="degrees of freedom of a natural cubic spline; null: a straight line"),
    ] = None
    missing: Annotated[MissingPolicy | None, Field(description="null: the study's missing_covariates")] = None


Covariates = Annotated[
    Literal["primary", "secondary"] | list[str | Covariate],
    Field(
        description="primary: sex, age at onset and the principal components that participants.columns names; "
        "secondary: also onset region, C9orf72 and pathogenic variants; or columns"
    ),
]
