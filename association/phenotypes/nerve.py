"""Measures of the peripheral nerve from its conduction study.

Neurophysiological index = CMAP amplitude (mV) / distal motor latency (ms) x F-wave frequency (percent) / 100,

which falls as motor axons are lost: fewer give a smaller and a later response, and fewer of them fire back.

Axes: v visits.

References
----------
de Carvalho M, Swash M (2000) Nerve conduction studies in amyotrophic lateral sclerosis. Muscle Nerve 23:344-352.
"""

from __future__ import annotations

import pandas as pd

PERCENT = 100.0


def neurophysiological_index(visits: pd.DataFrame) -> pd.Series:
    """Give the neurophysiological index at each visit (v), NaN where a measure is missing or the latency is 0.

    Parameters
    ----------
    visits
        One row per visit (v): cmap (mV), distal_latency (ms), f_wave_frequency (percent of stimuli with an F wave).

    Notes
    -----
    No response has no latency: where CMAP amplitude is 0 the index is 0, whatever is missing.
    """
    latency = visits["distal_latency"].where(visits["distal_latency"] > 0)
    index = visits["cmap"] / latency * visits["f_wave_frequency"] / PERCENT
    return index.mask(visits["cmap"] == 0, 0.0)
