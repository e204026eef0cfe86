"""The result rows of a gene over cohorts: the same columns as of one study's scan (`association.results`).

The p-value to report is by saddlepoint from the sum of the cohorts' cumulant generating functions; beside it stands
the large-sample one. An omnibus is Cauchy's combination of its tests.

Axes: m variants that any cohort tells of, k masks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from association.gene_tests.acat import acat_log10_p
from association.gene_tests.weights import SCORE, variant_weights
from association.gene_unit import FEWEST_CARRIERS, Row, power_of_ten
from association.large_sample import SADDLEPOINT
from association.meta.cohort_summary import TraitSummary
from association.meta.combined_gene import CombinedGene
from association.meta.forest import heterogeneity
from association.meta.remembered_burdens import RememberedBurdens
from association.meta.share_tables import COLLAPSED
from association.meta.summed_large_sample import saddlepoint_test_p
from association.meta.summed_saddlepoint import LawfulP, SummedCumulants
from association.meta.summed_tests import (
    acat_v_over_cohorts_log10_p,
    fixed_burden,
    skat_o_over_cohorts_log10_p,
    skat_over_cohorts_log10_p,
)
from association.results import CARRIERS_WITHHELD, COLLAPSED_ONLY, FEW_CARRIERS, HETEROGENEOUS, STRATA_UNTOLD
from association.row_maker import name_test
from association.scan_settings import ALL_MASKS, CONTROL_MASK, OMNIBUS, WeightedTest
from association.textbook import asymptotic_columns

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]

# Fewer residuals do not add up to anything smooth (`calibration.saddlepoint`).
FEWEST = 10
HETEROGENEITY_P = 0.01
NO_COLUMN = "no cohort tells of a carrier"
TOO_FEW = f"fewer than {FEWEST} carriers: too few for a saddlepoint, and summaries can't be permuted"
NEEDS_GENOTYPES = "this coding needs genotypes; summaries give sums of alleles only"
NEEDS_SCORES = "weights by a score can't be had from summaries: collapsed variants have none"
NO_INFORMATION = "genotypes carry no information beside the covariates"


@dataclass(frozen=True)
class MetaMask:
    """A mask and its ceiling, and what is in it.

    Attributes
    ----------
    mask, max_af
        As in the settings.
    used
        Which variants are in it (m).
    withheld
        Whether a cohort keeps carriers of it back.
    above
        Variants that a cohort has in it, and that are above its ceiling over all cohorts: they are left out.
    """

    mask: str
    max_af: float
    used: Booleans
    withheld: bool
    above: int


@dataclass(frozen=True)
class MetaTrait:
    """A trait of several cohorts.

    Attributes
    ----------
    name
        As in the cohorts' study files.
    cohorts
        The trait in each.
    cumulants
        Of all of them.
    tests
        Every mask is tested by every test.
    """

    name: str
    cohorts: tuple[TraitSummary, ...]
    cumulants: SummedCumulants
    tests: tuple[WeightedTest, ...]


def meta_rows(place: Row, gene: CombinedGene | None, masks: Sequence[MetaMask], trait: MetaTrait) -> list[Row]:
    """Give all rows of a gene.

    Parameters
    ----------
    place
        gene, contig and start.
    gene
        What the cohorts tell; None where none tells of a carrier.
    masks
        The masks (k), in the order of the settings.
    trait
        What is tested.
    """
    samples = sum(one.samples for one in trait.cohorts)
    cumulants = RememberedBurdens.of_gene(trait.cumulants)
    start = {**place, "trait": trait.name, "samples": samples, "primary": False}
    rows: list[Row] = []
    for mask in masks:
        own = start | {"mask": mask.mask, "max_af": mask.max_af} | _describe(gene, mask.used, withheld=mask.withheld)
        tested = [_test(own | name_test(test), gene, mask.used, test, cumulants) for test in trait.tests]
        rows += [*tested, _omnibus(own, tested)] if len(tested) > 1 else tested
    hypotheses = [mask for mask in masks if mask.mask != CONTROL_MASK]
    if len(hypotheses) > 1:
        used = np.any([mask.used for mask in hypotheses], axis=0)
        own = start | {"mask": ALL_MASKS}
        own |= _describe(gene, used, withheld=any(mask.withheld for mask in hypotheses))
        single = [row for row in rows if row["mask"] != CONTROL_MASK and row["test"] != OMNIBUS]
        rows.append(_omnibus(own, single))
    primary = [row for row in rows if row["mask"] != CONTROL_MASK]
    if primary:
        primary[-1]["primary"] = True
    return rows


def _describe(gene: CombinedGene | None, used: Booleans, *, withheld: bool) -> Row:
    """Count who carries the variants, and say what cautions that calls for."""
    flags = [CARRIERS_WITHHELD] if withheld else []
    if gene is None or not used.any():
        return {"variants": 0, "carriers": 0, "minor_allele_count": 0, "flags": ";".join(flags)}
    carriers = gene.carriers(used)
    observed, expected = (float(gene.total(name)[used].sum()) for name in ("observed_events", "expected_events"))
    has_events = all(own.observed_events is not None for own in gene.summaries) and not math.isnan(observed)
    if gene.untold_strata(used):
        flags.append(STRATA_UNTOLD)
    if carriers < FEWEST_CARRIERS:
        flags.append(FEW_CARRIERS)
    if used.sum() == 1:
        collapsed = gene.variants[int(used.argmax())].startswith(COLLAPSED)
        flags.append(COLLAPSED_ONLY if collapsed else "single_variant")
    if heterogeneity(gene, used.astype(np.float64)).log10_p < math.log10(HETEROGENEITY_P):
        flags.append(HETEROGENEOUS)
    return {
        "variants": int(used.sum()),
        "carriers": carriers,
        "minor_allele_count": round(float(gene.total("minor_allele_counts")[used].sum())),
        "observed_events": observed if has_events else None,
        "expected_events": expected if has_events else None,
        "flags": ";".join(flags),
    }


def _test(row: Row, gene: CombinedGene | None, used: Booleans, test: WeightedTest, cumulants: SummedCumulants) -> Row:
    """Fill the row of a test."""
    if gene is None or not used.any():
        return row | {"reason": NO_COLUMN}
    if test.coding != "sum":
        return row | {"reason": NEEDS_GENOTYPES}
    if test.weights.startswith(SCORE):
        return row | {"reason": NEEDS_SCORES}
    weights = np.where(used, variant_weights(test.weights, gene.minor_allele_frequency), 0.0)
    row = row | _asymptotic(test.test, gene, weights)
    if row["carriers"] < FEWEST:
        return row | {"reason": TOO_FEW}
    return row | _reported(saddlepoint_test_p(test.test, gene, weights, cumulants))


def _asymptotic(test: str, gene: CombinedGene, weights: Floats) -> Row:
    """Give the large-sample p-value, and the effect of a burden."""
    if test == "burden":
        burden = fixed_burden(gene, weights)
        known = {"effect": burden.effect, "standard_error": burden.standard_error}
        return {} if math.isnan(burden.log10_p) else known | asymptotic_columns(burden.log10_p)
    laws = {
        "skat": skat_over_cohorts_log10_p,
        "skat_o": skat_o_over_cohorts_log10_p,
        "acat_v": acat_v_over_cohorts_log10_p,
    }
    log10_p = laws[test](gene, weights)
    return asymptotic_columns(log10_p) if math.isfinite(log10_p) else {}


def _reported(found: LawfulP) -> Row:
    if not math.isfinite(found.log10_p):
        return {"reason": NO_INFORMATION}
    told = {"p_value": power_of_ten(found.log10_p), "neg_log10_p": 0.0 - found.log10_p, "method": found.method}
    # How small it can get only genotypes tell; every gene counts in the family.
    return told | {"min_attainable_p": 0.0}


def _omnibus(row: Row, tested: Sequence[Row]) -> Row:
    """Combine tests, their reported and their large-sample p-values."""
    row = row | {"test": OMNIBUS}
    found = {}
    for name in ("neg_log10_p", "neg_log10_p_asymptotic"):
        log10_p = np.array([[-one[name] for one in tested if one.get(name) is not None]])
        found[name] = float(acat_log10_p(log10_p, np.ones_like(log10_p))[0])
    if math.isfinite(found["neg_log10_p_asymptotic"]):
        row |= asymptotic_columns(found["neg_log10_p_asymptotic"])
    if not math.isfinite(found["neg_log10_p"]):
        return row | {"reason": next((one["reason"] for one in tested if one.get("reason")), NO_COLUMN)}
    laws = {one["method"] for one in tested if one.get("method")}
    return row | _reported(LawfulP(found["neg_log10_p"], SADDLEPOINT if SADDLEPOINT in laws else min(laws)))
