"""Kernels on one core: quadratic-form tails, permutations, exact laws, score statistics."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from association.calibration.evidence import Evidence, evidence_of
from association.calibration.exact_burden import ExactBurden
from association.calibration.gene_statistics import GeneStatistics, Terms
from association.calibration.permutation_stream import PermutationStream
from association.null_models.null_model import NullModel
from association.quadratic_forms import upper_tail_log10
from association.score import Carriers, score_statistics
from association.simulate.random_traits import random_trait

SAMPLES = 300
CARRIERS = 15
VARIANTS = 9
PERMUTATIONS = 1024


def measure() -> pd.DataFrame:
    """Time each kernel, the best of five."""
    rng = np.random.default_rng(1)
    strata = np.zeros(SAMPLES, np.int64)
    spectra = rng.exponential(size=(20_000, 20))
    statistics = spectra.sum(axis=1) * rng.uniform(0.5, 6, 20_000)
    quantitative, survival = (
        random_trait(rng, kind, strata, np.zeros(SAMPLES)).model for kind in ("quantitative", "survival")
    )
    plain, counting = evidence_of(quantitative, strata), evidence_of(survival, strata)
    samples = rng.choice(SAMPLES, CARRIERS, replace=False)
    together = Carriers(np.array([0, CARRIERS]), samples, np.ones(CARRIERS))
    offsets = np.concatenate(([0], CARRIERS - VARIANTS + 1 + np.arange(VARIANTS)))
    apart = Carriers(offsets, samples, np.ones(CARRIERS))
    additions = CARRIERS * PERMUTATIONS
    rows = [
        ("tails of 20 eigenvalues", 20_000, _best(lambda: upper_tail_log10(statistics, spectra)), "tail"),
        ("shuffling, 1 quantity", SAMPLES * PERMUTATIONS, _shuffling(plain, strata), "sample"),
        ("shuffling, 3 quantities", SAMPLES * PERMUTATIONS, _shuffling(counting, strata), "sample"),
        ("burden, quantitative", additions, _permuting(together, plain, strata), "carrier addition"),
        ("burden, survival", 2 * additions, _permuting(together, counting, strata), "carrier addition"),
        ("SKAT, survival", PERMUTATIONS, _permuting(apart, counting, strata), "permutation"),
        ("exact law of 15 carriers", 1, _best(lambda: ExactBurden(counting, strata).law(samples)), "law"),
        ("score and covariance", 1, _scoring(survival, apart), "gene"),
    ]
    table = pd.DataFrame(rows, columns=["kernel", "operations", "seconds", "of a"])
    return table.assign(nanoseconds=table["seconds"] / table["operations"] * 1e9)


def _shuffling(evidence: Evidence, strata: np.ndarray) -> float:
    stream = PermutationStream(evidence.values, strata, seed=1)
    return _best(lambda: stream.block(0, PERMUTATIONS))


def _permuting(columns: Carriers, evidence: Evidence, strata: np.ndarray) -> float:
    count = columns.offsets.size - 1
    terms = Terms(np.arange(count), np.zeros(count, np.int64), np.ones(count), np.zeros(count, np.bool_))
    gene = GeneStatistics(columns, terms, 1, evidence.family)
    block = PermutationStream(evidence.values, strata, seed=1).block(0, PERMUTATIONS)
    return _best(lambda: gene.evaluate(block))


def _scoring(model: NullModel, carriers: Carriers) -> float:
    return _best(lambda: score_statistics(model, carriers))


def _best(work: Callable[[], object]) -> float:
    work()
    times = []
    for _ in range(5):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)
