"""Recall of planted effects in cohorts made anew, and what was predicted of it without seeing them."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from association.calibration.monte_carlo import Effort
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.logistic import fit_logistic
from association.null_models.null_model import Fit, NullModel
from association.power.carrier_spread import draw_carriers, spread_over_strata
from association.power.depletion import kept_share
from association.power.planted_times import PlantedTimes
from association.power.power_curve import power_curves
from association.power.studied_trait import EffectScale, StudiedTrait, studied_trait
from association.scan import scan
from association.scan_settings import ScanSettings, ScanTrait, WeightedTest
from association.simulate import random_traits
from association.simulate.progression import DAYS_PER_MONTH, _draw_candidates
from association.simulate.random_traits import FOLLOW_UP, random_trait
from benchmarks.null_genes import MASKS, SAMPLES, STRATA, store_tables

LEVELS = (0.05 / 100, 0.05)
BURDEN = ScanSettings(MASKS, (WeightedTest("burden", "flat"),), 1, Effort(10_000, 20_000, 50))
COHORTS = 40
# Traits of yes or no whose p-values come in steps: 30% of patients have them, twice the odds in one sex.
IN_STEPS = ("binary_alone", "binary_by_sex")
KINDS = (*random_traits.KINDS, *IN_STEPS)
# Cohorts without any effect that a prediction is made on.
PREDICTED_ON = 4
# Patients of a pool, from onset on, and the share of them that carries.
POOL, CARRIER_SHARE = 40_000, 0.1
SIMCOHORT = Path(__file__).parents[2] / "shared" / "tools"
# Effects that are found about every second time at the stricter level.
EFFECTS = {3: 25.0, 5: 10.0, 10: 5.0, 20: 3.0, 40: 2.2}
SHIFTS = {3: 2.2, 5: 1.7, 10: 1.2, 20: 0.8, 40: 0.6}


@dataclass(frozen=True)
class Pool:
    """Patients who were enrolled, of whom cohorts are drawn.

    Attributes
    ----------
    entry, exit, event, covariates, strata, carries
        Of each.
    share_at_onset
        Of carriers, among all patients.
    """

    entry: np.ndarray
    exit: np.ndarray
    event: np.ndarray
    covariates: np.ndarray
    strata: np.ndarray
    carries: np.ndarray
    share_at_onset: float

    def cohort(self, rng: np.random.Generator, carriers: int) -> np.ndarray:
        """Draw a cohort with so many carriers, who come first."""
        some = rng.choice(np.flatnonzero(self.carries), carriers, replace=False)
        return np.concatenate((some, rng.choice(np.flatnonzero(~self.carries), SAMPLES - carriers, replace=False)))

    def trait(self, members: np.ndarray) -> StudiedTrait:
        """Fit the cohort's null model."""
        entry, exit_, event = self.entry[members], self.exit[members], self.event[members]
        strata = np.unique(self.strata[members], return_inverse=True)[1].astype(np.int64)
        design = Design(tuple(f"x{n}" for n in range(self.covariates.shape[1])), self.covariates[members])
        fit = fit_cox(entry, exit_, event, design, strata=strata)
        return studied_trait("survival", "survival", fit.model, strata, fit.details, (entry, exit_, "efron"))

    def seen_effect(self) -> float:
        """Give the hazard ratio of carriers that the study's model sees in the whole pool."""
        columns = np.column_stack([self.covariates, self.carries.astype(float)])
        design = Design(tuple(f"x{n}" for n in range(columns.shape[1])), columns)
        fit = fit_cox(self.entry, self.exit, self.event, design, strata=self.strata)
        return math.exp(fit.coefficients[-1].estimate)


def recall_of_traits(kinds: Sequence[str] = KINDS, cohorts: int = COHORTS) -> pd.DataFrame:
    """Compare recall with what was predicted, of traits of some kinds.

    Parameters
    ----------
    kinds
        Of `KINDS`.
    cohorts
        That are made anew for each row.

    Returns
    -------
    pd.DataFrame
        source and kind of the cohorts, carriers, effect (planted, and as the model sees it), level; predicted power,
        on average over cohorts without any effect, and its deviation between them; lower and upper, between which
        the recall of so many cohorts lies with 95%, for the prediction of any one of these; recall; within, whether
        it does.
    """
    return pd.DataFrame([row for kind in kinds for row in _of_check(kind, cohorts)]).round(4)


def recall_of_pools(cohorts: int = COHORTS) -> pd.DataFrame:
    """Compare the same, of cohorts drawn from pools of patients."""
    return pd.DataFrame(_of_pools(cohorts)).round(4)


def _of_check(kind: str, cohorts: int) -> Iterator[dict[str, object]]:
    """Look at a trait of `progex check`, or one whose p-values come in steps."""
    for carriers in (3, 10, 20):
        rng = np.random.default_rng((KINDS.index(kind), carriers))
        size = _size(kind, carriers)
        predicted = _predicted([studied(kind, rng) for _ in range(PREDICTED_ON)], carriers, size)
        found, taken = [], spread_over_strata(carriers, np.bincount(STRATA))
        for _ in range(cohorts):
            drawn = draw_carriers(taken, STRATA, tuple(rng.integers(2**31, size=2).tolist()), 1)[0]
            effect = np.zeros(SAMPLES)
            effect[drawn] = size if kind in ("quantitative", "slope") else math.log(size)
            fit = _fit(rng, kind, -effect if kind == "slope" else effect)
            found.append(_p_value(fit.model, STRATA, drawn))
        yield from _rows("check", kind, carriers, size, size, predicted, found)


def _of_pools(cohorts: int) -> Iterator[dict[str, object]]:
    """Look at cohorts drawn from pools of patients."""
    for source in _sources():
        for carriers in (3, 10, 20, 40):
            rng, size = np.random.default_rng((7, carriers)), EFFECTS[carriers]
            pool = POOLS[source](math.log(size), rng)
            seen = pool.seen_effect()
            without = [pool.trait(pool.cohort(rng, 0)) for _ in range(PREDICTED_ON)]
            predicted = _predicted(without, carriers, seen)
            found = []
            for _ in range(cohorts):
                trait = pool.trait(pool.cohort(rng, carriers))
                found.append(_p_value(trait.model, trait.strata, np.arange(carriers)))
            yield from _rows(source, "survival", carriers, size, seen, predicted, found)


def depletion_table() -> pd.DataFrame:
    """Compare carriers' share among the enrolled with what was predicted from patients without any effect."""
    rows = []
    for source in _sources():
        for ratio in (2.0, 4.0):
            rng = np.random.default_rng(11)
            pool = POOLS[source](math.log(ratio), rng)
            odds = pool.carries.mean() / (1 - pool.carries.mean())
            kept = odds / (pool.share_at_onset / (1 - pool.share_at_onset))
            seen = pool.seen_effect()
            planted = [pool.trait(pool.cohort(rng, 0)).planted for _ in range(20)]
            shares = [kept_share(one, seen).share for one in planted if isinstance(one, PlantedTimes)]
            row = {"source": source, "hazard_ratio": ratio, "seen": seen, "kept": kept}
            rows.append(row | {"predicted": np.mean(shares), "deviation": np.std(shares)})
    return pd.DataFrame(rows).round(4)


def _sources() -> list[str]:
    return [name for name in POOLS if name != "simcohort" or (SIMCOHORT / "simcohort.py").is_file()]


def studied(kind: str, rng: np.random.Generator) -> StudiedTrait:
    """Give a trait of `KINDS` without any effect, on the patients of three sites."""
    if kind not in FOLLOW_UP:
        fit = _fit(rng, kind, np.zeros(SAMPLES))
        return studied_trait(kind, kind, fit.model, STRATA, fit.details)
    age = rng.normal(size=SAMPLES)
    entry, exit_, event = random_traits._survival(rng, age, np.zeros(SAMPLES), FOLLOW_UP[kind])
    fit = fit_cox(entry, exit_, event, Design(("age",), age[:, None]), strata=STRATA)
    return studied_trait(kind, "survival", fit.model, STRATA, fit.details, (entry, exit_, "efron"))


def _fit(rng: np.random.Generator, kind: str, effect: np.ndarray) -> Fit:
    """Fit the null model of a trait with an effect in it."""
    if kind not in IN_STEPS:
        return random_trait(rng, kind, STRATA, effect)  # type: ignore[arg-type]
    sex = (rng.random(SAMPLES) < 0.5) * float(kind == "binary_by_sex")
    chance = 1 / (1 + np.exp(-(math.log(0.3 / 0.7) + math.log(2) * sex + effect)))
    known = Design(("sex",), sex[:, None]) if sex.any() else Design((), np.zeros((SAMPLES, 0)))
    return fit_logistic((rng.random(SAMPLES) < chance).astype(np.float64), known)


def _size(kind: str, carriers: int) -> float:
    """Give the effect to plant: a ratio, or standard deviations."""
    if kind in ("quantitative", "slope"):
        return SHIFTS[carriers]
    return EFFECTS[carriers] * (1.6 if kind.startswith("binary") else 1.0)


def _predicted(cohorts: list[StudiedTrait], carriers: int, size: float) -> np.ndarray:
    """Give the power at each level (l, c), by each of the cohorts, which are without any effect."""
    powers = []
    for number, trait in enumerate(cohorts):
        # A deviation is that of the simulation, not of the cohort's estimate.
        deviation = {"quantitative": 1.0, "slope": -0.5}.get(trait.name)
        one = replace(trait, scale=EffectScale(trait.scale.unit, (size,), deviation))
        curves = power_curves(one, carriers, LEVELS, number)
        powers.append([curve.points[0].simulated.power for curve in curves if curve.points[0].simulated])
    return np.array(powers).T


def _p_value(model: NullModel, strata: np.ndarray, carriers: np.ndarray) -> float:
    """Give what the engine reports for a burden of these carriers."""
    trait = ScanTrait("planted", model, strata, np.arange(SAMPLES), SAMPLES)
    rows = scan(*store_tables([[np.sort(carriers)]]), [trait], BURDEN)
    return float(rows["p_value"][0].as_py())


def _rows(
    source: str, kind: str, carriers: int, size: float, seen: float, predicted: np.ndarray, found: list[float]
) -> Iterator[dict[str, object]]:
    rng = np.random.default_rng(1)
    for level, powers in zip(LEVELS, predicted, strict=True):
        recall = float((np.array(found) <= level).mean())
        possible = rng.binomial(len(found), powers, (10_000, powers.size)) / len(found)
        lower, upper = np.quantile(possible, (0.025, 0.975))
        row = {"source": source, "kind": kind, "carriers": carriers, "effect": size, "seen": seen, "level": level}
        row |= {"predicted": powers.mean(), "deviation": powers.std(), "lower": lower, "upper": upper}
        yield row | {"recall": recall, "within": bool(lower <= recall <= upper)}


def _cohort_pool(log_hazard: float, rng: np.random.Generator) -> Pool:
    """Draw patients of `progex simulate` from onset on: those who die before enrolment are not drawn anew."""
    carries = rng.random(POOL) < CARRIER_SHARE
    course = _draw_candidates(log_hazard * carries, np.zeros(POOL), rng)
    seen = course.event > course.enrolment
    end = np.minimum(course.event, course.lost)
    months = [((one - course.onset) / DAYS_PER_MONTH)[seen] for one in (course.enrolment, end)]
    covariates = np.column_stack([course.male, course.age_at_onset])[seen].astype(float)
    happened = (course.event <= course.lost)[seen].astype(float)
    return Pool(*months, happened, covariates, course.centre[seen], carries[seen], float(carries.mean()))


def _simcohort_pool(log_hazard: float, rng: np.random.Generator) -> Pool:
    """Draw patients of simcohort.py from onset on."""
    sys.path.insert(0, str(SIMCOHORT))
    import simcohort  # type: ignore[import-not-found]

    population, sex = rng.choice(simcohort.POPS, POOL), rng.integers(1, 3, POOL)
    people = [{"sex": int(one), "pop": str(group)} for one, group in zip(sex, population, strict=True)]
    carries = rng.random(POOL) < CARRIER_SHARE
    gene = {"slope": 0.0, "lhr": log_hazard, "x": carries.astype(float)}
    enrolled = [one for one in simcohort.phenotypes(people, [gene], SimpleNamespace(effect=1.0), rng) if one]
    entry, exit_, event = (np.array([float(one[name]) for one in enrolled]) for name in ("entry", "stop", "event"))
    covariates = np.array([[one["sex"], one["age"], one["bulbar"]] for one in enrolled], float)
    strata = np.array([one["batch"] for one in enrolled])
    who = np.array([one["i"] for one in enrolled])
    return Pool(entry, exit_, event, covariates, strata, carries[who], float(carries.mean()))


POOLS = {"cohort": _cohort_pool, "simcohort": _simcohort_pool}
