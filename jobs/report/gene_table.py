"""The table of a trait's strongest genes: how each counts, and what is behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from jobs.report import numbers, wording
from jobs.report.findings import TraitFindings

MOST_GENES_SHOWN = 20
# A limit of the permutations concerns the p-value that counts, not the tests behind it.
AT_LIMIT = "at_resolution_limit"


@dataclass(frozen=True)
class GeneTable:
    """Cells, and which columns there are.

    Attributes
    ----------
    rows
        Cells by name, a row per gene.
    effect_unit
        What effects are per.
    methods
        How the p-values shown were made: name and meaning.
    cautions
        The cautions shown: in a word or two, and in full.
    any_adjusted
        Whether a gene has an adjusted p-value.
    """

    rows: Sequence[Mapping[str, Any]]
    effect_unit: str
    methods: Sequence[tuple[str, str]]
    cautions: Sequence[tuple[str, str]]
    any_adjusted: bool


def gene_table(findings: TraitFindings) -> GeneTable:
    """Make the table of the first genes."""
    genes, drivers = findings.genes.head(MOST_GENES_SHOWN), findings.drivers.head(MOST_GENES_SHOWN)
    rows = [
        _cells(gene, driver, findings.type) for gene, driver in zip(records(genes), records(drivers), strict=True)
    ]
    with_effect = drivers[drivers["effect"].notna()]
    burdens = zip(with_effect["effect_weights"], with_effect["effect_coding"], strict=True)
    units = {wording.burden_unit(weights, coding) for weights, coding in burdens}
    return GeneTable(
        rows=rows,
        effect_unit=units.pop() if len(units) == 1 else wording.UNIT_OF_BURDEN,
        methods=wording.method_meanings([*genes["method"], *drivers["method"]]),
        cautions=list(dict.fromkeys(flag for row in rows for flag in row["flags"])),
        any_adjusted=bool(genes[["p_family", "q_value"]].notna().any(axis=None)),
    )


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Give rows as mappings."""
    found: list[dict[str, Any]] = rows.to_dict("records")
    return found


def _cells(gene: Mapping[str, Any], driver: Mapping[str, Any], trait_type: str) -> dict[str, Any]:
    flags = [name for name in wording.flag_names(driver["flags"]) if name != AT_LIMIT]
    flags += [name for name in wording.flag_names(gene["flags"]) if name not in flags]
    itself = all(gene[name] == driver[name] for name in ("mask", "test"))
    return {
        "gene": gene["gene"],
        "place": f"{gene['contig']}:{gene['start']:,}",
        "p_value": numbers.p_value(gene["p_value"]),
        "p_made": numbers.p_interval(gene) or wording.method_words(gene["method"]),
        "p_family": numbers.p_value(gene["p_family"]),
        "q_value": numbers.p_value(gene["q_value"]),
        "p_asymptotic": numbers.p_value(gene["p_asymptotic"]),
        "mask": wording.mask_words(driver["mask"]),
        "max_af": numbers.percent(driver["max_af"]) if numbers.present(driver["max_af"]) else "",
        "test": wording.test_words(driver),
        "driver_p": None if itself else numbers.p_value(driver["p_value"]),
        "carriers": numbers.count(driver["carriers"]),
        "variants": numbers.count(driver["variants"]),
        "events": numbers.count(driver["observed_events"]),
        "expected": numbers.number(driver["expected_events"], 2),
        "ratio": numbers.ratio_of_events(driver),
        "effect": numbers.effect(driver),
        "direction": _direction(driver, trait_type),
        "flags": wording.flag_words(";".join(flags)),
        "significant": bool(gene["significant"]),
    }


def _direction(driver: Mapping[str, Any], trait_type: str) -> str:
    """Say which way carriers differ."""
    if not numbers.present(driver["effect"]):
        return ""
    words = wording.trait_words(trait_type)
    return words.higher if driver["effect"] > 0 else words.lower
