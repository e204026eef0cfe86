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
        reason = _why_not_at_all(trait, at_least) or _why_not_beside(trait, told)
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
        return f"only {trait.strata.size} samples have it"
    return RELATIVES if trait.model.kind in NOT_EXCHANGEABLE else None


def _why_not_beside(trait: ScanTrait, told: Sequence[ScanTrait]) -> str | None:
    """Say why a trait can't be told beside larger ones: its samples are too different."""
    for other in told:
        outside = int((~np.isin(trait.store_positions, other.store_positions)).sum())
        if outside > MOST_OUTSIDE * trait.strata.size:
            return (
                f"{outside:,} of its {trait.strata.size:,} samples lack {other.name}, more than the "
                f"{MOST_OUTSIDE:.0%} up to which both can be told of; choose by --trait which of them is shared"
            )
    return None
