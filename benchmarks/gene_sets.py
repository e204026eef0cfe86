"""Tests of gene sets at 300 patients of three sites: type I error where nothing is there, and what each one sees.

A cohort has 600 genes, of 2 to 20 carriers each as `benchmarks.null_genes` draws them, and sets of 20 of these. Only
panel_burden and gene_sum should see that genes act; the competitive test should see that a set's genes act more than
others. Where no gene acts, or none more than others, shares over nominal are shown, with 95% intervals.

    null              no gene acts; sets are random draws of genes with equal numbers of carriers, or of any
    shared carriers   no gene acts; genes come in fives that share most of their carriers; sets are four such fives
    longer            no gene acts; the sets' genes are longer, and have more carriers, than four in five others
    all a little      carriers of every gene fare a little better or worse, by gene; sets are random draws
    all, longer       the same, and the sets' genes are longer: their carriers, being more, say more
    a few, much       one gene in twenty acts strongly; sets are random draws
    the set           the set's genes act, others do not: power
    all, far longer   as all a little, and the sets' genes have more carriers than any others: few have like ones

    python -m benchmarks.gene_sets                        the proofs, in about a quarter of an hour
    python -m benchmarks.gene_sets TABLE.csv ROUNDS       more rounds; the table is written anew after each
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from association.calibration.monte_carlo import Effort
from association.error_rates import binomial_interval
from association.gene_sets.compete import compete
from association.gene_sets.gene_carriers import GeneCarriers
from association.gene_sets.gene_sets import COMPETITIVE
from association.gene_sets.mask_genes import make_ready
from association.gene_sets.self_contained import as_one_gene
from association.scan_settings import ScanSettings, ScanTrait
from association.score import Carriers
from association.simulate.random_traits import Kind, random_trait
from benchmarks.null_genes import MASKS, SAMPLES, SITE_WEIGHTS, STRATA

GENES, SET_SIZE, FIVE = 600, 20, 5
CLASSES = (2, 5, 10, 20)
KINDS: tuple[Kind, ...] = ("survival", "slope", "binary")
LEVELS = (0.05, 0.01, 1e-3)
# Resolves 1e-3 by five exceedances; a hopeless p-value stops after forty.
EFFORT = Effort(5_000, 5_000, 40)
# Standard deviation of genes' effects where all act a little, and the effect where few act, or the set's genes do.
LITTLE, MUCH, OF_THE_SET = 0.25, 1.5, 0.8
STRONGEST = 2.5
SEES_NOTHING = ("null", "shared carriers", "longer")
SCENARIOS = (*SEES_NOTHING, "all a little", "all, longer", "a few, much", "the set", "all, far longer")
# Cohorts of a round and kind of trait.
COHORTS = dict.fromkeys(SCENARIOS, 3) | {"null": 12, "the set": 1}


@dataclass(frozen=True)
class Cohort:
    """Genes, what their carriers do, and the sets to test."""

    carriers: GeneCarriers
    effect: np.ndarray
    sets: list[np.ndarray]
    lengths: dict[str, int]
    classes: list[str]


def draw(rng: np.random.Generator, scenario: str) -> Cohort:
    """Draw the genes and sets of a scenario."""
    counts = rng.choice(CLASSES, GENES) if scenario == "null" else rng.integers(2, 11, GENES)
    if "longer" in scenario:
        counts[: GENES // 5] = rng.integers(10, 21, GENES // 5)
    if scenario == "all, far longer":
        counts[:SET_SIZE] = rng.integers(13, 31, SET_SIZE)
        counts[SET_SIZE:] = rng.integers(2, 11, GENES - SET_SIZE)
    columns = [_carriers(rng, count) for count in counts]
    if scenario == "shared carriers":
        for first in range(0, GENES, FIVE):
            pool = _carriers(rng, 12)
            columns[first : first + FIVE] = [np.sort(rng.choice(pool, 10, replace=False)) for _ in range(FIVE)]
    counts = np.array([own.size for own in columns])
    sets, classes = _sets(rng, scenario, counts)
    effect = np.zeros(SAMPLES)
    for own, size in zip(columns, _effects(rng, scenario, counts, sets), strict=True):
        effect[own] += size
    # Who carries several strong genes would hardly live to be enrolled.
    effect = np.clip(effect, -STRONGEST, STRONGEST)
    names = np.array([f"G{at:03d}" for at in range(GENES)], object)
    offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    together = np.concatenate(columns)
    lengths = np.maximum(300, counts * rng.lognormal(5.5, 0.4, GENES)).astype(int)
    carriers = GeneCarriers(names, Carriers(offsets, together, np.ones(together.size)))
    return Cohort(carriers, effect, sets, dict(zip(names, lengths.tolist(), strict=True)), classes)


def _carriers(rng: np.random.Generator, count: int) -> np.ndarray:
    return np.sort(rng.choice(SAMPLES, count, replace=False, p=SITE_WEIGHTS / SITE_WEIGHTS.sum()))


def _sets(rng: np.random.Generator, scenario: str, counts: np.ndarray) -> tuple[list[np.ndarray], list[str]]:
    """Give the sets, and of which class of carriers each is."""
    if scenario == "null":
        groups = {str(one): np.flatnonzero(counts == one) for one in CLASSES} | {"2 to 20": np.arange(GENES)}
    elif scenario == "shared carriers":
        fives = rng.permutation(GENES // FIVE)[:20].reshape(5, 4)
        return [np.sort((own[:, None] * FIVE + np.arange(FIVE)).ravel()) for own in fives], ["10"] * 5
    elif scenario == "all, far longer":
        return [np.arange(SET_SIZE)], ["13 to 30"]
    elif "longer" in scenario:
        groups = {"10 to 20": np.arange(GENES // 5)}
    else:
        groups = {"2 to 10": np.arange(GENES)}
    drawn = [(own, name) for name, own in groups.items() for _ in range(5 if len(groups) == 1 else 2)]
    sets = [np.sort(rng.choice(own, SET_SIZE, replace=False)) for own, _ in drawn]
    return (sets[:1], ["2 to 10"]) if scenario == "the set" else (sets, [name for _, name in drawn])


def _effects(rng: np.random.Generator, scenario: str, counts: np.ndarray, sets: list[np.ndarray]) -> np.ndarray:
    """Give what each gene does to its carriers."""
    signs = rng.choice((-1.0, 1.0), GENES)
    if scenario.startswith("all"):
        return LITTLE * rng.normal(size=GENES)
    if scenario == "a few, much":
        return np.where(rng.random(GENES) < 0.05, MUCH * signs, 0.0)
    acting = np.isin(np.arange(GENES), sets[0]) if scenario == "the set" else np.zeros(GENES, np.bool_)
    return np.where(acting, OF_THE_SET * signs, 0.0)


def p_values(rounds: int) -> Iterator[pd.DataFrame]:
    """Test the sets of random cohorts: scenario, kind, carriers, test and p_value, a table a round."""
    for number in range(rounds):
        rows = []
        for scenario in SCENARIOS:
            for kind in KINDS:
                rng = np.random.default_rng((number, SCENARIOS.index(scenario), KINDS.index(kind)))
                for _ in range(COHORTS[scenario]):
                    named = {"scenario": scenario, "kind": kind}
                    rows += [named | row for row in _test(rng, draw(rng, scenario), kind)]
        yield pd.DataFrame(rows)


def _test(rng: np.random.Generator, cohort: Cohort, kind: Kind) -> Iterator[dict[str, object]]:
    model = random_trait(rng, kind, STRATA, cohort.effect).model
    trait = ScanTrait(kind, model, STRATA, np.arange(SAMPLES), SAMPLES)
    settings = ScanSettings(MASKS, (), int(rng.integers(2**62)), EFFORT)
    genes = make_ready(cohort.carriers, cohort.lengths, trait, settings, MASKS[0])
    together = as_one_gene(cohort.sets, genes, EFFORT)
    for own, rows, carriers in zip(cohort.sets, together, cohort.classes, strict=True):
        for test, row in (*rows.items(), (COMPETITIVE, compete(own, own, genes))):
            yield {"carriers": carriers, "test": test, "p_value": row.get("p_value", np.nan)}


def summary(found: pd.DataFrame) -> pd.DataFrame:
    """Give shares over nominal by scenario, carriers and test; of power the shares themselves."""
    null = found[found["scenario"] == "null"]
    by_kind = null.assign(scenario="null, " + null["kind"], carriers="all")
    everything = found[found["scenario"].isin(SEES_NOTHING)].assign(scenario="no gene acts", carriers="all")
    parts = pd.concat([found, by_kind, everything])
    rows = []
    parts = parts.dropna(subset="p_value")
    for (scenario, carriers, test), part in parts.groupby(["scenario", "carriers", "test"], sort=False):
        row = {"scenario": scenario, "carriers": carriers, "test": test, "sets": len(part)}
        for level in LEVELS:
            reached, over = int((part["p_value"] <= level).sum()), 1.0 if scenario == "the set" else level
            lower, upper = binomial_interval(reached, len(part))
            row[f"{level:g}"] = f"{reached / len(part) / over:.2f} ({lower / over:.2f}-{upper / over:.2f})"
        rows.append(row)
    return pd.DataFrame(rows)


def measure() -> pd.DataFrame:
    """Run a single round: enough to see a collapse."""
    return summary(pd.concat(p_values(1)))


def main() -> None:
    """Print the proofs, or make a longer run."""
    rounds, found = (int(sys.argv[2]) if len(sys.argv) > 2 else 40), []
    for part in p_values(rounds):
        found.append(part)
        if len(sys.argv) > 1:
            summary(pd.concat(found)).to_csv(sys.argv[1], index=False)
    print(summary(pd.concat(found)).to_string(index=False))


if __name__ == "__main__":
    main()
