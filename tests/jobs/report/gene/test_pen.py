"""The pen draws what it was told, in SVG for the page and for a file, and as pixels."""

import re
from xml.etree import ElementTree

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex

from jobs.report import svg
from jobs.report.figure_files import LIGHT
from jobs.report.gene.panel import Panel, reach, round_ticks
from jobs.report.gene.pen import Pen

NUMBERS = st.floats(-5_000, 5_000).map(lambda value: round(value, 1))


def read_path(drawn):
    """Read a path back into points."""
    x = y = 0.0
    points = []
    for letter, rest in re.findall(r"([MLHV])([^MLHVz]*)", drawn):
        found = [float(one) for one in rest.split()]
        if letter == "H":
            x = found[0]
        elif letter == "V":
            y = found[0]
        else:
            x, y = found
        points.append((x, y))
    return points


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=12))
def test_a_path_goes_through_its_points_in_order(points):
    pen = Pen(100, 100)
    pen.line(*points, stroke=svg.INK)
    written = read_path(re.search(r' d="([^"]*)"', str(pen.svg("a line", name="line")))[1])
    wanted = [point for place, point in enumerate(points) if place == 0 or point != points[place - 1]]
    np.testing.assert_allclose(written, wanted, atol=1e-9)


def test_drawings_use_the_colours_of_the_page_and_escape_text():
    pen = Pen(100, 50)
    pen.text(3, 4, "<b>&", color=svg.MARK)
    pen.dots([1], [2], svg.FIRST)
    drawn = str(pen.svg('"quoted" <i>', name="words"))
    assert "var(--mark)" in drawn
    assert "var(--first)" in drawn
    assert "#0102" not in drawn
    assert "&lt;b&gt;&amp;" in drawn
    assert "<b>" not in drawn
    assert "<i>" not in drawn


def test_a_picture_has_every_mark_at_its_place_above_those_before_it():
    pen = Pen(200, 100)
    pen.text(20, 30, "words")
    pen.lines([np.array([(0, 0), (10, 20)]), np.array([(5, 5), (6, 6)])], stroke=svg.LINE)
    pen.dots([50, 60], [70, 80], svg.FIRST)
    pen.dots(90, 90, svg.MARK, shape="diamond")
    figure = pen.svg("marks", name="marks").painted(LIGHT)
    words, lines, dots, diamond = figure.artists
    assert (words.get_text(), words.get_position()) == ("words", (20, 30))
    np.testing.assert_array_equal(lines.get_path().vertices, [(0, 0), (10, 20), (5, 5), (6, 6)])
    np.testing.assert_array_equal(dots.get_xydata(), [(50, 70), (60, 80)])
    np.testing.assert_allclose(dots.get_transform().transform((50, 70)), np.array([50, 30]) * figure.dpi / 72)
    assert to_hex(diamond.get_facecolor()) == LIGHT[svg.MARK]
    assert [one.get_zorder() for one in figure.artists] == [1, 2, 3, 4]
    assert figure.get_size_inches().tolist() == [200 / 72, 100 / 72]


def test_a_file_draws_what_the_page_does_in_real_colours_on_white():
    pen = Pen(100, 50)
    pen.dots([1], [2], svg.FIRST)
    drawing = pen.svg("dots", name="dots")
    root = ElementTree.fromstring(drawing.alone("<dots>", LIGHT, ["Arial"]))
    described, paper, dots = root
    assert described.text == "<dots>"
    assert paper.attrib == {"width": "100", "height": "50", "fill": "#ffffff"}
    assert dots.get("fill") == LIGHT[svg.FIRST]
    assert '<circle cx="1" cy="2" r="2.2"/>' in str(drawing)
    assert dots[0].attrib == {"cx": "1", "cy": "2", "r": "2.2"}


def test_a_panel_puts_values_in_proportion_and_cuts_what_lies_beyond():
    panel = Panel(Pen(100, 100), 10, 20, 50, 40, (0, 10), (-1, 1))
    np.testing.assert_allclose(panel.x([0, 5, 10, 99]), [10, 35, 60, 60])
    np.testing.assert_allclose(panel.y([-1, 0, 1, 99]), [60, 40, 20, 20])
    np.testing.assert_allclose(panel.steps([0, 10], [0, 1]), [(10, 40), (60, 40), (60, 20)])


@given(st.floats(-1e4, 1e4), st.floats(1e-3, 1e4))
def test_ticks_are_few_round_and_within(lowest, width):
    ticks = round_ticks(lowest, lowest + width)
    assert 1 <= len(ticks) <= 7
    assert all(lowest - 1e-6 * width <= tick <= lowest + width * (1 + 1e-6) for tick in ticks)


def test_an_axis_of_nothing_has_two_ends():
    lowest, highest = reach([np.nan])
    assert lowest < highest
    lowest, highest = reach([3.0])
    assert lowest < 3 < highest
