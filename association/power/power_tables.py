"""The tables of a study's power: curves, detectable effects, and what left truncation takes.

Two families share one simulation: a gene among all that are tested, at the level that they share, and a panel of
genes as one unit, tested by itself at the study's error rate.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from association.power.depletion import has_late_entry, kept_share, power_between
from association.power.detectable import detectable_by_formula, detectable_by_simulation
from association.power.formula import carriers_information, detectable_effect, needed_information
from association.power.planted_times import PlantedTimes
from association.power.power_curve import REPLICATES, PowerCurve, PowerPoint, power_curves
from association.power.studied_trait import StudiedTrait
from association.power.testable_genes import GeneFamily

Row = dict[str, Any]
Tell = Callable[[int, int], None]

GENES, PANEL = "genes", "panel"
CARRIER_CLASSES = (1, 2, 3, 5, 10, 20, 50)
# A panel of fewer carriers is a cell that is not told of.
FEWEST_TOLD = 5


@dataclass(frozen=True)
class AskedPower:
    """What is asked of a trait.

    Attributes
    ----------
    trait
        Of the study.
    family
        Its genes.
    alpha
        Error rate of the study, and the level of a panel by itself.
    carriers
        Numbers of carriers to look at.
    panels
        Carriers of each panel; none where they are not known.
    """

    trait: StudiedTrait
    family: GeneFamily
    alpha: float
    carriers: Sequence[int]
    panels: Mapping[str, int]

    @property
    def levels(self) -> tuple[float, float]:
        """The level of a gene, and of a panel."""
        return self.family.multiplicity.threshold, self.alpha

    def classes_of(self, family: str) -> list[int]:
        """Give the numbers of carriers to look at: those asked for, the genes' median, and each panel's own."""
        median = self.family.median_carriers
        own = [median] if median else []
        own += [number for number in self.panels.values() if number >= FEWEST_TOLD] if family == PANEL else []
        return sorted({number for number in (*self.carriers, *own) if 0 < number < self.trait.samples})


@dataclass
class PowerRows:
    """Rows of the tables of `power_columns`.

    Attributes
    ----------
    power, detectable, depletion
        By table.
    """

    power: list[Row] = field(default_factory=list)
    detectable: list[Row] = field(default_factory=list)
    depletion: list[Row] = field(default_factory=list)


def power_rows(asked: AskedPower, seed: int, tell: Tell, replicates: int = REPLICATES) -> PowerRows:
    """Give the rows of a trait.

    Parameters
    ----------
    asked
        The trait and its genes.
    seed
        Of the study.
    tell
        Is told how many numbers of carriers are done, of how many.
    replicates
        Simulated studies for each.
    """
    rows, curves, classes = PowerRows(), {}, asked.classes_of(PANEL)
    for done, carriers in enumerate(classes):
        tell(done, len(classes))
        curves[carriers] = power_curves(asked.trait, carriers, asked.levels, seed, replicates)
        for family, curve in zip((GENES, PANEL), curves[carriers], strict=True):
            if carriers not in asked.classes_of(family):
                continue
            rows.power += _curve_rows(asked.trait, family, curve)
            names = [name for name, number in asked.panels.items() if number == carriers >= FEWEST_TOLD]
            for panel in ("", *names) if family == PANEL else ("",):
                rows.detectable.append(_detectable_row(asked, family, panel, curve))
    tell(len(classes), len(classes))
    if isinstance(asked.trait.planted, PlantedTimes) and has_late_entry(asked.trait.planted):
        rows.depletion += _depletion_rows(asked.trait, asked.trait.planted, curves)
    return rows


def _curve_rows(trait: StudiedTrait, family: str, curve: PowerCurve) -> list[Row]:
    return [
        {
            "trait": trait.name,
            "family": family,
            "carriers": curve.carriers,
            "level": curve.level,
            "effect": point.size,
            "unit": trait.scale.unit,
            "effect_on_predictor": point.effect,
            "power_small_effects": point.small_effects,
            **_simulated(point),
            "reason": trait.reason,
        }
        for point in curve.points
    ]


def _simulated(point: PowerPoint) -> Row:
    found = point.simulated
    if found is None:
        return {"method": "formula"}
    power = {"power_simulated": found.power, "power_lower": found.lower, "power_upper": found.upper}
    return power | {"power_formula": found.by_formula, "method": found.method}


def _detectable_row(asked: AskedPower, family: str, panel: str, curve: PowerCurve) -> Row:
    trait, scale = asked.trait, asked.trait.scale
    information = carriers_information(trait.mean_information, trait.samples, curve.carriers)
    small = scale.size_of(float(detectable_effect(information, curve.level))) if curve.attainable else math.nan
    found = [detectable_by_simulation(scale, curve), detectable_by_formula(scale, curve), small]
    known = [size for size in found if not math.isnan(size)]
    reference = scale.sizes[1] if scale.deviation is None else 1.0
    needed = float(needed_information(scale.on_predictor(reference), curve.level) / information) * trait.samples
    return {
        "trait": trait.name,
        "type": trait.type,
        "family": family,
        "panel": panel,
        "carriers": curve.carriers,
        "samples": trait.samples,
        "events": trait.events,
        "level": curve.level,
        "min_attainable_p": 10.0**curve.log10_attainable,
        "attainable": curve.attainable,
        "genes": int((asked.family.carriers >= curve.carriers).sum()) if asked.family.from_store else None,
        "unit": scale.unit,
        "detectable": _or_null(found[0]),
        "detectable_formula": _or_null(found[1]),
        "detectable_small_effects": _or_null(small),
        "detectable_on_predictor": scale.on_predictor(known[0]) if known else None,
        "reference_effect": reference,
        "samples_needed": math.ceil(needed),
        "events_needed": None if trait.events is None else math.ceil(needed * trait.events / trait.samples),
        "reason": trait.reason,
    }


def _or_null(value: float) -> float | None:
    return None if math.isnan(value) else value


def _depletion_rows(
    trait: StudiedTrait, times: PlantedTimes, curves: Mapping[int, Sequence[PowerCurve]]
) -> list[Row]:
    """Say for every hazard ratio and class how many carriers are left, and what they find."""
    rows, classes = [], sorted(curves)
    for number, ratio in enumerate(trait.scale.sizes):
        kept = kept_share(times, ratio)
        for place, family in enumerate((GENES, PANEL)):
            points = [curves[carriers][place].points[number].simulated for carriers in classes]
            power = [0.0 if one is None else one.power for one in points]
            for carriers, undepleted in zip(classes, power, strict=True):
                rows.append(
                    {
                        "trait": trait.name,
                        "hazard_ratio": ratio,
                        "kept_share": kept.share,
                        "kept_lower": kept.lower,
                        "kept_upper": kept.upper,
                        "family": family,
                        "level": curves[carriers][place].level,
                        "carriers": carriers,
                        "carriers_enrolled": carriers * kept.share,
                        "power_undepleted": undepleted,
                        "power": power_between(carriers * kept.share, classes, power),
                    }
                )
    return rows
