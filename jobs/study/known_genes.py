"""Settings of what is known: carriers whose part in the findings is to be seen."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from jobs.study.section import Section


class KnownGenes(Section):
    """Carriers of known variants: findings are shown without them and adjusted for them, beside the findings."""

    columns: Annotated[
        list[str],
        Field(description="columns of the participants table that say yes or no, e.g. of the C9orf72 expansion"),
    ] = []
    variants: Annotated[
        str | None,
        Field(description="a text with a variant per line, contig-position-ref-alt; # begins a remark"),
    ] = None

    @model_validator(mode="after")
    def _names_somebody(self) -> KnownGenes:
        if not self.columns and self.variants is None:
            raise ValueError("names neither 'columns' nor 'variants'; give one of them, or leave known_genes out")
        return self
