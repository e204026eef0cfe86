"""Small tables of many variants for the page: histograms, Ti/Tv by frequency, combinations of reasons.

They are made from `variants.parquet`, of which `COLUMNS` are enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jobs.report.qc.attrition import SEPARATOR, reason_list

# Metric and the threshold below or above which a variant is left out.
METRICS = {
    "call_rate": "min_call_rate",
    "het_balance": "min_het_balance",
    "inbreeding": "min_inbreeding",
    "hwe_p": "min_hwe_p",
    "batch_call_rate_spread": "max_batch_spread",
    "quality_by_depth": "min_quality_by_depth",
    "vqslod": "min_vqslod",
}
COLUMNS = ("ref", "alt", "allele_count", "allele_number", "reasons", "passes", *METRICS)
BINS = 40
# Values beyond these quantiles are counted in the outermost bars.
OUTERMOST = (0.001, 0.999)
MOST_NEG_LOG10_P = 20.0
TRANSITIONS = ("AG", "GA", "CT", "TC")
# Upper ends of the classes: of the count of minor alleles, then of their frequency.
COUNT_CLASSES = (("1 allele", 1), ("2 to 5 alleles", 5))
FREQUENCY_CLASSES = (("up to 0.1%", 0.001), ("0.1 to 1%", 0.01), ("1 to 5%", 0.05), ("above 5%", 1.0))


def summarise_variants(variants: pd.DataFrame, thresholds: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    """Make the tables `histograms`, `ti_tv_by_frequency` and `reasons` of the page's inputs.

    Parameters
    ----------
    variants
        A row per variant; a metric that is absent, or has no value, has no histogram.
    thresholds
        The study's settings of variants.
    """
    tables = [histogram(variants[metric], metric, thresholds) for metric in METRICS if metric in variants]
    tables = [table for table in tables if len(table)]
    return {
        "histograms": pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(),
        "ti_tv_by_frequency": ti_tv_by_frequency(variants),
        "reasons": reason_counts(variants),
    }


def histogram(column: pd.Series, metric: str, thresholds: Mapping[str, Any]) -> pd.DataFrame:
    """Count a metric's values in bins of equal width; p-values as their negative logarithm.

    Parameters
    ----------
    column
        Values, missing where there is none.
    metric
        Its name.
    thresholds
        The study's settings of variants.
    """
    values = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    values = values[np.isfinite(values)]
    limit = thresholds.get(METRICS[metric])
    threshold = np.nan if limit is None else float(limit)
    if metric == "hwe_p":
        metric = "neg_log10_hwe_p"
        # A p-value that underflows to zero is beyond the axis, not lost.
        values = -np.log10(np.maximum(values, 10.0**-MOST_NEG_LOG10_P))
        threshold = -np.log10(threshold) if threshold > 0 else np.nan
    if values.size == 0:
        return pd.DataFrame()
    low, high = (float(end) for end in np.quantile(values, OUTERMOST))
    if np.isfinite(threshold):
        low, high = min(low, threshold - 0.05 * abs(threshold)), max(high, threshold + 0.05 * abs(threshold))
    high = high if high > low else low + max(abs(low), 1.0) * 1e-3
    count, edges = np.histogram(np.clip(values, low, high), bins=BINS, range=(low, high))
    bins = pd.DataFrame({"lower": edges[:-1], "upper": edges[1:], "count": count, "threshold": threshold})
    bins.insert(0, "metric", metric)
    return bins


def ti_tv_by_frequency(variants: pd.DataFrame) -> pd.DataFrame:
    """Count single-nucleotide variants that stay, and their transitions over transversions, by frequency.

    Parameters
    ----------
    variants
        With ref, alt, allele_count, allele_number and, unless all stay, passes.
    """
    if not {"ref", "alt", "allele_count", "allele_number"} <= set(variants):
        return pd.DataFrame()
    stays = variants["passes"].to_numpy(np.bool_) if "passes" in variants else np.ones(len(variants), np.bool_)
    ref, alt = variants["ref"].astype(str), variants["alt"].astype(str)
    snv = ref.str.fullmatch("[ACGTacgt]") & alt.str.fullmatch("[ACGTacgt]")
    kept = variants[snv.to_numpy(np.bool_) & stays]
    alternate, number = (kept[name].to_numpy(np.float64) for name in ("allele_count", "allele_number"))
    minor = np.minimum(alternate, number - alternate)
    place = frequency_place(minor, number)
    transition = (kept["ref"].str.upper() + kept["alt"].str.upper()).isin(TRANSITIONS).to_numpy(np.bool_)
    names = [name for name, _ in (*COUNT_CLASSES, *FREQUENCY_CLASSES)]
    total = np.bincount(place[place >= 0], minlength=len(names))
    transitions = np.bincount(place[(place >= 0) & transition], minlength=len(names))
    transversions = np.where(total > transitions, total - transitions, np.nan)
    table = pd.DataFrame({"frequency_class": names, "variants": total, "ti_tv": transitions / transversions})
    return table[table["variants"] > 0].reset_index(drop=True)


def frequency_place(minor: NDArray[np.float64], number: NDArray[np.float64]) -> NDArray[np.int64]:
    """Give the place of each variant's class; -1 for one without a minor allele.

    Parameters
    ----------
    minor, number
        Minor alleles, and all of them (m).
    """
    frequency = minor / np.where(number > 0, number, np.nan)
    by_count = np.searchsorted([most for _, most in COUNT_CLASSES], minor)
    by_frequency = len(COUNT_CLASSES) + np.searchsorted([most for _, most in FREQUENCY_CLASSES], frequency)
    place = np.where(by_count < len(COUNT_CLASSES), by_count, by_frequency)
    return np.asarray(np.where(minor > 0, place, -1), dtype=np.int64)


def reason_counts(variants: pd.DataFrame) -> pd.DataFrame:
    """Count variants by the combination of their reasons, most frequent first; those that stay are not in it."""
    if "reasons" not in variants:
        return pd.DataFrame()
    joined = pd.Series([SEPARATOR.join(reason_list(reasons)) for reasons in variants["reasons"]], dtype=str)
    counts = joined[joined != ""].value_counts()
    table = pd.DataFrame({"reasons": counts.index.astype(str), "count": counts.to_numpy(np.int64)})
    return table.sort_values(["count", "reasons"], ascending=[False, True], ignore_index=True)
