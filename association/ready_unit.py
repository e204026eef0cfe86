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
    moments = _moments([statistics for _, statistics in chosen], stream)
    ready = []
    for (unit, statistics), (mean, covariance) in zip(chosen, moments, strict=True):
        readings = [one.readings for one in unit.tested]
        scales = [scales_of(own, mean, covariance) for own in readings]
        rows = statistics.observe(evidence)
        conditions = set_conditions(readings, scales, rows, statistics.largest(evidence))
        ready.append(ReadyUnit(unit, statistics, rows, scales, conditions))
    return ready


def _moments(genes: Sequence[GeneStatistics], stream: PermutationStream) -> list[tuple[Floats, Floats]]:
    """Give mean and covariance over permutations of each gene's rows."""
    sums = [np.zeros(gene.rows) for gene in genes]
    products = [np.zeros((gene.rows, gene.rows)) for gene in genes]
    samples, places = places_of(genes, stream)
    at_once = permutations_at_once(stream, samples.size)
    for first in range(0, SCALE_PERMUTATIONS, at_once):
        block = stream.block(SCALE_FIRST + first, min(at_once, SCALE_PERMUTATIONS - first), samples)
        for gene, total, product in zip(genes, sums, products, strict=True):
            rows = gene.evaluate(block, places[gene.columns.samples])
            total += rows.sum(axis=1)
            product += rows @ rows.T
    return [
        (total / SCALE_PERMUTATIONS, product / SCALE_PERMUTATIONS - np.outer(total, total) / SCALE_PERMUTATIONS**2)
        for total, product in zip(sums, products, strict=True)
    ]
