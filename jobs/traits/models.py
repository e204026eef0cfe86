"""The null model of each type of trait, with what a study adds to it: cohorts, a polygenic offset, relatives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from association.null_models.by_cohort import CohortFit, stack_designs, stack_fits
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
from jobs.traits.designs import CohortDesign, naming_cohort
from jobs.traits.relatives import read_pairs

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class TraitModels:
    """A trait's null models.

    Attributes
    ----------
    fit
        The model; with a polygenic offset, that of the first chromosome.
    design
        What they were fitted on: covariates, and levels of the strata where a model has none of its own for them; of
        several cohorts, each cohort's covariates, and zero for those of another.
    by_contig
        By chromosome where there is a polygenic offset, else empty.
    """

    fit: Fit
    design: Design
    by_contig: dict[str, Fit] = field(default_factory=dict)


def fit_trait(
    trait: Trait,
    samples: pd.DataFrame,
    designs: Sequence[CohortDesign],
    visits: pd.DataFrame | None,
    study_path: Place,
) -> TraitModels:
    """Fit a trait on covariates alone.

    Parameters
    ----------
    trait
        Its settings.
    samples
        A row per sample that is in: sample, stratum, and the trait's own columns.
    designs
        Their covariates, by cohort; each cohort has a model of its own.
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
        designs = [_with_stratum_levels(one, samples) for one in designs]
    design = _whole_design(designs, levels=not isinstance(trait, TimeTrait))
    if trait.kinship is not None:
        return TraitModels(_fit_relatives(trait, samples, design, resolve(study_path, trait.kinship)), design)
    if trait.polygenic_offset is None:
        return TraitModels(_fit_cohorts(trait, samples, designs, visits, None), design)
    if not takes_offset(trait):
        message = f"a trait of type {trait.type} has no polygenic offset; take it out, or add ancestry covariates"
        raise InputError.single("traits", "polygenic_offset", message)
    with _naming_the_file():
        offsets = read_loco(resolve(study_path, trait.polygenic_offset), samples["sample"].tolist())
    by_contig = {contig: _fit_cohorts(trait, samples, designs, visits, one) for contig, one in offsets.items()}
    return TraitModels(next(iter(by_contig.values())), design, by_contig)


def refit_trait(trait: Trait, samples: pd.DataFrame, design: Design, visits: pd.DataFrame | None) -> Fit:
    """Fit a trait on other samples than the study's, who have no relatives and no polygenic offset.

    Parameters
    ----------
    trait
        Its settings.
    samples, visits
        As for `fit_trait`.
    design
        Covariates, with levels of the strata where a model has none of its own for them.

    Raises
    ------
    InputError
        If the model can't be fitted.
    """
    return _fit(trait, samples, design, visits, None)


def takes_offset(trait: Trait) -> bool:
    """Say whether a trait's model has a place for a known part of the predictor."""
    if isinstance(trait, MilestoneTrait):
        return trait.model == "cause_specific"
    return not isinstance(trait, VisitTrait | OrdinalTrait | StageTrait | JointRankTrait)


def _whole_design(designs: Sequence[CohortDesign], *, levels: bool) -> Design:
    """Give one design for all samples."""
    if len(designs) == 1:
        return designs[0].design
    return stack_designs([(one.name, one.samples, one.design) for one in designs], levels=levels)


def _fit_cohorts(
    trait: Trait,
    samples: pd.DataFrame,
    designs: Sequence[CohortDesign],
    visits: pd.DataFrame | None,
    offset: Floats | None,
) -> Fit:
    """Fit each cohort by itself, and put them side by side."""
    fits: list[CohortFit] = []
    problems: list[Problem] = []
    for one in designs:
        own = samples.iloc[one.samples].reset_index(drop=True)
        try:
            with naming_cohort(one.name):
                known = None if offset is None else offset[one.samples]
                fit = _fit(trait, own, one.design, _visits_of(visits, one.samples), known)
        except InputError as error:
            problems += error.problems
        else:
            fits.append(CohortFit(one.name, one.samples, fit))
    if problems:
        raise InputError("traits", problems)
    return fits[0].fit if len(fits) == 1 else stack_fits(fits)


def _visits_of(visits: pd.DataFrame | None, samples: Integers) -> pd.DataFrame | None:
    """Give the visits of some samples, by their position among these."""
    if visits is None:
        return None
    position = pd.Series(np.arange(samples.size), index=samples).reindex(visits["position"]).to_numpy()
    inside = ~np.isnan(position)
    return visits[inside].assign(position=position[inside].astype(np.int64)).reset_index(drop=True)


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


def _with_stratum_levels(cohort: CohortDesign, samples: pd.DataFrame) -> CohortDesign:
    """Give every stratum a level of its own in a model that has no strata."""
    labels = samples["stratum"].iloc[cohort.samples].reset_index(drop=True)
    if len(set(labels)) == 1:
        return cohort
    strata, own = indicators(labels), cohort.design
    return replace(cohort, design=Design(own.names + strata.names, np.hstack([own.matrix, strata.matrix])))
