"""The part every section of the study file shares: settings are strict and can't change."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Fraction = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]


class Section(BaseModel):
    """A part of the study file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
