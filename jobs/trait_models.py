"""The null model of each type of trait, with what a study adds to it: a polygenic offset, relatives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from association.null_models.counts import fit_negative_binomial, fit_poisson
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.families import Kinship
from association.null_models.kinship import fit_linear_kinship, refuse_kinship
from association.null_models.linear import fit_linear
from association.null_models.logistic import fit_logistic
from association.null_models.null_model import Fit
from association.null_models.ordinal import fit_proportional_odds
from association.null_models.slope import fit_slope
from association.phenotypes.covariates import covariate_design
from association.problems import InputError, Problem
from jobs.polygenic_offset import read_loco
from jobs.study import resolve
from jobs.study_traits import (
    BinaryTrait,
    ColumnTrait,
    CountTrait,
    OrdinalTrait,
    QuantitativeTrait,
    SlopeTrait,
    SurvivalTrait,
    Trait,
)
from jobs.tables import FIRST_ROW_LINE, Table

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
    trait: Trait, samples: pd.DataFrame, design: Design, visits: pd.DataFrame | None, study_path: Path
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
        The visits of a slope: sample, months, total.
    study_path
        The study file, which paths are relative to.

    Raises
    ------
    InputError
        If the model can't be fitted, or the trait has no such offset or kinship.
    """
    if not isinstance(trait, SurvivalTrait):
        design = _with_stratum_levels(design, samples)
    if trait.kinship is not None:
        return TraitModels(_fit_relatives(trait, samples, design, resolve(study_path, trait.kinship)), design)
    if trait.polygenic_offset is None:
        return TraitModels(_fit(trait, samples, design, visits, None), design)
    if isinstance(trait, SlopeTrait | OrdinalTrait):
        message = f"a trait of type {trait.type} has no polygenic offset; take it out, or add ancestry covariates"
        raise InputError.single("traits", "polygenic_offset", message)
    with _naming_the_file():
        offsets = read_loco(resolve(study_path, trait.polygenic_offset), samples["sample"].tolist())
    by_contig = {contig: _fit(trait, samples, design, visits, offset) for contig, offset in offsets.items()}
    return TraitModels(next(iter(by_contig.values())), design, by_contig)


def _fit(
    trait: Trait, samples: pd.DataFrame, design: Design, visits: pd.DataFrame | None, offset: Floats | None
) -> Fit:
    if isinstance(trait, SurvivalTrait):
        entry, exit_, event = (samples[name].to_numpy(np.float64) for name in ("entry", "exit", "event"))
        strata = samples["stratum"].to_numpy(str)
        return fit_cox(entry, exit_, event, design, strata=strata, ties=trait.ties, offset=offset)
    if isinstance(trait, ColumnTrait):
        return _fit_column(trait, samples["value"].to_numpy(np.float64), design, offset)
    if visits is None:
        raise InputError.single("traits", "visits", "an ALSFRS-R slope needs a visits table")
    position = visits["sample"].map(pd.Series(samples.index, index=samples["sample"]))
    used = visits[position.notna()]
    months, score = used["months"].to_numpy(np.float64), used["total"].to_numpy(np.float64)
    return fit_slope(position.dropna().to_numpy(np.int64), months, score, design)


def _fit_column(trait: ColumnTrait, values: Floats, design: Design, offset: Floats | None) -> Fit:
    if isinstance(trait, BinaryTrait):
        return fit_logistic(values, design, offset=offset)
    if isinstance(trait, CountTrait):
        fit = fit_poisson if trait.model == "poisson" else fit_negative_binomial
        return fit(values, design, offset=offset)
    if isinstance(trait, OrdinalTrait):
        return fit_proportional_odds(values, design)
    return fit_linear(values, design, offset=offset)


def _fit_relatives(trait: Trait, samples: pd.DataFrame, design: Design, path: Path) -> Fit:
    if not isinstance(trait, QuantitativeTrait):
        raise refuse_kinship(f"type {trait.type}")
    if trait.polygenic_offset is not None:
        message = "kinship and a polygenic offset account for the same relatedness; leave one of them out"
        raise InputError.single("traits", "kinship", message)
    with _naming_the_file():
        kinship = _read_pairs(path, samples["sample"])
    return fit_linear_kinship(samples["value"].to_numpy(np.float64), design, kinship)


def _read_pairs(path: Path, samples: pd.Series) -> Kinship:
    """Read pairs of relatives; those that are not both in the trait are left out."""
    table = Table(path)
    table.require(["sample_1", "sample_2", "kinship"], "Name the columns so")
    coefficient = table.numbers("kinship", lowest=0, highest=0.5)
    for row in np.flatnonzero(table.rows["kinship"].isna()):
        message = "no coefficient; leave the pair out if the two are unrelated"
        table.problems.append(Problem(f"line {row + FIRST_ROW_LINE}, column 'kinship'", message))
    position = pd.Series(samples.index, index=samples)
    first, second = (table.identifiers(column).map(position) for column in ("sample_1", "sample_2"))
    if first.isna().all() and second.isna().all():
        message = "no pair names a sample of the trait; write ids as in the participants table"
        table.problems.append(Problem("columns 'sample_1' and 'sample_2'", message))
    table.close()
    inside = first.notna() & second.notna() & (coefficient > 0)
    return Kinship(
        first[inside].to_numpy(np.int64), second[inside].to_numpy(np.int64), coefficient[inside].to_numpy(np.float64)
    )


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
    strata = covariate_design(samples[["stratum"]], {"stratum": "categorical"})
    return Design(design.names + strata.names, np.hstack([design.matrix, strata.matrix]))
