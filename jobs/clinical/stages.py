"""The stage at each visit, with gastrostomy from the participants table."""

from __future__ import annotations

import pandas as pd

from association.phenotypes.stages import has_gastrostomy, kings_stage, mitos_stage
from association.phenotypes.timeline import dates_of
from association.problems import InputError
from jobs.clinical.read import Clinical


def stages_of(clinical: Clinical, system: str) -> pd.Series:
    """Give the stage at each visit (v), NaN where the items don't tell.

    Raises
    ------
    InputError
        If there are no visits, or no items.
    """
    visits = clinical.visits
    if visits is None or "item_1" not in visits:
        message = "stages need the 12 ALSFRS-R items; name their columns in visits.columns.items"
        raise InputError.single("traits", "visits", message)
    if system == "mitos":
        return mitos_stage(visits)
    return kings_stage(visits, has_gastrostomy(visits, dates_of(clinical.participants, "gastrostomy_date")))
