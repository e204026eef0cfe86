"""The tables of traits together, put together from the joint scan and each trait's own.

genes         a row per gene, mask and test: each trait's p-value, the best of them, at least u of them, all at once
pairs         a row per gene, mask, test and pair of traits: both, and each given the other
correlations  a row per pair of traits (`trait_correlation`)

Permutations resolve a p-value down to about one over their number. Where fewer than 10 of them had a trait as extreme
as the data, `p_any` is P times the smallest of the traits' own p-values instead (Bonferroni's bound, close for so
small ones), which exact laws take further.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from association.calibration.monte_carlo import UNRESOLVED
from association.calibration.multiplicity import benjamini_hochberg
from association.results import FEW_CARRIERS
from association.traits_together.conjunction import at_least, both
from association.traits_together.joint_evidence import FEWEST_WITH_BOTH
from association.traits_together.joint_numbers import (
    ANY,
    COUNTED,
    HETEROGENEOUS,
    HOMOGENEOUS,
    LOWER,
    METHOD,
    P_VALUE,
    PLACE,
    REACHED,
    TEXTBOOK,
    UPPER,
    column_of,
    given_name,
)
from association.traits_together.together_columns import (
    BONFERRONI,
    KEY,
    PAIR_PLACE,
    gene_columns,
    pair_columns,
    schema_of,
)

Floats = NDArray[np.float64]

LAST = ("min_attainable_p", "flags", "reason")
FEW_WITH_BOTH = f"fewer than {FEWEST_WITH_BOTH} samples have both traits"


def gene_table(joint: pa.Table, scans: Sequence[pa.Table], traits: Sequence[str]) -> pa.Table:
    """Make the table of genes.

    Parameters
    ----------
    joint
        Of `joint_scan.scan_together`, all genes.
    scans
        Each trait's result table (`association.results.SCHEMA`).
    traits
        Their names.

    Returns
    -------
    pa.Table
        `together_columns.gene_columns`, in the order of `joint`.
    """
    rows = joint.to_pandas()
    own = own_p_values(rows, scans)
    table = rows[[name for name in PLACE.names if name not in LAST]].copy()
    for number, name in enumerate(traits):
        table[f"p_value_{name}"] = own[:, number]
    table["strongest_trait"] = _strongest(own, traits)
    _add_any(table, rows, own)
    for fewest in range(2, len(traits) + 1):
        table[f"p_at_least_{fewest}"] = at_least(own, fewest)
    for question in (HETEROGENEOUS, HOMOGENEOUS):
        for quantity, name in _quantities(f"p_{question}"):
            table[name] = rows[column_of(question, quantity)]
        table[f"p_{question}_asymptotic"] = rows[column_of(question, TEXTBOOK)]
    table = pd.concat([table, rows[list(LAST)]], axis=1)
    return _as_arrow(table, schema_of(gene_columns(traits)))


def own_p_values(rows: pd.DataFrame, scans: Sequence[pa.Table]) -> Floats:
    """Give each trait's p-value for each row (r, P), NaN where its scan has none.

    Parameters
    ----------
    rows
        With the columns of `KEY`.
    scans
        Each trait's result table.
    """
    keys = pd.MultiIndex.from_frame(_comparable(rows))
    found = []
    for scan in scans:
        known = scan.select([*KEY, "p_value"]).to_pandas()
        values = pd.Series(known["p_value"].to_numpy(), index=pd.MultiIndex.from_frame(_comparable(known)))
        found.append(values.reindex(keys).to_numpy(np.float64))
    return np.stack(found, axis=1)


def _comparable(rows: pd.DataFrame) -> pd.DataFrame:
    """Give the columns that name a row, nothing being equal to nothing."""
    return rows[list(KEY)].assign(
        max_af=rows["max_af"].fillna(0.0), weights=rows["weights"].fillna(""), coding=rows["coding"].fillna("")
    )


def _strongest(own: Floats, traits: Sequence[str]) -> NDArray[np.object_]:
    """Name each row's trait with the smallest p-value."""
    smallest = np.argmin(np.where(np.isnan(own), np.inf, own), axis=1)
    names: NDArray[np.object_] = np.array(traits, dtype=object)[smallest]
    names[np.isnan(own).all(axis=1)] = None
    return names


def _add_any(table: pd.DataFrame, rows: pd.DataFrame, own: Floats) -> None:
    """Add the best of the traits, and its false discovery rate over primary rows of 3 carriers or more."""
    smallest = np.where(np.isnan(own), np.inf, own).min(axis=1)
    bound = np.minimum(1.0, own.shape[1] * smallest)
    open_ = (
        (rows[column_of(ANY, METHOD)] == "permutation")
        & (rows[column_of(ANY, REACHED)].fillna(UNRESOLVED) < UNRESOLVED)
        & np.isfinite(smallest)
    ).to_numpy(bool)
    for quantity, name in _quantities("p_any"):
        table[name] = rows[column_of(ANY, quantity)]
    for name in ("p_any", "p_any_lower", "p_any_upper"):
        table[name] = np.where(open_, bound, table[name])
    table["p_any_method"] = np.where(open_, BONFERRONI, table["p_any_method"])
    table["neg_log10_p_any"] = 0.0 - np.log10(table["p_any"])
    few = rows["flags"].fillna("").str.split(";").map(lambda flags: FEW_CARRIERS in flags).astype(bool)
    family = rows["primary"] & ~few
    table["q_any"] = benjamini_hochberg(np.where(family, table["p_any"], np.nan))


def _quantities(name: str) -> list[tuple[str, str]]:
    """Give what is told of a question, and the column of the table that it comes to."""
    return [
        (P_VALUE, name),
        (LOWER, f"{name}_lower"),
        (UPPER, f"{name}_upper"),
        (METHOD, f"{name}_method"),
        (COUNTED, f"{name}_permutations"),
    ]


def pair_table(joint: pa.Table, genes: pa.Table, traits: Sequence[str]) -> pa.Table:
    """Make the table of pairs of traits; rows of genes that can't be tested are left out.

    Parameters
    ----------
    joint
        Of `joint_scan.scan_together`.
    genes
        Of `gene_table`, the same rows.
    traits
        Their names.

    Returns
    -------
    pa.Table
        `together_columns.pair_columns`: for each row of `joint` the pairs in order of traits.
    """
    rows, own = joint.to_pandas(), genes.to_pandas()
    parts = []
    for one, other in combinations(range(len(traits)), 2):
        part = own[list(PAIR_PLACE)].assign(trait_1=traits[one], trait_2=traits[other])
        part["p_1"], part["p_2"] = own[f"p_value_{traits[one]}"], own[f"p_value_{traits[other]}"]
        part["p_both"] = both(part["p_1"].to_numpy(), part["p_2"].to_numpy())
        part["neg_log10_p_both"] = 0.0 - np.log10(part["p_both"])
        for trait, given, name in ((other, one, "p_2_given_1"), (one, other, "p_1_given_2")):
            for quantity, column in _quantities(name):
                part[column] = rows[column_of(given_name(trait, given), quantity)]
        # What is tested at all has a p-value of the sum of all traits.
        unasked = rows[column_of(HETEROGENEOUS, P_VALUE)].notna() & part["p_2_given_1"].isna()
        part["reason"] = unasked.map({True: FEW_WITH_BOTH, False: None})
        parts.append(part.assign(order=np.arange(len(part))))
    table = pd.concat(parts).sort_values("order", kind="stable")
    tested = table[["p_1", "p_2", "p_2_given_1", "p_1_given_2"]].notna().any(axis=1)
    return _as_arrow(table[tested].drop(columns="order"), schema_of(pair_columns()))


def _as_arrow(table: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    columns = [pa.array(_whole(table[field.name], field.type), field.type, from_pandas=True) for field in schema]
    return pa.table(columns, schema=schema)


def _whole(values: pd.Series, of_type: pa.DataType) -> pd.Series:
    """Turn counts that are missing in places into numbers that can be."""
    return values.astype("Int64") if pa.types.is_integer(of_type) else values
