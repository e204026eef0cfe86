"""How traits go together: in the samples' residuals, and in what genes do to them.

Genes without any effect have burden statistics that are correlated between two traits, because the same carriers are
looked at twice: by about r n_12 / sqrt(n_1 n_2), with r the correlation of residuals and n_12 the samples in common.
What goes beyond that is shared by genes: effects on both, or bias in both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy.stats import norm

from association.gene_unit import FEWEST_CARRIERS
from association.scan_settings import CONTROL_MASK, ScanSettings, ScanTrait
from association.traits_together.joint_samples import join_samples
from association.traits_together.joint_scores import join_scores
from association.traits_together.together_columns import CORRELATION_COLUMNS, schema_of

Floats = NDArray[np.float64]

NORMAL_95 = float(norm.isf(0.025))


def correlate_traits(traits: Sequence[ScanTrait], scans: Sequence[pa.Table], settings: ScanSettings) -> pa.Table:
    """Correlate every pair of traits.

    Parameters
    ----------
    traits
        The traits.
    scans
        Each one's result table.
    settings
        Masks and tests: genes are compared by the first burden under the first mask that is no control.

    Returns
    -------
    pa.Table
        `together_columns.CORRELATION_COLUMNS`, a row per pair.
    """
    samples = join_samples(traits)
    scores = join_scores(traits, samples)
    deviates = [signed_deviates(scan, settings) for scan in scans]
    rows = []
    for one, other in combinations(range(len(traits)), 2):
        first, second = samples.present[one], samples.present[other]
        in_both = int((first & second).sum())
        correlation = float(scores.correlation[one, other])
        genes = pd.concat([deviates[one], deviates[other]], axis=1, join="inner")
        of_genes = float(np.corrcoef(genes.to_numpy().T)[0, 1]) if len(genes) > 2 else math.nan
        lower, upper = interval(correlation, in_both)
        gene_lower, gene_upper = interval(of_genes, len(genes))
        shared = in_both / math.sqrt(float(first.sum()) * float(second.sum()))
        rows.append(
            {
                "trait_1": traits[one].name,
                "trait_2": traits[other].name,
                "samples_1": int(first.sum()),
                "samples_2": int(second.sum()),
                "samples_both": in_both,
                "residual_correlation": correlation,
                "residual_lower": lower,
                "residual_upper": upper,
                "same_direction": _same_direction(*scores.harm[[one, other]]),
                "genes": len(genes),
                "gene_correlation": of_genes,
                "gene_lower": gene_lower,
                "gene_upper": gene_upper,
                "gene_correlation_expected": correlation * shared,
            }
        )
    known = [{name: None if value != value else value for name, value in row.items()} for row in rows]
    return pa.Table.from_pylist(known, schema=schema_of(CORRELATION_COLUMNS))


def _same_direction(one: float, other: float) -> bool | None:
    """Say whether harm is more of both traits, or less of both; None where that is not known of one."""
    return bool(one == other) if one and other else None


def signed_deviates(scan: pa.Table, settings: ScanSettings) -> pd.Series:
    """Give the normal deviate of each gene's burden p-value, with the sign of its effect."""
    masks = [choice for choice in settings.masks if choice.mask.name != CONTROL_MASK]
    burdens = [test for test in settings.tests if test.test == "burden"]
    if not masks or not burdens:
        return pd.Series(dtype=np.float64)
    named = ["gene", "mask", "max_af", "test", "weights", "coding", "carriers", "effect", "p_value"]
    rows = scan.select(named).to_pandas()
    asked = (rows["mask"] == masks[0].mask.name) & (rows["max_af"] == masks[0].max_af) & (rows["test"] == "burden")
    asked &= (rows["weights"] == burdens[0].weights) & (rows["coding"] == burdens[0].coding)
    asked &= (rows["carriers"] >= FEWEST_CARRIERS) & rows["p_value"].notna() & rows["effect"].notna()
    chosen = rows[asked]
    deviates = np.sign(chosen["effect"]) * norm.isf(chosen["p_value"] / 2)
    return pd.Series(deviates.to_numpy(np.float64), index=chosen["gene"].to_numpy())


def interval(correlation: float, number: int) -> tuple[float, float]:
    """Give the 95% interval of a correlation of so many pairs, by Fisher's transform; NaN for too few."""
    if number <= 3 or math.isnan(correlation):
        return math.nan, math.nan
    centre = math.atanh(min(max(correlation, -1 + 1e-12), 1 - 1e-12))
    half = NORMAL_95 / math.sqrt(number - 3)
    return math.tanh(centre - half), math.tanh(centre + half)
