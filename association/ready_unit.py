"""A gene's statistics on the data, and from where on a permutation is as extreme."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.calibration.evidence import Evidence
from association.calibration.extremes import Conditions, Looks, Scales, scales_from, set_conditions
from association.calibration.gene_statistics import GeneStatistics
from association.calibration.monte_carlo import permutations_at_once, places_of
from association.calibration.permutation_stream import PermutationStream
from association.gene_unit import GeneUnit, TestedRow

Floats = NDArray[np.float64]

# Moments of the common scale come from permutations that no p-value is counted on.
SCALE_FIRST = 1 << 62
SCALE_PERMUTATIONS = 1024


@dataclass(frozen=True)
class ReadyUnit:
    """A gene whose data are computed and whose thresholds are set.

    Attributes
    ----------
    unit
        The gene.
    statistics
        How its rows are computed.
    rows
        The data's.
    looks, scales
        Of each tested row's readings.
    conditions
        What makes a permutation as extreme as the data.
    """

    unit: GeneUnit
    statistics: GeneStatistics
    rows: Floats
    looks: Looks
    scales: Scales
    conditions: Conditions


def make_ready(
    units: Sequence[GeneUnit],
    evidence: Evidence,
    stream: PermutationStream,
    needed: Callable[[TestedRow], bool] = lambda _: True,
) -> list[ReadyUnit]:
    """Compute the data's statistics of a batch, and from where on a permutation is as extreme.

    Parameters
    ----------
    units
        The batch's genes; those of which no test is needed are left out.
    evidence, stream
        Of the trait.
    needed
        Which tests will be looked at; nothing is computed for the others.
    """
    chosen = []
    for unit in units:
        asked = [one.readings for one in unit.tested if needed(one)]
        if unit.plan is not None and asked:
            chosen.append((unit, unit.plan.statistics(evidence.family, asked)))
    if not chosen:
        return []
    genes = [statistics for _, statistics in chosen]
    observed = [statistics.observe(evidence) for statistics in genes]
    means, covariances = _moments(genes, observed, stream)
    own = [Looks.of([one.readings for one in unit.tested]) for unit, _ in chosen]
    # Thresholds of all genes at once, whose rows stand one after another.
    sizes = np.array([one.size for one in observed])
    first_row = np.cumsum(sizes) - sizes
    looks, rows = Looks.join(own, first_row), np.concatenate(observed)
    noise = np.concatenate([statistics.largest(evidence) for statistics in genes])
    moments = [
        (one[looks.first, looks.first], one[looks.first, looks.second], one[looks.second, looks.second])
        for looks, one in zip(own, covariances, strict=True)
    ]
    joined = [np.concatenate(parts) for parts in zip(*moments, strict=True)]
    mean = looks.value(np.concatenate(means))
    scales = scales_from(looks, mean, (joined[0], joined[1], joined[2]), looks.value(noise))
    conditions = set_conditions(looks, scales, rows, noise)
    ready, test, look = [], 0, 0
    for (unit, statistics), of_gene, gene, row in zip(chosen, own, observed, first_row.tolist(), strict=True):
        here = slice(look, look + of_gene.first.size)
        part = conditions.part(test, test + len(unit.tested), row)
        its = Scales(scales.mean[here], scales.variance[here], scales.varies[here])
        ready.append(ReadyUnit(unit, statistics, gene, of_gene, its, part))
        test, look = test + len(unit.tested), here.stop
    return ready


def _moments(
    genes: Sequence[GeneStatistics], observed: Sequence[Floats], stream: PermutationStream
) -> tuple[list[Floats], list[Floats]]:
    """Give mean and covariance over permutations of each gene's rows."""
    sums = [np.zeros(gene.rows) for gene in genes]
    products = [np.zeros((gene.rows, gene.rows)) for gene in genes]
    samples, places = places_of(genes, stream)
    at_once = permutations_at_once(stream, samples.size)
    for first in range(0, SCALE_PERMUTATIONS, at_once):
        block = stream.block(SCALE_FIRST + first, min(at_once, SCALE_PERMUTATIONS - first), samples)
        for gene, own, total, product in zip(genes, observed, sums, products, strict=True):
            # Differences from the data: a row that never varies gets a variance of zero, not one of rounding.
            rows = gene.evaluate(block, places[gene.columns.samples]) - own[:, None]
            total += rows.sum(axis=1)
            product += rows @ rows.T
    means = [total / SCALE_PERMUTATIONS for total in sums]
    covariances = [
        product / SCALE_PERMUTATIONS - np.outer(mean, mean) for product, mean in zip(products, means, strict=True)
    ]
    return [own + mean for own, mean in zip(observed, means, strict=True)], covariances
