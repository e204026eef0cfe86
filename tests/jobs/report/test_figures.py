"""Figures draw the numbers of the tables."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta

from jobs.report.figures import attrition_figure
from jobs.report.findings import find
from jobs.report.manhattan import manhattan_figure
from jobs.report.quantile_figure import quantile_figure
from jobs.report.quantiles import inflation, quantiles


def drawn_heights(figure):
    """Heights of the points of a figure, as drawn."""
    heights = []
    for group in re.findall(r'<g id="[^"]*PathCollection_\d+">(.*?)\n   </g>', str(figure.image), re.DOTALL):
        heights += [float(y) for y in re.findall(r'<use [^>]*?\by="([^"]+)"', group)]
    return np.array(heights)


def test_the_quantile_figure_shows_every_gene_and_every_test_of_the_control(inputs):
    figure = quantile_figure(find(inputs, inputs.traits[0]))
    tested = inputs.tested("survival")
    shown = tested[tested["primary"] | (tested["mask"] == "synonymous")]
    assert len(figure.data) == len(shown)
    assert set(figure.data["test"][figure.data["mask"] == "synonymous"]) == {"burden", "skat", "omnibus"}
    for (mask, test), drawn in figure.data.groupby(["mask", "test"]):
        table = shown[(shown["mask"] == mask) & (shown["test"] == test)].set_index("gene")["neg_log10_p"]
        np.testing.assert_array_equal(drawn["observed"], np.sort(table)[::-1])
        assert drawn["observed"].is_monotonic_decreasing
        np.testing.assert_allclose(10 ** -drawn["expected"], np.arange(1, len(drawn) + 1) / (len(drawn) + 1))


def test_weightings_codings_and_ceilings_are_quantiles_of_their_own(result_row, report_inputs):
    kinds = [("flat", "sum", 0.01), ("flat", "sum", 0.001), ("beta_1_25", "sum", 0.01), ("flat", "any", 0.01)]
    rows = [
        result_row(f"G{i}", "synonymous", weights=weights, coding=coding, max_af=max_af, exceedances=30_000 * i)
        for i in range(1, 31)
        for weights, coding, max_af in kinds
    ]
    inputs = report_inputs(rows)
    drawn = quantile_figure(find(inputs, inputs.traits[0])).data
    sizes = drawn.groupby(["weights", "coding", "max_af"]).size()
    assert sizes.tolist() == [30] * 4
    assert drawn["expected"].max() == pytest.approx(np.log10(31))


def test_the_manhattan_figure_draws_each_gene_at_the_p_value_by_which_it_counts(inputs):
    figure = manhattan_figure(find(inputs, inputs.traits[0]))
    rows = inputs.tested("survival")
    counting = rows[rows["primary"] & (rows["carriers"] >= 3)].set_index("gene")["neg_log10_p"]
    shown = figure.data.set_index("gene")
    pd.testing.assert_series_equal(shown["neg_log10_p"].sort_index(), counting.sort_index())
    assert shown.index[shown["significant"]].tolist() == ["SIM00007"]
    contig = figure.data["contig"].str.removeprefix("chr").astype(int)
    assert contig.is_monotonic_increasing
    heights = drawn_heights(figure)
    assert len(heights) == len(counting)
    # Heights on the page grow downwards, in proportion.
    drawn, known = np.sort(-heights), np.sort(counting.to_numpy())
    np.testing.assert_allclose((drawn - drawn[0]) / np.ptp(drawn), (known - known[0]) / np.ptp(known), atol=1e-5)


def test_the_attrition_figure_shows_shares(inputs):
    data = attrition_figure(inputs.attrition).data
    assert data["share"].tolist() == [0.03, 0.03, 0.0]


def test_quantiles_are_those_of_uniform_order_statistics():
    p = np.random.default_rng(6).random((2_000, 50))
    smallest = np.sort(p, axis=1)
    found = quantiles(-np.log10(p[0]))
    inside = (-np.log10(smallest) >= found.lower) & (-np.log10(smallest) <= found.upper)
    np.testing.assert_allclose(inside.mean(axis=0), 0.95, atol=0.02)
    np.testing.assert_allclose(10**-found.expected, smallest.mean(axis=0), rtol=0.05)
    assert found.upper[0] == pytest.approx(-np.log10(beta.ppf(0.025, 1, 50)))


def test_inflation_is_one_for_uniform_p_values_and_silent_for_few():
    p = (np.arange(1_001) + 0.5) / 1_001
    assert inflation(p).factor == pytest.approx(1, abs=1e-9)
    assert inflation(p / 2).factor > 2
    assert inflation(p[:19]) is None
