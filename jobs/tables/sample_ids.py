"""Compare the sample ids of two tables, without ever showing one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# What programs do to ids that are not theirs.
CHANGES: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    ("leading zeros are taken off", "write ids as text in both tables", lambda text: text.lstrip("0") or "0"),
    ("capitals count as small letters", "write ids alike in both tables", str.casefold),
    (
        "a '.0' is taken off",
        "write ids as text in both tables",
        lambda text: text.removesuffix(".0"),
    ),
    ("spaces within are taken off", "write ids alike in both tables", lambda text: "".join(text.split())),
)


def describe_mismatch(ids: NDArray[np.object_], samples: pd.Series, known: NDArray[np.bool_]) -> str | None:
    """Say what is wrong where ids of visits are not the participants', None where nothing is.

    Parameters
    ----------
    ids
        The visits' distinct sample ids (k).
    samples
        The participants' (n).
    known
        Which of the visits' are among them (k).
    """
    unknown = ids[~known]
    if not unknown.size:
        return None
    for change, remedy, changed in CHANGES:
        counts = pd.Series([changed(sample) for sample in samples]).value_counts()
        unambiguous = set(counts.index[counts == 1])
        matching = sum(changed(sample) in unambiguous for sample in unknown)
        if matching:
            which = "" if not known.any() else " that no participant has"
            return (
                f"{matching:,} of {unknown.size:,} sample ids{which} match the participants' once {change}; {remedy}"
            )
    if known.any():
        return None
    return f"none of {ids.size:,} sample ids is a participant's; write ids alike in both tables"
