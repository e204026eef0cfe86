"""The law of an interaction: against every permutation by hand, and what it must not depend on."""

from itertools import permutations

import numpy as np
import pytest

from association.calibration.monte_carlo import Effort
from association.interaction import conditional_law
from association.interaction.conditional_law import conditional_p, log10_ways
from association.interaction.projected_scores import Contrast, one_step_effect, project_scores, statistics

EFFORT = Effort(20_000, 20_000, 20_001)


@pytest.fixture
def rng():
    return np.random.default_rng(11)


def by_hand(contrast, scores, strata):
    """Give the share of all orders of carriers within strata whose T reaches the data's, T by its definition."""

    def score(residual, information):
        if contrast.levels is None:
            z = contrast.values
            mean = (z * information).sum() / information.sum()
            return ((z - mean) * residual).sum() ** 2 / ((z - mean) ** 2 * information).sum()
        total = 0.0
        for level in range(contrast.levels):
            own = contrast.values == level
            total += residual[own].sum() ** 2 / information[own].sum()
        return total

    observed, reached, orders = score(scores.residual, scores.information), 0, 0
    for order in permutations(range(strata.size)):
        places = np.array(order)
        if (strata[places] == strata).all():
            orders += 1
            reached += score(scores.residual[places], scores.information[places]) >= observed - 1e-9
    return reached / orders


@pytest.mark.parametrize("kind", ["cox", "slope", "logistic"])
@pytest.mark.parametrize(
    "contrast",
    [
        Contrast(np.array([0, 0, 1, 0, 1, 1, 0, 1.0]), 2),
        Contrast(np.array([0, 2, 1, 0, 1, 2, 0, 1.0]), 3),
        Contrast(np.array([1.5, 1.5, 3, 2, 0.5, 4, 2, 1.0]), None),
    ],
)
def test_enumeration_is_the_share_of_all_orders_of_carriers_within_strata(rng, make_model, kind, contrast):
    scores = project_scores(
        make_model(rng, kind, 40), rng.choice(40, 8, replace=False), np.array([1, 1, 2, 1, 1, 1, 1, 1.0])
    )
    strata = np.array([3, 3, 3, 3, 1, 1, 1, 1])
    found = conditional_p(contrast, scores, strata, EFFORT, 1)
    assert found.method == "enumeration"
    assert found.found.p_value == pytest.approx(by_hand(contrast, scores, strata))
    assert found.min_attainable <= found.found.p_value
    assert found.found.permutations == round(10 ** log10_ways(contrast, strata))


def test_what_is_left_of_scores_adds_up_to_nothing_and_compares_events_at_the_common_rate(rng, make_model):
    model, samples = make_model(rng, "cox", 60), np.arange(12)
    scores = project_scores(model, samples, np.ones(12))
    observed, expected = model.events[samples], model.expected_events[samples]
    assert scores.residual.sum() == pytest.approx(0, abs=1e-12)
    assert scores.residual == pytest.approx(observed - expected * observed.sum() / expected.sum())


def test_the_statistic_is_the_projected_quadratic_form_of_dense_columns(rng, make_model):
    model, samples = make_model(rng, "slope", 50), np.arange(20)
    level = rng.integers(0, 3, 20).astype(float)
    scores = project_scores(model, samples, np.ones(20))
    found = statistics(Contrast(level, 3), scores.residual[:, None], scores.information[:, None])[0]
    gene = np.isin(np.arange(50), samples).astype(float)
    product = np.zeros((50, 2))
    product[samples] = np.column_stack((level == 1, level == 2))
    columns = np.column_stack((gene, product))
    score, phi = columns.T @ model.residuals, columns.T @ (model.information[:, None] * columns)
    rest = score[1:] - phi[1:, 0] / phi[0, 0] * score[0]
    schur = phi[1:, 1:] - np.outer(phi[1:, 0], phi[0, 1:]) / phi[0, 0]
    assert found == pytest.approx(rest @ np.linalg.solve(schur, rest))
    two = Contrast((level > 0).astype(float), 2)
    effect, error = one_step_effect(two, scores)
    alone = statistics(two, scores.residual[:, None], scores.information[:, None])[0]
    assert (effect / error) ** 2 == pytest.approx(alone)


def test_drawn_permutations_agree_with_enumeration_and_not_with_the_order_of_carriers(rng, make_model, monkeypatch):
    model = make_model(rng, "cox", 100)
    few = Contrast(np.repeat([0.0, 1.0], 8), 2)
    scores = project_scores(model, np.arange(16), np.ones(16))
    exact = conditional_p(few, scores, np.zeros(16, np.int64), EFFORT, 3).found.p_value
    many = Contrast(np.repeat([0.0, 1.0], 15), 2)
    scores = project_scores(model, np.arange(30), np.ones(30))
    drawn = conditional_p(many, scores, np.zeros(30, np.int64), EFFORT, 3)
    assert drawn.method == "permutation"
    order = rng.permutation(30)
    again = conditional_p(
        Contrast(many.values[order], 2),
        type(scores)(scores.residual[order], scores.information[order], scores.scale),
        np.zeros(30, np.int64),
        EFFORT,
        3,
    )
    assert again == drawn
    scores = project_scores(model, np.arange(16), np.ones(16))
    monkeypatch.setattr(conditional_law, "MOST_ARRANGEMENTS", 10)
    counted = conditional_p(few, scores, np.zeros(16, np.int64), EFFORT, 3).found
    assert counted.lower - 0.002 <= exact <= counted.upper + 0.002


def test_permutations_stop_at_the_exceedance_asked_for_and_go_on_where_few_were_as_extreme(rng, make_model):
    scores = project_scores(make_model(rng, "linear", 100), np.arange(40), np.ones(40))
    contrast, strata = Contrast(np.repeat([0.0, 1.0], 20), 2), np.zeros(40, np.int64)
    stopped = conditional_p(contrast, scores, strata, Effort(5_000, 5_000, 50), 3).found
    assert stopped.exceedances == 50
    rising = type(scores)(np.sort(scores.residual), scores.information, 1.0)
    extreme = conditional_p(contrast, rising, strata, Effort(1_000, 4_000, 50), 3).found
    assert extreme.permutations == 4_000
    assert extreme.exceedances < 10
