"""What is planted in a simulated cohort.

A planted gene acts through carriers of its rare damaging variants (pLoF, or missense with a high score) and
through nothing else. It can act on the hazard of death or ventilation, on the monthly loss of ALSFRS-R points,
or on both; an effect on the loss of points leaves the hazard alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Dosages = NDArray[np.int8]

# In the smallest cohorts a share of the patients would be too few carriers to show anything.
FEWEST_CARRIERS = 6
# More sites than this would crowd out the gene's other variants.
MOST_DAMAGING_SITES = 24


@dataclass(frozen=True)
class Effect:
    """What carrying a damaging variant of a gene does.

    Attributes
    ----------
    role
        What the gene is there to show, as the truth table says it.
    hazard_ratio
        Of death or invasive ventilation, carriers against the rest.
    extra_decline
        ALSFRS-R points that carriers lose per month beyond their own rate.
    carrier_share
        Carriers as a share of the enrolled patients.
    """

    role: str
    hazard_ratio: float
    extra_decline: float
    carrier_share: float

    def carriers(self, samples: int) -> int:
        """Count the carriers among `samples` patients."""
        return max(FEWEST_CARRIERS, round(self.carrier_share * samples))

    def damaging_sites(self, samples: int) -> int:
        """Count the damaging sites: mostly singletons, and alleles above 1% only where patients are few."""
        carriers = self.carriers(samples)
        per_site = max(1, int(0.02 * samples))
        return min(MOST_DAMAGING_SITES, max(math.ceil(0.75 * carriers), math.ceil(carriers / per_site)))


# The first survival gene and the first slope gene are strong enough to lead their rankings at 300 patients.
PLANTED_EFFECTS = (
    Effect("survival, strong", hazard_ratio=9.0, extra_decline=0.0, carrier_share=22 / 300),
    Effect("survival, weaker", hazard_ratio=3.0, extra_decline=0.0, carrier_share=12 / 300),
    Effect("slope, strong", hazard_ratio=1.0, extra_decline=0.9, carrier_share=20 / 300),
    Effect("slope, weaker", hazard_ratio=1.0, extra_decline=0.3, carrier_share=12 / 300),
    Effect("survival and slope", hazard_ratio=3.0, extra_decline=0.3, carrier_share=12 / 300),
    Effect("protective", hazard_ratio=0.3, extra_decline=0.0, carrier_share=18 / 300),
)


@dataclass(frozen=True)
class PlantedGene:
    """An effect and where it was planted.

    Attributes
    ----------
    gene
        The gene's symbol.
    effect
        What its carriers have.
    carriers
        Positions of the carriers in the cohort, ascending.
    """

    gene: str
    effect: Effect
    carriers: Integers


def log_hazards(planted: tuple[PlantedGene, ...], samples: int) -> Floats:
    """Sum each patient's planted log hazard ratios (samples)."""
    total = np.zeros(samples)
    for gene in planted:
        total[gene.carriers] += math.log(gene.effect.hazard_ratio)
    return total


def extra_declines(planted: tuple[PlantedGene, ...], samples: int) -> Floats:
    """Sum each patient's planted loss of points per month (samples)."""
    total = np.zeros(samples)
    for gene in planted:
        total[gene.carriers] += gene.effect.extra_decline
    return total
