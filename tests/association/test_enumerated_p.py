"""The p-values of few carriers against all their placements by itertools, with statistics written by hand."""

from itertools import permutations, product

import numpy as np
import pytest
from scipy.special import xlogy
from scipy.stats import beta, chi2, norm

from association.calibration.monte_carlo import Effort
from association.gene_tests.masks import Mask
from association.scan import scan
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait, WeightedTest

TESTS = (
    WeightedTest("burden", "flat", "sum"),
    WeightedTest("burden", "madsen_browning", "max"),
    WeightedTest("burden", "flat", "any"),
    WeightedTest("skat", "beta_1_25"),
    WeightedTest("skat_o", "beta_1_25"),
    WeightedTest("acat_v", "flat"),
)
SETTINGS = ScanSettings((MaskChoice(Mask("missense"), 1.0),), TESTS, 1, Effort(10, 10, 10))
KINDS = ("linear", "slope", "cox", "logistic", "risks")
RHO = np.array([0, 0.01, 0.04, 0.09, 0.25, 0.5, 1])
IN_STORE = 100
# Carriers (rows) by variants.
GENES = {
    "one carrier of 12": (12, [[1.0]], None),
    "two carriers of a variant": (14, [[1.0], [1.0]], [0, 1]),
    "two carriers of two variants": (20, [[1.0, 0], [1, 2]], None),
    "three carriers, one homozygous": (16, [[1.0, 0, 0], [2, 1, 0], [0, 0, 1]], [0, 0, 1]),
    "three singletons of 30": (30, [[1.0, 0, 0], [0, 1, 0], [0, 0, 1]], None),
    "common variants of 8": (8, [[2.0, 0], [2, 0], [2, 1], [2, 0], [2, 2], [2, 0], [0, 1]], None),
}


class Placed:
    """Statistics of carriers' rows (k, m) in every placement; the first is the data's."""

    def __init__(self, model, strata, rows):
        own = [np.arange(len(rows))[strata[: len(rows)] == s] for s in np.unique(strata)]
        ways = [permutations(np.flatnonzero(strata == s), ones.size) for s, ones in enumerate(own)]
        self.places = np.array([sum(parts, ()) for parts in product(*ways)])[:, np.argsort(np.concatenate(own))]
        self.model, self.rows, self.equal = model, rows, np.ptp(model.information) == 0
        self.centred = model.residuals - (np.bincount(strata, model.residuals) / np.bincount(strata))[strata]

    def ratio(self, burden):
        scaled = burden * burden.sum() / (burden**2).sum()
        size = scaled.sum()
        information = self.model.information[self.places] @ scaled**2
        if self.model.kind in ("linear", "slope"):
            return (self.centred[self.places] @ scaled) ** 2 / information
        observed, expected = self.model.events[self.places] @ scaled, self.model.expected_events[self.places] @ scaled
        if self.model.kind == "cox":
            return 2 * (xlogy(observed, observed / expected) - observed + expected)
        failures = size - observed
        ratio = 2 * (xlogy(observed, observed / expected) + xlogy(failures, failures / (size - expected)))
        return ratio if self.equal else ratio * expected * (size - expected) / size / information

    def skat(self, weights):
        return sum(w**2 * (g**2).sum() * self.ratio(g) for w, g in zip(weights, self.rows.T, strict=True))

    def acat_v(self, frequency):
        shares = (beta.pdf(frequency, 1, 25) / beta.pdf(frequency, 0.5, 0.5)) ** 2
        rare = self.rows.sum(axis=0) <= 10
        parts = [(share, g) for share, g in zip(shares[~rare], self.rows.T[~rare], strict=True)]
        if rare.any():
            parts.append((shares[rare].mean(), self.rows[:, rare].sum(axis=1)))
        tails = [np.minimum(chi2.sf(self.ratio(g), 1), 0.99) for _, g in parts]
        total = sum(share for share, _ in parts)
        return sum(share / np.tan(np.pi * p) for (share, _), p in zip(parts, tails, strict=True)) / total


def share_reached(statistic):
    return (statistic >= statistic[0] - 1e-9 * abs(statistic[0]) - 1e-11).mean()


def deviations(values):
    if values.std() <= 1e-10 * abs(values).mean() + 1e-12:
        return np.full(values.size, -np.inf)
    spread = values.var() / (9 * values.mean() ** 2)
    return (np.cbrt(values / values.mean()) - 1 + spread) / np.sqrt(spread)


def expected_p(placed, frequency):
    flat, rows = np.ones(frequency.size), placed.rows
    browning, wu = beta.pdf(frequency, 0.5, 0.5), beta.pdf(frequency, 1, 25)
    burdens = [placed.ratio(b) for b in (rows @ flat, (rows * browning).max(axis=1), (rows @ flat > 0).astype(float))]
    skat, mixed = placed.skat(wu), placed.ratio(rows @ wu) * ((rows @ wu) ** 2).sum()
    skat_o = np.max([deviations((1 - rho) * skat + rho * mixed) for rho in RHO], axis=0)
    acat_v = placed.acat_v(frequency)
    farthest = np.max(
        [*map(deviations, burdens), deviations(skat), skat_o - 0.25, norm.isf(0.5 - np.arctan(acat_v) / np.pi)], 0
    )
    return [share_reached(one) for one in (*burdens, skat, skat_o, acat_v, farthest)]


@pytest.mark.parametrize("step", [None, 0.25], ids=["untied", "tied"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("gene", GENES)
def test_p_is_the_share_of_placements_at_least_as_extreme(make_store, make_model, gene, kind, step):
    samples, rows, carrier_strata = GENES[gene]
    rows = np.array(rows)
    rng = np.random.default_rng(len(gene))
    model = make_model(rng, kind, samples, step=step)
    strata = np.zeros(samples, int)
    if carrier_strata is not None:
        strata[:] = np.r_[carrier_strata, np.arange(samples - len(rows)) % 2]
    dosages = np.zeros((IN_STORE, rows.shape[1]))
    dosages[: len(rows)] = rows
    trait = ScanTrait("y", model, strata, np.arange(samples), IN_STORE)
    found = scan(*make_store({"G": dosages}), [trait], SETTINGS).to_pandas()
    expected = expected_p(Placed(model, strata, rows), rows.sum(axis=0) / (2 * IN_STORE))
    assert found["method"].tolist() == ["enumeration"] * 7
    assert found["p_value"].tolist() == pytest.approx(expected, rel=1e-12)
