"""Which effects a self-check plants: sizes for every kind of trait, and the genes whose carriers get them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from association.error_rates import CARRIER_CLASSES, carrier_class
from association.gene_batch import read_batch
from association.scan import prepare_units
from association.scan_settings import ALL_MASKS, CONTROL_MASK, MaskChoice, ScanSettings, ScanTrait
from association.simulate.random_traits import Kind

Integers = NDArray[np.int64]

# Keeps the choice of genes apart from the traits' own draws.
_CHOICE = 2


@dataclass(frozen=True)
class PlantedEffect:
    """An effect to plant.

    Attributes
    ----------
    words
        As tables name it.
    size
        What each carrier has, in the units of `random_trait`.
    """

    words: str
    size: float


_HAZARDS = (PlantedEffect("hazard ratio 3", math.log(3)), PlantedEffect("hazard ratio 6", math.log(6)))
EFFECTS: dict[Kind, tuple[PlantedEffect, ...]] = {
    "survival": _HAZARDS,
    "frequent_survival": _HAZARDS,
    "slope": (PlantedEffect("1 SD faster", -1.0), PlantedEffect("2 SD faster", -2.0)),
    "quantitative": (PlantedEffect("1 SD", 1.0), PlantedEffect("2 SD", 2.0)),
    "binary": (PlantedEffect("odds ratio 3", math.log(3)), PlantedEffect("odds ratio 6", math.log(6))),
}


@dataclass(frozen=True)
class Plant:
    """A gene and mask whose carriers get an effect.

    Attributes
    ----------
    kind, effect
        Of which trait, and what.
    number
        Which of the check's plants it is.
    gene, mask
        Whose carriers.
    carriers
        Samples that carry, as positions in the trait's order.
    """

    kind: Kind
    effect: PlantedEffect
    number: int
    gene: str
    mask: MaskChoice
    carriers: Integers


def choose_plants(
    genes: pa.Table, variants: pa.Table, like: ScanTrait, settings: ScanSettings, *, per_class: int
) -> list[Plant]:
    """Choose, for every kind and effect, so many genes of each class of carriers; a gene may come again.

    Parameters
    ----------
    genes, variants, like, settings
        As for `scan_null`; genes are chosen under masks that are no control.
    per_class
        Plants for each kind, effect and class.
    """
    rng = np.random.default_rng((settings.seed, _CHOICE))
    choices = {(choice.mask.name, choice.max_af): choice for choice in settings.masks}
    by_class: dict[str, list[tuple[str, MaskChoice, Integers]]] = {name: [] for name in CARRIER_CLASSES.values()}
    for unit in prepare_units(genes, read_batch(variants), like, settings):
        parts = {id(one.part): one for one in unit.tested if one.row["mask"] not in (ALL_MASKS, CONTROL_MASK)}
        for one in parts.values():
            carriers = one.part.carriers
            if carriers.size:
                choice = choices[one.row["mask"], one.row["max_af"]]
                by_class[str(carrier_class([carriers.size])[0])].append((unit.gene, choice, carriers))
    plants: list[Plant] = []
    for kind, effects in EFFECTS.items():
        for effect in effects:
            for candidates in (some for some in by_class.values() if some):
                for chosen in rng.integers(len(candidates), size=per_class):
                    plants.append(Plant(kind, effect, len(plants), *candidates[chosen]))
    return plants
