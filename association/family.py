"""Results adjusted for how many genes were looked at.

The family of a trait is its primary rows: one per gene, of genes with at least 3 carriers that can be tested.

    q_value    Benjamini and Hochberg's false discovery rate
    p_family   Westfall and Young's step-down: with z_i the genes' statistics in standard deviations under their own
               null, sorted downwards, and z_i(b) those of permutation b,
               p_i = (1 + #{b: max_{j >= i} z_j(b) >= z_i}) / (1 + B), made monotone.

The same permutations serve all genes, so p_family holds the family-wise error rate whatever the genes' dependence.

References
----------
Westfall, Young. Resampling-Based Multiple Testing. Wiley 1993. ISBN 978-0-471-55761-6
Benjamini, Hochberg. Controlling the false discovery rate. JRSSB 1995. doi:10.1111/j.2517-6161.1995.tb02031.x
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from association.calibration.extremes import farthest
from association.calibration.monte_carlo import permutations_at_once, places_of
from association.calibration.multiplicity import benjamini_hochberg
from association.calibration.permutation_stream import PermutationStream
from association.ready_unit import ReadyUnit
from association.results import DEVIATIONS, FEW_CARRIERS, SCHEMA

Floats = NDArray[np.float64]

# Statistics are kept in single precision: closer ones count as ties.
TIE = 1e-5


def add_deviations(ready: Sequence[ReadyUnit], stream: PermutationStream, permutations: int) -> None:
    """Add to each gene's primary row how far out it is: in the data, then in each of the first permutations.

    Parameters
    ----------
    ready
        The genes.
    stream
        The trait's permutations.
    permutations
        How many; none leaves the rows alone.
    """
    chosen = [(one, number) for one in ready for number, row in enumerate(one.unit.tested) if row.row["primary"]]
    if not chosen or permutations == 0:
        return
    samples, places = places_of([one.statistics for one, _ in chosen], stream)
    at_once = permutations_at_once(stream, samples.size)
    parts: list[list[Floats]] = [[_deviations(one, number, one.rows[:, None])] for one, number in chosen]
    for first in range(0, permutations, at_once):
        block = stream.block(first, min(at_once, permutations - first), samples)
        for (one, number), part in zip(chosen, parts, strict=True):
            rows = one.statistics.evaluate(block, places[one.statistics.columns.samples])
            part.append(_deviations(one, number, rows))
    for (one, number), part in zip(chosen, parts, strict=True):
        one.unit.tested[number].row[DEVIATIONS] = np.concatenate(part).astype(np.float32)


def _deviations(one: ReadyUnit, number: int, rows: Floats) -> Floats:
    return farthest(one.looks, one.scales, number, rows)


def adjust_for_family(scanned: pa.Table) -> pa.Table:
    """Give the result table with q_value and p_family.

    Parameters
    ----------
    scanned
        All rows of a scan, with their deviations.

    Returns
    -------
    pa.Table
        `association.results.SCHEMA`.
    """
    rows = scanned.select(["gene", "trait", "primary", "p_value", "flags"]).to_pandas()
    deviations = scanned[DEVIATIONS].combine_chunks()
    few = rows["flags"].fillna("").str.split(";").map(lambda flags: FEW_CARRIERS in flags).astype(bool)
    members = rows[rows["primary"].fillna(False).astype(bool) & rows["p_value"].notna() & ~few]
    # Genes that tie are stepped down in order of name, wherever they were scanned.
    members = members.sort_values("gene", kind="stable")
    q_value, p_family = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    for _, family in members.groupby("trait", sort=False):
        q_value[family.index] = benjamini_hochberg(family["p_value"].to_numpy(np.float64))
        own = deviations.take(pa.array(family.index))
        if own.null_count == 0:
            p_family[family.index] = step_down(own.flatten().to_numpy().reshape(len(family), -1))
    adjusted = scanned.drop_columns([DEVIATIONS])
    for name, values in (("q_value", q_value), ("p_family", p_family)):
        column = pa.array(values, pa.float64(), from_pandas=True)
        adjusted = adjusted.set_column(SCHEMA.get_field_index(name), SCHEMA.field(name), column)
    return adjusted


def step_down(deviations: NDArray[np.float32]) -> Floats:
    """Give Westfall and Young's adjusted p-values.

    Parameters
    ----------
    deviations
        Statistics of the genes (g, 1 + B): in the data, then in each permutation.
    """
    order = np.argsort(-deviations[:, 0], kind="stable")
    observed, permuted = deviations[order, 0], deviations[order, 1:]
    largest = np.maximum.accumulate(permuted[::-1], axis=0)[::-1]
    reached = (largest >= observed[:, None] - TIE).sum(axis=1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.maximum.accumulate((1 + reached) / (1 + permuted.shape[1]))
    return adjusted
