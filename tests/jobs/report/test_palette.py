"""The colours of figures are told apart by readers who see fewer, by day and by night."""

import itertools
import re
from importlib.resources import files

import numpy as np
import pytest

# Machado, Oliveira and Fernandes 2009, doi:10.1109/TVCG.2009.113: severity 1, on linear RGB.
SEEN = {
    "all": np.eye(3),
    "no long waves": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no middle waves": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "no short waves": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
# Between two colours of adjoining marks; 2.3 is just noticeable.
FAR_ENOUGH = 20.0
FIGURE_COLOURS = ("--first", "--second", "--mark", "--paper")


def colours(name):
    text = (files("jobs.report") / name).read_text()
    return dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6})", text.partition("@media")[0]))


def lab(colour, seen):
    """Give a colour's place in CIELAB as a reader sees it."""
    rgb = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(np.array(SEEN[seen]) @ linear, 0, 1) / TO_XYZ.sum(axis=1)
    bent = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * bent[1] - 16, 500 * (bent[0] - bent[1]), 200 * (bent[1] - bent[2])])


@pytest.mark.parametrize("seen", SEEN)
@pytest.mark.parametrize("sheet", ["page.css", "dark.css"])
def test_figures_colours_are_told_apart(sheet, seen):
    own = colours(sheet)
    for one, other in itertools.combinations(FIGURE_COLOURS, 2):
        apart = np.linalg.norm(lab(own[one], seen) - lab(own[other], seen))
        assert apart > FAR_ENOUGH, f"{one} and {other}: {apart:.0f}"
