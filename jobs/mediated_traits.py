"""A mediator and an outcome brought together: the samples that have both, and the covariates of both."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from association.mechanism.mechanism_scan import MediatedTrait
from association.mechanism.outcomes import Outcome, SlopeOutcome, TimeOutcome, ValueOutcome, independent_columns
from association.null_models.design import Design
from association.phenotypes.covariates import indicators
from association.scan_trait_bytes import unpack_trait
from hail_pipelines.places import readable
from infra.storage import Place
from jobs.study.traits import TimeTrait, Trait, VisitTrait
from jobs.traits.files import COVARIATE, read_packed_trait

Floats = NDArray[np.float64]


def read_mediated(traits: Place, mediator: str, outcome: Trait) -> MediatedTrait | None:
    """Read a pair of prepared traits; None where nobody has both.

    Parameters
    ----------
    traits
        What `jobs.traits.files` wrote.
    mediator, outcome
        Which of them.
    """
    between = pd.read_parquet(readable(traits / f"{mediator}.parquet"))
    end = pd.read_parquet(readable(traits / f"{outcome.name}.parquet"))
    ready = unpack_trait(read_packed_trait(traits, outcome.name))
    place = pd.Index(between["sample"]).get_indexer(pd.Index(end["sample"]))
    both = np.flatnonzero(place >= 0)
    if not both.size:
        return None
    own, other = end.iloc[both].reset_index(drop=True), between.iloc[place[both]].reset_index(drop=True)
    strata = np.unique(own["stratum"].to_numpy(str), return_inverse=True)[1].astype(np.int64)
    covariates = _covariates(own, other)
    levels = indicators(own["stratum"])
    in_all = independent_columns(
        Design((*covariates.names, *levels.names), np.hstack((covariates.matrix, levels.matrix))),
        np.ones((both.size, 1)),
    )
    within = independent_columns(covariates, (strata[:, None] == np.unique(strata)).astype(np.float64))
    return MediatedTrait(
        mediator_name=mediator,
        outcome_name=outcome.name,
        mediator=other["value"].to_numpy(np.float64),
        outcome=_outcome(traits, outcome, own, both, strata),
        design=within if isinstance(outcome, TimeTrait) else in_all,
        mediator_design=in_all,
        strata=strata,
        store_positions=ready.store_positions[both],
        store_samples=ready.store_samples,
        male=ready.male[both] if ready.male.size else ready.male,
        cohorts=ready.cohorts[both] if ready.cohorts.size else ready.cohorts,
    )


def scale_of(outcome: Trait) -> str:
    """Say what effects on an outcome are differences of, whoever has it."""
    if isinstance(outcome, TimeTrait):
        return TimeOutcome.scale
    return SlopeOutcome.scale if isinstance(outcome, VisitTrait) else ValueOutcome.scale


def _covariates(own: pd.DataFrame, other: pd.DataFrame) -> Design:
    """Give the covariates of the outcome, and those that the mediator alone has."""
    tables = [table[[name for name in table if name.startswith(COVARIATE)]] for table in (own, other)]
    joined = tables[0].join(tables[1][[name for name in tables[1] if name not in tables[0]]])
    return Design(tuple(name.removeprefix(COVARIATE) for name in joined), joined.to_numpy(np.float64))


def _outcome(
    traits: Place, outcome: Trait, own: pd.DataFrame, both: NDArray[np.int64], strata: NDArray[np.int64]
) -> Outcome:
    """Give the outcome as it was observed in the samples that have the mediator."""
    if isinstance(outcome, TimeTrait):
        entry, exit_, event = (own[name].to_numpy(np.float64) for name in ("entry", "exit", "event"))
        return TimeOutcome(entry, exit_, event, strata, outcome.ties)
    if isinstance(outcome, VisitTrait):
        visits = pd.read_parquet(readable(traits / f"{outcome.name}.visits.parquet"))
        place = pd.Index(both).get_indexer(pd.Index(visits["position"]))
        kept = visits[place >= 0]
        months, score = (kept[name].to_numpy(np.float64) for name in ("months", "value"))
        return SlopeOutcome(place[place >= 0].astype(np.int64), months, score)
    return ValueOutcome(own["value"].to_numpy(np.float64))
