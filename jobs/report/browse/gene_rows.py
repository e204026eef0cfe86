"""Every gene of a trait: the p-value by which it counts, and what is behind it.

The page's short table shows the first of these genes. Here are all, those that can't be tested with their reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from association.scan_settings import ALL_MASKS, CONTROL_MASK
from jobs.report import numbers, wording
from jobs.report.browse.codes import Dictionary, count_codes, estimates, p_codes, rounded
from jobs.report.chances import NORMAL_95
from jobs.report.driving_rows import by_strength, driving_rows
from jobs.report.findings import TraitFindings, has_few_carriers, primary_rows
from jobs.report.gene_table import AT_LIMIT
from jobs.report.inputs import ReportInputs


def gene_rows(inputs: ReportInputs, findings: TraitFindings) -> pd.DataFrame:
    """Give a row per gene, the strongest first; genes without a p-value last.

    Parameters
    ----------
    inputs
        What the run found.
    findings
        Of the trait.

    Returns
    -------
    pd.DataFrame
        The gene's own columns; those of the mask and test behind it begin with `driver_`, and `passes` says whether
        the gene passes the line.
    """
    rows = inputs.results
    own = rows[(rows["trait"] == findings.name) & (rows["mask"] != CONTROL_MASK)]
    first = primary_rows(own)
    # A gene whose rows are all untested, or of too few carriers to count, may have no primary one.
    others = own[~own["gene"].isin(first["gene"])]
    whole = others[others["mask"] == ALL_MASKS]
    others = others[~others["gene"].isin(whole["gene"])]
    genes = by_strength(pd.concat([first, whole, others])).drop_duplicates("gene")
    genes = genes.reset_index(drop=True)
    tested = findings.tested[findings.tested["mask"] != CONTROL_MASK]
    drivers = driving_rows(tested[~has_few_carriers(tested)], genes)
    return genes.join(drivers.add_prefix("driver_")).assign(
        passes=genes["gene"].isin(findings.significant["gene"]),
        cautions=[both_cautions(pair) for pair in zip(drivers["flags"], genes["flags"], strict=True)],
    )


def both_cautions(flags: Iterable[Any]) -> str:
    """Join cautions, each once; a limit of the permutations is told by the interval of p already."""
    names = dict.fromkeys(name for one in flags for name in wording.flag_names(one))
    return ";".join(name for name in names if name != AT_LIMIT)


def gene_columns(rows: pd.DataFrame, genes: pd.Index, texts: Dictionary, masks: Dictionary) -> dict[str, list[Any]]:
    """Code the rows for the page.

    Parameters
    ----------
    rows
        As from `gene_rows`.
    genes
        All genes of the page; a row refers to its gene by place.
    texts, masks
        What columns refer to; grows.
    """
    return {
        "gene": genes.get_indexer(rows["gene"]).tolist(),
        "p": p_codes(rows["p_value"]),
        "p_lower": p_codes(rows["p_lower"].where(rows["p_lower"] < rows["p_upper"])),
        "p_upper": p_codes(rows["p_upper"].where(rows["p_lower"] < rows["p_upper"])),
        "method": texts.codes(rows["method"].map(wording.method_words)),
        "p_family": p_codes(rows["p_family"]),
        "q": p_codes(rows["q_value"]),
        "mask": masks.codes(rows["driver_mask"]),
        "ceiling": texts.codes(ceilings(rows["driver_max_af"])),
        "test": texts.codes(test_names(_of_driver(rows))),
        "driver_p": p_codes(rows["driver_p_value"].where(_other_row(rows))),
        **group_columns(_of_driver(rows)),
        "flags": texts.codes(rows["cautions"]),
        "reason": texts.codes(rows["reason"].where(rows["p_value"].isna())),
        "passes": rows["passes"].astype(int).tolist(),
    }


def group_columns(rows: pd.DataFrame) -> dict[str, list[Any]]:
    """Code what a row says of the carriers: how many, their events, the effect of the mask's burden."""
    observed, expected = (
        pd.to_numeric(rows[f"{which}_events"], errors="coerce") for which in ("observed", "expected")
    )
    effect, half = (pd.to_numeric(rows[name], errors="coerce") for name in ("effect", "standard_error"))
    half = NORMAL_95 * half
    return {
        "carriers": count_codes(rows["carriers"]),
        "variants": count_codes(rows["variants"]),
        "events": count_codes(rows["observed_events"]),
        "expected": rounded(rows["expected_events"]),
        "ratio": [
            None if pd.isna(one) else round(one, 2) for one in (observed / expected.where(expected > 0)).tolist()
        ],
        "effect": estimates(effect.where(half.notna())),
        "effect_lower": estimates(effect - half),
        "effect_upper": estimates(effect + half),
    }


def ceilings(values: pd.Series) -> pd.Series:
    """Write ceilings on the allele frequency."""
    words = {one: f"\u2264 {numbers.percent(one)}" for one in values.dropna().unique()}
    return values.map(words)


def test_names(rows: pd.DataFrame) -> pd.Series:
    """Name each row's test, with its coding and weights."""
    kind = rows.groupby(["test", "coding", "weights"], sort=False, dropna=False).ngroup()
    first = rows.loc[~kind.duplicated(), ["test", "coding", "weights"]].to_dict("records")
    return kind.map(dict(zip(kind.unique(), map(wording.test_words, first), strict=True)))


def _other_row(rows: pd.DataFrame) -> pd.Series:
    return (rows["mask"] != rows["driver_mask"]) | (rows["test"] != rows["driver_test"])


def _of_driver(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.filter(like="driver_").rename(columns=lambda name: name.removeprefix("driver_"))
