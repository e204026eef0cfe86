"""The mask and test behind a gene's p-value.

A gene counts by its omnibus, which has neither carriers of one kind nor an effect. What readers can picture is the
strongest of the single tests that it is over, and the burden of that test's mask. Masks of fewer than 3 carriers are
left out of that search, though the omnibus is over them too: so the test that is found may be weaker than the gene.
"""

from __future__ import annotations

import pandas as pd

from association.results import FEW_CARRIERS
from association.scan_settings import CONTROL_MASK, OMNIBUS

# Weights and coding under which a unit of burden is one allele.
UNWEIGHTED = "flat"
PER_ALLELE = "sum"
MASK = ("gene", "mask", "max_af")


def by_strength(rows: pd.DataFrame) -> pd.DataFrame:
    """Sort rows, the smallest p-value first; the asymptotic p-value breaks ties."""
    return rows.sort_values(
        ["neg_log10_p", "neg_log10_p_asymptotic", "gene"], ascending=[False, False, True], kind="stable"
    )


def driving_rows(rows: pd.DataFrame, genes: pd.DataFrame) -> pd.DataFrame:
    """Find the strongest single test of each gene.

    Parameters
    ----------
    rows
        A trait's tested rows without the control, of at least 3 carriers each.
    genes
        One row per gene.

    Returns
    -------
    pd.DataFrame
        A row for each of `genes`, in their order: the gene's own where no mask has 3 carriers by itself. Columns
        effect and standard_error are the mask's burden's, and effect_weights and effect_coding say which burden.
    """
    single = by_strength(rows[rows["test"] != OMNIBUS])
    strongest = pd.concat([single, genes[rows.columns]]).drop_duplicates("gene").set_index("gene")
    drivers = strongest.loc[genes["gene"]].reset_index()
    return drivers.drop(columns=["effect", "standard_error"]).merge(
        mask_effects(rows, drivers), on=list(MASK), how="left"
    )


def few_carry_stronger(rows: pd.DataFrame, gene_p: float, driver_p: float) -> bool:
    """Say whether a mask of fewer than 3 carriers is stronger than the test that was found for a stronger gene.

    Parameters
    ----------
    rows
        All rows of a gene for a trait.
    gene_p, driver_p
        Of the gene, and of the test that was found.
    """
    if not driver_p > gene_p:
        return False
    few = rows["flags"].fillna("").str.split(";").map(lambda names: FEW_CARRIERS in names).astype(bool)
    left_out = rows[few & (rows["test"] != OMNIBUS) & (rows["mask"] != CONTROL_MASK)]
    return bool((left_out["p_value"].astype(float) < driver_p).any())


def mask_effects(rows: pd.DataFrame, drivers: pd.DataFrame | None = None) -> pd.DataFrame:
    """Give the effect of each mask's burden: the unweighted sum of alleles, else the driver's own, else the first.

    Parameters
    ----------
    rows
        A trait's tested rows.
    drivers
        Rows whose own effect is preferred to other weighted ones.
    """
    burdens = rows[(rows["test"] == "burden") & rows["effect"].notna()]
    summed = (burdens["weights"] == UNWEIGHTED) & (burdens["coding"].fillna(PER_ALLELE) == PER_ALLELE)
    own = burdens.head(0) if drivers is None else drivers[(drivers["test"] == "burden") & drivers["effect"].notna()]
    ordered = pd.concat([burdens[summed], own, burdens])
    chosen = ordered.drop_duplicates(list(MASK))[[*MASK, "effect", "standard_error", "weights", "coding"]]
    return chosen.rename(columns={"weights": "effect_weights", "coding": "effect_coding"})
