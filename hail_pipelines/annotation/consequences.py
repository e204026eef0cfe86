"""How severe a variant's consequences are.

Terms and their order: `association.gene_tests.consequence_terms`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from association.gene_tests.consequence_terms import CODING, HIGH, LOW, MODERATE, TERMS

SEVERITY = {term: rank for rank, term in enumerate((*HIGH, *MODERATE, *LOW, CODING))}
# Every other term (introns, untranslated regions, the neighbourhood of a gene) changes no protein.
MODIFIER_RANK = len(SEVERITY)

_BETWEEN_TERMS = re.compile("[&,]")


@dataclass(frozen=True)
class Consequences:
    """The consequences of some entries (e), of which each distinct text (k) is understood once.

    Attributes
    ----------
    texts
        Which text each entry has; -1 for one that has none (e).
    severities
        How severe each text's most severe term is, as `severity` ranks it (k).
    terms
        The most severe term of each text, the first of equals; None in a text without terms (k).
    unknown
        Terms of each text that nobody knows (k).
    """

    texts: NDArray[np.int32]
    severities: NDArray[np.int16]
    terms: list[str | None]
    unknown: list[frozenset[str]]


def is_coding(consequence: str) -> bool:
    """Say whether a consequence may change the protein or its making: all but the modifiers."""
    return consequence in SEVERITY


def severity(consequence: str) -> int:
    """Rank a consequence, 0 being the most severe and `MODIFIER_RANK` any that changes no protein."""
    return SEVERITY.get(consequence, MODIFIER_RANK)


def most_severe(consequences: Iterable[str]) -> str:
    """Return the most severe of some consequences, the first of equals."""
    return min(consequences, key=severity)


def unknown_terms(terms: Iterable[str]) -> frozenset[str]:
    """Pick the terms that nobody knows: misspelt, or of another program."""
    return frozenset(terms) - TERMS


def split_terms(text: str) -> list[str]:
    """Split consequences, which `&` or a comma joins."""
    return [term.strip() for term in _BETWEEN_TERMS.split(text) if term.strip()]


def read_consequences(texts: pa.Array) -> Consequences:
    """Understand the texts that name consequences.

    Parameters
    ----------
    texts
        A text of each entry, null for none (e).
    """
    encoded = texts.dictionary_encode()
    split = [split_terms(text) for text in encoded.dictionary.to_pylist()]
    terms = [most_severe(found) if found else None for found in split]
    return Consequences(
        texts=encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False),
        severities=np.array([MODIFIER_RANK if term is None else severity(term) for term in terms], np.int16),
        terms=terms,
        unknown=[unknown_terms(found) for found in split],
    )
