"""A gene's statistics on the data, and from where on a permutation is as extreme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.calibration.evidence import Evidence
from association.calibration.extremes import Conditions, scales_of, set_conditions
from association.calibration.gene_statistics import GeneStatistics
from association.calibration.monte_carlo import permutations_at_once, places_of
from association.calibration.null_scale import Scale
from association.calibration.permutation_stream import PermutationStream
from association.gene_unit import GeneUnit

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
    scales
        Of each tested row's readings.
    conditions
        What makes a permutation as extreme as the data.
    """

    unit: GeneUnit
    statistics: GeneStatistics
    rows: Floats
    scales: list[list[Scale | None]]
    conditions: Conditions


def make_ready(units: Sequence[GeneUnit], evidence: Evidence, stream: PermutationStream) -> list[ReadyUnit]:
    """Compute the data's statistics of a batch, and from where on a permutation is as extreme."""
    chosen = [(unit, unit.plan.statistics(evidence.family)) for unit in units if unit.plan is not None]
    observed = [statistics.observe(evidence) for _, statistics in chosen]
    moments = _moments([statistics for _, statistics in chosen], observed, stream)
    ready = []
    for (unit, statistics), rows, (mean, covariance) in zip(chosen, observed, moments, strict=True):
        readings, noise = [one.readings for one in unit.tested], statistics.largest(evidence)
        scales = [scales_of(own, mean, covariance, noise) for own in readings]
        conditions = set_conditions(readings, scales, rows, noise)
        ready.append(ReadyUnit(unit, statistics, rows, scales, conditions))
    return ready


def _moments(
    genes: Sequence[GeneStatistics], observed: Sequence[Floats], stream: PermutationStream
) -> list[tuple[Floats, Floats]]:
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
    return [
        (own + mean, product / SCALE_PERMUTATIONS - np.outer(mean, mean))
        for own, mean, product in zip(observed, means, products, strict=True)
    ]
