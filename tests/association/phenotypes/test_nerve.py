"""The neurophysiological index on conductions worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from association.phenotypes.nerve import neurophysiological_index


def index(cmap, latency, waves):
    frame = pd.DataFrame({"cmap": [cmap], "distal_latency": [latency], "f_wave_frequency": [waves]}, dtype=float)
    return neurophysiological_index(frame).item()


def test_the_index_is_amplitude_over_latency_times_the_share_of_f_waves():
    assert index(9.0, 3.0, 80.0) == pytest.approx(2.4)


def test_no_response_is_zero_whatever_is_missing():
    assert index(0.0, np.nan, np.nan) == 0
    assert index(9.0, 3.0, 0.0) == 0


@pytest.mark.parametrize("measures", [(np.nan, 3.0, 80.0), (9.0, np.nan, 80.0), (9.0, 3.0, np.nan), (9.0, 0.0, 80.0)])
def test_a_missing_measure_leaves_no_index(measures):
    assert np.isnan(index(*measures))
