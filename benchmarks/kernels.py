"""Kernels on one core: quadratic-form tails, permutations, score statistics."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from association.calibration.monte_carlo import GeneCount
from association.calibration.permutation_stream import PermutationStream
from association.null_models.design import Design
from association.null_models.linear import fit_linear
from association.quadratic_forms import upper_tail_log10
from association.score import Carriers, score_statistics

SAMPLES = 300
CARRIERS = 27
VARIANTS = 9
PERMUTATIONS = 1024


def measure() -> pd.DataFrame:
    """Time each kernel, the best of five."""
    rng = np.random.default_rng(1)
    spectra = rng.exponential(size=(20_000, 20))
    statistics = spectra.sum(axis=1) * rng.uniform(0.5, 6, 20_000)
    stream = PermutationStream(rng.normal(size=SAMPLES), np.arange(SAMPLES) % 4, seed=1)
    block = stream.block(0, PERMUTATIONS)
    samples = rng.choice(SAMPLES, CARRIERS, replace=False)
    carriers = Carriers(np.arange(0, CARRIERS + 1, CARRIERS // VARIANTS), samples, np.ones(CARRIERS))
    gene = GeneCount(carriers, np.ones((2, VARIANTS)), np.array([False, True]))
    model = fit_linear(rng.normal(size=SAMPLES), Design(("x",), rng.normal(size=(SAMPLES, 1)))).model
    rows = [
        ("tails of 20 eigenvalues", 20_000, _best(lambda: upper_tail_log10(statistics, spectra)), "tail"),
        ("shuffling 300 samples", SAMPLES * PERMUTATIONS, _best(lambda: stream.block(0, PERMUTATIONS)), "sample"),
        ("burden and SKAT of a gene", CARRIERS * PERMUTATIONS, _best(lambda: gene.statistics(block)), "carrier"),
        ("score and covariance of a gene", 1, _best(lambda: score_statistics(model, carriers)), "gene"),
    ]
    table = pd.DataFrame(rows, columns=["kernel", "operations", "seconds", "of a"])
    return table.assign(nanoseconds=table["seconds"] / table["operations"] * 1e9)


def _best(work: Callable[[], object]) -> float:
    work()
    times = []
    for _ in range(5):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)
