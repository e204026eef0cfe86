"""A trait as it was observed, read from where `jobs.traits.files` wrote it."""

from __future__ import annotations

import numpy as np

from association.gene_profile.course import Visits
from association.gene_profile.group_curves import Times
from association.gene_profile.profile import ProfiledTrait
from association.gene_profile.profile_columns import CASES, TIMES, VALUES, VISITS
from association.null_models.risk_sets import Ties
from association.scan_settings import ScanTrait
from association.scan_trait_bytes import unpack_trait
from infra.storage import Place
from jobs.report.null_models.inputs import TraitPage
from jobs.report.null_models.own_slopes import own_lines
from jobs.report.null_models.panels import month_ticks
from jobs.study.traits import TimeTrait, Trait
from jobs.traits.files import outcome_of, read_packed_trait
from jobs.traits.pages import read_page

# The last few patients make no figure longer.
SHARE_BEYOND = 0.005
KINDS = {"cox": TIMES, "fine_gray": TIMES, "slope": VISITS, "logistic": CASES}


def read_observed(traits: Place, trait: Trait) -> ProfiledTrait:
    """Read what profiles are made from.

    Parameters
    ----------
    traits
        What `write_traits` and `write_scan_traits` wrote.
    trait
        Which.
    """
    scan = unpack_trait(read_packed_trait(traits, trait.name))
    page = read_page(traits, trait.name)
    kind = KINDS.get(scan.model.kind, VALUES)
    if kind == TIMES:
        return _of_times(page, scan, trait.ties if isinstance(trait, TimeTrait) else "efron")
    if kind == VISITS:
        return _of_visits(page, scan)
    return ProfiledTrait(scan, kind, outcome_of(page.samples, scan, "efron"), value=page.column("value"))


def _of_times(page: TraitPage, scan: ScanTrait, ties: Ties) -> ProfiledTrait:
    times = Times(page.column("entry"), page.column("exit"), page.cause)
    ticks = month_ticks(float(np.quantile(times.exit, 1 - SHARE_BEYOND)))
    return ProfiledTrait(scan, TIMES, outcome_of(page.samples, scan, ties), times, ticks=ticks)


def _of_visits(page: TraitPage, scan: ScanTrait) -> ProfiledTrait:
    assert page.visits is not None, "a slope has visits"
    months, value = (page.visits[name].to_numpy(np.float64) for name in ("months", "value"))
    visits = Visits(page.visits["position"].to_numpy(np.int64), months, value)
    return ProfiledTrait(scan, VISITS, value=own_lines(page, page.visits).slope, visits=visits)
