"""Sex from the words that tables use for it."""

from __future__ import annotations

import pandas as pd

from association.problems import InputError

MALE = frozenset({"m", "male", "1", "1.0"})
FEMALE = frozenset({"f", "female", "2", "2.0"})


def sex_codes(texts: pd.Series) -> pd.Series:
    """Give 1 for male, 0 for female, NaN where missing (n).

    Parameters
    ----------
    texts
        male and female, M and F, or 1 and 2, in any case (n).

    Raises
    ------
    InputError
        If there is another word.
    """
    words = texts.astype("string").str.strip().str.lower()
    unknown = sorted(set(words.dropna()) - MALE - FEMALE)
    if unknown:
        found = ", ".join(f"'{word}'" for word in unknown)
        message = (
            f"found {found} where male and female, M and F, or 1 and 2 were expected; say what they mean in "
            "participants.codes"
        )
        raise InputError.single("traits", f"column '{texts.name}'", message)
    return words.isin(MALE).astype(float).where(words.notna())
