"""A group has one colour in every figure, on every page, and differs from others in its mark too."""

import numpy as np
import pandas as pd
import pytest

from jobs.report.qc.palette import COLORS, GREY, categories

PAPERS = ("#ffffff", "#12171d")


def series(*names):
    return pd.Series(names, dtype=object)


def colors(labels, kind):
    return {group.name: group.color for group in categories(labels, kind)}


def luminance(color):
    """Give relative luminance as the Web Content Accessibility Guidelines define it."""
    shares = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def test_shared_names_have_their_colour_whoever_else_is_there():
    both = colors(series("SAS", "EUR", "EUR"), "ancestry")
    assert both["SAS"] == colors(series("SAS"), "ancestry")["SAS"]
    assert both["EUR"] == colors(series("AFR", "EUR"), "ancestry")["EUR"]


def test_colours_do_not_depend_on_the_order_or_number_of_samples():
    names = ["batch 10", "batch 9", "batch 2"]
    assert colors(series(*names), "batch") == colors(series(*reversed(names), "batch 9"), "batch")
    assert list(colors(series(*names), "batch")) == ["batch 2", "batch 9", "batch 10"]


def test_groups_beyond_the_palette_are_one_in_grey():
    labels = series(*(f"plate {number}" for number in range(1, 31)), "plate 30", None, "other")
    groups = categories(labels, "batch")
    assert [group.name for group in groups[-3:]] == ["24 more groups", "other", "not given"]
    assert {group.color for group in groups[-3:]} == {GREY}
    assert sum(int(group.rows.sum()) for group in groups) == len(labels)
    assert "plate 30" in {group.name for group in groups}


def test_each_group_has_a_mark_of_its_own():
    groups = categories(series(*"abcdef", "other"), "batch")
    assert len({group.marker for group in groups}) == len(groups)


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("color", [*COLORS, GREY])
def test_colours_are_read_on_white_and_on_dark_paper(color, paper):
    lighter, darker = sorted((luminance(color), luminance(paper)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 3
