"""Settings of genotypes: where they are, and how to read them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from jobs.study.section import Section


class Genotypes(Section):
    """Joint-called VCFs of one cohort, or cohorts that `progex merge` has joined."""

    vcfs: Annotated[
        list[str],
        Field(min_length=1, description="paths or globs, relative to the study file; bgzipped or plain text"),
    ] = []
    merged: Annotated[
        str | None, Field(description="instead of VCFs: the folder of genotypes that `progex merge` wrote")
    ] = None
    reference_genome: Literal["GRCh37", "GRCh38"]
    header_types: Annotated[
        dict[str, Literal["Integer", "Float", "String"]],
        Field(description="FORMAT types that correct a header which the values contradict, e.g. {GQ: Float}"),
    ] = {}
    matrix_table: Annotated[
        bool,
        Field(description="also write the calls as calls.mt, a Hail MatrixTable, for work of your own in Hail"),
    ] = False

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if bool(self.vcfs) == (self.merged is not None):
            raise ValueError("expected 'vcfs', or 'merged' where `progex merge` has joined cohorts, and not both")
        return self
