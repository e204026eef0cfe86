"""Sex from the words that tables use for it: male and female, M and F, or 1 and 2, in any case."""

from __future__ import annotations

import pandas as pd

MALE = frozenset({"m", "male", "1", "1.0"})
FEMALE = frozenset({"f", "female", "2", "2.0"})


def sex_codes(texts: pd.Series) -> pd.Series:
    """Give 1 for male, 0 for female, NaN where missing or where the word is another (n)."""
    words = _words(texts)
    return words.isin(MALE).astype(float).where(words.isin(MALE | FEMALE))


def other_words(texts: pd.Series) -> pd.Series:
    """Say where there is a word that is none for a sex (n)."""
    words = _words(texts)
    return words.notna() & ~words.isin(MALE | FEMALE)


def _words(texts: pd.Series) -> pd.Series:
    return texts.astype("string").str.strip().str.lower()
