"""Sex from the words that tables use for it, and from X.

Words are male and female, M and F, or 1 and 2, in any case. On X outside its pseudoautosomal regions, with het a
sample's heterozygous calls and p the frequency of a variant's minor allele,

    F = 1 - het / sum over the called variants of 2 p (1 - p)

is about 1 in males, who have one copy, and about 0 in females.
"""

from __future__ import annotations

import pandas as pd

MALE = frozenset({"m", "male", "1", "1.0"})
FEMALE = frozenset({"f", "female", "2", "2.0"})
# Heterozygous calls that a female must be expected to have before X tells her from a male.
FEWEST_HETEROZYGOUS = 15.0
# F of males and of females, as gnomAD takes it for exomes.
MALE_ABOVE, FEMALE_BELOW = 0.8, 0.5


def sex_codes(texts: pd.Series) -> pd.Series:
    """Give 1 for male, 0 for female, NaN where missing or where the word is another (n)."""
    words = _words(texts)
    return words.isin(MALE).astype(float).where(words.isin(MALE | FEMALE))


def sex_from_x(heterozygous: pd.Series, expected: pd.Series) -> pd.Series:
    """Give 1 for male, 0 for female, NaN where X does not tell (n).

    Parameters
    ----------
    heterozygous
        Heterozygous calls on X (n).
    expected
        How many a female would be expected to have at the same variants (n).
    """
    homozygosity = 1 - heterozygous / expected.where(expected >= FEWEST_HETEROZYGOUS)
    male = homozygosity > MALE_ABOVE
    return male.astype(float).where(male | (homozygosity < FEMALE_BELOW))


def other_words(texts: pd.Series) -> pd.Series:
    """Say where there is a word that is none for a sex (n)."""
    words = _words(texts)
    return words.notna() & ~words.isin(MALE | FEMALE)


def _words(texts: pd.Series) -> pd.Series:
    return texts.astype("string").str.strip().str.lower()
