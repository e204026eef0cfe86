"""Three cohorts of 100 patients that no gene acts in: what pooled and meta tests' type I error is measured on.

Cohorts differ in all that could mislead a test of them together: in how many have the event (20%, 45% and 75% of a
survival trait with delayed entry, by the length of follow-up; 15%, 30% and 50% cases), in the level and the variance
of a quantitative trait and of slopes, in the effect of age, and in how often they carry: the cohort with most events
has four times the carriers of the one with fewest. Each cohort's null model is its own.

Axes: n patients of a cohort.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from association.null_models.by_cohort import CohortFit, stack_fits
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.linear import fit_linear
from association.null_models.logistic import fit_logistic
from association.null_models.null_model import Fit
from association.null_models.slope import fit_slope
from association.problems import InputError
from association.scan_settings import ScanTrait
from hail_pipelines.store_files import store_schema

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NAMES = ("lisbon", "turin", "utrecht")
SIZE = 100
COHORT = np.repeat(np.arange(len(NAMES)), SIZE)
# A carrier is so often of each cohort.
CARRIER_SHARES = np.array([1.0, 2.0, 4.0]) / 7
AGE_EFFECTS = (-0.3, 0.0, 0.3)
# Months of follow-up at most, of patients who live 60 in the mean.
FOLLOW_UP = (24.0, 75.0, 300.0)
CASES = (0.15, 0.3, 0.5)
SPREAD = (1.0, 3.0, 0.5)
VARIANTS = 6
# A cohort whose few cases age separates is drawn anew.
MOST_DRAWS = 50


def draw_fits(rng: np.random.Generator, kind: str) -> list[Fit]:
    """Simulate a trait in each cohort, and fit each cohort's null model with age."""
    return [_draw_fit(rng, SIMULATED[kind], cohort) for cohort in range(len(NAMES))]


def pooled_trait(kind: str, fits: list[Fit]) -> ScanTrait:
    """Give the trait of all patients together, each cohort a stratum with a model of its own."""
    parts = [CohortFit(NAMES[cohort], np.flatnonzero(cohort == COHORT), fit) for cohort, fit in enumerate(fits)]
    return ScanTrait(kind, stack_fits(parts).model, COHORT, np.arange(COHORT.size), COHORT.size)


def cohort_trait(kind: str, fit: Fit) -> ScanTrait:
    """Give the trait of one cohort."""
    return ScanTrait(kind, fit.model, np.zeros(SIZE, np.int64), np.arange(SIZE), SIZE)


def draw_gene(rng: np.random.Generator, carriers: int) -> list[Integers]:
    """Give the carriers of each variant of a gene: so many in all, over up to six variants."""
    chosen = rng.choice(COHORT.size, carriers, replace=False, p=CARRIER_SHARES[COHORT] / SIZE)
    variants = min(VARIANTS, carriers)
    return [np.sort(chosen[variant::variants]) for variant in range(variants)]


def gene_tables(genes: list[list[Integers]], *, samples: int) -> tuple[pa.Table, pa.Table]:
    """Give genes, each as its variants' carriers, as tables of a gene store; only carried variants are in it."""
    names = [f"G{number:05d}" for number in range(len(genes))]
    columns = dict.fromkeys(store_schema([]).names)
    rows = [
        columns
        | {
            "gene": name,
            "contig": "chr1",
            "position": 100 * gene + variant + 1,
            "ref": "A",
            "alt": "C",
            "minor_is_ref": False,
            "consequence": "missense_variant",
            "allele_count": own.size,
            "allele_number": 2 * samples,
            "carriers": own.tolist(),
            "dosages": [1] * own.size,
            "missing": [],
        }
        for gene, (name, variants) in enumerate(zip(names, genes, strict=True))
        for variant, own in enumerate(variants)
        if own.size
    ]
    starts = pa.array([100 * gene + 1 for gene in range(len(genes))], pa.int32())
    table = pa.table({"gene": names, "contig": ["chr1"] * len(names), "start": starts})
    return table, pa.Table.from_pylist(rows, schema=store_schema([]))


def genes_of_cohort(genes: list[list[Integers]], cohort: int) -> list[list[Integers]]:
    """Give the carriers of one cohort, by their place in it."""
    return [[own[COHORT[own] == cohort] - cohort * SIZE for own in variants] for variants in genes]


def _draw_fit(rng: np.random.Generator, simulate: Callable[..., Fit], cohort: int) -> Fit:
    for _ in range(MOST_DRAWS - 1):
        try:
            return simulate(rng, rng.normal(size=SIZE), cohort)
        except InputError:
            continue
    return simulate(rng, rng.normal(size=SIZE), cohort)


def _age(age: Floats) -> Design:
    return Design(("age",), age[:, None])


def _survival(rng: np.random.Generator, age: Floats, cohort: int) -> Fit:
    """Simulate until everyone lives to see enrolment."""
    entry, death, waiting = np.zeros(SIZE), np.zeros(SIZE), np.arange(SIZE)
    while waiting.size:
        entry[waiting] = rng.uniform(3, 12, waiting.size)
        death[waiting] = rng.exponential(60 * np.exp(-AGE_EFFECTS[cohort] * age[waiting]))
        waiting = waiting[death[waiting] <= entry[waiting]]
    censored = entry + rng.uniform(0.15, 1, SIZE) * FOLLOW_UP[cohort]
    return fit_cox(entry, np.minimum(death, censored), (death <= censored).astype(np.float64), _age(age))


def _quantitative(rng: np.random.Generator, age: Floats, cohort: int) -> Fit:
    level = 2.0 * cohort + AGE_EFFECTS[cohort] * age
    return fit_linear(level + SPREAD[cohort] * rng.normal(size=SIZE), _age(age))


def _binary(rng: np.random.Generator, age: Floats, cohort: int) -> Fit:
    odds = CASES[cohort] / (1 - CASES[cohort]) * np.exp(AGE_EFFECTS[cohort] * age)
    return fit_logistic((rng.random(SIZE) < odds / (1 + odds)).astype(np.float64), _age(age))


def _slope(rng: np.random.Generator, age: Floats, cohort: int) -> Fit:
    """Simulate three to seven visits, three months apart."""
    visits = rng.integers(3, 8, SIZE)
    sample = np.repeat(np.arange(SIZE), visits)
    months = np.float64(3.0) * (np.arange(sample.size) - np.repeat(np.cumsum(visits) - visits, visits))
    slopes = -0.8 - 0.2 * cohort + 0.5 * SPREAD[cohort] * rng.normal(size=SIZE) + 0.1 * age
    score = (40 + 3 * rng.normal(size=SIZE))[sample] + slopes[sample] * months
    return fit_slope(sample, months, score + rng.normal(0, 1.5, sample.size), _age(age))


SIMULATED: dict[str, Callable[[np.random.Generator, Floats, int], Fit]] = {
    "survival": _survival,
    "quantitative": _quantitative,
    "binary": _binary,
    "slope": _slope,
}
