"""What is measured at a visit: the range of each measure, and what betrays that its unit isn't the stated one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.phenotypes.alsfrs import HIGHEST_TOTAL

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

ITEMS = tuple(f"item_{number}" for number in range(1, 13))

# In the engine's units: points; percent predicted, mV, ms, motor units, percent of stimuli.
RANGES: Mapping[str, tuple[float, float]] = {
    **dict.fromkeys(ITEMS, (0.0, 4.0)),
    "total": (0.0, float(HIGHEST_TOTAL)),
    "stated_total": (0.0, float(HIGHEST_TOTAL)),
    "fvc": (0.0, 200.0),
    "cmap": (0.0, 50.0),
    "distal_latency": (0.0, 50.0),
    "munix": (0.0, 2000.0),
    "f_wave_frequency": (0.0, 100.0),
}

# The engine's unit for one of the table's.
FACTORS = {"fraction_predicted": 100.0, "uV": 1e-3, "s": 1e3, "fraction": 100.0}

# Share of values of the other unit from which a table is thought to mix the two, rather than to hold a few slips.
MIXED = 0.01


@dataclass(frozen=True)
class Betrayal:
    """Values that a measure hardly ever has in its stated unit, but has in another.

    Attributes
    ----------
    unit
        The other unit.
    lowest, highest
        Positive values outside of these betray it.
    rare
        Whether a single such value is out of the question in the stated unit.
    """

    unit: str
    lowest: float = 0.0
    highest: float = np.inf
    rare: bool = False

    def __call__(self, values: Floats) -> Flags:
        """Say which values are in the other unit, it seems."""
        return (values > 0) & ((values <= self.lowest) | (values > self.highest))

    @property
    def words(self) -> str:
        """Where such values lie."""
        return f"above {self.highest:g}" if np.isfinite(self.highest) else f"at {self.lowest:g} or below"


# A forced vital capacity of 2% can't be blown, nor less than one F wave in a hundred be counted; 50 uV, or 0.05 ms,
# is less than noise allows to be measured.
BETRAYALS: Mapping[tuple[str, str], Betrayal] = {
    ("fvc", "percent_predicted"): Betrayal("fraction_predicted", lowest=2, rare=True),
    ("fvc", "fraction_predicted"): Betrayal("percent_predicted", highest=2),
    ("cmap", "mV"): Betrayal("uV", highest=50),
    ("cmap", "uV"): Betrayal("mV", lowest=50),
    ("distal_latency", "ms"): Betrayal("s", lowest=0.05),
    ("distal_latency", "s"): Betrayal("ms", highest=0.05),
    ("f_wave_frequency", "percent"): Betrayal("fraction", lowest=0.99, rare=True),
    ("f_wave_frequency", "fraction"): Betrayal("percent", highest=1),
}


@dataclass(frozen=True)
class UnitCheck:
    """What a measure's values say of its unit.

    Attributes
    ----------
    message
        That the unit is another than stated, None where it isn't.
    mixed
        The values that are in another unit than most (n).
    impossible
        The few values that the stated unit can't have (n).
    """

    message: str | None
    mixed: Flags
    impossible: Flags


def check_unit(name: str, unit: str, values: Floats) -> UnitCheck:
    """Compare a measure's values with its stated unit.

    Parameters
    ----------
    name, unit
        The measure and its unit, as in the study file.
    values
        As the table has them (n), NaN where missing.
    """
    none = np.zeros(values.size, dtype=bool)
    betrayal = BETRAYALS.get((name, unit))
    if betrayal is None:
        return UnitCheck(None, none, none)
    strange = betrayal(values)
    count, positive = int(strange.sum()), int((values > 0).sum())
    if 2 * count > positive:
        share = "all its" if count == positive else f"{count:,} of {positive:,}"
        message = (
            f"units.{name} says {unit}, but {share} values lie {betrayal.words}; say {betrayal.unit} in visits.units"
        )
        return UnitCheck(message, none, none)
    if not betrayal.rare:
        return UnitCheck(None, none, none)
    return UnitCheck(None, strange, none) if count > MIXED * positive else UnitCheck(None, none, strange)


def in_engine_unit(values: Floats, unit: str) -> Floats:
    """Convert values (n) from one of the table's units; 0.57 becomes 57, not 56.99999999999999."""
    return np.round(values * FACTORS[unit], 9) if unit in FACTORS else values


def impossible(name: str, values: Floats) -> Flags:
    """Say which values (n), in the engine's unit, are outside their measure's range; items are whole numbers."""
    if name not in RANGES:
        return np.zeros(values.size, dtype=bool)
    lowest, highest = RANGES[name]
    outside = (values < lowest) | (values > highest)
    return outside | (values % 1 > 0) if name in ITEMS else outside
