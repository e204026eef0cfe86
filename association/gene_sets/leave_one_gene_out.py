"""What is left of a set's p-values without each of its genes in turn, with at most 10,000 permutations."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from association.calibration.monte_carlo import Effort
from association.gene_sets.compete import compete_without_each
from association.gene_sets.mask_genes import MaskGenes
from association.gene_sets.self_contained import GENE_SUM, PANEL_BURDEN, as_one_gene
from association.leave_one_out import MOST_PERMUTATIONS

Integers = NDArray[np.int64]
Row = dict[str, Any]


def leave_one_gene_out(places: Integers, genes: MaskGenes) -> list[Row]:
    """Test a set without each of its genes.

    Parameters
    ----------
    places
        Positions of its genes (p), one at least.
    genes
        All genes of the mask.

    Returns
    -------
    list
        A row per gene: its carriers, and p-values without it, None where no other gene is carried.
    """
    rows = [_describe(place, genes) for place in places.tolist()]
    if places.size == 1:
        return rows
    effort = genes.settings.effort
    screen = min(effort.screen, MOST_PERMUTATIONS)
    effort = Effort(screen, screen, effort.enough)
    together = as_one_gene([np.delete(places, at) for at in range(places.size)], genes, effort)
    against = compete_without_each(places, genes, effort)
    for row, found, competitive in zip(rows, together, against.tolist(), strict=True):
        row["p_panel_burden"] = found[PANEL_BURDEN].get("p_value")
        row["p_gene_sum"] = found[GENE_SUM].get("p_value")
        row["p_competitive"] = None if np.isnan(competitive) else competitive
    return rows


def _describe(place: int, genes: MaskGenes) -> Row:
    columns, model = genes.carriers.columns, genes.trait.model
    samples = columns.samples[columns.offsets[place] : columns.offsets[place + 1]]
    return {
        "gene": str(genes.carriers.genes[place]),
        "carriers": int(samples.size),
        "observed_events": None if model.events is None else float(model.events[samples].sum()),
        "expected_events": None if model.expected_events is None else float(model.expected_events[samples].sum()),
        "evidence": float(genes.said[place]),
    }
