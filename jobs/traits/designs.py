"""The covariates of a trait's samples: all together, or by cohort where a study has several.

A cohort's covariates are made among its own samples, as in a study of that cohort alone: so are the levels of a
category, the knots of a spline, and the mean that stands for a missing value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from association.gene_tests.sex_chromosomes import hemizygous_in_males
from association.null_models.design import Design, without_constants
from association.phenotypes.covariates import CovariateRule, FilledCovariate, Missing, covariate_design
from association.problems import InputError, Problem

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class CohortDesign:
    """Covariates of one cohort, or of a study that names none.

    Attributes
    ----------
    name
        The cohort; empty where the study names none.
    samples
        Positions among the trait's samples, ascending (n_c).
    design
        Their covariates.
    filled
        Covariates with values that were filled in.
    left_out
        Covariates that have one value in the cohort, or none.
    """

    name: str
    samples: Integers
    design: Design
    filled: tuple[FilledCovariate, ...] = ()
    left_out: tuple[str, ...] = ()


def cohort_designs(
    samples: pd.DataFrame, columns: pd.DataFrame, rules: Sequence[CovariateRule], others: pd.DataFrame
) -> list[CohortDesign]:
    """Make the covariates of a trait, cohort by cohort.

    Parameters
    ----------
    samples
        A row per sample that is in: sample, stratum, male, and cohort where the study names its cohorts.
    columns
        The columns that covariates are made of, in the order of samples.
    rules
        How.
    others
        Covariates that are numbers as they are, in the order of samples: dosages of known variants, components.

    Raises
    ------
    InputError
        If a column can't be made what its rule says.
    """
    if "cohort" not in samples:
        design, filled = covariate_design(columns, rules)
        return [CohortDesign("", np.arange(len(samples)), _beside(design, others), filled)]
    made = []
    for name, own in sorted(samples.groupby("cohort").indices.items()):
        with naming_cohort(str(name)):
            made.append(_of_cohort(str(name), np.sort(own), samples, columns, rules, others))
    return made


def known_variants(known: pd.DataFrame, samples: pd.DataFrame) -> pd.DataFrame:
    """Give the dosages of variants that a trait is adjusted for; a male's allele on X counts as two, as in a scan."""
    dosages = known.loc[samples["sample"]].to_numpy(np.float64)
    contigs, positions = (
        zip(*(name.split("-")[:2] for name in known.columns), strict=True) if known.size else ((), ())
    )
    single = hemizygous_in_males(np.array(contigs, object), np.array(positions, np.int32))
    dosages[single & samples["male"].to_numpy(bool)[:, None] & (dosages == 1)] = 2
    # A variant that none of these samples carries has nothing to adjust for.
    varying = np.ptp(dosages, axis=0) > 0
    return pd.DataFrame(dosages[:, varying], columns=known.columns[varying])


def filled_in(designs: Sequence[CohortDesign]) -> tuple[FilledCovariate, ...]:
    """Count the samples with filled values over cohorts."""
    counts: dict[tuple[str, Missing], int] = {}
    for one in (one for design in designs for one in design.filled):
        counts[one.column, one.policy] = counts.get((one.column, one.policy), 0) + one.count
    return tuple(FilledCovariate(column, policy, count) for (column, policy), count in counts.items())


def left_out_warnings(designs: Sequence[CohortDesign]) -> Iterator[str]:
    """Say which cohorts do without which covariates."""
    for one in designs:
        if one.left_out:
            names = ", ".join(f"'{name}'" for name in one.left_out)
            yield f"cohort '{one.name}' has one value, or none, of {names}: its model does without"


@contextmanager
def naming_cohort(name: str) -> Iterator[None]:
    """Say which cohort problems are of, where cohorts have names."""
    try:
        yield
    except InputError as error:
        if not name:
            raise
        remedy = "; or take the cohort out of the participants table"
        named = [Problem(f"cohort '{name}', {one.place}", one.message + remedy) for one in error.problems]
        raise InputError(error.source, named) from None


def _of_cohort(
    name: str,
    own: Integers,
    samples: pd.DataFrame,
    columns: pd.DataFrame,
    rules: Sequence[CovariateRule],
    others: pd.DataFrame,
) -> CohortDesign:
    table = columns.iloc[own].reset_index(drop=True)
    told = [rule for rule in rules if table[rule.column].notna().any()]
    design, filled = covariate_design(table, told)
    whole = _beside(design, others.iloc[own])
    varying, constant = without_constants(whole, samples["stratum"].to_numpy(str)[own])
    absent = tuple(rule.column for rule in rules if rule not in told)
    return CohortDesign(name, own, varying, filled, (*absent, *constant))


def _beside(design: Design, others: pd.DataFrame) -> Design:
    """Put further covariates beside those of a design."""
    names = (*design.names, *(str(name) for name in others.columns))
    return Design(names, np.hstack([design.matrix, others.to_numpy(np.float64)]))
