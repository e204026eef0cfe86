"""A gene's variants in a table: what they are, how often, how well they were called, and what each does by itself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from association.gene_profile.profile_columns import SCORE_PREFIX
from jobs.report import numbers, wording
from jobs.report.gene.lollipop import KINDS, kind_of
from jobs.report.gene.material import Gene, GeneTrait
from jobs.report.gene.shown import known, told_variants
from jobs.report.gene.without import told_without, variant_label

MOST_VARIANTS = 40


@dataclass(frozen=True)
class VariantTable:
    """The cells of the table.

    Attributes
    ----------
    rows
        A line each.
    scores
        Names of the scores that are columns.
    traits
        Of each trait its name, and whether the gene was tested without each variant.
    any_quality
        Whether the genotype quality of any is known.
    left_out
        How many more variants there are.
    """

    rows: list[dict[str, Any]]
    scores: list[str]
    traits: list[tuple[str, bool]]
    any_quality: bool
    left_out: int


def variant_table(gene: Gene) -> VariantTable | None:
    """Make the table of the variants that readers may see; None where there are none."""
    sites = told_variants(gene.table("sites"), gene.audience)
    if sites.empty:
        return None
    scores = [name for name in sites if name.startswith(SCORE_PREFIX) and sites[name].notna().any()]
    # The control's variants come last, and are the first to be left out.
    rank = [KINDS.index(kind_of(consequence)) > 0 for consequence in sites["consequence"]]
    kept = sites.assign(rank=rank).sort_values(["rank", "allele_count"], ascending=False, kind="stable")
    kept = kept.head(MOST_VARIANTS).sort_values("position", kind="stable")
    own = [
        (one, _by_variant(one, "variants", "variant"), _by_variant(one, "leave_one_out", "left_out"))
        for one in gene.traits
    ]
    own = [(one, alone, without) for one, alone, without in own if alone]
    rows = [
        _cells(site, scores) | {"traits": [_of_trait(site["variant"], one, *both) for one, *both in own]}
        for site in kept.to_dict("records")
    ]
    names = [name.removeprefix(SCORE_PREFIX) for name in scores]
    traits = [(one.trait, bool(without)) for one, _, without in own]
    any_quality = bool(kept["mean_gq"].notna().any())
    return VariantTable(rows, names, traits, any_quality, len(sites) - len(kept))


def _by_variant(one: GeneTrait, table: str, key: str) -> dict[Any, Any]:
    rows = told_without(one) if table == "leave_one_out" else told_variants(one.table(table), one.audience)
    return {row[key]: row for row in rows.to_dict("records")}


def _cells(site: Mapping[str, Any], scores: list[str]) -> dict[str, Any]:
    place = variant_label(site["variant"], None)
    change = variant_label(site["variant"], site["hgvs_p"]) if numbers.present(site["hgvs_p"]) else ""
    return {
        "label": change or place,
        "place": f"{site['contig']}:{place}" if change else site["contig"],
        "consequence": wording.plain_words(site["consequence"]).removesuffix(" variant"),
        "masks": [wording.mask_words(mask) for mask in str(site["masks"] or "").split(";") if mask],
        "count": numbers.count(site["allele_count"]),
        "number": numbers.count(site["allele_number"]),
        "external_af": frequency(site["external_af"]),
        "frequency": frequency(site["frequency"]),
        "scores": [numbers.number(site[name], 2) for name in scores],
        "quality": numbers.count(round(site["mean_gq"])) if numbers.present(site["mean_gq"]) else numbers.NOTHING,
        "call_rate": _rate(site["call_rate"]),
    }


def frequency(share: Any) -> str:
    """Write a rare variant's frequency with two digits."""
    if not numbers.present(share):
        return numbers.NOTHING
    return "0" if share == 0 else np.format_float_positional(float(f"{100 * share:.2g}"), trim="-") + "%"


def _rate(share: Any) -> str:
    return f"{100 * share:.1f}%".replace("100.0%", "100%") if numbers.present(share) else numbers.NOTHING


def _of_trait(
    variant: Any, one: GeneTrait, alone: Mapping[Any, Mapping[str, Any]], without: Mapping[Any, Mapping[str, Any]]
) -> dict[str, Any]:
    """Give p of the variant alone with the direction of its effect, and p of the gene without it."""
    own, rest = alone.get(variant), without.get(variant)
    effect = math.nan if own is None else known(own["effect"])
    direction = "" if math.isnan(effect) else one.words.higher if effect > 0 else one.words.lower
    return {
        "direction": direction,
        "p": numbers.p_value(own["p_value"] if own is not None else None),
        "without": numbers.p_value(rest["p_value"]) if rest is not None and pd.notna(rest["p_value"]) else "",
        "rests": bool(rest is not None and rest["rests_on_it"] is True),
    }
