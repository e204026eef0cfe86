"""What `share.json` must hold to be read: the types of its entries, checked once, before anything is compared.

It comes from another site, and names become parts of file names and of a page: they are what a study file allows.
Entries that a share has beside these are the site's own affair.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from association.meta.share_schema import VERSION
from hail_pipelines.reference_genome import ReferenceGenome
from jobs.study.gene_tests import GeneTest, Mask
from jobs.study.section import Name

AGAIN = "ask the site to share again"
# No cohort is so large; numbers above make arrays that no machine holds.
MOST_SAMPLES = 10_000_000
Text = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]


class _Contents(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class _Trait(_Contents):
    type: Text
    kind: Text
    ties: Any
    definition: dict[str, Any]
    covariates: list[str]
    samples: Annotated[int, Field(ge=1, le=MOST_SAMPLES)]
    residual_variance: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None
    events: Annotated[int, Field(ge=0, le=MOST_SAMPLES)] | None = None


class _Tests(_Contents):
    masks: list[Mask]
    tests: Annotated[list[GeneTest], Field(min_length=1)]
    condition_on: list[str]


class _Strata(_Contents):
    strata: list[str]


class _Versions(_Contents):
    progex: Text
    hail: Text


class _Named(_Contents):
    traits: list[dict[str, Any]]


class _Definitions(_Contents):
    masks: _Tests
    strata: _Strata
    traits: _Named = _Named(traits=[])


class _Share(_Contents):
    versions: _Versions
    cohort: Text
    run: Text
    gene_store: Text
    reference_genome: ReferenceGenome
    definitions: _Definitions
    hashes: dict[str, str]
    salt_check: Text | None
    smallest_cell: Annotated[int, Field(ge=1)]
    left_out: dict[str, str]
    traits: Annotated[dict[Name, _Trait], Field(min_length=1)]
    capture_kit: Text | None = None
    caller: Text | None = None


def odd_contents(manifest: Any) -> Iterator[tuple[str, str]]:
    """Say what a manifest lacks, or has of another type: the entry, and what is wrong.

    Parameters
    ----------
    manifest
        What `share.json` holds.
    """
    if not isinstance(manifest, dict):
        yield "", f"holds no entries by name; {AGAIN}"
        return
    version = manifest.get("schema_version")
    if version != VERSION or isinstance(version, bool):
        message = f"is {version!r:.40}, and this version of progex reads {VERSION}; share again with the same version"
        yield "schema_version", f"{message} of progex at every site"
        return
    try:
        _Share.model_validate(manifest)
    except ValidationError as error:
        for one in error.errors(include_url=False):
            place = ".".join(f"{part!s:.60}" for part in one["loc"])
            found = "" if one["type"] == "missing" else f" (found {one['input']!r:.60})"
            yield place, f"{one['msg']}{found}; {AGAIN}"
