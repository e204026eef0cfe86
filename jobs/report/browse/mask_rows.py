"""Every gene and mask of a trait: the p-value of each test, beside each other.

A gene counts by none of these; they are what its one p-value is made of, the synonymous control among them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from association.scan_settings import ALL_MASKS, OMNIBUS
from jobs.report.browse.codes import Dictionary, p_codes
from jobs.report.browse.gene_rows import both_cautions, ceilings, group_columns, test_names
from jobs.report.driving_rows import MASK, mask_effects
from jobs.report.findings import TraitFindings

# More rows than this, over all traits, make a page that is slow to send and to open.
MOST_ROWS = 200_000
# Columns of tests, numbered as the tests are.
TEST_COLUMN = "p_test_"


def mask_rows(findings: TraitFindings, most: int) -> tuple[pd.DataFrame, list[str], int]:
    """Give a row per gene, mask and ceiling with a p-value.

    Parameters
    ----------
    findings
        Of the trait.
    most
        Rows to keep: those with the smallest p-values of any test.

    Returns
    -------
    rows
        In the order of the results; a column of p-values for each test.
    tests
        The tests, in words.
    of
        How many rows there are in all.
    """
    tested = findings.tested[findings.tested["mask"] != ALL_MASKS]
    group = tested.groupby(list(MASK), sort=False, dropna=False, observed=True).ngroup()
    tests = test_names(tested)
    # The omnibus over a mask's tests comes first: it is paid for.
    names = sorted(dict.fromkeys(tests), key=lambda name: name != OMNIBUS)
    p = np.full((int(group.max()) + 1 if len(tested) else 0, len(names)), np.nan)
    p[group, tests.map({name: place for place, name in enumerate(names)}).astype(int)] = tested["p_value"]
    rows = tested.assign(group=group).drop_duplicates("group").drop(columns=["effect", "standard_error"])
    rows = rows.reset_index(drop=True).join(pd.DataFrame(p).add_prefix(TEST_COLUMN))
    rows = rows.merge(mask_effects(tested), on=list(MASK), how="left")
    rows = rows.assign(cautions=rows["group"].map(_cautions(tested["flags"], group)))
    smallest = np.nanmin(p, axis=1) if len(rows) else np.empty(0)
    kept = np.sort(np.argsort(smallest, kind="stable")[:most])
    return rows.iloc[kept].reset_index(drop=True), names, len(rows)


def _cautions(flags: pd.Series, group: pd.Series) -> dict[int, str]:
    """Give the cautions of each group's tests together."""
    told = pd.DataFrame({"flags": flags, "group": group})[flags.fillna("") != ""].drop_duplicates()
    single = ~told["group"].duplicated(keep=False)
    words = {one: both_cautions([one]) for one in told["flags"].unique()}
    found = dict(zip(told["group"][single], told["flags"][single].map(words), strict=True))
    return found | {place: both_cautions(own) for place, own in told[~single].groupby("group")["flags"]}


def mask_columns(
    rows: pd.DataFrame, tests: list[str], genes: pd.Index, texts: Dictionary, masks: Dictionary
) -> dict[str, list[Any]]:
    """Code the rows for the page; see `gene_columns`. Genes are steps from one row's gene to the next one's."""
    return {
        "gene_steps": np.diff(genes.get_indexer(rows["gene"]), prepend=0).tolist(),
        "mask": masks.codes(rows["mask"]),
        "ceiling": texts.codes(ceilings(rows["max_af"])),
        **{f"{TEST_COLUMN}{place}": p_codes(rows[f"{TEST_COLUMN}{place}"]) for place in range(len(tests))},
        **group_columns(rows),
        "flags": texts.codes(rows["cautions"]),
    }
