"""The p-value to report: which law it comes from, for each row.

enumeration   few enough distinct arrangements of the gene's carriers: all of them are looked at
exact         a burden that is the same for all its carriers, and that permutations left unresolved: its law
permutation   all else: counted on the stream of permutations that all genes, masks, tests and traits share

All three are laws of one thing, genotype rows exchanged within strata; they differ in how it is computed. Where a
trait has more samples, and a mask more carriers, than permutations are needed for, `association.large_sample` takes
over.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from association.calibration.enumeration import MOST_ARRANGEMENTS, ArrangedValues, where_arranged
from association.calibration.evidence import Evidence, evidence_of
from association.calibration.exact_burden import ExactBurden
from association.calibration.extremes import Looks, scales_of, set_conditions
from association.calibration.monte_carlo import (
    UNRESOLVED,
    Effort,
    GeneCount,
    MonteCarloP,
    count_exceedances,
    monte_carlo_p,
    reaching,
)
from association.calibration.permutation_stream import PermutationStream
from association.family import add_deviations
from association.gene_unit import GeneUnit, MaskPart, Row, TestedRow, power_of_ten
from association.large_sample import add_large_sample_omnibus, add_large_sample_p, is_large
from association.null_models.null_model import NOT_EXCHANGEABLE
from association.ready_unit import ReadyUnit, make_ready
from association.scan_settings import ScanSettings, ScanTrait

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# A burden that so many permutations do not resolve gets its exact law, where that is feasible.
BEFORE_EXACT = 10_000
ONE_BURDEN = 1e-9
# With fewer carriers the normal law of a mixed model is as wrong as any other.
FEWEST_AMONG_RELATIVES = 10
TOO_FEW = f"fewer than {FEWEST_AMONG_RELATIVES} carriers: too few for a mixed model's large-sample law"
NO_INFORMATION = "genotypes carry no information beside the covariates"


def calibrate(units: Sequence[GeneUnit], trait: ScanTrait, settings: ScanSettings) -> None:
    """Add the p-value to report to the rows of a batch.

    Parameters
    ----------
    units
        The batch's genes.
    trait, settings
        What they are tested against, and how.
    """
    if trait.model.kind in NOT_EXCHANGEABLE:
        _take_textbook(units, NOT_EXCHANGEABLE[trait.model.kind])
        return
    add_large_sample_p(units, trait)
    look_at_arrangements(units, trait, settings)
    add_large_sample_omnibus(units, trait)


def look_at_arrangements(units: Sequence[GeneUnit], trait: ScanTrait, settings: ScanSettings) -> None:
    """Add p-values by enumeration, exact laws and permutations to the rows that have none.

    Parameters
    ----------
    units
        The batch's genes.
    trait, settings
        What they are tested against, and how; the trait's samples can be exchanged within strata.
    """
    evidence = evidence_of(trait.model, trait.strata)
    stream = PermutationStream(evidence.values, trait.strata, settings.seed)
    exact = ExactBurden(evidence, trait.strata)
    arranged = ArrangedValues(evidence.values, trait.strata)
    ready = make_ready(units, evidence, stream, lambda one: _is_needed(one, trait, settings))
    add_deviations(ready, stream, settings.family_permutations)
    counted: list[tuple[ReadyUnit, GeneCount]] = []
    for one in ready:
        enumerated = _enumerate(one, evidence, arranged)
        efforts = [_effort(tested, one.unit, exact, settings) for tested in one.unit.tested]
        count = GeneCount(one.statistics, one.conditions, efforts)
        count.going[enumerated] = False
        count.going[[_is_done(tested, trait) for tested in one.unit.tested]] = False
        counted.append((one, count))
    count_exceedances([count for _, count in counted], stream)
    for one, count in counted:
        _add_counted(one.unit, count, exact)


def _take_textbook(units: Sequence[GeneUnit], method: str) -> None:
    """Report the large-sample p-value of a model whose samples are not exchangeable; arrangements do not bound it."""
    for tested in (one for unit in units for one in unit.tested):
        if tested.row["carriers"] < FEWEST_AMONG_RELATIVES:
            tested.row.update(reason=TOO_FEW, min_attainable_p=None)
        elif "p_asymptotic" in tested.row:
            tested.row.update(
                p_value=tested.row["p_asymptotic"],
                neg_log10_p=tested.row["neg_log10_p_asymptotic"],
                method=method,
                min_attainable_p=0.0,
            )
        else:
            tested.row.update(reason=NO_INFORMATION, min_attainable_p=None)


def _is_needed(tested: TestedRow, trait: ScanTrait, settings: ScanSettings) -> bool:
    """Say whether arrangements or permutations of a row will be looked at."""
    in_family = settings.family_permutations > 0 and bool(tested.row["primary"])
    return in_family or _is_enumerable(tested.part) or not _is_done(tested, trait)


def _is_enumerable(part: MaskPart) -> bool:
    return part.log10_ways <= math.log10(MOST_ARRANGEMENTS)


def _is_done(tested: TestedRow, trait: ScanTrait) -> bool:
    """Say whether a large sample's p-value is there, or will be once its tests' are."""
    return "p_value" in tested.row or (tested.test is None and is_large(tested.part, trait))


def _effort(tested: TestedRow, unit: GeneUnit, exact: ExactBurden, settings: ScanSettings) -> Effort:
    effort = settings.effort_for(unit.gene)
    if effort.screen <= BEFORE_EXACT or _exceedances_before_exact(tested, unit, exact, effort) < effort.enough:
        return effort
    return Effort(BEFORE_EXACT, BEFORE_EXACT, effort.enough)


def _exceedances_before_exact(tested: TestedRow, unit: GeneUnit, exact: ExactBurden, effort: Effort) -> int:
    """Say with how many exceedances or more a test needs no exact law: with any number if it has none.

    A dear law is made for a p-value that permutations leave unknown, not for one that they leave imprecise.
    """
    if tested.burden is None or unit.plan is None:
        return 0
    samples, values = unit.plan.burden_entries(tested.burden)
    if np.ptp(values) > ONE_BURDEN * values.max() or not exact.feasible(samples):
        return 0
    return UNRESOLVED if exact.is_dear(samples) else effort.enough


def _enumerate(one: ReadyUnit, evidence: Evidence, arranged: ArrangedValues) -> list[int]:
    """Look at every arrangement of a mask's carriers where these are few, and give the tests that are done."""
    # Masks, and the omnibus over masks, often hold the same carriers: these are arranged once.
    alike: dict[tuple[bytes, bytes], list[MaskPart]] = {}
    for part in one.unit.parts:
        if _is_enumerable(part):
            alike.setdefault((part.samples.tobytes(), part.classes.tobytes()), []).append(part)
    done: list[int] = []
    for parts in alike.values():
        numbers = [at for at, tested in enumerate(one.unit.tested) if any(tested.part is part for part in parts)]
        ways = round(10.0 ** parts[0].log10_ways)
        for number, exceedances in zip(numbers, _reached(one, parts[0], numbers, evidence, arranged), strict=True):
            row, share = one.unit.tested[number].row, exceedances / ways
            _add_p(row, MonteCarloP(share, share, share, int(exceedances), ways))
            row["method"] = "enumeration"
        done += numbers
    return done


def _reached(
    one: ReadyUnit, part: MaskPart, numbers: Sequence[int], evidence: Evidence, arranged: ArrangedValues
) -> Integers:
    """Count the arrangements of a mask's carriers that are as extreme as the data, for each of some tests."""
    ways = round(10.0**part.log10_ways)
    carriers, values = arranged.arrange(part.samples, part.classes, ways)
    # Samples of other masks have no place; what their columns add up to is not looked at.
    samples = where_arranged(carriers, one.statistics.columns.samples)
    looks = Looks.of([one.unit.tested[number].readings for number in numbers])
    read = np.unique(np.concatenate((looks.first, looks.second)))
    looks = looks.renumber(read)
    rows = one.statistics.evaluate(values, samples, read)[read]
    # Scales from all arrangements: so nothing of the p-value depends on the seed or the order of samples.
    mean = rows.mean(axis=1)
    centred = rows - mean[:, None]
    noise = one.statistics.largest(evidence)[read]
    scales = scales_of(looks, mean, centred @ centred.T / ways, noise)
    return reaching(rows, set_conditions(looks, scales, one.rows[read], noise))


def _add_counted(unit: GeneUnit, count: GeneCount, exact: ExactBurden) -> None:
    for tested, exceedances, permutations, effort in zip(
        unit.tested, count.exceedances, count.permutations, count.efforts, strict=True
    ):
        if permutations == 0:
            continue
        if exceedances < _exceedances_before_exact(tested, unit, exact, effort):
            _add_exact(tested, unit, exact)
            continue
        if exceedances == 0:
            _flag(tested.row, "at_resolution_limit")
        _add_p(tested.row, monte_carlo_p(int(exceedances), int(permutations)))
        tested.row["method"] = "permutation"


def _add_exact(tested: TestedRow, unit: GeneUnit, exact: ExactBurden) -> None:
    if tested.burden is None or unit.plan is None:
        return
    samples, _ = unit.plan.burden_entries(tested.burden)
    log10_p = exact.law(samples).log10_p(samples)
    p_value = power_of_ten(log10_p)
    columns = {"p_value": p_value, "neg_log10_p": 0.0 - log10_p, "p_lower": p_value, "p_upper": p_value}
    tested.row.update(columns, method="exact")


def _add_p(row: Row, result: MonteCarloP) -> None:
    row |= {
        "p_value": result.p_value,
        "neg_log10_p": 0.0 - math.log10(result.p_value),
        "p_lower": result.lower,
        "p_upper": result.upper,
        "permutations": result.permutations,
        "exceedances": result.exceedances,
    }


def _flag(row: Row, flag: str) -> None:
    row["flags"] = ";".join(filter(None, [row["flags"], flag]))
