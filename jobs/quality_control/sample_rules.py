"""Rules that a sample's metrics must keep: which metric each looks at, and whom it takes out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from association.cohort.outliers import HIGH_ALONE, is_far
from jobs.study.quality_control import Qc, SampleQc

Booleans = NDArray[np.bool_]
# The metric that a rule looks at, and what holds of a value that fails.
Rule = tuple[str, Callable[[pd.Series], pd.Series]]

METRIC_NAMES = {
    "heterozygosity": "heterozygosity",
    "het_hom": "heterozygous to homozygous",
    "ti_tv": "Ti/Tv",
    "insertion_deletion": "insertions to deletions",
    "singletons": "singletons",
    "call_rate": "call rate",
    "mean_dp": "mean depth",
}


def rules_of_calls(settings: Qc) -> dict[str, Rule]:
    """Map each reason to leave out a sample by itself to its rule."""
    limits, rules = settings.sample, dict[str, Rule]()
    call_rate, depth, charr_of = limits.min_call_rate, limits.min_mean_depth, limits.max_contamination
    if call_rate is not None:
        # Where no autosomal variant is left there is no call rate, and nothing to hold against anyone.
        rules[f"call rate below {call_rate:g}"] = "call_rate", lambda values: values < call_rate
    if depth is not None:
        rules[f"mean depth below {depth:g}"] = "mean_dp", lambda values: values < depth
    if charr_of is not None:
        rules[f"contamination above {charr_of:g}"] = "charr", lambda values: values > charr_of
    return rules


def rules_of_deviations(limits: SampleQc) -> dict[str, Rule]:
    """Map each reason to leave out a sample that is unlike the others to its rule."""
    return {
        f"{METRIC_NAMES[metric]} more than {limit:g} MADs {_side(metric)} the median": (
            f"outlier_{metric}",
            partial(_beyond, metric, limit),
        )
        for metric, limit in limits.max_deviations.items()
        if limit is not None
    }


def failing(table: pd.DataFrame, rules: dict[str, Rule]) -> dict[str, Booleans]:
    """Map each reason to whom its rule holds for (n); a value that is missing is no reason."""
    unknown = pd.Series(np.nan, index=table.index)
    return {
        reason: fails(table.get(metric, unknown).astype(float)).to_numpy(np.bool_)
        for reason, (metric, fails) in rules.items()
    }


def skipped_rules(table: pd.DataFrame, rules: dict[str, Rule]) -> dict[str, str]:
    """Say of each rule whose metric no sample has that it was not applied."""
    unknown = {name for name, _ in rules.values() if name not in table or table[name].isna().all()}
    return {reason: "nothing to judge by" for reason, (metric, _) in rules.items() if metric in unknown}


def _side(metric: str) -> str:
    return "above" if metric in HIGH_ALONE else "from"


def _beyond(metric: str, limit: float, values: pd.Series) -> pd.Series:
    return pd.Series(is_far(metric, values.to_numpy(np.float64), limit), index=values.index)
