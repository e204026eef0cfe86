"""Figures of a gene draw the numbers of the tables, for a site all of them, for a consortium none of a few people."""

import re

import numpy as np
import pandas as pd
import pytest

from jobs.report.audience import Audience
from jobs.report.gene.course import course_figure
from jobs.report.gene.influence import influence_figure
from jobs.report.gene.lollipop import KINDS, along, kind_of, lollipop_figure
from jobs.report.gene.marks import Words
from jobs.report.gene.shown import known, may_tell, told_course
from jobs.report.gene.spread import spread_figure
from jobs.report.gene.survival import survival_figure
from jobs.report.gene.without import variant_label, without_figure
from jobs.report.withheld import withhold
from jobs.report.withheld.coarse_curve import coarse_curve

SITE, CONSORTIUM = Audience.SITE, Audience.CONSORTIUM


def test_survival_curves_are_the_steps_of_the_table(gene_inputs, one_trait):
    one = one_trait(gene_inputs())
    drawn = survival_figure(one).data
    for group in ("carriers", "others"):
        rows, table = (curves[curves["group"] == group] for curves in (drawn, one.table("curves")))
        both = rows.merge(table, on=["time", "survival", "lower", "upper"])
        assert len(both) == len(rows)
    assert len(drawn.query("group == 'carriers'")) == len(one.table("curves").query("group == 'carriers'"))


def test_the_carriers_curve_is_drawn_where_its_numbers_say(gene_inputs, one_trait):
    one = one_trait(gene_inputs())
    figure = survival_figure(one)
    rows = figure.data.query("group == 'carriers'")
    strokes = re.findall(
        r'<path d="([^"]*)" fill="none" stroke="var\(--second\)" stroke-width="1.6"', str(figure.image)
    )
    heights = [float(one) for one in re.findall(r"V(-?[\d.]+)", strokes[0])]
    height = {y: place for place, y in enumerate(heights)}
    assert len(height) == len(rows) - 1
    # The panel is 150 points high and starts 26 below the top.
    np.testing.assert_allclose(heights, 176 - 150 * rows["survival"].to_numpy()[1:], atol=0.06)


def test_a_consortium_sees_coarse_curves_of_enough_people_and_no_small_counts_at_risk(gene_inputs, one_trait):
    inputs = gene_inputs(CONSORTIUM)
    at_risk = inputs.profiles["at_risk"]
    at_risk.loc[at_risk["time"] == 6, "at_risk"] = 3
    one = one_trait(inputs)
    figure = survival_figure(one)
    assert set(figure.data["time"] % 3) == {0}
    exact = one.table("curves").query("group == 'carriers' and at_risk < 5 and time > 15")["time"]
    assert figure.data.query("group == 'carriers'")["time"].max() <= exact.min() + 1.5
    words = [mark for mark in figure.pen.marks if isinstance(mark, Words)]
    (line,) = {mark.y for mark in words if mark.text == "carriers" and mark.anchor == "end"}
    written = [mark.text for mark in words if mark.y == line and mark.anchor == "middle"]
    assert "<5" in written
    assert all(text in ("0", "<5") or int(text) >= 5 for text in written)


def test_curves_are_left_of_what_is_withheld_and_start_where_enough_are_at_risk(gene_inputs, one_trait):
    inputs = gene_inputs(CONSORTIUM)
    first = inputs.profiles["curves"].groupby("group")["at_risk"].first()
    assert (first == 1).all()
    withheld = withhold(inputs)
    assert withheld.profiles["curves"]["at_risk"].isna().all()
    once, twice = (survival_figure(one_trait(one)).data for one in (inputs, withheld))
    np.testing.assert_allclose(twice["survival"], once["survival"], atol=6e-3)


@pytest.mark.parametrize(("carriers", "events"), [(4, 0), (20, 3), (20, 17), (9, 5)])
def test_a_consortium_sees_no_curve_that_tells_of_few_carriers(gene_inputs, one_trait, carriers, events):
    inputs = gene_inputs(CONSORTIUM)
    groups = inputs.profiles["groups"]
    groups.loc[0, ["carriers", "events_carriers"]] = carriers, events
    assert survival_figure(one_trait(inputs)) is None


def test_a_coarse_curve_is_that_of_those_who_are_left_when_enough_are_at_risk():
    generator = np.random.default_rng(8)
    entry = generator.uniform(0, 20, 60)
    exit_ = entry + 0.5 + generator.exponential(15, 60)
    times = np.sort(exit_)
    at_risk = np.array([((entry < time) & (exit_ >= time)).sum() for time in times])
    survival = np.cumprod(1 - 1 / at_risk)
    curve = pd.DataFrame(
        {"time": times, "at_risk": at_risk, "events": 1, "survival": survival, "lower": 0.1, "upper": 1}
    )
    coarse = coarse_curve(curve.assign(events=1), 5)
    start = int((at_risk >= 5).argmax())
    for row in coarse.iloc[1:].to_dict("records"):
        inside = (np.arange(60) > start) & (3 * np.round(times / 3) <= row["time"])
        assert row["survival"] == pytest.approx(np.prod(1 - 1 / at_risk[inside]))
    steps = [np.sum((np.arange(60) > start) & (3 * np.round(times / 3) <= time)) for time in coarse["time"]]
    assert len(steps) > 2
    assert (np.diff(steps) >= 5).all()
    assert coarse[["at_risk", "events", "lower", "upper"]].isna().all(axis=None)


def test_a_site_sees_each_course_and_a_consortium_quartiles_of_enough_carriers(gene_inputs, one_trait):
    inputs = gene_inputs()
    band = inputs.profiles["course_band"]
    one = one_trait(inputs, "alsfrs_slope")
    own = course_figure(one, band).data.query("group == 'carriers'")
    np.testing.assert_array_equal(own["value"], one.table("course")["value"])
    shared = course_figure(one_trait(gene_inputs(CONSORTIUM), "alsfrs_slope"), band).data
    assert "line" not in shared
    assert len(shared.query("group == 'carriers'")) < 12


def test_quartiles_are_told_only_where_five_carriers_were_measured():
    course = pd.DataFrame({"line": [*range(5), *range(4), 0], "time": [1.0] * 5 + [4.0] * 5, "value": range(10)})
    told = told_course(course, [1.5, 4.5, 7.5], CONSORTIUM)
    assert told["time"].tolist() == [1.5]
    assert told[["lower", "middle", "upper"]].to_numpy().tolist() == [[1, 2, 3]]


def test_a_consortium_sees_nothing_of_single_carriers(gene_inputs, one_trait):
    for trait in ("survival", "alsfrs_slope"):
        one = one_trait(gene_inputs(CONSORTIUM), trait)
        assert influence_figure(one) is None
        assert spread_figure(one) is None


def test_influence_is_that_of_the_table_and_the_caption_reckons_with_the_largest(gene_inputs, one_trait):
    one = one_trait(gene_inputs())
    figure = influence_figure(one)
    assert sorted(figure.data["dfbeta"]) == sorted(one.table("influence")["dfbeta"])
    assert "would be 1.19; with all, it is 1.50" in figure.caption


def test_values_of_carriers_are_those_of_the_table(gene_inputs, one_trait):
    one = one_trait(gene_inputs(), "alsfrs_slope")
    drawn = spread_figure(one).data
    assert sorted(drawn.query("group == 'carriers'")["value"]) == sorted(one.table("values")["value"])
    assert drawn.query("group == 'others'")["value"].tolist() == [-1.4, -0.9, -0.6, -0.4, -0.1]


def test_the_forest_shows_each_variant_and_marks_the_one_that_the_result_rests_on(gene_inputs, one_trait):
    inputs = gene_inputs()
    figure = without_figure(one_trait(inputs), inputs.profiles["sites"])
    table = inputs.leave_one_out.set_index("left_out")
    drawn = figure.data.set_index("variant")
    pd.testing.assert_series_equal(drawn["neg_log10_p"], table["neg_log10_p"], check_names=False)
    assert drawn.index[drawn["rests_on_it"]].tolist() == ["chr4-1000-C-T"]
    assert drawn["label"].tolist()[:2] == ["p.Arg12Ter", "1,300 C>T"]
    assert "the p-value of the test behind the gene\u2019s p when one variant is left out" in figure.caption


def test_a_forest_of_many_variants_shows_those_that_matter_most(gene_inputs, one_trait):
    inputs = gene_inputs()
    for name, key in (("leave_one_out", "left_out"), ("variants", "variant")):
        table = getattr(inputs, name)
        more = pd.concat([table, *(table.iloc[[1]].assign(**{key: f"chr4-{n}-G-A"}) for n in range(20))])
        object.__setattr__(inputs, name, more)
    figure = without_figure(one_trait(inputs), inputs.profiles["sites"])
    assert len(figure.data) == 18
    assert figure.data["rests_on_it"].sum() == 1
    assert "8 more change it less" in figure.caption


def test_a_consortium_sees_only_variants_that_five_carry_with_five_others_left(gene_inputs, one_trait):
    inputs = gene_inputs(CONSORTIUM)
    figure = without_figure(one_trait(inputs), inputs.profiles["sites"])
    assert figure.data["variant"].tolist() == ["chr4-1000-C-T", "chr4-1900-C-T"]


def test_stems_are_as_high_as_allele_counts_and_stand_along_the_coding_sequence(gene_inputs, whole_gene):
    figure = lollipop_figure(whole_gene(gene_inputs()))
    assert figure.data["allele_count"].tolist() == [9, 1, 2, 6, 3, 1]
    # Exons are 951 to 1,950 and 2,201 to 2,600: the fifth variant is just before the second one.
    assert figure.data["place"].tolist() == [50, 350, 650, 950, 1_001, 1_300]
    assert "coding sequence" in figure.caption
    shared = lollipop_figure(whole_gene(gene_inputs(CONSORTIUM)))
    assert shared.data["allele_count"].tolist() == [9, 6]


def test_variants_stand_where_annotation_says_or_else_along_the_chromosome():
    sites = pd.DataFrame({"position": [100, 200, 300], "coding_position": [10.0, 20.0, 30.0]})
    place, words, _ = along(sites, pd.DataFrame())
    assert (place.tolist(), words) == ([10, 20, 30], "coding sequence")
    place, words, _ = along(sites.assign(coding_position=[10.0, None, None]), pd.DataFrame())
    assert (place.tolist(), words) == ([100, 200, 300], "genome")


def test_consequences_are_told_apart_by_shape_as_well_as_colour():
    names = [
        kind_of(one).words
        for one in ("stop_gained&splice_region_variant", "missense_variant", "synonymous_variant", "intron_variant")
    ]
    assert names == ["loss of function", "missense", "synonymous", "other"]
    assert len({(kind.shape, kind.hollow) for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize("count", [float("nan"), float("-inf"), "<5", None, 1, 4.0])
def test_a_count_of_few_people_or_none_known_may_not_be_told(count):
    assert not may_tell(count, CONSORTIUM)
    assert may_tell(0, CONSORTIUM)
    assert may_tell(5, CONSORTIUM)


def test_what_is_withheld_is_no_number():
    assert np.isnan(known(float("-inf")))
    assert np.isnan(known("<5"))
    assert known(np.int32(7)) == 7


def test_variants_without_a_known_change_are_named_by_place():
    assert variant_label("chr4-1300-C-T", None) == "1,300 C>T"
    assert variant_label("chr4-1300-C-T", "ENSP00000001:p.Arg12Cys") == "p.Arg12Cys"
    assert variant_label("odd", float("nan")) == "odd"
