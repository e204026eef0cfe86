"""The table of what was counted of each sample, over the variants that samples are judged by."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from association.genotypes.places import AUTOSOME, ON_X, ON_Y
from association.genotypes.sample_sums import COUNTS, SUMS, SampleSums

CARRIED = (
    "heterozygous",
    "homozygous_minor",
    "transitions",
    "transversions",
    "insertions",
    "deletions",
    "singletons",
)


def sample_table(samples: Sequence[str], summed: SampleSums, call_fields: Collection[str]) -> pd.DataFrame:
    """Make a row of each sample.

    Parameters
    ----------
    samples
        Ids, in the order of the sums.
    summed
        What was summed.
    call_fields
        The call fields that the VCFs have; without depth there is no mean of it, and so on.
    """
    counts, sums = dict(zip(COUNTS, summed.counts, strict=True)), dict(zip(SUMS, summed.sums, strict=True))
    on_autosomes, on_x, on_y = (int(summed.variants[place]) for place in (AUTOSOME, ON_X, ON_Y))
    table = pd.DataFrame({"sample": list(samples), "variants": on_autosomes, "called": counts["called"]})
    table["calls_present"] = counts["calls_present"]
    x_depth, y_depth = np.full((2, len(samples)), np.nan)
    if "DP" in call_fields:
        table["mean_dp"] = _mean(sums["depth"], on_autosomes)
        x_depth, y_depth = _mean(sums["x_depth"], on_x), _mean(sums["y_depth"], on_y)
    if "GQ" in call_fields:
        table["mean_gq"] = _mean(sums["quality"], counts["known_quality"])
    for name in CARRIED:
        table[name] = counts[name]
    table["charr_sum"] = sums["charr_sum"] if "AD" in call_fields else np.nan
    table["charr_sites"] = counts["charr_sites"]
    for name in ("x_called", "x_heterozygous"):
        table[name] = counts[name]
    table["x_expected_heterozygous"] = sums["x_expected_heterozygous"]
    table["y_variants"], table["y_called"] = on_y, counts["y_called"]
    return add_ratios(table.assign(x_depth=x_depth, y_depth=y_depth))


def add_ratios(table: pd.DataFrame) -> pd.DataFrame:
    """Add the ratios of a table of counts, each missing where its denominator is zero."""

    def ratio(numerator: str, denominator: str) -> pd.Series:
        return table[numerator] / table[denominator].astype(float).replace(0, np.nan)

    per_autosome = 2 / table["mean_dp"].replace(0, np.nan) if "mean_dp" in table else np.nan
    return table.drop(columns=["x_depth", "y_depth"]).assign(
        calls_failed=table["calls_present"] - table["called"],
        call_rate=ratio("called", "variants"),
        heterozygosity=ratio("heterozygous", "called"),
        ti_tv=ratio("transitions", "transversions"),
        het_hom=ratio("heterozygous", "homozygous_minor"),
        insertion_deletion=ratio("insertions", "deletions"),
        x_ploidy=table["x_depth"].astype(float) * per_autosome,
        y_ploidy=table["y_depth"].astype(float) * per_autosome,
    )


def _mean(sums: np.ndarray, number: np.ndarray | int) -> np.ndarray:
    """Divide sums by their number, missing where that is zero."""
    found = np.full(len(sums), np.nan)
    return np.asarray(np.divide(sums, number, out=found, where=np.asarray(number) > 0))
