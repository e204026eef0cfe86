"""The power of one number of carriers over a grid of effects: by formula, and by simulation with an interval.

An effect is planted in carriers drawn from the study's own samples; what the engine would report for their burden is
significant where their likelihood ratio reaches the critical one, which is that of a cohort with the effect in it:
carriers' own fates are part of what their p-value is compared with. Of a binary trait with few kinds of patients each
replicate has a law of its own (`case_tables`); of other traits laws hardly differ between replicates, and the median
of some examples serves. The same chances serve all effects and levels of a class, and so do the same carriers, but
where a harmful effect decides who lives to be enrolled. Where the law of p-values is costly, one with the effect that
the formula calls detectable serves the whole curve.

Axes: R replicates, K carriers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.calibration.evidence import evidence_of
from association.error_rates import binomial_interval
from association.power.carrier_spread import draw_carriers, log10_attainable_p, spread_over_strata
from association.power.case_tables import CaseTables
from association.power.critical_ratio import UNATTAINABLE, CriticalRatio, CriticalRatios
from association.power.formula import carriers_information, detectable_effect, formula_power
from association.power.planted import ExpectedRoot, Planted
from association.power.planted_cases import PlantedCases
from association.power.studied_trait import StudiedTrait

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

REPLICATES = 4000
# Carriers of the replicates that are worked on at a time: some tens of megabytes.
CARRIERS_AT_ONCE = 500_000
# Replicates whose critical ratios are looked at, where one law serves all.
EXAMPLES = 5
_CARRIERS, _CHANCES = 1, 2


@dataclass(frozen=True)
class Simulated:
    """What came of simulated studies.

    Attributes
    ----------
    power, lower, upper
        Share that reach the level, and its 95% interval.
    by_formula
        By the normal law of the likelihood ratio's root, the effect being as large as it is.
    method
        How the critical value was made ("exact", "permutation"), or "unattainable".
    """

    power: float
    lower: float
    upper: float
    by_formula: float
    method: str


@dataclass(frozen=True)
class PowerPoint:
    """The power at one effect and level.

    Attributes
    ----------
    size
        The effect, on the trait's scale (`EffectScale`).
    effect
        On the linear predictor.
    small_effects
        By the formula for small effects (`formula`); 0 where the level can't be attained.
    simulated
        None for a trait that can't be simulated.
    """

    size: float
    effect: float
    small_effects: float
    simulated: Simulated | None


@dataclass(frozen=True)
class PowerCurve:
    """The power of a number of carriers at one level, over effects.

    Attributes
    ----------
    carriers, level
        Of what.
    log10_attainable
        log10 of the smallest p-value that these carriers can attain, whatever the trait; of a binary trait with few
        kinds of patients, given the study's number of cases.
    points
        A point per effect, rising.
    """

    carriers: int
    level: float
    log10_attainable: float
    points: tuple[PowerPoint, ...]

    @property
    def attainable(self) -> bool:
        """Whether these carriers can be significant at all."""
        return reaches(self.log10_attainable, self.level)


def reaches(log10_attainable: float, level: float) -> bool:
    """Say whether a smallest p-value is small enough for a level."""
    return log10_attainable <= math.log10(level) + 1e-9


def power_curves(
    trait: StudiedTrait, carriers: int, levels: Sequence[float], seed: int, replicates: int = REPLICATES
) -> list[PowerCurve]:
    """Give the power of so many carriers at each level.

    Parameters
    ----------
    trait
        Of the study.
    carriers
        K, less than the samples.
    levels
        Largest p-values that are significant.
    seed
        Of the study.
    replicates
        R; each has carriers of its own.
    """
    sizes = np.bincount(trait.strata).astype(np.int64)
    taken = spread_over_strata(carriers, sizes)
    tables = _case_tables(trait, taken, levels)
    attainable = log10_attainable_p(taken, sizes) if tables is None else tables.log10_attainable_p()
    information = carriers_information(trait.mean_information, trait.samples, carriers)
    simulated = _simulate(trait, taken, levels, seed, replicates, tables)
    curves = []
    for place, level in enumerate(levels):
        points = []
        for size, found in zip(trait.scale.sizes, simulated, strict=True):
            effect = trait.scale.on_predictor(size)
            small = float(formula_power(effect, information, level)) if reaches(attainable, level) else 0.0
            points.append(PowerPoint(size, effect, small, found[place] if found else None))
        curves.append(PowerCurve(carriers, level, attainable, tuple(points)))
    return curves


def _case_tables(trait: StudiedTrait, taken: Integers, levels: Sequence[float]) -> CaseTables | None:
    """Give the laws of a binary trait with few kinds of patients; None of any other."""
    planted = trait.planted
    if isinstance(planted, PlantedCases) and CaseTables.are_few(planted, trait.strata, taken):
        return CaseTables(planted, trait.strata, taken, levels)
    return None


def _simulate(
    trait: StudiedTrait,
    taken: Integers,
    levels: Sequence[float],
    seed: int,
    replicates: int,
    tables: CaseTables | None,
) -> list[list[Simulated]]:
    """Simulate every effect, and look at each level; nothing of a trait that can't be simulated."""
    planted, carriers = trait.planted, int(taken.sum())
    if planted is None:
        return [[] for _ in trait.scale.sizes]
    chances = planted.draws(np.random.default_rng((seed, _CHANCES, carriers)), (replicates, carriers))
    seeds = (seed, _CARRIERS, carriers)

    def draw(effect: float, draws: int) -> Integers:
        return draw_carriers(taken, trait.strata, seeds, draws, planted.weights(effect)).astype(np.int64)

    def examples(effect: float) -> list[tuple[Integers, Floats]]:
        some = min(EXAMPLES, replicates)
        return list(zip(draw(effect, some), chances[:some], strict=True))

    laws = tables or _Critical(trait, planted, taken, levels, seed, examples)
    found, at_once = [], max(1, CARRIERS_AT_ONCE // carriers)
    for size in trait.scale.sizes:
        effect = trait.scale.on_predictor(size)
        drawn = draw(effect, replicates)
        parts = [slice(first, first + at_once) for first in range(0, replicates, at_once)]
        ratios = np.concatenate([planted.ratios(drawn[part], chances[part], effect) for part in parts])
        root = planted.expected_root(carriers, effect)
        found.append([_count(ratios, root, one) for one in laws.at(drawn, chances, effect)])
    return found


def _count(ratios: Floats, root: ExpectedRoot, critical: CriticalRatio) -> Simulated:
    """Count the replicates that reach the critical ratio."""
    if critical.method == UNATTAINABLE:
        return Simulated(0.0, 0.0, 0.0, 0.0, UNATTAINABLE)
    reached = int((ratios >= critical.ratio).sum())
    lower, upper = binomial_interval(reached, ratios.size)
    by_formula = root.power(float(np.median(critical.ratio)))
    return Simulated(reached / ratios.size, float(lower), float(upper), by_formula, critical.method)


class _Critical:
    """Critical ratios of a trait with an effect in it, one for all replicates, made as they are asked for.

    Parameters
    ----------
    trait, planted, taken, levels, seed
        As for `_simulate`.
    examples
        Gives carriers and chances of some replicates of an effect, whose samples laws are made of.
    """

    def __init__(
        self,
        trait: StudiedTrait,
        planted: Planted,
        taken: Integers,
        levels: Sequence[float],
        seed: int,
        examples: Callable[[float], list[tuple[Integers, Floats]]],
    ) -> None:
        self._trait, self._planted, self._levels, self._examples = trait, planted, levels, examples
        self._ratios = CriticalRatios(taken, trait.strata, seed)
        self._one_for_all: list[CriticalRatio] | None = None
        if self._ratios.is_dear(evidence_of(trait.model, trait.strata)):
            information = carriers_information(trait.mean_information, trait.samples, int(taken.sum()))
            detectable = trait.scale.size_of(float(detectable_effect(information, levels[0])))
            size = min(max(detectable, trait.scale.sizes[0]), trait.scale.sizes[-1])
            self._one_for_all = self._with(trait.scale.on_predictor(size))

    def at(self, carriers: Integers, draws: Floats, effect: float) -> list[CriticalRatio]:
        """Give the critical ratio at each level, the effect being in the samples; whichever replicates these are."""
        return self._with(effect) if self._one_for_all is None else self._one_for_all

    def _with(self, effect: float) -> list[CriticalRatio]:
        refitted = [self._planted.refitted(*one, effect) for one in self._examples(effect)]
        found = [self._ratios.at(evidence_of(one, self._trait.strata), self._levels) for one in refitted]
        return [
            CriticalRatio(float(np.median([one.ratio for one in of_level])), of_level[0].method)
            for of_level in zip(*found, strict=True)
        ]
