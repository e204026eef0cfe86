"""What the page of quality control is made from, and how it asks what is known.

A cohort may lack depth, X, Y, batches or allele depths: a column that is absent and one without a value are the same
to the page, which then says what can't be shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jobs.report.numbers import present

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
TOTAL = "all"
# By what samples are told apart, if two or more are named in the column.
GROUPINGS = ("cohort", "batch", "ancestry")


@dataclass(frozen=True)
class QcInputs:
    """Everything the page shows.

    Attributes
    ----------
    study
        Its name.
    samples
        A row per sample: `samples.parquet`; any column but `sample` may be absent. Deviations (outlier_<metric>)
        that no rule looks at are missing.
    kinship
        A row per related pair: sample_1, sample_2, kinship, ibs0, sites, relationship. No columns: not estimated.
    pca
        `explained` (share of the variance per component), `variants` (used for it) and, where there is something to
        say of them, `reason` (fewer components, or none) and `ancestry_reason` (of the groups).
    attrition
        A row per rule: step ("all" for a unit's total), unit, before, excluded, after, reason, skipped.
    thresholds
        The study's settings of quality control: sections genotype, variant, sample, relatedness, ancestry, sex.
    variant_summary
        Small tables: `histograms` (metric, lower, upper, count, threshold), `ti_tv_by_frequency` (frequency_class,
        variants, ti_tv), `missingness_by_batch` (batch, samples, q05, q25, q50, q75, q95 of the variants' call rates
        in the batch, variants_excluded), `reasons` (reasons, joined by "; ", and count).
    load_counts, annotation_counts
        What was counted while calls were read and variants annotated, by name.
    excluded
        sample, reasons (a list, or text), by ("rule" or "hand").
    versions
        Programs by name.
    kinship_reason
        What kept relatives from being told, wholly or in part; None if nothing did.
    """

    study: str
    samples: pd.DataFrame
    kinship: pd.DataFrame = field(default_factory=pd.DataFrame)
    pca: Mapping[str, Any] = field(default_factory=dict)
    attrition: Sequence[Mapping[str, Any]] = ()
    thresholds: Mapping[str, Any] = field(default_factory=dict)
    variant_summary: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    load_counts: Mapping[str, Any] = field(default_factory=dict)
    annotation_counts: Mapping[str, Any] = field(default_factory=dict)
    excluded: pd.DataFrame = field(default_factory=pd.DataFrame)
    versions: Mapping[str, str] = field(default_factory=dict)
    kinship_reason: str | None = None

    def values(self, column: str) -> Floats:
        """Give a column of the samples as numbers; NaN throughout where it is absent."""
        if column not in self.samples:
            return np.full(len(self.samples), np.nan)
        numbers = pd.to_numeric(self.samples[column], errors="coerce")
        return np.asarray(numbers.to_numpy(np.float64, na_value=np.nan), dtype=np.float64)

    def flags(self, column: str) -> Booleans:
        """Say for which samples a column is true; where it is absent or missing it is not."""
        if column not in self.samples:
            return np.zeros(len(self.samples), dtype=np.bool_)
        return np.array([present(one) and bool(one) for one in self.samples[column]], dtype=np.bool_)

    def labels(self, column: str) -> pd.Series:
        """Give a column of the samples as text; None where there is nothing."""
        if column not in self.samples:
            return pd.Series([None] * len(self.samples), dtype=object)
        labels = [str(one) if present(one) and one is not pd.NA else None for one in self.samples[column]]
        return pd.Series(labels, dtype=object)

    def known(self, column: str) -> bool:
        """Say whether any sample has a value in a column."""
        return column in self.samples and bool(self.samples[column].notna().any())

    @property
    def groupings(self) -> list[str]:
        """Name the columns that tell two or more groups of samples apart."""
        return [column for column in GROUPINGS if len(set(self.labels(column).dropna())) > 1]

    def threshold(self, section: str, name: str) -> float | None:
        """Give a threshold that is a number; None where the rule is off or absent."""
        value = (self.thresholds.get(section) or {}).get(name)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    def deviation_limit(self, metric: str) -> float | None:
        """Give how many MADs a sample may lie from its stratum; None where the rule is off."""
        limits = (self.thresholds.get("sample") or {}).get("max_deviations") or {}
        value = limits.get(metric)
        return None if value is None else float(value)

    def summary(self, name: str) -> pd.DataFrame:
        """Give one of the small tables of variants; empty where it is absent."""
        table = self.variant_summary.get(name)
        return pd.DataFrame() if table is None else table

    def rules(self, unit: str) -> list[Mapping[str, Any]]:
        """Give the rows of a unit's rules, without its total."""
        return [row for row in self.attrition if row["unit"] == unit and row["step"] != TOTAL]

    def total(self, unit: str) -> Mapping[str, Any] | None:
        """Give the row of a unit's total; None where there is none."""
        return next((row for row in self.attrition if row["unit"] == unit and row["step"] == TOTAL), None)
