"""Level of the gene x covariate test among 300 patients whose gene acts, and acts alike, in both levels.

alike           carriers have a hazard ratio of 3 (a standard deviation of a number, an odds ratio of 3); the
                covariate, half of the patients, has an effect of its own of half that size, and its patients are
                followed for longer
in one level    the gene acts in one level alone, by twice as much: power
alike, crowded  carriers have a hazard ratio of 5 (a standard deviation, an odds ratio of 5), and most of a small
                level carries the gene: 20 of 25 carriers in a level of 25 patients, 10 of 15 in one of 15, and 15 of
                30 in one of 40. What the gene does must not pass for what the level does

Beside the calibrated p-value stands the textbook one of the same score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from association.calibration.monte_carlo import Effort
from association.error_rates import binomial_interval
from association.interaction.interaction_scan import TraitCovariate, scan_interactions
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.linear import fit_linear
from association.null_models.logistic import fit_logistic
from association.null_models.null_model import Fit, NullModel
from association.scan_settings import ScanSettings, ScanTrait
from benchmarks.null_genes import MASKS, SAMPLES, STRATA, draw_carriers, store_tables

KINDS = ("survival", "quantitative", "binary")
# In units of a log hazard ratio, a standard deviation, a log odds ratio.
OF_GENE, OF_COVARIATE = {"survival": 1.1, "quantitative": 1.0, "binary": 1.1}, 0.5
CARRIERS = (10, 15, 20, 40)
LEVELS = (0.05, 0.01)
# Of a gene in a crowded level; and its carriers, those in the level, and patients of the level.
STRONG = {"survival": 1.6, "quantitative": 1.0, "binary": 1.6}
CROWDED = ((25, 20, 25), (15, 10, 15), (30, 15, 40))
# Genes of a cohort: each with carriers of its own.
GENES = 4
SETTINGS = ScanSettings(MASKS, (), 3, Effort(5_000, 5_000, 100))


@dataclass(frozen=True)
class _Cohort:
    """Genes as their variants' carriers, the covariate (n), and what both do to patients (n)."""

    genes: list[list[np.ndarray]]
    covariate: np.ndarray
    effect: np.ndarray


def measure(rng: np.random.Generator, cohorts: int) -> Iterator[dict[str, object]]:
    """Give shares of p-values at or below each level, by trait, what the gene does, and carriers."""
    for kind in KINDS:
        for carriers in CARRIERS:
            for acts, power in (("alike", False), ("in one level", True)):
                made = (_half(rng, kind, carriers, alike=not power) for _ in range(cohorts))
                rows = [row for one in made for row in _tested(rng, kind, one)]
                yield from _shares(
                    rows, {"trait": kind, "gene acts": acts, "carriers": carriers}, LEVELS[: 2 - power]
                )
        for carriers, inside, patients in CROWDED:
            # One gene each, so more cohorts.
            made = (_crowded(rng, kind, carriers, inside, patients) for _ in range(2 * cohorts))
            rows = [row for one in made for row in _tested(rng, kind, one)]
            acts = f"alike, {inside} in a level of {patients}"
            yield from _shares(rows, {"trait": kind, "gene acts": acts, "carriers": carriers}, LEVELS)


def _shares(
    rows: list[dict[str, object]], named: dict[str, object], levels: tuple[float, ...]
) -> Iterator[dict[str, object]]:
    for name, words in (("p_value", "calibrated"), ("p_asymptotic", "textbook")):
        p_values = np.array([row[name] for row in rows], float)
        for level in levels:
            found = int((p_values <= level).sum())
            lower, upper = binomial_interval(found, p_values.size)
            share = found / max(p_values.size, 1)
            interval = {"lower": float(lower), "upper": float(upper)}
            yield named | {"p": words, "at": level, "share": share} | interval | {"tests": p_values.size}


def _half(rng: np.random.Generator, kind: str, carriers: int, *, alike: bool) -> _Cohort:
    """Give a cohort of which half is in the level."""
    covariate = (rng.random(SAMPLES) < 0.5).astype(float)
    genes = [draw_carriers(rng, carriers) for _ in range(GENES)]
    burden = np.zeros(SAMPLES)
    for gene in genes:
        burden[np.concatenate(gene)] += 1
    acts = np.minimum(burden, 1) * (1.0 if alike else 2.0 * covariate)
    return _Cohort(genes, covariate, OF_GENE[kind] * (acts + OF_COVARIATE * covariate))


def _crowded(rng: np.random.Generator, kind: str, carriers: int, inside: int, patients: int) -> _Cohort:
    """Give a cohort with a small level, most of which carries the gene."""
    gene = draw_carriers(rng, carriers)
    own = rng.permutation(np.concatenate(gene))
    others = rng.permutation(np.setdiff1d(np.arange(SAMPLES), own))
    covariate, acts = np.zeros(SAMPLES), np.zeros(SAMPLES)
    covariate[np.concatenate((own[:inside], others[: patients - inside]))] = 1
    acts[own] = 1
    return _Cohort([gene], covariate, STRONG[kind] * acts + OF_COVARIATE * OF_GENE[kind] * covariate)


def _tested(rng: np.random.Generator, kind: str, cohort: _Cohort) -> list[dict[str, object]]:
    """Give the tested rows of one cohort."""
    covariate = cohort.covariate
    fit = _observed(rng, kind, cohort)

    def model(*columns: np.ndarray) -> NullModel:
        design = np.column_stack((covariate, *columns))
        return fit(Design(("covariate", "gene")[: design.shape[1]], design)).model

    trait = ScanTrait(kind, model(), STRATA, np.arange(SAMPLES), SAMPLES)
    asked = [TraitCovariate("covariate", covariate, ("no", "yes"))]
    rows = scan_interactions(*store_tables(cohort.genes), trait, model, asked, SETTINGS).to_pylist()
    return [row for row in rows if row["p_value"] is not None]


def _observed(rng: np.random.Generator, kind: str, cohort: _Cohort) -> Callable[[Design], Fit]:
    """Draw a trait, and give a function that fits it on a design."""
    effect = cohort.effect
    if kind == "quantitative":
        value = effect + rng.normal(size=SAMPLES)
        return lambda design: fit_linear(value, _with_sites(design))
    if kind == "binary":
        case = (rng.random(SAMPLES) < 1 / (1 + np.exp(1 - effect))).astype(float)
        return lambda design: fit_logistic(case, _with_sites(design))
    entry, exit_, waiting = np.zeros(SAMPLES), np.zeros(SAMPLES), np.arange(SAMPLES)
    while waiting.size:
        entry[waiting] = rng.uniform(3, 12, waiting.size)
        exit_[waiting] = rng.exponential(60 / np.exp(effect[waiting]))
        waiting = waiting[exit_[waiting] <= entry[waiting]]
    censored = entry + rng.uniform(0.15, 1, SAMPLES) * (50 + 50 * cohort.covariate)
    event = (exit_ <= censored).astype(float)
    return lambda design: fit_cox(entry, np.minimum(exit_, censored), event, design, strata=STRATA)


def _with_sites(design: Design) -> Design:
    sites = (STRATA[:, None] == (1, 2)).astype(float)
    return Design((*design.names, "site 2", "site 3"), np.column_stack((design.matrix, sites)))
