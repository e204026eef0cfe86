"""Newton's method on functions whose maximum, or lack of one, is known."""

from dataclasses import dataclass

import numpy as np
import pytest

from association.null_models.newton import Wording, maximise
from association.problems import InputError

WORDING = Wording(effect="odds ratio", trait="cases")


@dataclass(frozen=True)
class Point:
    log_likelihood: float
    gradient: np.ndarray
    information: np.ndarray


def climb(likelihood, start, names=("age", "sex")):
    return maximise(likelihood, np.array(start), names=names, reach=np.ones(len(names)), wording=WORDING)


def quadratic(top, curvature):
    def likelihood(estimates):
        away = np.asarray(estimates) - top
        return Point(-0.5 * away @ curvature @ away, -curvature @ away, curvature)

    return likelihood


@pytest.mark.parametrize("names", [(), ("age",), ("age", "sex"), ("age", "sex", "site")])
def test_finds_the_top_of_a_parabola_with_any_number_of_levels(names):
    curvature = np.array([[4.0, 1, 0.5], [1, 3, -0.2], [0.5, -0.2, 2]])
    maximum = climb(quadratic(np.array([1.0, -2, 3]), curvature), [0.0, 0, 0], names)
    np.testing.assert_allclose(maximum.estimates, [1, -2, 3], rtol=1e-14)
    assert maximum.iterations == 2


def test_halves_steps_that_overshoot_or_leave_the_bounds():
    def likelihood(estimates):
        (x,) = estimates
        if x <= 0:
            return Point(-np.inf, np.zeros(1), np.zeros((1, 1)))
        return Point(np.log(x) - x, np.array([1 / x - 1]), np.array([[1 / x**2]]))

    assert climb(likelihood, [50.0], ("age",)).estimates == pytest.approx(1, abs=1e-15)


def test_nothing_to_estimate_takes_no_step():
    assert climb(lambda _: Point(-3.0, np.empty(0), np.empty((0, 0))), [], ()).iterations == 0


def test_names_the_covariate_that_runs_off_and_not_its_neighbours():
    def likelihood(estimates):
        x, y = estimates
        falling = np.exp(-x)
        return Point(-falling - y**2, np.array([falling, -2 * y]), np.diag([falling, 2.0]))

    with pytest.raises(InputError, match="age: its odds ratio runs off") as caught:
        climb(likelihood, [0.0, 1.0])
    assert [problem.place for problem in caught.value.problems] == ["age"]


def test_level_known_very_well_does_not_make_a_covariate_look_unknown():
    """The covariate's own information is 1e-9 of what it shares with the level."""
    curvature = np.array([[1.0, 1.0], [1.0, 1.0 + 1e-9]])
    maximum = climb(quadratic(np.array([1.0, 2.0]), curvature), [0.0, 0.0], ("age",))
    np.testing.assert_allclose(maximum.estimates, [1, 2], rtol=1e-6)  # 1e-16 over 1e-9
    with pytest.raises(InputError, match="age, sex: the cases cannot tell"):
        climb(quadratic(np.array([1.0, 2.0]), curvature), [0.0, 0.0])


def test_says_when_there_is_no_top():
    def likelihood(estimates):
        return Point(float(estimates[0]), np.ones(1), np.eye(1))

    with pytest.raises(InputError, match="age: the likelihood has no maximum after 60 steps"):
        climb(likelihood, [0.0], ("age",))
