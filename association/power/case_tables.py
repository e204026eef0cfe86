"""The permutation law of carriers' cases where a null model knows few kinds of patients.

Without covariates, or with one of few levels, patients of a stratum differ in their kind and in whether they are
cases. Choices of K_s carriers per stratum s with as many cases O, and as many carriers m_c of each kind c, have one
likelihood ratio, and how many choices those are is a product of binomial coefficients:

    P(O, m) = sum over tables k_scy with these margins of prod_s [prod_cy C(n_scy, k_scy)] / C(n_s, K_s),

y being 1 for cases. Such p-values come in steps, and the steps move with the cohort's number of cases, which an
effect raises: one cohort's critical value is no other's, so each replicate is compared with the law of its own.

Axes: n samples, R replicates, K carriers, S strata, C kinds, states (O and m that can be).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from association.calibration.evidence import BINARY
from association.calibration.exact_burden import TIE_TOLERANCE
from association.kernels import njit
from association.power.critical_ratio import EXACT, UNATTAINABLE, CriticalRatio, one_ratios
from association.power.planted_cases import PlantedCases

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Tables of a stratum, and pairs of states of two: a law then takes a millisecond.
MOST_TABLES = 100_000
MOST_PAIRS = 1 << 20


@dataclass(frozen=True)
class _Stratum:
    """What the carriers of a stratum can be.

    Attributes
    ----------
    number, size, taken
        Which stratum, its samples, and how many of them carry.
    others, cases
        Its samples of each kind that are no cases, and that are (C).
    tables
        Carriers of each kind that are no cases, and that are (tables, 2 C).
    place
        State of each table.
    pairs
        State of all strata so far, by state before and own state.
    """

    number: int
    size: int
    taken: int
    others: Integers
    cases: Integers
    tables: Integers
    place: Integers
    pairs: Integers

    def chances(self, gained: Integers) -> Floats:
        """Give the chance of each own state, so many more of each kind (C) being cases."""
        there = np.concatenate((self.others - gained, self.cases + gained))
        of_tables = _log_choices(there, self.tables).sum(axis=1)
        of_all = _log_choices(np.array(self.size), np.array(self.taken))
        chances = np.bincount(self.place, np.exp(of_tables - of_all), minlength=self.pairs.shape[1])
        return np.asarray(chances, np.float64)


class CaseTables:
    """Critical ratios of a binary trait, of each replicate by the law of its own cases.

    Parameters
    ----------
    planted
        The trait; `kinds` must be few (`are_few`).
    strata
        Stratum of each sample (n), 0, 1, ...
    taken
        Carriers of each stratum (S).
    levels
        Largest p-values that are significant.
    """

    def __init__(self, planted: PlantedCases, strata: Integers, taken: Integers, levels: Sequence[float]) -> None:
        self._planted, self._levels, self._taken, self._of_stratum = planted, levels, taken, strata
        self._kinds = int(planted.kinds.max()) + 1
        self._first = np.unique(planted.kinds, return_index=True)[1]
        self._cells = strata * self._kinds + planted.kinds
        self._strata: list[_Stratum] = []
        self._states = np.zeros((1, 1 + self._kinds), np.int64)
        for stratum in np.flatnonzero(taken):
            self._add(int(stratum))
        self._of_one: dict[tuple[int, bytes], Floats] = {}
        self._found: dict[bytes, list[float]] = {}

    @classmethod
    def are_few(cls, planted: PlantedCases, strata: Integers, taken: Integers) -> bool:
        """Say whether there are so few kinds of patients, and carriers, that tables can be made."""
        kinds, states = int(planted.kinds.max()) + 1, 1
        for stratum in np.flatnonzero(taken):
            number, own = int(taken[stratum]), np.unique(planted.kinds[strata == stratum]).size
            tables = math.comb(number + 2 * own - 1, number)
            pairs = states * (number + 1) * math.comb(number + own - 1, number)
            if tables > MOST_TABLES or pairs > MOST_PAIRS:
                return False
            so_far = int(taken[: stratum + 1].sum())
            states = min(pairs, (so_far + 1) * math.comb(so_far + kinds - 1, so_far))
        return True

    def at(self, carriers: Integers, draws: Floats, effect: float) -> list[CriticalRatio]:
        """Give the critical ratio of each replicate (R) at each level.

        Parameters
        ----------
        carriers, draws, effect
            As for `Planted.ratios`.
        """
        gained, replicates = self._planted.gained(carriers, draws, effect), carriers.shape[0]
        cells = self._taken.size * self._kinds
        places = np.arange(replicates)[:, None] * cells + self._cells[carriers]
        counts = np.bincount(places.ravel(), gained.ravel(), replicates * cells).astype(np.int64)
        every, own = np.unique(counts.reshape(replicates, cells), axis=0, return_inverse=True)
        found = np.array([self._of(one.reshape(-1, self._kinds)) for one in every])[own.ravel()]
        return [
            CriticalRatio(ratios, EXACT if np.isfinite(ratios).any() else UNATTAINABLE)
            for ratios in np.ascontiguousarray(found.T)
        ]

    def log10_attainable_p(self) -> float:
        """Give log10 of the smallest p-value that carriers can attain, the study's number of cases being given."""
        _, tails = self._tails(np.zeros((self._taken.size, self._kinds), np.int64))
        return float(np.log10(tails[0]))

    def _add(self, stratum: int) -> None:
        """Tabulate a stratum's carriers, and their states together with those of the strata before."""
        planted, number = self._planted, int(self._taken[stratum])
        own = planted.kinds[self._of_stratum == stratum]
        is_case = planted.cases[self._of_stratum == stratum] == 1
        others, cases = (np.bincount(own[which], minlength=self._kinds) for which in (~is_case, is_case))
        there = np.unique(own)
        tables = np.zeros((math.comb(number + 2 * there.size - 1, number), 2 * self._kinds), np.int64)
        tables[:, np.concatenate((there, there + self._kinds))] = _compositions(number, 2 * there.size)
        of_kind = tables[:, : self._kinds] + tables[:, self._kinds :]
        of_table = np.column_stack((tables[:, self._kinds :].sum(axis=1), of_kind))
        states, place = np.unique(of_table, axis=0, return_inverse=True)
        together = (self._states[:, None] + states[None]).reshape(-1, 1 + self._kinds)
        shape = self._states.shape[0], states.shape[0]
        self._states, pairs = np.unique(together, axis=0, return_inverse=True)
        self._strata.append(
            _Stratum(stratum, own.size, number, others, cases, tables, place.ravel(), pairs.reshape(shape))
        )

    def _of(self, gained: Integers) -> list[float]:
        """Give the critical ratio at each level, so many of each stratum and kind (S, C) having become cases."""
        key = gained.tobytes()
        if key not in self._found:
            ratios, tails = self._tails(gained)
            self._found[key] = [_critical(ratios, tails, level) for level in self._levels]
        return self._found[key]

    def _tails(self, gained: Integers) -> tuple[Floats, Floats]:
        """Give likelihood ratios, falling, and the probability of each or a larger one."""
        ways = np.ones(1)
        for one in self._strata:
            key = one.number, gained[one.number].tobytes()
            if key not in self._of_one:
                self._of_one[key] = one.chances(gained[one.number])
            ways = _joined(ways, self._of_one[key], one.pairs)
        ratios = self._ratios(gained)
        order = np.argsort(-ratios, kind="stable")
        order = order[ways[order] > 0]
        ratios, tails = ratios[order], np.cumsum(ways[order])
        last = np.append(ratios[1:] < ratios[:-1] * (1 - TIE_TOLERANCE), True)
        return ratios[last], tails[last]

    def _ratios(self, gained: Integers) -> Floats:
        """Give the likelihood ratio of each state under the refitted null model."""
        chance = self._planted.refitted_chance(gained.sum(axis=0), self._first)
        observed, of_kind = self._states[:, 0].astype(np.float64), self._states[:, 1:].astype(np.float64)
        variance = of_kind @ (chance * (1 - chance)) if self._planted.unequal else None
        return one_ratios(BINARY, observed, of_kind @ chance, float(self._taken.sum()), variance)


def _critical(ratios: Floats, tails: Floats, level: float) -> float:
    """Give a ratio between the last that is significant and the next; infinite where none is."""
    significant = int(np.searchsorted(tails, level * (1 + TIE_TOLERANCE), side="right"))
    if significant == 0:
        return math.inf
    return float(ratios[significant - 1 : significant + 1].mean()) if significant < ratios.size else 0.0


def _compositions(total: int, parts: int) -> Integers:
    """Give all ways to share a total among parts (ways, parts)."""
    left, columns = np.array([total]), np.zeros((1, 0), np.int64)
    for _ in range(parts - 1):
        choices = left + 1
        begins = np.repeat(np.cumsum(choices) - choices, choices)
        taken = np.arange(choices.sum()) - begins
        columns = np.column_stack((np.repeat(columns, choices, axis=0), taken))
        left = np.repeat(left, choices) - taken
    return np.column_stack((columns, left))


def _log_choices(size: Integers, taken: Integers) -> Floats:
    """Give the logarithm of the number of choices; minus infinity where more are taken than there are."""
    rest = size - taken
    log = gammaln(size + 1) - gammaln(taken + 1) - gammaln(np.maximum(rest, 0) + 1)
    return np.asarray(np.where(rest < 0, -np.inf, log), np.float64)


@njit(cache=True, nogil=True)
def _joined(before: Any, own: Any, pairs: Any) -> Any:
    """Give the chance of each joint state of independent ones."""
    joined = np.zeros(pairs.max() + 1)
    for one in range(before.size):
        for other in range(own.size):
            joined[pairs[one, other]] += before[one] * own[other]
    return joined
