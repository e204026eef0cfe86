"""Which traits of a study are shared together, in what order, and why others are not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from association.meta.told_carriers import MOST_OUTSIDE
from association.null_models.null_model import NOT_EXCHANGEABLE
from association.problems import InputError, Problem
from association.scan_settings import ScanTrait
from association.scan_trait_bytes import unpack_trait
from infra.storage import Place
from jobs.study.study import Study
from jobs.traits.files import read_packed_trait

RELATIVES = "relatives are among its samples, which have no table of residuals"
BY_CHROMOSOME = "it has a null model per chromosome (polygenic_offset)"


def choose_traits(
    study: Study, path: Place, output: Place, asked: Sequence[str], *, at_least: int
) -> tuple[list[ScanTrait], dict[str, str]]:
    """Choose the traits that are shared, the one of most samples first, and say of others why they are not.

    Parameters
    ----------
    study, path
        The study, and where its file stands.
    output
        Where its run is.
    asked
        Names of traits; none for all that can be shared.
    at_least
        The smallest number of samples that may be told of.

    Raises
    ------
    InputError
        If a trait that is asked for is not in the study or can't be shared, or none can.
    """
    names = [trait.name for trait in study.traits]
    problems = [
        Problem(f"--trait {name}", f"the study has no such trait; it has: {', '.join(names)}")
        for name in asked
        if name not in names
    ]
    ready = [unpack_trait(read_packed_trait(output / "traits", one)) for one in names if not asked or one in asked]
    told: list[ScanTrait] = []
    left_out: dict[str, str] = {}
    # Sorting keeps the study's order where sizes are equal.
    for trait in sorted(ready, key=lambda one: -one.strata.size):
        reason = _why_not_at_all(trait, at_least) or why_not_beside(trait, told, at_least)
        if reason is None:
            told.append(trait)
        else:
            left_out[trait.name] = reason
    if asked:
        problems += [Problem(f"--trait {name}", f"can't be shared: {reason}") for name, reason in left_out.items()]
    elif not told:
        problems += [Problem(f"traits.{name}", f"can't be shared: {reason}") for name, reason in left_out.items()]
    if problems:
        raise InputError(path.name, problems)
    return told, left_out


def _why_not_at_all(trait: ScanTrait, at_least: int) -> str | None:
    """Say why a trait can't be shared; None where it can."""
    if trait.by_contig:
        return BY_CHROMOSOME
    if trait.strata.size < at_least:
        return f"fewer than {at_least} samples have it"
    return RELATIVES if trait.model.kind in NOT_EXCHANGEABLE else None


def why_not_beside(trait: ScanTrait, told: Sequence[ScanTrait], at_least: int) -> str | None:
    """Say why a trait can't be told beside larger ones: its samples are too different, or too few are."""
    for other in told:
        outside = int((~np.isin(trait.store_positions, other.store_positions)).sum())
        if outside > MOST_OUTSIDE * trait.strata.size:
            return (
                f"more than {MOST_OUTSIDE:.0%} of its samples lack {other.name}, up to which both can be told of; "
                "choose by --trait which of them is shared"
            )
    if not _apart_by_enough([*told, trait], at_least):
        names = " and ".join(one.name for one in told)
        return (
            f"its samples and those of {names} differ by fewer than {at_least}, whose values a subtraction would "
            "tell; choose by --trait which of them is shared, or give all the same samples"
        )
    return None


def _apart_by_enough(traits: Sequence[ScanTrait], at_least: int) -> bool:
    """Say whether so many samples, or none, have each combination of traits: sums over all of each are told."""
    inside = np.zeros((traits[0].store_samples, len(traits)), np.bool_)
    for at, trait in enumerate(traits):
        inside[trait.store_positions, at] = True
    return bool((np.unique(inside[inside.any(axis=1)], axis=0, return_counts=True)[1] >= at_least).all())
