"""Variant weights by minor allele frequency or by an annotation; they act on dosage.

flat             1
beta_1_25        dbeta(maf, 1, 25) = 25 (1 - maf)^24             Wu et al. 2011, doi:10.1016/j.ajhg.2011.05.029
madsen_browning  dbeta(maf, 1/2, 1/2) = 1 / (pi sqrt(maf (1 - maf)))  2009, doi:10.1371/journal.pgen.1000384
score:NAME       the annotation score NAME, where it is above zero; variants without one weigh nothing
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SCORE = "score:"


def variant_weights(
    scheme: str, minor_allele_frequency: Floats, scores: Mapping[str, Floats] | None = None
) -> Floats:
    """Weigh variants.

    Parameters
    ----------
    scheme
        "flat", "beta_1_25", "madsen_browning", or "score:" and the name of a score.
    minor_allele_frequency
        Of each variant in the cohort (m), above 0 and at most 0.5.
    scores
        Annotation scores by name, each (m), NaN where absent.

    Raises
    ------
    ValueError
        If the scheme is none of these.
    """
    if scheme == "flat":
        return np.ones_like(minor_allele_frequency)
    if scheme == "beta_1_25":
        return 25.0 * (1.0 - minor_allele_frequency) ** 24
    if scheme == "madsen_browning":
        return 1.0 / (np.pi * np.sqrt(minor_allele_frequency * (1.0 - minor_allele_frequency)))
    name = scheme.removeprefix(SCORE)
    if name != scheme and scores is not None and name in scores:
        return np.maximum(np.nan_to_num(scores[name], nan=0.0), 0.0)
    raise ValueError(f"no such weights: {scheme!r}")
