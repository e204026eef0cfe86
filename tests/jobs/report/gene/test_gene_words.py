"""A gene's words say whose p-value, direction and curve they are of, and no more than the numbers do."""

import dataclasses
import re

import pandas as pd
import pytest

from jobs.report.audience import Audience
from jobs.report.gene import gene_page_html
from jobs.report.gene.across_traits import across_traits_figure
from jobs.report.gene.marks import Words
from jobs.report.gene.mask_table import gene_masks
from jobs.report.gene.survival_words import NO_MEDIAN, survival_caption
from jobs.report.gene.words import trait_words

SITE, CONSORTIUM = Audience.SITE, Audience.CONSORTIUM
STRONGER = "A mask with fewer than 3 carriers is stronger"


def said(one, text_of):
    return text_of(" ".join(trait_words(one, pd.DataFrame())))


@pytest.mark.parametrize("audience", list(Audience))
@pytest.mark.parametrize(("few", "whole", "told"), [(10, 1_000, True), (10, 900_000, False), (800_000, 1_000, False)])
def test_a_gene_stronger_than_the_test_behind_it_owes_it_to_a_mask_of_few_carriers(
    report_inputs, result_row, one_trait, text_of, audience, few, whole, told
):
    rows = [
        result_row("G", "all", "omnibus", exceedances=whole),
        result_row("G", "missense", carriers=9, exceedances=200_000, primary=False),
        result_row("G", "plof", carriers=2, exceedances=few, primary=False),
    ]
    inputs = report_inputs(rows, audience=audience)
    assert (STRONGER in said(one_trait(inputs, gene="G"), text_of)) is told


def texts(figure):
    return [mark.text for mark in figure.pen.marks if isinstance(mark, Words)]


def test_a_gene_of_two_carriers_has_no_p_across_traits(report_inputs, result_row, whole_gene):
    rows = [result_row("G", trait=trait, carriers=2) for trait in ("survival", "alsfrs_slope")]
    figure = across_traits_figure(whole_gene(report_inputs(rows, traits=("survival", "alsfrs_slope")), "G"))
    assert figure.data["p_value"].isna().all()
    assert texts(figure).count("\u2013") == 2


@pytest.mark.parametrize(
    ("error", "told"), [(0.5, "0.70 (\u22120.28 to 1.68)"), (0.1, "slower: 0.70 (0.50 to 0.90)")]
)
def test_an_interval_with_no_effect_in_it_names_no_direction(report_inputs, result_row, whole_gene, error, told):
    rows = [result_row("G", trait=trait, standard_error=error) for trait in ("survival", "alsfrs_slope")]
    figure = across_traits_figure(whole_gene(report_inputs(rows, traits=("survival", "alsfrs_slope")), "G"))
    assert any(text.startswith(told) for text in texts(figure))


def test_an_interval_of_firth_around_one_names_no_direction(gene_inputs, whole_gene):
    inputs = gene_inputs()
    assert any(
        text.startswith("sooner: hazard ratio 3.3") for text in texts(across_traits_figure(whole_gene(inputs)))
    )
    around = inputs.effects.assign(firth_effect=0.1, firth_lower=-0.48, firth_upper=0.6)
    inputs = dataclasses.replace(inputs, effects=around)
    assert "hazard ratio 1.1 (0.62 to 1.8)" in texts(across_traits_figure(whole_gene(inputs)))


@pytest.mark.parametrize("audience", list(Audience))
def test_curves_are_told_to_be_of_those_without_the_event_where_they_start(gene_inputs, one_trait, audience):
    inputs = gene_inputs(audience)
    caption = survival_caption(one_trait(inputs))
    assert "of those without the event at month" in caption
    assert ("earlier event" in caption) is (audience is CONSORTIUM)
    inputs.profiles["groups"]["events_carriers"] += 1
    caption = survival_caption(one_trait(inputs))
    assert ("; 1 earlier event of carriers left out" in caption) is (audience is SITE)
    assert ("; earlier events are left out" in caption) is (audience is CONSORTIUM)


@pytest.mark.parametrize("audience", list(Audience))
def test_no_median_is_told_where_few_are_at_risk(gene_inputs, one_trait, audience):
    inputs = gene_inputs(audience)
    assert NO_MEDIAN not in survival_caption(one_trait(inputs))
    own = inputs.profiles["curves"].query("group == 'carriers'")
    inputs.profiles["groups"]["median_carriers"] = own["time"].max() + (0 if audience is SITE else 3)
    assert f"by {NO_MEDIAN} (carriers) and month" in survival_caption(one_trait(inputs))


def test_a_trait_without_events_is_told_by_direction_and_size(report_inputs, result_row, one_trait, text_of):
    def told(**changes):
        row = result_row("G", trait="alsfrs_slope", carriers=18, variants=15, **changes)
        return said(one_trait(report_inputs([row], traits=("alsfrs_slope",)), "alsfrs_slope", "G"), text_of)

    strong = told(effect=-0.95, standard_error=0.1)
    assert (
        "18 carriers of 15 variants, who lose function faster, by 0.95 points per month for each allele "
        "(95% interval 0.75 to 1.15)." in strong
    )
    weak = told(effect=-0.2, standard_error=0.2)
    assert "with an effect of \u22120.20 points per month for each allele (95% interval" in weak
    assert not re.search("faster|slower", weak)


def test_effects_of_masks_have_units_and_none_is_told_of_two_carriers(report_inputs, result_row, whole_gene):
    rows = [result_row("G", carriers=9), result_row("G", "missense", carriers=2, primary=False)]
    rows.append(result_row("G", trait="alsfrs_slope"))
    survival, slope = gene_masks(whole_gene(report_inputs(rows, traits=("survival", "alsfrs_slope")), "G")).traits
    assert (survival["unit"], slope["unit"]) == ("one-step log hazard ratio", "one-step points per month")
    effects = {row["mask"]: row["effect"][0] for row in survival["rows"]}
    assert effects == {"loss of function": "0.70", "missense": "\u2013"}
    page = gene_page_html(report_inputs(rows, traits=("survival", "alsfrs_slope")), "G")
    assert "effect: one-step log hazard ratio</small>" in page
