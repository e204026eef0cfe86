"""Settings of genotypes: where they are, and how to read them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from jobs.study.section import Section


class Genotypes(Section):
    """Joint-called VCFs of one cohort."""

    vcfs: Annotated[
        list[str],
        Field(min_length=1, description="paths or globs, relative to the study file; bgzipped or plain text"),
    ]
    reference_genome: Literal["GRCh37", "GRCh38"]
    header_types: Annotated[
        dict[str, Literal["Integer", "Float", "String"]],
        Field(description="FORMAT types that correct a header which the values contradict, e.g. {GQ: Float}"),
    ] = {}
    matrix_table: Annotated[
        bool,
        Field(description="also write the calls as calls.mt, a Hail MatrixTable, for work of your own in Hail"),
    ] = False
