"""What is asked of each trait: its samples, as they are or as they are planned, and the genes they are tested for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from association.null_models.risk_sets import Ties
from association.power.formula import carriers_information, detectable_effect
from association.power.power_tables import AskedPower
from association.power.studied_trait import StudiedTrait, studied_trait
from association.power.testable_genes import (
    GeneCarriers,
    GeneFamily,
    attainable_p,
    exome_family,
    gene_family,
    panel_carriers,
    planned_carriers,
)
from association.problems import InputError, Problem
from jobs.gene_list_matches import ListMatch
from jobs.power.current_store import CurrentStore
from jobs.power.planned import planned_fit, planned_samples, times_of
from jobs.study.gene_tests import LIST_PREFIX
from jobs.study.traits import Trait
from jobs.traits.prepared import PreparedTrait

Integers = NDArray[np.int64]
Row = dict[str, Any]

OWN_PANEL = "calibration.panel"
TIES: Mapping[str, Ties] = {"efron": "efron", "breslow": "breslow"}


@dataclass(frozen=True)
class PowerSettings:
    """What a study of power is told.

    Attributes
    ----------
    alpha, seed
        Of the study.
    samples
        As many as are planned with each trait; None: the study's own.
    carriers
        Numbers of carriers to look at.
    """

    alpha: float
    seed: int
    samples: int | None
    carriers: tuple[int, ...]


@dataclass(frozen=True)
class AskedTrait:
    """A trait and what is asked of it.

    Attributes
    ----------
    asked
        For `association.power`.
    person_months
        Of observation; None where nobody is followed in time.
    genes
        A row per gene, where there is a gene store.
    """

    asked: AskedPower
    person_months: float | None
    genes: list[Row]


def ask(trait: PreparedTrait, settings: Trait, told: PowerSettings, store: CurrentStore | None) -> AskedTrait:
    """Say what is asked of a trait.

    Parameters
    ----------
    trait, settings
        Of the study.
    told
        What the study of power is told.
    store
        The gene store, if it is current.

    Raises
    ------
    InputError
        If the null model of the cohort that is planned can't be fitted.
    """
    fit, table = trait.fit, trait.samples
    if told.samples is not None:
        table, like = planned_samples(trait, told.samples, told.seed)
        try:
            fit = planned_fit(trait, settings, table, like)
        except InputError as error:
            problems = [Problem(f"trait '{trait.name}', {one.place}", one.message) for one in error.problems]
            raise InputError(f"--samples {told.samples}", problems) from None
    strata, times = _codes(table["stratum"]), times_of(table)
    followed = None if times is None else (*times, TIES.get(trait.ties or "", "efron"))
    studied = studied_trait(trait.name, trait.type, fit.model, strata, fit.details, followed)
    months = None if times is None else float(np.sum(times[1] - np.maximum(times[0], 0.0)))
    if store is None:
        return AskedTrait(AskedPower(studied, exome_family(told.alpha), told.alpha, told.carriers, {}), months, [])
    counted, own = store.count(trait), _codes(trait.samples["stratum"])
    family = gene_family(counted, told.alpha, own, strata)
    panels = {
        name: round(panel_carriers(counted, genes).size * strata.size / own.size)
        for name, genes in panels_of(store.lists, store.checked.study.calibration.panel).items()
    }
    asked = AskedPower(studied, family, told.alpha, told.carriers, panels)
    return AskedTrait(asked, months, _gene_rows(counted, studied, family, own))


def panels_of(lists: Sequence[ListMatch], panel: Sequence[str]) -> Mapping[str, frozenset[str]]:
    """Give the panels of a study: each gene list, and the panel of its calibration where that is no such list."""
    panels = {one.list.name: one.symbols for one in lists}
    own = frozenset(gene for gene in panel if not gene.startswith(LIST_PREFIX))
    listed = [frozenset(one.list.genes) for one in lists]
    return panels if not own or own in listed else panels | {OWN_PANEL: own}


def _codes(labels: pd.Series) -> Integers:
    return np.unique(labels.to_numpy(str), return_inverse=True)[1].astype(np.int64)


def _gene_rows(counted: Sequence[GeneCarriers], trait: StudiedTrait, family: GeneFamily, own: Integers) -> list[Row]:
    """Say of every gene whether it can be significant, and what effect it could show."""
    rows, level = [], family.multiplicity.threshold
    for gene in sorted(counted, key=lambda one: one.gene):
        carriers = planned_carriers(gene, own, trait.strata)
        attainable = None if gene.min_attainable_p is None else attainable_p(gene, own, trait.strata)
        able = attainable is not None and family.can_reach(carriers, attainable)
        row: Row = {"trait": trait.name, "gene": gene.gene, "carriers": carriers, "unit": trait.scale.unit}
        row |= {"min_attainable_p": attainable, "can_be_significant": able}
        if able and carriers < trait.samples:
            information = carriers_information(trait.mean_information, trait.samples, carriers)
            row["detectable_small_effects"] = trait.scale.size_of(float(detectable_effect(information, level)))
        rows.append(row)
    return rows
