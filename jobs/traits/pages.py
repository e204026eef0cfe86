"""What the page of null models shows of a trait: as it was prepared, or as an earlier stage left it on disk."""

from __future__ import annotations

import pandas as pd

from hail_pipelines.places import readable
from infra.storage import Place
from jobs.report.null_models.inputs import TraitPage
from jobs.traits.files import read_summary, sample_table
from jobs.traits.prepared import PreparedTrait


def page_of(trait: PreparedTrait) -> TraitPage:
    """Give what the page shows of a prepared trait."""
    return TraitPage(trait.summary(), sample_table(trait), trait.visits)


def read_page(folder: Place, name: str) -> TraitPage:
    """Read what the page shows of a trait that `write_traits` wrote."""
    visits = folder / f"{name}.visits.parquet"
    return TraitPage(
        read_summary(folder, name),
        pd.read_parquet(readable(folder / f"{name}.parquet")),
        pd.read_parquet(readable(visits)) if visits.is_file() else None,
    )
