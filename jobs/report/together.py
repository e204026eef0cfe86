"""What the page says of traits together: genes with any of them, pairs of traits, how traits go together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from association.results import FEW_CARRIERS
from association.scan_settings import CONTROL_MASK, OMNIBUS
from association.traits_together.together_columns import TOGETHER_METHODS
from jobs.report import numbers, wording
from jobs.report.gene_table import records
from jobs.report.inputs import ReportInputs
from jobs.report.together_figure import correlation_figure

MOST_GENES_SHOWN = 15
MOST_PAIRS_SHOWN = 10
PLACE = ("gene", "mask", "max_af", "test", "weights", "coding")


def together_section(inputs: ReportInputs) -> dict[str, Any] | None:
    """Gather what the page says of traits together; None where they were not looked at together."""
    if inputs.together is None:
        return None
    genes, pairs = inputs.together["genes"], inputs.together["pairs"]
    correlations = without_few(inputs.together["correlations"])
    traits = [name.removeprefix("p_value_") for name in genes if name.startswith("p_value_")]
    leading = leading_genes(genes)
    drivers = driving_rows(genes, leading)
    return {
        "traits": traits,
        "genes": [
            _gene_cells(gene, driver, traits) for gene, driver in zip(*map(records, (leading, drivers)), strict=True)
        ],
        "tested": int(_counting(genes)["gene"].nunique()),
        "pairs": pair_rows(pairs),
        "methods": _methods(leading, drivers),
        "figure": correlation_figure(correlations, traits),
        "correlations": [_correlation_cells(row) for row in records(correlations)],
        "left_out": list(inputs.left_out),
        "unknown_harm": list(inputs.unknown_harm),
    }


def without_few(correlations: pd.DataFrame) -> pd.DataFrame:
    """Give correlations without those of traits that hardly any patient has both of."""
    few = correlations["samples_both"] < numbers.LEAST
    hidden = {name: correlations[name].mask(few) for name in ("residual_correlation", "gene_correlation_expected")}
    return correlations.assign(**hidden)


def leading_genes(genes: pd.DataFrame) -> pd.DataFrame:
    """Give the primary rows of the genes with the smallest p-values over all traits."""
    return _counting(genes).sort_values(["p_any", "gene"], kind="stable").head(MOST_GENES_SHOWN)


def _counting(genes: pd.DataFrame) -> pd.DataFrame:
    return genes[genes["primary"] & genes["p_any"].notna() & ~_few(genes)]


def driving_rows(genes: pd.DataFrame, leading: pd.DataFrame) -> pd.DataFrame:
    """Give, for each of some genes, its strongest single test of 3 carriers or more; else the gene's own row."""
    single = genes[(genes["test"] != OMNIBUS) & (genes["mask"] != CONTROL_MASK) & genes["p_any"].notna()]
    single = single[single["gene"].isin(leading["gene"]) & ~_few(single)].sort_values("p_any", kind="stable")
    strongest = pd.concat([single, leading]).drop_duplicates("gene").set_index("gene")
    return strongest.loc[leading["gene"]].reset_index()


def pair_rows(pairs: pd.DataFrame) -> list[dict[str, Any]]:
    """Give the genes of each pair of traits that are most likely to act on both, by single tests."""
    single = pairs[
        (pairs["test"] != OMNIBUS) & (pairs["mask"] != CONTROL_MASK) & pairs["p_both"].notna() & ~_few(pairs)
    ]
    strongest = single.sort_values(["p_both", "gene"], kind="stable").drop_duplicates(["gene", "trait_1", "trait_2"])
    ranked = strongest.groupby(["trait_1", "trait_2"], sort=False).head(MOST_PAIRS_SHOWN)
    order = ranked.assign(pair=ranked.groupby(["trait_1", "trait_2"]).ngroup()).sort_values(
        ["pair", "p_both"], kind="stable"
    )
    return [_pair_cells(row) for row in records(order)]


def _few(rows: pd.DataFrame) -> pd.Series:
    return rows["flags"].fillna("").map(lambda flags: FEW_CARRIERS in flags.split(";")).astype(bool)


def _gene_cells(gene: Mapping[str, Any], driver: Mapping[str, Any], traits: list[str]) -> dict[str, Any]:
    return {
        "gene": gene["gene"],
        "p_any": numbers.p_value(gene["p_any"]),
        "p_made": _made(gene, "p_any"),
        "q_any": numbers.p_value(gene["q_any"]),
        "own": [numbers.p_value(gene[f"p_value_{name}"]) for name in traits],
        "p_two": numbers.p_value(gene["p_at_least_2"]),
        "mask": wording.mask_words(driver["mask"]),
        "test": wording.test_words(driver),
        "driver_p": numbers.p_value(driver["p_any"]),
        "carriers": numbers.people(driver["carriers"]),
        "heterogeneous": (numbers.p_value(driver["p_heterogeneous"]), _made(driver, "p_heterogeneous")),
        "homogeneous": (numbers.p_value(driver["p_homogeneous"]), _made(driver, "p_homogeneous")),
    }


def _pair_cells(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "trait_1": row["trait_1"],
        "trait_2": row["trait_2"],
        "gene": row["gene"],
        "mask": wording.mask_words(row["mask"]),
        "test": wording.test_words(row),
        "carriers": numbers.people(row["carriers"]),
        "p_1": numbers.p_value(row["p_1"]),
        "p_2": numbers.p_value(row["p_2"]),
        "p_both": numbers.p_value(row["p_both"]),
        "given": [(numbers.p_value(row[name]), _made(row, name)) for name in ("p_2_given_1", "p_1_given_2")],
    }


def _made(row: Mapping[str, Any], name: str) -> Any:
    """Say how well a p-value is known: its interval, or how it was made."""
    if not numbers.present(row[name]):
        return ""
    interval = numbers.p_interval({"p_lower": row[f"{name}_lower"], "p_upper": row[f"{name}_upper"]})
    return interval or wording.method_words(row[f"{name}_method"])


def _methods(*tables: pd.DataFrame) -> list[tuple[str, str]]:
    """Explain how the p-values that are shown were made."""
    used = {method for rows in tables for name in rows if name.endswith("_method") for method in rows[name].dropna()}
    return [(wording.plain_words(name), meaning) for name, meaning in TOGETHER_METHODS.items() if name in used]


def _correlation_cells(row: Mapping[str, Any]) -> dict[str, Any]:
    def shown(name: str, begin: str) -> tuple[str, str]:
        if not numbers.present(row[name]):
            return numbers.NOTHING, ""
        lower, upper = row[f"{begin}_lower"], row[f"{begin}_upper"]
        interval = f"{_signed(lower)} to {_signed(upper)}" if numbers.present(lower) else ""
        return _signed(row[name]), interval

    expected = row["gene_correlation_expected"]
    return {
        "trait_1": row["trait_1"],
        "trait_2": row["trait_2"],
        "samples": numbers.people(row["samples_both"]),
        "residuals": shown("residual_correlation", "residual"),
        "genes": numbers.count(row["genes"]),
        "of_genes": shown("gene_correlation", "gene"),
        "expected": _signed(expected) if numbers.present(expected) else numbers.NOTHING,
        "worse": _worse(row["same_direction"]),
    }


def _worse(same_direction: Any) -> str:
    """Say whether worse is the same way in two traits."""
    if not numbers.present(same_direction):
        return "not said"
    return "the same way" if same_direction else "opposite ways"


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "\u2212")
