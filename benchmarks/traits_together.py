"""Traits together at 300 patients of three sites: type I error, what is told apart, and power.

A patient's traits share a latent share of progression, so that they go together: a time to death with delayed entry,
a slope of visits, two measurements, of which a fifth of patients lack the slope and a tenth the second measurement.

    null       genes without any effect: all p-values of several traits
    lacking    the same, for survival and the second measurement, which half of patients lack and all carriers have
    harm       a gene does harm in survival and in the slope, which share nothing else: all traits in one direction
    one        a gene acts on the first measurement alone: p for both must not be small, nor p for two or more
    through    a gene acts on the first trait, and the first trait on the second: the second given the first is null
    two        a gene acts on both by itself: both given the other one should be found

    python -m benchmarks.traits_together [ROUNDS]     prints the tables; a round takes about five minutes on one core
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa

from association.calibration.monte_carlo import Effort
from association.error_rates import binomial_interval
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.linear import fit_linear
from association.null_models.null_model import NullModel
from association.null_models.slope import fit_slope
from association.scan import scan
from association.scan_settings import ScanSettings, ScanTrait, WeightedTest
from association.traits_together.joint_samples import join_samples
from association.traits_together.joint_scan import scan_together
from association.traits_together.joint_scores import join_scores
from association.traits_together.together_tables import gene_table, pair_table
from benchmarks.null_genes import MASKS, SAMPLES, STRATA, draw_carriers, store_tables

TRAITS = ("survival", "slope", "first", "second")
TESTS = (WeightedTest("burden", "flat"), WeightedTest("skat", "beta_1_25"))
CARRIERS = (2, 5, 10, 20)
CORRELATIONS = (0.0, 0.5, 0.9)
LEVELS = (0.05, 0.01, 1e-3)
EFFORT = Effort(20_000, 20_000, 100)
# Of planted genes, whose power is read at 0.05 and 0.01.
FEWER = Effort(2_000, 2_000, 100)
# Of a round.
LACKING_COHORTS, LACKING_GENES, HARM_COHORTS = 4, 40, 60
# Genes of a cohort without effects, cohorts of a round, and genes of each planted scenario in a round.
NULL_GENES, COHORTS, PLANTED = 250, 2, 60
# Planted genes of one cohort: their carriers are a tenth of the patients at most.
TOGETHER = 2
# Standard deviations of a measurement, or of slopes, that a gene adds; of log hazard twice as much.
EFFECTS = {2: 2.2, 5: 1.6, 10: 1.2, 20: 0.9}
# Of a standard deviation, what a trait passes on to one that it causes.
THROUGH = 0.7
LACKING = {"slope": 0.2, "second": 0.1}
# Worse is more of a measurement, an earlier death, a falling slope.
HARM = {"slope": -1}
# Carriers of genes whose carriers all have a trait that half of the patients lack.
FEW_CARRIERS = (3, 5, 10)
BASELINE_MONTHS, FOLLOW_UP, FASTEST = 60.0, 60.0, 2.5


def measure() -> pd.DataFrame:
    """Give the error rates of one round."""
    null = rates(pd.concat(null_p_values(1)), ["correlation", "question", "test"])
    return pd.concat(
        [null, rates(pd.concat(lacking_p_values(1)), ["question", "test"]).assign(correlation="lacking")]
    )


def traits_of(
    rng: np.random.Generator, correlation: float, effects: np.ndarray, through: tuple[int, int] | None = None
) -> list[ScanTrait]:
    """Simulate the four traits of a cohort and fit their null models.

    Parameters
    ----------
    rng
        Source of randomness.
    correlation
        Share of each trait's own variation that all share: the correlation of the two measurements.
    effects
        What genes add to each trait (4, n), in standard deviations.
    through
        A trait that another one causes, as it is measured: cause and caused.
    """
    shared = rng.normal(size=SAMPLES)
    own = np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * rng.normal(size=(len(TRAITS), SAMPLES)) + effects
    make = (_survival, _slope, _first, _second)
    fitted: dict[int, tuple[NullModel, np.ndarray]] = {}
    if through is not None:
        cause, caused = through
        model, kept = fitted[cause] = make[cause](rng, own[cause])
        own[caused, kept] += THROUGH * model.residuals / model.residuals.std()
    for number in range(len(TRAITS)):
        if number not in fitted:
            fitted[number] = make[number](rng, own[number])
    traits = []
    for number, name in enumerate(TRAITS):
        model, kept = fitted[number]
        traits.append(ScanTrait(name, model, STRATA[kept], kept, SAMPLES, harm=HARM.get(name, 1)))
    return traits


def _kept(rng: np.random.Generator, share: float) -> np.ndarray:
    return np.flatnonzero(rng.random(SAMPLES) >= share)


def _levels(kept: np.ndarray, age: np.ndarray) -> Design:
    levels = [(STRATA[kept] == level).astype(np.float64) for level in (1, 2)]
    return Design(("age", "site 1", "site 2"), np.column_stack([age[kept], *levels]))


def _survival(rng: np.random.Generator, progression: np.ndarray) -> tuple[NullModel, np.ndarray]:
    age, entry, death = rng.normal(size=SAMPLES), np.zeros(SAMPLES), np.zeros(SAMPLES)
    waiting = np.arange(SAMPLES)
    # Who dies much faster is never seen alive at enrolment.
    hazard = np.minimum(progression - 0.3 * age, FASTEST)
    while waiting.size:
        entry[waiting] = rng.uniform(3, 12, waiting.size)
        death[waiting] = rng.exponential(BASELINE_MONTHS / np.exp(hazard[waiting]))
        waiting = waiting[death[waiting] <= entry[waiting]]
    censored = entry + rng.uniform(0.15, 1, SAMPLES) * FOLLOW_UP
    event = (death <= censored).astype(np.float64)
    design = Design(("age",), age[:, None])
    return fit_cox(entry, np.minimum(death, censored), event, design, strata=STRATA).model, np.arange(SAMPLES)


def _slope(rng: np.random.Generator, progression: np.ndarray) -> tuple[NullModel, np.ndarray]:
    kept, age = _kept(rng, LACKING["slope"]), rng.normal(size=SAMPLES)
    visits = rng.integers(3, 8, kept.size)
    sample = np.repeat(np.arange(kept.size), visits)
    months = 3.0 * (np.arange(sample.size) - np.repeat(np.cumsum(visits) - visits, visits))
    slopes = -0.8 - 0.5 * progression[kept] + 0.1 * age[kept]
    score = (40 + 3 * rng.normal(size=kept.size))[sample] + slopes[sample] * months
    return fit_slope(sample, months, score + rng.normal(0, 1.5, sample.size), _levels(kept, age)).model, kept


def _first(rng: np.random.Generator, progression: np.ndarray) -> tuple[NullModel, np.ndarray]:
    return _measurement(rng, progression, np.arange(SAMPLES))


def _second(rng: np.random.Generator, progression: np.ndarray) -> tuple[NullModel, np.ndarray]:
    return _measurement(rng, progression, _kept(rng, LACKING["second"]))


def _measurement(rng: np.random.Generator, progression: np.ndarray, kept: np.ndarray) -> tuple[NullModel, np.ndarray]:
    age = rng.normal(size=SAMPLES)
    return fit_linear((progression + 0.3 * age)[kept], _levels(kept, age)).model, kept


def look_at(
    genes: tuple[pa.Table, pa.Table], traits: list[ScanTrait], seed: int, effort: Effort = EFFORT
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the tables of genes and pairs of some genes."""
    settings = ScanSettings(MASKS, TESTS, seed, effort)
    joint = scan_together(*genes, traits, settings)
    scans = [scan(*genes, [trait], settings) for trait in traits]
    names = [trait.name for trait in traits]
    table = gene_table(joint, scans, names)
    return table.to_pandas(), pair_table(joint, table, names).to_pandas()


def null_p_values(rounds: int, begin: int = 0) -> Iterator[pd.DataFrame]:
    """Test genes without any effect; yields correlation, carriers, question, test and p-value."""
    for number in range(begin, begin + rounds * COHORTS):
        for correlation in CORRELATIONS:
            rng = np.random.default_rng((number, round(100 * correlation)))
            traits = traits_of(rng, correlation, np.zeros((len(TRAITS), SAMPLES)))
            for carriers in CARRIERS:
                drawn = store_tables([draw_carriers(rng, carriers) for _ in range(NULL_GENES)])
                tables = look_at(drawn, traits, int(rng.integers(2**62)))
                yield _long(*tables).assign(correlation=correlation, carriers=carriers)


def _long(genes: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Give every p-value a row of its own."""
    questions = ["p_any", "p_at_least_2", "p_at_least_4", "p_heterogeneous", "p_homogeneous"]
    of_genes = genes.melt(["test"], questions, "question", "p_value")
    own = genes.melt(["test"], [f"p_value_{name}" for name in TRAITS], "question", "p_value").assign(
        question="each trait"
    )
    of_pairs = pairs.melt(["test"], ["p_both", "p_2_given_1", "p_1_given_2"], "question", "p_value")
    of_pairs["question"] = of_pairs["question"].replace({"p_2_given_1": "given", "p_1_given_2": "given"})
    return pd.concat([own, of_genes, of_pairs]).dropna(subset="p_value")


def lacking_p_values(rounds: int, begin: int = 0) -> Iterator[pd.DataFrame]:
    """Test genes without any effect whose carriers all have a trait that half of the patients lack."""
    for number in range(begin, begin + rounds * LACKING_COHORTS):
        rng = np.random.default_rng((number, 1_000))
        survival, _, _, second = traits_of(rng, 0.5, np.zeros((len(TRAITS), SAMPLES)))
        kept = np.sort(rng.choice(second.store_positions, SAMPLES // 2, replace=False))
        second = second_of(rng, survival, kept)
        for carriers in FEW_CARRIERS:
            drawn = store_tables(
                [_spread(rng, rng.choice(kept, carriers, replace=False)) for _ in range(LACKING_GENES)]
            )
            settings = ScanSettings(MASKS, TESTS, int(rng.integers(2**62)), FEWER)
            found = scan_together(*drawn, [survival, second], settings).to_pandas()
            questions = [name for name in found if name.endswith(": p_value")]
            long = found.melt(["test"], questions, "question", "p_value").dropna(subset="p_value")
            yield long.assign(question=long["question"].str.removesuffix(": p_value"), carriers=carriers)


def second_of(rng: np.random.Generator, survival: ScanTrait, kept: np.ndarray) -> ScanTrait:
    """Give a measurement that goes together with survival, of some patients."""
    progression = survival.model.residuals + rng.normal(size=SAMPLES)
    model, _ = _measurement(rng, progression, kept)
    return ScanTrait("second", model, STRATA[kept], kept, SAMPLES, harm=1)


def _spread(rng: np.random.Generator, carriers: np.ndarray) -> list[np.ndarray]:
    """Deal carriers out to three variants."""
    variant = rng.integers(0, 3, carriers.size)
    return [np.sort(carriers[variant == one]) for one in np.unique(variant)]


def harm_p_values(rounds: int, begin: int = 0) -> Iterator[pd.DataFrame]:
    """Test genes that do harm in survival and in the slope, which share nothing else, whatever their correlation."""
    for number in range(begin, begin + rounds * HARM_COHORTS):
        rng = np.random.default_rng((number, 2_000))
        drawn = [draw_carriers(rng, 10) for _ in range(TOGETHER)]
        effects = np.zeros((len(TRAITS), SAMPLES))
        for gene in drawn:
            effects[0, np.concatenate(gene)] += EFFECTS[10]
            effects[1, np.concatenate(gene)] += EFFECTS[10] / 2
        traits = traits_of(rng, 0.0, effects)[:2]
        settings = ScanSettings(MASKS, TESTS[:1], int(rng.integers(2**62)), FEWER)
        found = scan_together(*store_tables(drawn), traits, settings).to_pandas()
        go_together = join_scores(traits, join_samples(traits)).correlation[0, 1] < 0
        names = {f"{name}: p_value": name for name in ("any", "heterogeneous", "homogeneous")}
        yield found[list(names)].rename(columns=names).assign(residuals="together" if go_together else "against")


def planted_p_values(rounds: int, begin: int = 0) -> Iterator[pd.DataFrame]:
    """Test genes with effects on pairs of traits; yields scenario, pair, carriers and the pair's p-values."""
    for number in range(begin, begin + rounds * PLANTED // TOGETHER):
        for first, second in ((2, 3), (2, 0), (1, 0), (0, 1)):
            for carriers in CARRIERS[1:]:
                for scenario in ("one", "through", "two"):
                    rng = np.random.default_rng((number, first, second, carriers, len(scenario)))
                    yield _planted(rng, first, second, carriers, scenario)


def _planted(rng: np.random.Generator, first: int, second: int, carriers: int, scenario: str) -> pd.DataFrame:
    drawn = [draw_carriers(rng, carriers) for _ in range(TOGETHER)]
    effects = np.zeros((len(TRAITS), SAMPLES))
    for gene in drawn:
        for trait in (first, second) if scenario == "two" else (first,):
            effects[trait, np.concatenate(gene)] += EFFECTS[carriers] * (2 if trait == 0 else 1)
    through = (first, second) if scenario == "through" else None
    traits = traits_of(rng, 0.0 if through else 0.3, effects, through)
    chosen = [traits[first], traits[second]]
    _, pairs = look_at(store_tables(drawn), chosen, int(rng.integers(2**62)), FEWER)
    own = pairs[pairs["test"] == "burden"][["p_1", "p_2", "p_both", "p_2_given_1", "p_1_given_2"]]
    return own.assign(scenario=scenario, pair=f"{TRAITS[first]}, {TRAITS[second]}", carriers=carriers)


def rates(found: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Give observed over nominal error at each level, with its 95% Monte Carlo interval."""
    rows = []
    for names, part in found.groupby(by, sort=False):
        row = dict(zip(by, names, strict=True)) | {"tests": len(part)}
        for level in LEVELS:
            reached = int((part["p_value"] <= level).sum())
            lower, upper = binomial_interval(reached, len(part))
            row |= {f"{level:g}": round(reached / len(part) / level, 2)}
            row |= {f"interval {level:g}": f"{lower / level:.2f}-{upper / level:.2f}"}
        rows.append(row)
    return pd.DataFrame(rows)


def power(found: pd.DataFrame) -> pd.DataFrame:
    """Give the share of planted genes that each p-value of a pair finds, in percent."""
    rows = []
    columns = ["p_1", "p_2", "p_both", "p_2_given_1", "p_1_given_2"]
    for names, part in found.groupby(["scenario", "pair", "carriers"], sort=False):
        row = dict(zip(("scenario", "pair", "carriers"), names, strict=True)) | {"genes": len(part)}
        for level in LEVELS[:2]:
            row |= {f"{name} {level:g}": round(100 * (part[name] <= level).mean(), 1) for name in columns}
        rows.append(row)
    return pd.DataFrame(rows).sort_values(["scenario", "pair", "carriers"], kind="stable")


def main() -> None:
    """Print the tables."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    null = pd.concat(null_p_values(rounds))
    print("Type I error over nominal, with 95% intervals")
    print(rates(null, ["correlation", "question", "test"]).to_string(index=False), end="\n\n", flush=True)
    print("By carriers, over all correlations")
    print(rates(null, ["carriers", "question"]).to_string(index=False), end="\n\n", flush=True)
    print("Carriers all have a trait that half of the patients lack: type I error over nominal")
    print(
        rates(pd.concat(lacking_p_values(rounds)), ["question", "test"]).to_string(index=False),
        end="\n\n",
        flush=True,
    )
    print("Harm in two traits that share nothing else, by how patients' residuals happen to go: share found at 0.05")
    harmful = pd.concat(harm_p_values(rounds)).groupby("residuals")
    print(harmful.agg(lambda p: round((p <= 0.05).mean(), 2)).assign(genes=harmful.size()), end="\n\n", flush=True)
    print("Planted genes: percent found, by level")
    print(power(pd.concat(planted_p_values(rounds))).to_string(index=False))


if __name__ == "__main__":
    main()
