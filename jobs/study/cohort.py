"""The section `cohort` of the study file: what a cohort says of itself to the others of a consortium."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from jobs.study.section import Fraction, Name, Section


class CohortFacts(Section):
    """How a cohort's genotypes were made, and where a variant would have been called."""

    name: Annotated[Name, Field(description="what others call the cohort; the stratum of its samples when merged")]
    caller: Annotated[str, Field(min_length=1, description="program and version that called the genotypes")]
    capture_kit: Annotated[str, Field(min_length=1, description="capture kit and version")]
    callable_regions: Annotated[
        str | None,
        Field(description="BED of the regions where variants would have been called; null: around well called sites"),
    ] = None
    min_call_rate: Annotated[
        Fraction, Field(description="call rate from which on a site counts as well called, without a BED")
    ] = 0.9
    reach: Annotated[
        int, Field(ge=0, description="bases around a well called site that are callable too, without a BED")
    ] = 50
    salt: Annotated[
        str | None,
        Field(description="file with the consortium's secret, for fingerprints of samples; null: no fingerprints"),
    ] = None
