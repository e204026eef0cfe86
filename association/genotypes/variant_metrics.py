"""What the counts of a variant's calls say of it: rates, frequencies and coefficients.

Axes: v variants. A metric that is not known is nan.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from association.genotypes.counts import CallCounts
from association.genotypes.places import AUTOSOME, PSEUDOAUTOSOMAL

Floats = NDArray[np.float64]

# Below this many heterozygous calls their mean share of reads says little of a variant.
FEWEST_HETEROZYGOUS = 3
# In fewer diploid calls a common variant's coefficient strays below -0.3 by chance.
FEWEST_DIPLOID = 100


def derived_metrics(
    counts: CallCounts,
    shares: NDArray[np.int32],
    share_sum: Floats,
    places: NDArray[np.uint8],
    expected: NDArray[np.int32],
) -> dict[str, NDArray[Any]]:
    """Derive rates and coefficients from counts; by name, with the counts themselves (v each).

    Parameters
    ----------
    counts
        What was counted.
    shares, share_sum
        As `association.genotypes.judged_calls.JudgedCalls` has them (v).
    places
        What each variant's place is to a man (v).
    expected
        How many samples could have a call (v); zero where nobody knows.
    """
    of_two = (places == AUTOSOME) | (places == PSEUDOAUTOSOMAL)
    return {
        "calls": counts.calls,
        "call_rate": ratio(counts.calls, expected),
        "allele_count": counts.allele_count,
        "allele_number": counts.allele_number,
        "allele_frequency": ratio(counts.allele_count, counts.allele_number),
        "homozygous_reference": counts.homozygous_reference,
        "heterozygous": counts.heterozygous,
        "homozygous_alternate": counts.homozygous_alternate,
        "het_balance": np.where(shares >= FEWEST_HETEROZYGOUS, ratio(share_sum, shares), np.nan),
        "inbreeding": np.where(of_two, inbreeding(counts), np.nan),
    }


def inbreeding(counts: CallCounts) -> Floats:
    """Give the inbreeding coefficient of diploid calls, 1 - heterozygous / expected (v)."""
    heterozygous = counts.heterozygous
    diploid = counts.homozygous_reference + heterozygous + counts.homozygous_alternate
    alternate = ratio(heterozygous + 2 * counts.homozygous_alternate, 2 * diploid)
    expected = 2 * alternate * (1 - alternate) * diploid
    return np.where(diploid >= FEWEST_DIPLOID, 1 - ratio(heterozygous, expected), np.nan)


def ratio(numerator: NDArray[Any], denominator: NDArray[Any]) -> Floats:
    """Divide element by element; nan where the denominator is not above zero."""
    found = np.full(np.shape(denominator), np.nan)
    return np.asarray(np.divide(numerator, denominator, out=found, where=np.asarray(denominator > 0)), np.float64)
