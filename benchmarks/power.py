"""What `progex power` predicts: formula against simulation, and recall of planted effects against the prediction.

Agreement: at 300 patients of three sites, power by simulation, by the formula that fits large effects and by that for
small ones (Schoenfeld's and its like), for effects whose power lies between 5% and 95%.

Recall: cohorts are made anew, with an effect in carriers, and the engine scans them; the share that is found is
compared with the interval that the prediction, made on cohorts without any effect, leaves to so many cohorts.

    check       traits of `progex check`, where the covariates of carriers have no say in who lives to enter; and
                traits of yes or no without covariates, and with one of two levels, whose p-values come in steps
    cohort      patients of `progex simulate`: tables, dates and the study's own covariates
    simcohort   patients of ../shared/tools/simcohort.py, where that is; carriers' effect is the one that Cox's model
                sees in very many of them, for a hazard ratio given beside a patient's own rate is weaker without it

    python -m benchmarks.power                         a quarter of an hour on one core
    python -m benchmarks.power REPLICATES COHORTS      other numbers of simulated studies, and of cohorts made anew
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from association.power.power_curve import power_curves
from benchmarks.power_recall import (
    COHORTS,
    KINDS,
    LEVELS,
    depletion_table,
    recall_of_pools,
    recall_of_traits,
    studied,
)

CARRIERS = (1, 2, 3, 5, 10, 20, 50)
REPLICATES = 4_000
# Where power is near none or all, formula and simulation can't differ.
LOOKED_AT = (0.05, 0.95)


def measure(replicates: int = REPLICATES, kinds: Sequence[str] = KINDS) -> pd.DataFrame:
    """Compare simulation and formulas for a cohort of each kind of trait.

    Parameters
    ----------
    replicates
        Simulated studies for each effect and number of carriers.
    kinds
        Of `power_recall.KINDS`.

    Returns
    -------
    pd.DataFrame
        kind, carriers, level, effects (looked at); in points of power: the largest difference of the formula for
        large effects from the simulation, that of the formula for small effects, and half of the widest interval.
    """
    rows = []
    for kind in kinds:
        trait = studied(kind, np.random.default_rng(1))
        for carriers in CARRIERS:
            for curve in power_curves(trait, carriers, LEVELS, 1, replicates):
                found = [(one, one.simulated) for one in curve.points if one.simulated is not None]
                looked_at = [(one, its) for one, its in found if LOOKED_AT[0] < its.power < LOOKED_AT[1]]
                row = {"kind": kind, "carriers": carriers, "level": curve.level, "effects": len(looked_at)}
                if looked_at:
                    row |= {
                        "formula": _largest(its.by_formula - its.power for _, its in looked_at),
                        "small_effects": _largest(one.small_effects - its.power for one, its in looked_at),
                        "half_width": 50 * max(its.upper - its.lower for _, its in looked_at),
                    }
                rows.append(row)
    return pd.DataFrame(rows).round({"formula": 1, "small_effects": 1, "half_width": 1})


def _largest(differences: Iterable[float]) -> float:
    """Give the largest difference with its sign, in points."""
    return 100 * max(differences, key=abs)


def main() -> None:
    """Print all tables, each as soon as it is measured."""
    replicates, cohorts = map(int, sys.argv[1:]) if sys.argv[1:] else (REPLICATES, COHORTS)
    for kind in KINDS:
        _tell(f"agreement, {kind}", measure(replicates, [kind]))
    for kind in KINDS:
        _tell(f"recall, {kind}", recall_of_traits([kind], cohorts))
    _tell("recall, pools of patients", recall_of_pools(cohorts))
    _tell("carriers left at entry", depletion_table())


def _tell(words: str, table: pd.DataFrame) -> None:
    print(words, table.to_string(index=False), sep="\n", end="\n\n", flush=True)


if __name__ == "__main__":
    main()
