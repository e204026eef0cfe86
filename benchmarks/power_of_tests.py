"""Power at 300 patients of three sites, by carriers and direction of effects: the engine's tests and competitors.

An effect is planted in one gene of `benchmarks.null_genes`; all its carriers are harmed, or all protected, or those
of every other variant are harmed and the rest protected. All have the same permutations, lone carriers all places:

    burden, skat, skat_o, acat_v, omnibus     as reported
    lrt                                       likelihood ratio of all carriers (`benchmarks.likelihood_ratios`)
    sum of lrt                                sum over variants of the likelihood ratios of their carriers
    score                                     |U|

    python -m benchmarks.power_of_tests TABLE.csv ROUNDS     the long run: a round plants 20 genes of each scenario,
                                                             and writes the table anew; beside it TABLE.p.csv, the
                                                             p-values
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from association.calibrate import calibrate
from association.calibration.monte_carlo import Effort
from association.calibration.permutation_stream import PermutationStream, centre_within_strata
from association.error_rates import binomial_interval
from association.gene_batch import read_batch
from association.null_models.null_model import NullModel
from association.scan import prepare_units
from association.scan_settings import ScanSettings, ScanTrait
from association.simulate.random_traits import KINDS, Kind, random_trait
from benchmarks.likelihood_ratios import likelihood_ratios
from benchmarks.null_genes import MASKS, SAMPLES, STRATA, TESTS, draw_carriers, store_tables

CARRIERS = (1, 2, 3, 5, 10, 20)
DIRECTIONS = {"harmful": 1.0, "protective": -1.0, "both": 0.0}
LEVELS = (0.05, 0.01, 1e-3)
OWN = ("burden", "skat", "skat_o", "acat_v", "omnibus")
COMPETITORS = ("lrt", "sum of lrt", "score")
# Log hazard ratio by number of carriers, and what share of it a log odds ratio or standard deviations are.
SIZES = dict(zip(CARRIERS, (3.5, 3.0, 2.5, 2.0, 1.4, 1.0), strict=True))
SHARES = {"survival": 1.0, "frequent_survival": 1.0, "slope": 0.65, "quantitative": 0.65, "binary": 1.3}
PERMUTATIONS = 9_999
# After so many permutations a p-value above every level is left at that.
SCREEN = 999
HOPELESS = 60
MOST_LOST = 0.05


def measure() -> pd.DataFrame:
    """Plant ten genes of each scenario: enough to see a collapse."""
    return power_table(pd.concat(p_values(rounds=1, genes=10)))


def p_values(*, rounds: int, genes: int) -> Iterator[pd.DataFrame]:
    """Plant effects, one gene at a time, and test them.

    Parameters
    ----------
    rounds
        How often.
    genes
        Of each scenario in a round.

    Yields
    ------
    pd.DataFrame
        Of a round: kind, carriers, direction, and a p-value for each test and competitor.
    """
    for number in range(rounds):
        rows = []
        for kind in KINDS:
            for carriers in CARRIERS:
                for direction in DIRECTIONS if carriers > 1 else ("harmful", "protective"):
                    place = (KINDS.index(kind), carriers, list(DIRECTIONS).index(direction))
                    rng = np.random.default_rng((number, *place))
                    scenario = {"kind": kind, "carriers": carriers, "direction": direction}
                    rows += [scenario | _one_gene(rng, kind, carriers, direction) for _ in range(genes)]
        yield pd.DataFrame(rows)


def power_table(found: pd.DataFrame) -> pd.DataFrame:
    """Give power by scenario and level, and what the tests lose to their competitors.

    Parameters
    ----------
    found
        From `p_values`.

    Returns
    -------
    pd.DataFrame
        kind, carriers, direction, level, genes; power of each test and competitor; burden_loss, of the burden to
        lrt, and best_loss, of the best test to the best competitor, each with its paired standard error.
    """
    rows = []
    for scenario, part in found.groupby(["kind", "carriers", "direction"], sort=False):
        for level in LEVELS:
            reached = part[[*OWN, *COMPETITORS]] <= level
            power = reached.mean()
            own, other = power[list(OWN)].idxmax(), power[list(COMPETITORS)].idxmax()
            row = dict(zip(("kind", "carriers", "direction"), scenario, strict=True)) | {"level": level}
            row |= {"genes": len(part)} | power.round(3).to_dict()
            for name, pair in (("burden", ("lrt", "burden")), ("best", (other, own))):
                loss = reached[pair[0]].astype(float) - reached[pair[1]].astype(float)
                row |= {f"{name}_loss": round(loss.mean(), 3), f"{name}_se": round(loss.std() / len(part) ** 0.5, 3)}
            rows.append(row)
    return pd.DataFrame(rows)


def losses(table: pd.DataFrame) -> pd.DataFrame:
    """Give the rows in which more is lost than `MOST_LOST`, beyond two standard errors."""
    lost = [table[f"{name}_loss"] - 2 * table[f"{name}_se"] > MOST_LOST for name in ("burden", "best")]
    return table[lost[0] | lost[1]]


def _one_gene(rng: np.random.Generator, kind: Kind, carriers: int, direction: str) -> dict[str, float]:
    variants = draw_carriers(rng, carriers)
    effect = np.zeros(SAMPLES)
    for number, own in enumerate(variants):
        effect[own] = SHARES[kind] * SIZES[carriers] * (DIRECTIONS[direction] or (-1.0) ** number)
    # Harm is a faster fall of a slope.
    model = random_trait(rng, kind, STRATA, -effect if kind == "slope" else effect).model
    seed = int(rng.integers(2**62))
    return _reported(model, variants, seed) | _competing(model, variants, seed)


def _reported(model: NullModel, variants: list[np.ndarray], seed: int) -> dict[str, float]:
    settings = ScanSettings(MASKS, TESTS, seed, Effort(PERMUTATIONS, PERMUTATIONS, 500))
    trait = ScanTrait("planted", model, STRATA, np.arange(SAMPLES), SAMPLES)
    genes, rows = store_tables([variants])
    units = prepare_units(genes, read_batch(rows), trait, settings)
    calibrate(units, trait, settings)
    return {row["test"]: row["p_value"] for row in units[0].rows}


def _competing(model: NullModel, variants: list[np.ndarray], seed: int) -> dict[str, float]:
    """Count on the stream until a p-value is hopeless, or to the end."""
    carriers = np.concatenate(variants)
    ends = np.cumsum([own.size for own in variants])
    residuals = centre_within_strata(model.residuals, STRATA)
    observed = _statistics(model, residuals, carriers[:, None], ends)[:, 0]
    # Equal in exact arithmetic, and for the optimiser's tolerance.
    least = observed - 1e-6 * np.maximum(observed, 1e-3)
    if carriers.size == 1:
        places = np.flatnonzero(STRATA[carriers] == STRATA)[None]
        reached = (_statistics(model, residuals, places, ends) >= least[:, None]).mean(axis=1)
        return dict(zip(COMPETITORS, reached.tolist(), strict=True))
    stream = PermutationStream(np.arange(SAMPLES, dtype=np.float64)[None], STRATA, seed)
    reached, made = np.zeros(len(COMPETITORS)), 0
    for first, last in ((0, SCREEN), (SCREEN, PERMUTATIONS)):
        if made and (reached > HOPELESS).all():
            break
        places = stream.block(first, last - first, carriers)[0].astype(np.int64)
        reached += (_statistics(model, residuals, places, ends) >= least[:, None]).sum(axis=1)
        made = last
    return dict(zip(COMPETITORS, ((1 + reached) / (1 + made)).tolist(), strict=True))


def _statistics(model: NullModel, residuals: np.ndarray, places: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Give each competitor's statistic for carriers at `places` (k, b), the variants' one after another."""
    parts = np.split(places, ends[:-1])
    together = likelihood_ratios(model, places)
    apart = np.sum([likelihood_ratios(model, part) for part in parts], axis=0) if len(parts) > 1 else together
    return np.stack((together, apart, np.abs(residuals[places].sum(axis=0))))


def main() -> None:
    """Make the long run."""
    target, rounds = Path(sys.argv[1]), int(sys.argv[2])
    found: list[pd.DataFrame] = []
    for part in p_values(rounds=rounds, genes=20):
        found.append(part)
        together = pd.concat(found)
        together.to_csv(target.with_suffix(".p.csv"), index=False)
        table = power_table(together)
        lower, upper = binomial_interval((table["burden"] * table["genes"]).round(), table["genes"])
        table.assign(burden_lower=lower.round(3), burden_upper=upper.round(3)).to_csv(target, index=False)


if __name__ == "__main__":
    main()
