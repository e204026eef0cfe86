"""The numbers that the page holds beside each figure are those of the tables."""

import json

import numpy as np
import pandas as pd
import pytest

# What six digits of -log10 p leave of p, up to 1e-10.
DIGITS = 2e-5


@pytest.fixture(scope="module")
def numbers_of(visit, report):
    """Read the numbers of all figures out of the page, as a program would."""
    with visit(report, java_script_enabled=True) as opened:
        blocks = opened.page.eval_on_selector_all(
            "script[id^='data-']", "found => found.map(one => [one.id.slice(5), one.textContent])"
        )
        drawn = opened.page.eval_on_selector_all("svg[id^='figure-']", "found => found.map(one => one.id.slice(7))")
    assert sorted(drawn) == sorted(name for name, _ in blocks)
    return {name: table(json.loads(text)) for name, text in blocks}


def table(block):
    columns = {
        name: cells
        if isinstance(cells, list)
        else [cells["value"]] * block["rows"]
        if "value" in cells
        else [cells["values"][code] for code in cells["codes"]]
        for name, cells in block["columns"].items()
    }
    return pd.DataFrame(columns)


@pytest.mark.parametrize("trait", ["survival", "alsfrs_slope"])
def test_the_genes_along_the_genome(trait, numbers_of, inputs):
    drawn = numbers_of[f"genome-{trait.replace('_', '-')}"].set_index("gene")
    tested = inputs.tested(trait)
    own = tested[tested["primary"] & (tested["carriers"] >= 3)].set_index("gene")
    assert set(drawn.index) == set(own.index)
    np.testing.assert_allclose(10 ** -drawn["neg_log10_p"], own.loc[drawn.index, "p_value"], rtol=DIGITS)
    np.testing.assert_array_equal(drawn["start"], own.loc[drawn.index, "start"])


@pytest.mark.parametrize("trait", ["survival", "alsfrs_slope"])
def test_the_quantiles_of_every_test(trait, numbers_of, inputs):
    drawn = numbers_of[f"qq-{trait.replace('_', '-')}"]
    tested = inputs.tested(trait)
    shown = tested[tested["primary"] | (tested["mask"] == "synonymous")]
    assert len(drawn) == len(shown)
    for (mask, test), points in drawn.groupby(["mask", "test"]):
        own = shown.loc[(shown["mask"] == mask) & (shown["test"] == test), "p_value"]
        np.testing.assert_allclose(10 ** -points["observed"], np.sort(own), rtol=DIGITS)


def test_genes_beside_their_control(numbers_of, inputs):
    drawn = numbers_of["control"]
    for trait, points in drawn.groupby("trait"):
        tested = inputs.tested(trait)
        omnibus = tested[(tested["mask"] == "synonymous") & (tested["test"] == "omnibus")]
        own = tested[tested["primary"] & (tested["carriers"] >= 3)]
        for series, rows in (("genes", own), ("control", omnibus)):
            observed = points.loc[points["series"] == series, "observed"]
            np.testing.assert_allclose(10**-observed, np.sort(rows["p_value"]), rtol=DIGITS)


def test_who_was_left_out(numbers_of, inputs):
    drawn, own = numbers_of["attrition"], pd.DataFrame(list(inputs.attrition))
    for column in ("before", "excluded", "after"):
        assert drawn[column].tolist() == own[column].tolist()
