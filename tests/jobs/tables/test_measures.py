"""Ranges of what is measured, on both sides."""

import numpy as np
import pytest

from jobs.tables.measures import impossible


@pytest.mark.parametrize(
    ("name", "highest"),
    [
        ("item_5", 4),
        ("total", 48),
        ("fvc", 200),
        ("cmap", 50),
        ("distal_latency", 50),
        ("munix", 2000),
        ("f_wave_frequency", 100),
    ],
)
def test_values_beyond_their_range_are_impossible(name, highest):
    values = np.array([0, highest, -0.1, highest + 1, np.nan])
    assert impossible(name, values).tolist() == [False, False, True, True, False]
