"""Score statistics against R and against the dense formula."""

from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from association.null_models.design import Design
from association.null_models.linear import fit_linear
from association.null_models.null_model import NullModel
from association.quadratic_forms import upper_tail
from association.score import Carriers, score_statistics

REFERENCE = Path(__file__).parents[1] / "reference"


def carriers_of(dosages):
    variants, samples = np.nonzero(dosages.T)
    offsets = np.searchsorted(variants, np.arange(dosages.shape[1] + 1))
    return Carriers(offsets, samples, dosages.T[variants, samples].astype(float))


class DenseRisk:
    """Shared risk from a matrix that is held whole."""

    def __init__(self, matrix):
        self.matrix = matrix

    def among(self, offsets, samples, dosages):
        columns = np.zeros((len(self.matrix), offsets.size - 1))
        columns[samples, np.repeat(np.arange(offsets.size - 1), np.diff(offsets))] = dosages
        return columns.T @ self.matrix @ columns


def random_model(rng, samples, columns):
    """A positive definite V with a dense off-diagonal part."""
    root = rng.normal(size=(samples, samples))
    operator = root @ root.T / samples + np.eye(samples)
    diagonal = np.diag(operator) + 1
    matrix = rng.normal(size=(samples, columns))
    model = NullModel(
        kind="dense",
        residuals=rng.normal(size=samples),
        information=diagonal,
        cross_information=operator @ matrix,
        covariate_information=matrix.T @ operator @ matrix,
        shared_risk=DenseRisk(np.diag(diagonal) - operator),
    )
    return model, operator, matrix


@given(seed=st.integers(0, 10**6), columns=st.integers(0, 4), variants=st.integers(1, 12))
@settings(max_examples=60, deadline=None)
def test_agrees_with_the_dense_formula(seed, columns, variants):
    rng = np.random.default_rng(seed)
    model, operator, matrix = random_model(rng, 30, columns)
    dosages = rng.binomial(2, 0.1, size=(30, variants)) + (rng.random((30, variants)) < 0.05) * 0.13
    statistics = score_statistics(model, carriers_of(dosages))
    inner = operator
    if columns:
        explained = operator @ matrix
        inner = operator - explained @ np.linalg.solve(model.covariate_information, explained.T)
    # Sums of a few hundred products of size 1.
    np.testing.assert_allclose(statistics.score, dosages.T @ model.residuals, atol=1e-11)
    np.testing.assert_allclose(statistics.covariance, dosages.T @ inner @ dosages, atol=1e-10)
    assert np.linalg.eigvalsh(statistics.covariance).min() > -1e-10


def test_agrees_with_score_and_covariance_of_r():
    skat = pd.read_csv(REFERENCE / "skat_own.csv")
    dosages = skat.filter(regex=r"^v\d+$").to_numpy(float)
    expected = pd.read_csv(REFERENCE / "skat_own_UV_linear.csv").to_numpy()
    design = Design(("x1", "sex"), skat[["x1", "sex"]].to_numpy(float))
    model = fit_linear(skat["yq"].to_numpy(), design).model
    statistics = score_statistics(model, carriers_of(dosages))
    weights = beta.pdf(dosages.mean(axis=0) / 2, 1, 25)
    # R printed 15 digits; 1e-8 is asked, and 1e-11 of the largest entry is reached.
    np.testing.assert_allclose(weights * statistics.score, expected[:, 0], rtol=1e-10)
    weighted = weights[:, None] * statistics.covariance * weights
    np.testing.assert_allclose(weighted, expected[:, 1:], rtol=1e-10, atol=1e-8)
    statistic = np.array([((weights * statistics.score) ** 2).sum()])
    assert abs(statistic[0] / 73364.1778651478 - 1) < 1e-12  # Q printed by R in skat_own.expected_R.txt
    tail = upper_tail(statistic, np.linalg.eigvalsh(weighted)[None, :])
    np.testing.assert_allclose(tail, 2.595375887539e-05, rtol=1e-11)  # skat_own.expected_exact.txt, 13 digits


def test_variant_without_carriers_has_no_score():
    rng = np.random.default_rng(3)
    model, _, _ = random_model(rng, 10, 2)
    dosages = np.zeros((10, 3))
    dosages[[2, 5], 1] = 1
    statistics = score_statistics(model, carriers_of(dosages))
    assert statistics.score[0] == statistics.score[2] == 0
    np.testing.assert_array_equal(statistics.covariance[[0, 2]], 0)


def test_gene_without_variants_gives_empty_statistics():
    model, _, _ = random_model(np.random.default_rng(3), 10, 2)
    statistics = score_statistics(model, carriers_of(np.zeros((10, 0))))
    assert statistics.score.shape == (0,)
    assert statistics.covariance.shape == (0, 0)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_counting_the_other_allele_flips_the_score_only(seed):
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(40, 2))
    model = fit_linear(rng.normal(size=40), Design(("a", "b"), matrix)).model
    dosages = rng.binomial(2, 0.2, size=(40, 3)).astype(float)
    minor, major = (score_statistics(model, carriers_of(d)) for d in (dosages, 2 - dosages))
    np.testing.assert_allclose(major.score, -minor.score, atol=1e-11)
    np.testing.assert_allclose(major.covariance, minor.covariance, atol=1e-10)
