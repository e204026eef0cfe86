"""Who is out and why, and what rules and hand have each said."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from jobs.report.qc.attrition import SEPARATOR, reason_list
from jobs.report.qc.exhibits import FINE, LOOK, Exhibit, Finding, Section, some
from jobs.report.qc.inputs import QcInputs

BY_HAND = "hand"
BESIDE = ("batch", "ancestry", "reported_sex")


def exclusion_section(inputs: QcInputs) -> Section:
    """List the samples that are out with their reasons, and count the reasons."""
    title = "Excluded samples"
    if inputs.excluded.empty:
        finding = Finding(FINE, "Excluded samples", "No sample is excluded.")
        return Section("excluded", title, [finding], notes=[finding.text])
    listed = excluded_table(inputs)
    by_hand = int(listed["by"].str.contains(BY_HAND).sum())
    words = f"{some(len(listed), 'sample is', 'samples are')} excluded, {by_hand:,} of them by hand."
    caption = "Each once, with every reason."
    exhibits = [
        Exhibit("exclusion_reasons", "Reasons", "A sample may have several.", _reasons(listed)),
        Exhibit("excluded_samples", "Samples", caption, listed),
    ]
    return Section("excluded", title, [Finding(LOOK, "Excluded samples", words)], exhibits)


def excluded_table(inputs: QcInputs) -> pd.DataFrame:
    """Give a row per excluded sample: its reasons, whether a rule or a hand has excluded it, and what it is."""
    rows: dict[str, dict[str, list[str]]] = {}
    excluded = inputs.excluded
    by = excluded["by"] if "by" in excluded else pd.Series(["rule"] * len(excluded), index=excluded.index)
    for sample, reasons, origin in zip(excluded["sample"], excluded["reasons"], by, strict=True):
        row = rows.setdefault(str(sample), {"reasons": [], "by": []})
        row["reasons"] += [one for one in reason_list(reasons) if one not in row["reasons"]]
        row["by"] += [str(origin)] if str(origin) not in row["by"] else []
    table = pd.DataFrame(
        [
            {"sample": name, "reasons": SEPARATOR.join(row["reasons"]), "by": " and ".join(row["by"])}
            for name, row in rows.items()
        ]
    )
    known = [column for column in BESIDE if inputs.known(column)]
    about = inputs.samples[["sample", *known]].astype({"sample": str}) if known else table[["sample"]]
    return table.merge(about, on="sample", how="left").sort_values("sample", ignore_index=True)


def _reasons(listed: pd.DataFrame) -> pd.DataFrame:
    """Count samples by reason, most frequent first."""
    counted = Counter(one for reasons in listed["reasons"] for one in reason_list(reasons))
    order = sorted(counted, key=lambda reason: (-counted[reason], reason))
    return pd.DataFrame({"reason": order, "samples": [counted[reason] for reason in order]})
