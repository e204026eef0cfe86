"""Which way a trait is worse for the patient: by its type, its measure, or what the study says (`worse`).

    earlier            survival, milestone, time_to_event
    more               stage, progression_rate, binary, count, ordinal, distal latency
    less               alsfrs_slope, d50, joint_rank, FVC, CMAP, MUNIX, neurophysiological index
    not known          quantitative, and slope or baseline of a column, where the study doesn't say

So all that is known of a trait can be added up with another one's towards worse (`association.traits_together`).
"""

from __future__ import annotations

from collections.abc import Sequence

from jobs.study.traits import Trait

HIGHER, LOWER, UNKNOWN = 1, -1, 0
OF_TYPE = {
    "survival": HIGHER,
    "milestone": HIGHER,
    "time_to_event": HIGHER,
    "stage": HIGHER,
    "progression_rate": HIGHER,
    "binary": HIGHER,
    "count": HIGHER,
    "ordinal": HIGHER,
    "alsfrs_slope": LOWER,
    "d50": LOWER,
    "joint_rank": LOWER,
}
OF_MEASURE = {
    "fvc": LOWER,
    "cmap": LOWER,
    "munix": LOWER,
    "neurophysiological_index": LOWER,
    "distal_latency": HIGHER,
}


def harm_of(trait: Trait) -> int:
    """Give +1 where more of a trait, or an earlier event, is worse for the patient, -1 where less is, else 0."""
    said = getattr(trait, "worse", None)
    if said is not None:
        return HIGHER if said == "higher" else LOWER
    measure = getattr(trait, "measure", None)
    return OF_TYPE.get(trait.type, UNKNOWN) if measure is None else OF_MEASURE.get(measure, UNKNOWN)


def of_unknown_harm(traits: Sequence[Trait]) -> list[str]:
    """Name the traits of which the study has to say which way is worse."""
    return [trait.name for trait in traits if harm_of(trait) == UNKNOWN]
