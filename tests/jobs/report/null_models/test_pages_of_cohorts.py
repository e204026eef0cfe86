"""The page of a study of several cohorts: every patient is shown by the model of their own cohort."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from jobs.report.null_models.coefficients import coefficient_rows
from jobs.report.null_models.hazard_figures import hazard_residual_figure, schoenfeld
from jobs.report.null_models.inputs import COVARIATE, TraitPage
from jobs.report.null_models.model_words import detail_rows
from jobs.report.null_models.own_slopes import own_lines
from jobs.report.null_models.page import null_models_html
from jobs.report.null_models.value_figures import value_figure
from tests.jobs.report.null_models.conftest import simulate_slope, simulate_survival, simulate_value

NAMES = ("lisbon", "utrecht")


@dataclass
class Merged:
    """Two pages, and the one of both."""

    parts: list[TraitPage]
    page: TraitPage


def named(name, cohort):
    covariate, times, month = name.partition(" x months")
    return f"{covariate} [{cohort}]{times}{month}"


def merge(parts):
    """Put pages together as the engine does."""
    tables = [
        part.samples.rename(columns=lambda name, cohort=cohort: _column(name, cohort)).assign(cohort=cohort)
        for part, cohort in zip(parts, NAMES, strict=True)
    ]
    samples = pd.concat(tables, ignore_index=True)
    covariates = [name for name in samples if name.startswith(COVARIATE)]
    samples = samples.fillna(dict.fromkeys(covariates, 0.0))
    own = list(zip(parts, NAMES, strict=True))
    first = parts[0].summary
    summary = first | {
        "samples": len(samples),
        "coefficients": [
            one | {"name": named(one["name"], cohort)} for part, cohort in own for one in part.summary["coefficients"]
        ],
        "details": {named(n, cohort): v for part, cohort in own for n, v in part.summary["details"].items()},
    }
    visits = None
    if parts[0].visits is not None:
        later = parts[1].visits.assign(position=parts[1].visits["position"] + len(parts[0].samples))
        visits = pd.concat([parts[0].visits, later], ignore_index=True)
    return Merged(parts, TraitPage(summary, samples, visits))


def _column(name, cohort):
    return f"{name} [{cohort}]" if name.startswith(COVARIATE) else name


@pytest.fixture(scope="module")
def slopes():
    return merge([simulate_slope(60, seed) for seed in (2, 3)])


@pytest.fixture(scope="module")
def survivals():
    return merge([simulate_survival(90, seed) for seed in (4, 5)])


@pytest.fixture(scope="module")
def values():
    low, high = (simulate_value("quantitative", 80, seed) for seed in (6, 7))
    wide = high.samples.assign(residual=high.samples["residual"] * 10)
    return merge([low, TraitPage(high.summary, wide)])


def test_own_lines_are_those_of_each_cohorts_model(slopes):
    found = own_lines(slopes.page, slopes.page.visits)
    alone = [own_lines(part, part.visits) for part in slopes.parts]
    np.testing.assert_allclose(found.slope, np.concatenate([one.slope for one in alone]), rtol=1e-10)
    np.testing.assert_allclose(found.residual, np.concatenate([one.residual for one in alone]), atol=1e-9)


def test_predictions_are_those_of_each_cohorts_model(values):
    alone = np.concatenate([part.predicted() for part in values.parts])
    np.testing.assert_allclose(values.page.predicted(), alone, rtol=1e-12)


def test_residuals_are_in_standard_deviations_of_each_cohort(values):
    drawn = value_figure(values.page).data.query("shown == 'residuals'")["residual"].to_numpy()
    alone = [value_figure(part).data.query("shown == 'residuals'")["residual"] for part in values.parts]
    np.testing.assert_allclose(np.sort(drawn), np.sort(np.concatenate(alone)), rtol=1e-12)


def test_a_covariate_is_drawn_for_the_patients_of_its_cohort(survivals):
    data = hazard_residual_figure(survivals.page).data
    for part, cohort in zip(survivals.parts, NAMES, strict=True):
        drawn = data[data["covariate"] == f"age_at_onset [{cohort}]"]
        assert sorted(drawn["x"]) == sorted(part.covariates["age_at_onset"])
    found = schoenfeld(survivals.page)
    assert found.names[:-1] == tuple(survivals.page.covariates)


def test_estimates_per_standard_deviation_are_of_the_cohorts_own(survivals):
    together = {row["name"]: row["scaled"] for row in coefficient_rows(survivals.page)}
    for part, cohort in zip(survivals.parts, NAMES, strict=True):
        alone = {f"{row['name']} [{cohort}]": row["scaled"] for row in coefficient_rows(part)}
        assert alone.items() <= together.items()


def test_details_are_named_in_words_with_their_cohort(slopes):
    words = [name for name, _ in detail_rows(slopes.page)]
    assert "standard deviation of patients' slopes [utrecht]" in words


def test_the_page_is_made_whole_and_names_no_patient(slopes, survivals, values):
    traits = [slopes.page, survivals.page, values.page]
    page = null_models_html(study="Both", traits=traits, checks=[], versions={"progex": "1"})
    assert "age_at_onset [lisbon]" in page or "Age at onset [lisbon]" in page
    assert "PATIENT-" not in page
