"""The null model of each type of trait, with what a study adds to it: a polygenic offset, relatives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from association.null_models.counts import fit_negative_binomial, fit_poisson
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.fine_gray import fit_fine_gray
from association.null_models.joint_rank import fit_joint_rank
from association.null_models.kinship import fit_linear_kinship, refuse_kinship
from association.null_models.linear import fit_linear
from association.null_models.logistic import fit_logistic
from association.null_models.null_model import Fit
from association.null_models.ordinal import fit_proportional_odds
from association.null_models.slope import fit_slope
from association.phenotypes.covariates import indicators
from association.problems import InputError, Problem
from infra.storage import Place
from jobs.polygenic_offset import read_loco
from jobs.study.study import resolve
from jobs.study.traits import (
    BinaryTrait,
    CountTrait,
    JointRankTrait,
    LinearTrait,
    MilestoneTrait,
    OrdinalTrait,
    StageTrait,
    TimeTrait,
    Trait,
    VisitTrait,
)
from jobs.traits.relatives import read_pairs

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TraitModels:
    """A trait's null models.

    Attributes
    ----------
    fit
        The model; with a polygenic offset, that of the first chromosome.
    design
        What they were fitted on: covariates, and levels of the strata where a model has none of its own for them.
    by_contig
        By chromosome where there is a polygenic offset, else empty.
    """

    fit: Fit
    design: Design
    by_contig: dict[str, Fit] = field(default_factory=dict)


def fit_trait(
    trait: Trait, samples: pd.DataFrame, design: Design, visits: pd.DataFrame | None, study_path: Place
) -> TraitModels:
    """Fit a trait on covariates alone.

    Parameters
    ----------
    trait
        Its settings.
    samples
        A row per sample that is in: sample, stratum, and the trait's own columns.
    design
        Their covariates.
    visits
        The visits of a slope: position (of the sample), months, value.
    study_path
        The study file, which paths are relative to.

    Raises
    ------
    InputError
        If the model can't be fitted, or the trait has no such offset or kinship.
    """
    if not isinstance(trait, TimeTrait):
        design = _with_stratum_levels(design, samples)
    if trait.kinship is not None:
        return TraitModels(_fit_relatives(trait, samples, design, resolve(study_path, trait.kinship)), design)
    if trait.polygenic_offset is None:
        return TraitModels(_fit(trait, samples, design, visits, None), design)
    if not takes_offset(trait):
        message = f"a trait of type {trait.type} has no polygenic offset; take it out, or add ancestry covariates"
        raise InputError.single("traits", "polygenic_offset", message)
    with _naming_the_file():
        offsets = read_loco(resolve(study_path, trait.polygenic_offset), samples["sample"].tolist())
    by_contig = {contig: _fit(trait, samples, design, visits, offset) for contig, offset in offsets.items()}
    return TraitModels(next(iter(by_contig.values())), design, by_contig)


def takes_offset(trait: Trait) -> bool:
    """Say whether a trait's model has a place for a known part of the predictor."""
    if isinstance(trait, MilestoneTrait):
        return trait.model == "cause_specific"
    return not isinstance(trait, VisitTrait | OrdinalTrait | StageTrait | JointRankTrait)


def _fit(
    trait: Trait, samples: pd.DataFrame, design: Design, visits: pd.DataFrame | None, offset: Floats | None
) -> Fit:
    if isinstance(trait, TimeTrait):
        return _fit_times(trait, samples, design, offset)
    if isinstance(trait, VisitTrait):
        if visits is None:
            raise InputError.single("traits", "visits", "a slope needs a visits table")
        months, value = visits["months"].to_numpy(np.float64), visits["value"].to_numpy(np.float64)
        return fit_slope(visits["position"].to_numpy(np.int64), months, value, design)
    return _fit_values(trait, samples["value"].to_numpy(np.float64), design, offset)


def _fit_times(trait: TimeTrait, samples: pd.DataFrame, design: Design, offset: Floats | None) -> Fit:
    entry, exit_, event = (samples[name].to_numpy(np.float64) for name in ("entry", "exit", "event"))
    strata = samples["stratum"].to_numpy(str)
    if isinstance(trait, MilestoneTrait) and trait.model == "fine_gray":
        return fit_fine_gray(entry, exit_, samples["cause"].to_numpy(np.int64), design, strata=strata)
    return fit_cox(entry, exit_, event, design, strata=strata, ties=trait.ties, offset=offset)


def _fit_values(trait: Trait, values: Floats, design: Design, offset: Floats | None) -> Fit:
    if isinstance(trait, BinaryTrait):
        return fit_logistic(values, design, offset=offset)
    if isinstance(trait, CountTrait):
        fit = fit_poisson if trait.model == "poisson" else fit_negative_binomial
        return fit(values, design, offset=offset)
    if isinstance(trait, OrdinalTrait | StageTrait):
        return fit_proportional_odds(values, design)
    if isinstance(trait, JointRankTrait):
        return fit_joint_rank(values, design)
    return fit_linear(values, design, offset=offset)


def _fit_relatives(trait: Trait, samples: pd.DataFrame, design: Design, path: Place) -> Fit:
    if not isinstance(trait, LinearTrait):
        raise refuse_kinship(f"type {trait.type}")
    if trait.polygenic_offset is not None:
        message = "kinship and a polygenic offset account for the same relatedness; leave one of them out"
        raise InputError.single("traits", "kinship", message)
    with _naming_the_file():
        kinship = read_pairs(path, samples["sample"])
    return fit_linear_kinship(samples["value"].to_numpy(np.float64), design, kinship)


@contextmanager
def _naming_the_file() -> Iterator[None]:
    """Put the file before the places of its problems."""
    try:
        yield
    except InputError as error:
        named = [Problem(f"{error.source}, {problem.place}", problem.message) for problem in error.problems]
        raise InputError(error.source, named) from None


def _with_stratum_levels(design: Design, samples: pd.DataFrame) -> Design:
    """Give every stratum a level of its own in a model that has no strata."""
    if len(set(samples["stratum"])) == 1:
        return design
    strata = indicators(samples["stratum"])
    return Design(design.names + strata.names, np.hstack([design.matrix, strata.matrix]))
