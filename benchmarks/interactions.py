"""Level of the gene x covariate test among 300 patients whose gene acts, and acts alike, in both levels.

Carriers have a hazard ratio of 3 (a standard deviation of a number, an odds ratio of 3); the covariate, half of the
patients, has an effect of its own of half that size, and its patients are followed for longer. Beside the calibrated
p-value stands the textbook one of the same score. Power: the gene acts in one level alone, by twice as much.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from association.calibration.monte_carlo import Effort
from association.error_rates import binomial_interval
from association.interaction.interaction_scan import TraitCovariate, scan_interactions
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.linear import fit_linear
from association.null_models.logistic import fit_logistic
from association.null_models.null_model import Fit
from association.scan_settings import ScanSettings, ScanTrait
from benchmarks.null_genes import MASKS, SAMPLES, STRATA, draw_carriers, store_tables

KINDS = ("survival", "quantitative", "binary")
# In units of a log hazard ratio, a standard deviation, a log odds ratio.
OF_GENE, OF_COVARIATE = {"survival": 1.1, "quantitative": 1.0, "binary": 1.1}, 0.5
CARRIERS = (10, 15, 20, 40)
LEVELS = (0.05, 0.01)
# Genes of a cohort: each with carriers of its own.
GENES = 4
SETTINGS = ScanSettings(MASKS, (), 3, Effort(5_000, 5_000, 100))


def measure(rng: np.random.Generator, cohorts: int) -> Iterator[dict[str, object]]:
    """Give shares of p-values at or below each level, by kind of trait and number of carriers."""
    for kind in KINDS:
        for alike in (True, False):
            for carriers in CARRIERS:
                rows = [row for _ in range(cohorts) for row in _tested(rng, kind, carriers, alike=alike)]
                for name in ("p_value", "p_asymptotic"):
                    p_values = np.array([row[name] for row in rows], float)
                    for level in LEVELS if alike else LEVELS[:1]:
                        found = int((p_values <= level).sum())
                        lower, upper = binomial_interval(found, p_values.size)
                        yield {
                            "trait": kind,
                            "gene acts": "alike" if alike else "in one level",
                            "carriers": carriers,
                            "p": {"p_value": "calibrated", "p_asymptotic": "textbook"}[name],
                            "at": level,
                            "share": found / p_values.size,
                            "lower": float(lower),
                            "upper": float(upper),
                            "tests": p_values.size,
                        }


def _tested(rng: np.random.Generator, kind: str, carriers: int, *, alike: bool) -> list[dict[str, object]]:
    """Give the tested rows of one cohort."""
    covariate = (rng.random(SAMPLES) < 0.5).astype(float)
    genes = [draw_carriers(rng, carriers) for _ in range(GENES)]
    burden = np.zeros(SAMPLES)
    for gene in genes:
        burden[np.concatenate(gene)] += 1
    acts = np.minimum(burden, 1) * (1.0 if alike else 2.0 * covariate)
    effect = OF_GENE[kind] * (acts + OF_COVARIATE * covariate)
    trait = ScanTrait(kind, _fit(rng, kind, covariate, effect).model, STRATA, np.arange(SAMPLES), SAMPLES)
    asked = [TraitCovariate("covariate", covariate, ("no", "yes"))]
    rows = scan_interactions(*store_tables(genes), trait, asked, SETTINGS).to_pylist()
    return [row for row in rows if row["p_value"] is not None]


def _fit(rng: np.random.Generator, kind: str, covariate: np.ndarray, effect: np.ndarray) -> Fit:
    sites = (STRATA[:, None] == (1, 2)).astype(float)
    design = Design(("covariate", "site 2", "site 3"), np.column_stack((covariate, sites)))
    if kind == "quantitative":
        return fit_linear(effect + rng.normal(size=SAMPLES), design)
    if kind == "binary":
        return fit_logistic((rng.random(SAMPLES) < 1 / (1 + np.exp(1 - effect))).astype(float), design)
    entry, exit_, waiting = np.zeros(SAMPLES), np.zeros(SAMPLES), np.arange(SAMPLES)
    while waiting.size:
        entry[waiting] = rng.uniform(3, 12, waiting.size)
        exit_[waiting] = rng.exponential(60 / np.exp(effect[waiting]))
        waiting = waiting[exit_[waiting] <= entry[waiting]]
    censored = entry + rng.uniform(0.15, 1, SAMPLES) * (50 + 50 * covariate)
    event = (exit_ <= censored).astype(float)
    return fit_cox(
        entry, np.minimum(exit_, censored), event, Design(("covariate",), covariate[:, None]), strata=STRATA
    )
