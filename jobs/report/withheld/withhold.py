"""Take out of a report's inputs whatever its audience may not see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from jobs.report.audience import Audience
from jobs.report.consortium import Consortium
from jobs.report.findings import find
from jobs.report.inputs import ReportInputs
from jobs.report.withheld.asked_for import withhold_interactions, withhold_mechanism
from jobs.report.withheld.cells import few_between, few_of
from jobs.report.withheld.cohort import withhold_cohort
from jobs.report.withheld.effects import withhold_effects
from jobs.report.withheld.endpoints import endpoints_of
from jobs.report.withheld.gene_sets import withhold_sets
from jobs.report.withheld.known_genes import withhold_known
from jobs.report.withheld.profiles import withhold_profiles
from jobs.report.withheld.record import withhold_run, withhold_settings
from jobs.report.withheld.results import withhold_results
from jobs.report.withheld.together import withhold_together
from jobs.report.withheld.told_masks import told_masks
from jobs.report.withheld.totals import tell_totals
from jobs.report.withheld.variants import masks_of, withhold_left_out, withhold_variants


def withhold(inputs: ReportInputs) -> ReportInputs:
    """Give inputs of which everything may be shown to their audience.

    Parameters
    ----------
    inputs
        All that was found. Inputs of which nothing is left to withhold are given back as they are.

    Returns
    -------
    ReportInputs
        The same for a site. For a consortium counts of few people are `numbers.FEW`, and what tells them is missing.
    """
    if inputs.audience is Audience.SITE or inputs.families is not None:
        return inputs
    least = inputs.audience.least
    # On which side of the line a gene is was found with all that is known of it.
    found = [find(inputs, trait) for trait in inputs.traits]
    families = {one.name: one.family for one in found}
    counting = pd.Series(False, index=inputs.results.index)
    for one in found:
        counting[one.counting.index] = True
    attrition, traits = _cohort(inputs, least)
    inputs = tell_totals(inputs, traits)
    endpoints = endpoints_of(inputs.traits)
    totals = {str(one["name"]): one["samples"] for one in inputs.traits}
    results = withhold_results(inputs.results, families, counting, least, endpoints)
    sets, set_genes = withhold_sets(inputs.gene_sets, inputs.set_genes, results, least, endpoints)
    return replace(
        inputs,
        families=families,
        testable={one.name: one.genes_testable for one in found},
        few={one.name: one.genes_few for one in found},
        results=results,
        attrition=attrition,
        traits=traits,
        settings=withhold_settings(inputs.settings),
        run=withhold_run(inputs.run),
        consortium=None if inputs.consortium is None else _consortium(inputs.consortium, least),
        together=None if inputs.together is None else withhold_together(inputs.together, results, least),
        gene_sets=sets,
        set_genes=set_genes,
        known_genes=withhold_known(inputs.known_genes, results, sets, least),
        interactions=withhold_interactions(inputs.interactions, results, least),
        mechanism=withhold_mechanism(inputs.mechanism, results, totals, least),
        **_followed(inputs, results, least),
    )


def _cohort(inputs: ReportInputs, least: int) -> tuple[Sequence[Any], Sequence[Any]]:
    """Withhold of the cohort; what several shared has been withheld by each of them."""
    if inputs.consortium is not None:
        return inputs.attrition, inputs.traits
    return withhold_cohort(inputs.attrition, inputs.traits, least)


def _consortium(consortium: Consortium, least: int) -> Consortium:
    """Withhold once more of what cohorts shared."""
    forest = consortium.forest
    if "carriers" not in forest:
        return consortium
    few = few_between(forest["carriers"], least)
    effects = {name: forest[name].mask(few) for name in ("effect", "standard_error") if name in forest}
    return replace(consortium, forest=forest.assign(carriers=few_of(forest["carriers"], least), **effects))


def _followed(inputs: ReportInputs, results: pd.DataFrame, least: int) -> dict[str, Any]:
    """Withhold of the genes that were followed up, as far as there are any."""
    told = told_masks(results)
    kept: dict[str, Any] = {}
    if inputs.profiles is not None:
        kept["profiles"] = withhold_profiles(inputs.profiles, told, least, endpoints_of(inputs.traits))
    masks = masks_of((inputs.profiles or {}).get("sites"))
    if inputs.variants is not None:
        kept["variants"] = withhold_variants(inputs.variants, told, least, masks)
    if inputs.leave_one_out is not None:
        kept["leave_one_out"] = withhold_left_out(inputs.leave_one_out, told, kept.get("variants"), least)
    if inputs.effects is not None:
        kept["effects"] = withhold_effects(inputs.effects, told, least)
    return kept
