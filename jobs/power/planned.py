"""A cohort of another size than the study's, of patients like the study's own.

Fewer patients are drawn without replacement. More are whole copies of the study's patients and some drawn once more,
so that covariates, entry, follow-up and visits keep their distribution. A copy enters and leaves up to half a month
earlier or later than its original, by the same shift, so that copies do not share their event times; one that enters
at once leaves later.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from association.null_models.design import Design
from association.null_models.null_model import Fit, Floats, Integers
from jobs.study.traits import Trait
from jobs.traits.models import refit_trait
from jobs.traits.prepared import PreparedTrait

_PLANNED = 41
# Months.
MOST_SHIFT = 0.5


def planned_samples(trait: PreparedTrait, samples: int, seed: int) -> tuple[pd.DataFrame, Integers]:
    """Give the samples of a planned cohort, and which of the study's each is like (N).

    Parameters
    ----------
    trait
        Of the study.
    samples
        N, as many as are planned with this trait.
    seed
        Of the study.
    """
    rng, own = np.random.default_rng((seed, _PLANNED)), len(trait.samples)
    copies, rest = divmod(samples, own)
    like = np.concatenate([np.repeat(np.arange(own), copies), np.sort(rng.permutation(own)[:rest])]).astype(np.int64)
    table = trait.samples.iloc[like].reset_index(drop=True)
    if "exit" in table:
        again = pd.Series(like).duplicated().to_numpy()
        shift = np.where(again, rng.uniform(-MOST_SHIFT, MOST_SHIFT, samples), 0.0)
        entry, exit_ = table["entry"].to_numpy(np.float64), table["exit"].to_numpy(np.float64)
        late = entry > MOST_SHIFT
        table = table.assign(
            entry=np.where(late, entry + shift, entry), exit=exit_ + np.where(late, shift, np.abs(shift))
        )
    return table, like


def planned_fit(trait: PreparedTrait, settings: Trait, table: pd.DataFrame, like: Integers) -> Fit:
    """Fit the null model of a planned cohort.

    Parameters
    ----------
    trait, settings
        Of the study.
    table, like
        From `planned_samples`.

    Raises
    ------
    InputError
        If the model can't be fitted.
    """
    design = trait.models.design
    return refit_trait(settings, table, Design(design.names, design.matrix[like]), _visits(trait, like))


def _visits(trait: PreparedTrait, like: Integers) -> pd.DataFrame | None:
    """Give each planned sample the visits of the one that it is like."""
    if trait.visits is None:
        return None
    planned = pd.DataFrame({"like": like, "planned": np.arange(like.size)})
    joined = planned.merge(trait.visits, left_on="like", right_on="position", how="inner")
    return joined.assign(position=joined["planned"])[["position", "months", "value"]].reset_index(drop=True)


def times_of(table: pd.DataFrame) -> tuple[Floats, Floats] | None:
    """Give entry and exit of samples that are followed in time; None of others."""
    if "exit" not in table:
        return None
    return table["entry"].to_numpy(np.float64), table["exit"].to_numpy(np.float64)
