"""An exome, 20,000 genes of 15 carriers among 300 patients, at 100,000 permutations: wall seconds on two cores."""

from __future__ import annotations

import os
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pandas as pd

from association.calibration.evidence import evidence_of
from association.calibration.extremes import Looks, Scales, set_conditions, simple
from association.calibration.gene_statistics import GeneStatistics, Terms
from association.calibration.monte_carlo import Effort, GeneCount, count_exceedances
from association.calibration.permutation_stream import PermutationStream
from association.score import Carriers
from association.simulate.random_traits import Kind, random_trait

SAMPLES = 300
CARRIERS = 15
VARIANTS = 9
GENES = 20_000
PERMUTATIONS = 100_000
WORKERS = 2
EVERY, EARLY = Effort(PERMUTATIONS, PERMUTATIONS, PERMUTATIONS + 1), Effort(PERMUTATIONS, PERMUTATIONS, 200)


def measure() -> pd.DataFrame:
    """Count burden and SKAT, with every permutation and with early stopping."""
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    rows = []
    with ProcessPoolExecutor(WORKERS) as pool:
        list(pool.map(_count, [0] * WORKERS, ["survival"] * WORKERS, ["burden"] * WORKERS, [10] * WORKERS))
        for test, kind, effort in (
            ("burden", "quantitative", EVERY),
            ("burden", "survival", EVERY),
            ("skat", "survival", EVERY),
            ("skat", "survival", EARLY),
        ):
            began = time.perf_counter()
            shares = pool.map(
                _count,
                range(WORKERS),
                [kind] * WORKERS,
                [test] * WORKERS,
                [GENES // WORKERS] * WORKERS,
                [effort] * WORKERS,
            )
            made = sum(shares)
            seconds = time.perf_counter() - began
            additions = made * CARRIERS * (2 if kind == "survival" else 1)
            rows.append(
                {
                    "test": test,
                    "trait": kind,
                    "stops early": effort is EARLY,
                    "permutations per gene": made / GENES,
                    "seconds": seconds,
                    "additions per core and second": additions / seconds / WORKERS,
                }
            )
    return pd.DataFrame(rows)


def _count(seed: int, kind: Kind, test: str, genes: int, effort: Effort = EARLY) -> int:
    """Count on so many random genes; give the permutations made."""
    rng = np.random.default_rng(seed)
    strata = np.zeros(SAMPLES, np.int64)
    evidence = evidence_of(random_trait(rng, kind, strata, np.zeros(SAMPLES)).model, strata)
    counts = []
    for _ in range(genes):
        statistics = _gene(rng, test, evidence.family)
        rows = statistics.observe(evidence)
        looks, nothing = Looks.of([simple(0)]), np.zeros(1)
        scales = Scales(nothing, nothing, nothing > 0)
        conditions = set_conditions(looks, scales, rows, statistics.largest(evidence))
        counts.append(GeneCount(statistics, conditions, [effort]))
    count_exceedances(counts, PermutationStream(evidence.values, strata, seed=1))
    return sum(int(count.permutations[0]) for count in counts)


def _gene(rng: np.random.Generator, test: str, family: int) -> GeneStatistics:
    samples = rng.choice(SAMPLES, CARRIERS, replace=False)
    sizes = np.full(VARIANTS, 1) if test == "skat" else np.array([CARRIERS])
    sizes[0] += CARRIERS - sizes.sum()
    columns = np.arange(sizes.size)
    terms = Terms(columns, np.zeros_like(columns), np.ones(sizes.size), np.zeros(sizes.size, np.bool_))
    offsets = np.concatenate(([0], np.cumsum(sizes)))
    return GeneStatistics(Carriers(offsets, samples, np.ones(CARRIERS)), terms, 1, family)
