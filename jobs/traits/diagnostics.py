"""Whether a trait's model holds: for a Cox model, whether its hazards are proportional."""

from __future__ import annotations

import numpy as np
import pandas as pd

from association.diagnostics.proportional_hazards import ProportionalHazards, proportional_hazards_test
from jobs.study.traits import TimeTrait, Trait
from jobs.traits.models import TraitModels


def proportional_hazards(trait: Trait, samples: pd.DataFrame, models: TraitModels) -> ProportionalHazards | None:
    """Test a Cox model's covariates; None for other models, and without covariates or with a polygenic offset."""
    if not isinstance(trait, TimeTrait) or models.fit.model.kind != "cox" or models.by_contig:
        return None
    if not models.design.names:
        return None
    entry, exit_, event = (samples[name].to_numpy(np.float64) for name in ("entry", "exit", "event"))
    estimates = np.array([one.estimate for one in models.fit.coefficients])
    strata = samples["stratum"].to_numpy(str)
    return proportional_hazards_test(entry, exit_, event, models.design, estimates, strata=strata, ties=trait.ties)
