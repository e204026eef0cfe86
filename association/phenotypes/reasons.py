"""Why a patient can't be used for a trait: the first of the reasons that apply, None where none does.

Axes: n patients.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd


def first_reasons(rules: Mapping[str, Any], index: pd.Index) -> pd.Series:
    """Give each patient the first reason that applies.

    Parameters
    ----------
    rules
        Whether each reason applies (n), by its words, in order of precedence.
    index
        The patients' index.
    """
    reasons = np.full(len(index), None, dtype=object)
    for reason, applies in reversed(list(rules.items())):
        reasons[np.asarray(applies, dtype=bool)] = reason
    return pd.Series(reasons, index=index, dtype=object)
