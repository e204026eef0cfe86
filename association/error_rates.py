"""How often tests find something: where nothing is there, their type I error; where an effect was planted, recall.

A share of k out of n has the exact (Clopper-Pearson) interval

    lower  the q with P(Binomial(n, q) >= k) = 0.025      upper  the q with P(Binomial(n, q) <= k) = 0.025

which asks that tests be independent. Of one gene's masks that give it the same class of carriers, often by the same
variants, one counts.

References
----------
Clopper, Pearson. The use of confidence or fiducial limits illustrated in the case of the binomial. Biometrika 1934.
doi:10.1093/biomet/26.4.404
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv
from scipy.stats import binom

Floats = NDArray[np.float64]

LEVELS = (0.05, 0.01, 1e-3, 1e-4)
RECALL_LEVELS = (0.05, 1e-3, 2.5e-6)
# The fewest carriers of each class, and its name.
CARRIER_CLASSES = {1: "1", 2: "2", 3: "3-4", 5: "5-9", 10: "10-19", 20: "20+"}
ALL_CLASSES = "all"
# Chance of calling any level of a whole table not kept where all are.
FALSE_ALARM = 0.025

KEPT = "kept"
NOT_KEPT = "not kept"


def carrier_class(carriers: ArrayLike) -> NDArray[np.object_]:
    """Name the class of each number of carriers, all at least 1."""
    fewest = np.array(list(CARRIER_CLASSES))
    names = np.array(list(CARRIER_CLASSES.values()), dtype=object)
    return np.asarray(names[np.searchsorted(fewest, np.asarray(carriers), side="right") - 1], dtype=object)


def binomial_interval(found: ArrayLike, tests: ArrayLike) -> tuple[Floats, Floats]:
    """Give the exact 95% interval of each share of `tests`, at least 1, in which `found` were found."""
    k, n = np.asarray(found, np.float64), np.asarray(tests, np.float64)
    lower = np.where(k > 0, betaincinv(np.maximum(k, 1), n - k + 1, 0.025), 0.0)
    upper = np.where(k < n, betaincinv(k + 1, np.maximum(n - k, 1), 0.975), 1.0)
    return lower, upper


def error_rates(rows: pd.DataFrame, by: Sequence[str], *, levels: Sequence[float] = LEVELS) -> pd.DataFrame:
    """Compare shares of small p-values with their level where nothing is to be found.

    Parameters
    ----------
    rows
        A row per independent test: the columns `by`, p_value, and p_asymptotic, which is missing where it is large.
    by
        What to count apart.
    levels
        What p-values are compared with.

    Returns
    -------
    pd.DataFrame
        `by` and level; tests; found, those with a p-value of at most the level; ratio, their share over the level,
        with lower and upper; textbook_ratio, that of the textbook p-value; chance, of so many found or more if the
        level is kept.
    """
    groups = rows.groupby(list(by), sort=False)
    tables = []
    for level in levels:
        counted = pd.DataFrame(
            {
                "level": level,
                "tests": groups.size(),
                "found": groups["p_value"].agg(lambda p, level=level: int((p <= level).sum())),
                "textbook": groups["p_asymptotic"].agg(lambda p, level=level: int((p <= level).sum())),
            }
        )
        tables.append(counted.reset_index())
    table = pd.concat(tables, ignore_index=True)
    expected = table["tests"] * table["level"]
    lower, upper = binomial_interval(table["found"], table["tests"])
    return table[[*by, "level", "tests", "found"]].assign(
        ratio=table["found"] / expected,
        lower=lower / table["level"],
        upper=upper / table["level"],
        textbook_ratio=table["textbook"] / expected,
        chance=binom.sf(table["found"] - 1, table["tests"], table["level"]),
    )


def level_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Give the error rates of null scans by kind of trait, test and class of carriers, and over all classes.

    Parameters
    ----------
    rows
        From `association.self_check.scan_null`.
    """
    classed = rows.assign(carriers=carrier_class(rows["carriers"]))
    one_mask = ["kind", "trait", "gene", "test"]
    apart = classed.drop_duplicates([*one_mask, "carriers"])
    together = classed.drop_duplicates(one_mask).assign(carriers=ALL_CLASSES)
    table = error_rates(pd.concat([together, apart]), ("kind", "test", "carriers"))
    return _in_order(table, ("kind", "test", "carriers", "level"))


def verdicts(table: pd.DataFrame) -> pd.DataFrame:
    """Say of each kind of trait and test whether it keeps its level.

    A level counts as not kept where so many p-values would be found by chance less often than `FALSE_ALARM` shared
    by all rows of the table: one lower bound in forty exceeds 1 by chance alone, and a table has hundreds.

    Parameters
    ----------
    table
        From `level_table`.

    Returns
    -------
    pd.DataFrame
        kind, test, verdict, and of the row with the smallest chance: carriers, level, ratio, lower, chance.
    """
    worst = table.loc[table.groupby(["kind", "test"], sort=False)["chance"].idxmin()]
    verdict = np.where(worst["chance"] < FALSE_ALARM / len(table), NOT_KEPT, KEPT)
    columns = ["kind", "test", "verdict", "carriers", "level", "ratio", "lower", "chance"]
    return worst.assign(verdict=verdict)[columns].reset_index(drop=True)


def recall_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Give the share of planted effects that each test finds.

    Parameters
    ----------
    rows
        From `association.self_check.scan_planted`.

    Returns
    -------
    pd.DataFrame
        kind, effect, test, carriers (class), level; planted, found, recall, lower, upper.
    """
    by = ["kind", "effect", "test", "carriers"]
    groups = rows.assign(carriers=carrier_class(rows["carriers"])).groupby(by, sort=False)["p_value"]
    tables = []
    for level in RECALL_LEVELS:
        found = groups.agg(lambda p, level=level: int((p <= level).sum()))
        tables.append(pd.DataFrame({"level": level, "planted": groups.size(), "found": found}).reset_index())
    table = pd.concat(tables, ignore_index=True)
    lower, upper = binomial_interval(table["found"], table["planted"])
    table = table.assign(recall=table["found"] / table["planted"], lower=lower, upper=upper)
    return _in_order(table, ("kind", "effect", "test", "carriers", "level"))


def _in_order(table: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Sort rows: classes by carriers, levels downwards, all else as it first comes."""
    classes = [ALL_CLASSES, *CARRIER_CLASSES.values()]
    keys = {
        name: -table[name]
        if name == "level"
        else table[name].map({value: place for place, value in enumerate(classes)})
        if name == "carriers"
        else pd.factorize(table[name])[0]
        for name in by
    }
    return table.loc[pd.DataFrame(keys).sort_values(list(by), kind="stable").index].reset_index(drop=True)
