"""What the study file says, in the terms of the engine that does it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from association.calibration.monte_carlo import Effort
from association.gene_tests.mask_expression.parse import parse
from association.gene_tests.masks import Mask
from association.scan_settings import MaskChoice, ScanSettings, WeightedTest
from jobs.study.gene_tests import Calibration
from jobs.study.quality_control import Qc
from jobs.study.study import Study

# A test that the screen leaves unresolved goes on for so many times as long.
ESCALATION = 10

if TYPE_CHECKING:
    from hail_pipelines.quality_control.genotypes import GenotypeThresholds
    from hail_pipelines.quality_control.variant_rules import VariantThresholds
    from hail_pipelines.session import SessionSettings


def cores_of(study: Study) -> int:
    """Give how many threads or processes a study may take: by default all that this process may run on."""
    if study.compute.cores is not None:
        return study.compute.cores
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def session_settings(study: Study, *, brief: bool = False) -> SessionSettings:
    """Give what Hail may use, on this machine or on a cluster.

    Parameters
    ----------
    study
        The study.
    brief
        Whether the work is over in a few minutes.
    """
    from hail_pipelines.session import SessionSettings

    compute = study.compute
    return SessionSettings(compute.cores, compute.driver_memory_gib, compute.master, brief=brief)


def genotype_thresholds(qc: Qc) -> GenotypeThresholds:
    """Give what a call must reach."""
    from hail_pipelines.quality_control.genotypes import GenotypeThresholds

    return GenotypeThresholds(**qc.genotype.model_dump())


def variant_thresholds(qc: Qc) -> VariantThresholds:
    """Give what a variant must reach."""
    from hail_pipelines.quality_control.variant_rules import VariantThresholds

    regions = {"low_complexity", "segmental_duplications", "targets", "target_padding"}
    return VariantThresholds(**qc.variant.model_dump(exclude=regions))


def store_ceiling(study: Study) -> float:
    """Give the highest frequency that any mask takes; commoner variants stay out of the store."""
    return max(ceiling for mask in study.masks for ceiling in mask.max_allele_frequency)


def scan_settings(study: Study) -> ScanSettings:
    """Give what a study asks of a scan."""
    masks = []
    for mask in study.masks:
        damaging, where = mask.damaging, parse(mask.where) if mask.where is not None else None
        rule = Mask(mask.name, damaging.score, damaging.at_least) if damaging else Mask(mask.name, where=where)
        masks += [MaskChoice(rule, ceiling) for ceiling in mask.max_allele_frequency]
    calibration = study.calibration
    return ScanSettings(
        masks=tuple(masks),
        tests=tuple(WeightedTest(test.test, test.weights, test.coding) for test in study.tests),
        seed=calibration.seed,
        effort=_effort(calibration),
        panel=frozenset(calibration.panel),
        panel_effort=Effort(calibration.panel_permutations, calibration.panel_permutations, calibration.exceedances),
        family_permutations=calibration.family_permutations,
        left_out=frozenset(study.condition_on),
    )


def _effort(calibration: Calibration) -> Effort:
    """Give how far permutations go for a gene that is not in the panel."""
    screen = calibration.max_permutations
    escalated = ESCALATION * screen if calibration.escalate_to is None else max(screen, calibration.escalate_to)
    return Effort(screen, escalated, calibration.exceedances)
