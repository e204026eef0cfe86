"""Mechanism and interactions at 300 patients: bias, coverage and level, below the refused number of carriers as well.

effects       means of estimates over the truth, and coverage of the 95% intervals, by carriers, where 58% and 30% of
              patients have the event; genes with fewer than 10 carriers are refused in a run, and none for its
              carriers' events: coverage among cohorts of at least 5 says what that would choose
joint         how often both paths are declared, where none, one or both of them are there, at 0.05
interactions  level and power of the gene x covariate test (`benchmarks.interactions`)

python -m benchmarks.mechanism                        the proofs, in about twenty minutes of one core
python -m benchmarks.mechanism FOLDER SHARE           a share of the cohorts, or several times as many; tables too
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from association.calibration.monte_carlo import Effort
from association.error_rates import binomial_interval
from association.mechanism.mechanism_scan import effects, explain_genes
from association.mechanism.outcomes import TimeOutcome
from association.scan_settings import ScanSettings
from benchmarks import interactions
from benchmarks.mediation import SCALES, Truth, cohort
from benchmarks.null_genes import MASKS, SAMPLES, draw_carriers, store_tables

CARRIERS = (3, 5, 10, 20, 40)
NAMES = ("to_mediator", "of_mediator", "total", "direct", "indirect")
DIRECT = {"hazard": 0.03, "slope": -0.3, "value": 0.5}
# What carriers do: to the mediator, and directly in units of DIRECT.
SCENARIOS = {"both": (1.0, 1.0), "indirect alone": (1.0, 0.0), "nothing": (0.0, 0.0)}
# Longest follow-up in months: about 58% and 30% of patients have the event.
FOLLOW_UP = {"hazard": (60.0, 22.0), "slope": (60.0,), "value": (60.0,)}
# A condition on events of carriers that is none, for it would choose by the outcome.
EVENTS = 5
COHORTS = {"hazard": 300, "slope": 60, "value": 300}
# The paths that are there: gene to mediator, and whether the mediator acts.
PATHS = {"neither": (0.0, False), "first": (1.2, False), "second": (0.0, True), "both": (1.2, True)}
JOINT_CARRIERS = (10, 20, 40)
JOINT_COHORTS = {"hazard": 120, "slope": 30, "value": 120}
LEVEL = 0.05
SETTINGS = ScanSettings(MASKS, (), 3, Effort(2_000, 2_000, 60))
INTERACTION_COHORTS = 120


def carriers_of(rng: np.random.Generator, carriers: int) -> np.ndarray:
    """Draw who carries a gene (n, 0 or 1)."""
    drawn = np.zeros(SAMPLES)
    drawn[np.concatenate(draw_carriers(rng, carriers))] = 1
    return drawn


def estimated(rng: np.random.Generator, share: float) -> Iterator[dict[str, object]]:
    """Give bias and coverage of effects, by scale, follow-up, scenario and number of carriers."""
    for scale in SCALES:
        for months in FOLLOW_UP[scale]:
            for scenario, (to_mediator, direct) in SCENARIOS.items():
                truth = Truth(to_mediator, direct * DIRECT[scale], months=months)
                for carriers in CARRIERS:
                    yield from _cell(rng, scale, scenario, truth, carriers, round(share * COHORTS[scale]))


def _cell(
    rng: np.random.Generator, scale: str, scenario: str, truth: Truth, carriers: int, cohorts: int
) -> Iterator[dict[str, object]]:
    indirect = truth.to_mediator * truth.of_mediator(scale)
    wanted = dict(zip(NAMES, (truth.to_mediator, truth.of_mediator(scale), 0.0, truth.direct, indirect), strict=True))
    wanted["total"] = truth.direct + indirect
    found: dict[str, list[tuple[float, bool]]] = {name: [] for name in NAMES}
    events, share = [], []
    for _ in range(cohorts):
        carrier = carriers_of(rng, carriers)
        asked = cohort(rng, scale, carrier, truth)
        if isinstance(asked.outcome, TimeOutcome):
            events.append(asked.outcome.event[carrier > 0].sum())
            share.append(asked.outcome.event.mean())
        for name, one in effects(asked, carrier).items():
            found[name].append((one.value, one.lower <= wanted[name] <= one.upper))
    many = np.array(events) >= EVENTS
    for name, values in found.items():
        estimates, covered = np.array(values, float).T
        lower, upper = binomial_interval(int(covered.sum()), cohorts)
        yield {
            "scale": scale,
            "events": np.mean(share) if share else np.nan,
            "carriers act": scenario,
            "carriers": carriers,
            "effect": name,
            "truth": wanted[name],
            "mean": estimates.mean(),
            "mean_error": estimates.std() / np.sqrt(cohorts),
            "median": np.median(estimates),
            "coverage": covered.mean(),
            "lower": float(lower),
            "upper": float(upper),
            "with 5 events": many.mean() if many.size else np.nan,
            "coverage there": covered[many].mean() if many.any() else np.nan,
            "mean there": estimates[many].mean() if many.any() else np.nan,
            "cohorts": cohorts,
        }


def declared(rng: np.random.Generator, share: float) -> Iterator[dict[str, object]]:
    """Give how often the joint p-value is at most 0.05, by scale, paths that are there, and number of carriers."""
    for scale in SCALES:
        for paths, (to_mediator, acts) in PATHS.items():
            for carriers in JOINT_CARRIERS:
                p_values = []
                for _ in range(round(share * JOINT_COHORTS[scale])):
                    gene = draw_carriers(rng, carriers)
                    carrier = np.zeros(SAMPLES)
                    carrier[np.concatenate(gene)] = 1
                    asked = cohort(rng, scale, carrier, Truth(to_mediator, DIRECT[scale], mediator_acts=acts))
                    (row,) = explain_genes(*store_tables([gene]), asked, _seeded(rng)).to_pylist()
                    p_values.append(row["p_joint"])
                found = int((np.array(p_values, float) <= LEVEL).sum())
                lower, upper = binomial_interval(found, len(p_values))
                yield {
                    "scale": scale,
                    "paths": paths,
                    "carriers": carriers,
                    "declared": found / len(p_values),
                    "lower": float(lower),
                    "upper": float(upper),
                    "cohorts": len(p_values),
                }


def _seeded(rng: np.random.Generator) -> ScanSettings:
    return replace(SETTINGS, seed=int(rng.integers(1 << 32)))


def main() -> None:
    """Print every table."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    share = float(sys.argv[2]) if len(sys.argv) > 2 else 1.0
    rng = np.random.default_rng(12)
    tables = {
        "interactions": interactions.measure(rng, round(share * INTERACTION_COHORTS)),
        "effects": estimated(rng, share),
        "joint": declared(rng, share),
    }
    for name, rows in tables.items():
        table = pd.DataFrame(rows)
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            table.to_csv(folder / f"{name}.csv", index=False)
        print(name, table.round(4).to_string(index=False), sep="\n", end="\n\n", flush=True)


if __name__ == "__main__":
    main()
