"""Where carriers may be whose strata are not told: the placements that make a score's tail largest.

Carriers dealt out by the sizes of strata are those of a gene that has nothing to do with strata. A gene may be
frequent in one of them, a hospital or an ancestry, and where residuals vary more in that stratum than elsewhere the
tail of U is heavier than so dealt, many times far out. So each cohort's carriers are also put where they add most to
the cumulant generating function G at the tilt t that U calls for,

    G(t) = sum over carriers of log m_s(t b),   m_s the moment generating function of stratum s,

which is linear in the placement but for drawing without replacement: all of them in the stratum of the largest sum,
up to half of its samples, beyond which drawing takes variance away again, and on into the next. Since the largest
stratum depends on t, some tilts are tried. A p-value that is the largest over these placements keeps its level
wherever the carriers are; what it costs is little where residuals vary alike in all strata.

Axes: S strata, k carriers, q nodes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from association.calibration.residual_cumulants import ResidualCumulants

# Of the tilt (U - mean) / variance: the saddle point lies nearer to zero where tails are heavy.
TILTS = (0.1, 0.5, 1.0)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class PlacedCarriers:
    """One cohort's carriers of a burden.

    Attributes
    ----------
    burden
        Of each carrier (k).
    strata
        Of each carrier (k), among the strata of all cohorts.
    own
        The cohort's strata among those of all.
    dealt
        Whether carriers were dealt out to strata, for only their number is told.
    """

    burden: Floats
    strata: Integers
    own: range
    dealt: bool


def harder_placements(
    cumulants: ResidualCumulants, cohorts: Sequence[PlacedCarriers], score: float
) -> Iterator[Integers]:
    """Give placements of all cohorts' carriers that may make the tail of a score larger; none where all is told.

    Parameters
    ----------
    cumulants
        The residuals of all strata.
    cohorts
        The carriers.
    score
        U.

    Yields
    ------
    Integers
        Stratum of each carrier of all cohorts, one cohort after another (k).
    """
    if not any(cohort.dealt for cohort in cohorts):
        return
    tilt, seen = _tilt(cumulants, cohorts, score), set[bytes]()
    for part in TILTS:
        placed = [_hardest(cumulants, cohort, part * tilt) if cohort.dealt else cohort.strata for cohort in cohorts]
        strata = np.concatenate(placed)
        if strata.tobytes() not in seen:
            seen.add(strata.tobytes())
            yield strata


def _tilt(cumulants: ResidualCumulants, cohorts: Sequence[PlacedCarriers], score: float) -> float:
    """Give (U - mean) / variance of carriers as they were dealt; zero where U can't vary."""
    shares = cumulants.masses / cumulants.masses.sum(axis=1, keepdims=True)
    means = (shares * cumulants.nodes).sum(axis=1)
    variances = (shares * (cumulants.nodes - means[:, None]) ** 2).sum(axis=1)
    burden, strata = (np.concatenate([getattr(one, name) for one in cohorts]) for name in ("burden", "strata"))
    variance = float(burden**2 @ variances[strata])
    return (score - float(burden @ means[strata])) / variance if variance > 0 else 0.0


def _hardest(cumulants: ResidualCumulants, cohort: PlacedCarriers, tilt: float) -> Integers:
    """Put a cohort's carriers where they add most at a tilt (k), the largest burdens first."""
    strata = np.array(cohort.own)
    nodes, masses = cumulants.nodes[strata], cumulants.masses[strata]
    sizes = np.rint(masses.sum(axis=1)).astype(np.int64)
    values, counts = np.unique(cohort.burden, return_counts=True)
    exponents = tilt * values[None, :, None] * nodes[:, None, :]
    added = logsumexp(exponents, axis=2, b=(masses / masses.sum(axis=1, keepdims=True))[:, None, :]) @ counts
    order = np.argsort(-added, kind="stable")
    room = np.concatenate([sizes[order] // 2, sizes[order] - sizes[order] // 2])
    filled = np.repeat(np.tile(strata[order], 2), room)[: cohort.burden.size]
    placed = np.empty(cohort.burden.size, np.int64)
    placed[np.argsort(-np.abs(cohort.burden), kind="stable")] = filled
    return placed
