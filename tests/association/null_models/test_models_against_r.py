"""Every model of progression against R at the maximum of its likelihood, and a library that enters samples too early.

The other tests of a model compare with what R's optimisers print, which may be 1e-5 from the maximum; these compare
with values that R reaches by Newton's method (sharp_estimates.R).
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.hazard_regression import PHReg

from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.fine_gray import fit_fine_gray
from association.null_models.ordinal import fit_proportional_odds
from association.null_models.slope import fit_slope

REFERENCE = Path(__file__).parents[2] / "reference"
COHORT = pd.read_csv(REFERENCE / "cox_lt.csv")
COHORT["b"] = COHORT[["G1", "G2", "G3", "G4"]].sum(axis=1)
ENTRY, LEAVE, EVENT = (COHORT[name].to_numpy(float) for name in ("entry", "time", "status"))
SITE = COHORT.site.to_numpy()
CAUSE = pd.read_csv(REFERENCE / "fg_etype.csv").etype.map({"censor": 0, "alsdeath": 1, "other": 2}).to_numpy()
STAGE = pd.read_csv(REFERENCE / "po_stage.csv").stage.to_numpy(float)
VISITS = pd.read_csv(REFERENCE / "lmm_long.csv")
SHARP = pd.read_csv(REFERENCE / "sharp_estimates.expected_R.csv").set_index(["model", "name"]).value

# R prints 15 digits; both sides invert an information of condition number near 10.
EXACT = 1e-12
# R's script differentiates the profile likelihood numerically.
NUMERICAL = 1e-7


def design_of(*names, cohort=COHORT):
    return Design(names, cohort[list(names)].to_numpy(float))


def slopes():
    samples = VISITS.drop_duplicates("id")
    visits = np.searchsorted(samples.id, VISITS.id), VISITS.t.to_numpy(float), VISITS.y.to_numpy(float)
    return fit_slope(*visits, design_of("x1", "x2", cohort=samples), interacting=np.array([False, True]))


def cox(ties, strata=None):
    return fit_cox(ENTRY, LEAVE, EVENT, design_of("x1", "x2"), ties=ties, strata=strata)


MODELS = {
    "cox efron pooled": (lambda: cox("efron"), EXACT),
    "cox efron stratified": (lambda: cox("efron", SITE), EXACT),
    "cox breslow pooled": (lambda: cox("breslow"), EXACT),
    "cox breslow stratified": (lambda: cox("breslow", SITE), EXACT),
    "cause_specific": (lambda: fit_cox(ENTRY, LEAVE, (CAUSE == 1) * 1.0, design_of("x1", "x2", "b")), EXACT),
    "fine_gray": (lambda: fit_fine_gray(ENTRY, LEAVE, CAUSE, design_of("x1", "x2", "b")), EXACT),
    "odds": (lambda: fit_proportional_odds(STAGE, design_of("x1", "x2")), EXACT),
    "odds with burden": (lambda: fit_proportional_odds(STAGE, design_of("x1", "x2", "b")), EXACT),
    "slope": (slopes, NUMERICAL),
}


@pytest.mark.parametrize("name", MODELS)
def test_estimates_errors_and_likelihood_agree_with_r(name):
    fit_model, tolerance = MODELS[name]
    fit = fit_model()
    found = {"log_likelihood": fit.log_likelihood} | fit.details
    found |= {c.name: c.estimate for c in fit.coefficients}
    found |= {f"se {c.name}": c.standard_error for c in fit.coefficients}
    expected = SHARP[name].drop("burden_score", errors="ignore")
    assert len(expected) >= 2 * len(fit.coefficients) + 1
    np.testing.assert_allclose([found[key] for key in expected.index], expected, rtol=tolerance)


def test_score_of_a_burden_under_proportional_odds_agrees_with_r():
    score = fit_proportional_odds(STAGE, design_of("x1", "x2")).model.residuals @ COHORT.b.to_numpy(float)
    assert score == pytest.approx(SHARP["odds", "burden_score"], rel=EXACT)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_statsmodels_counts_samples_as_at_risk_at_their_entry_but_we_and_r_do_not(ties):
    """R's risk set is entry < t <= exit. PHReg's is entry <= t, which matters where entries meet events."""
    assert np.isin(ENTRY, LEAVE[EVENT == 1]).sum() > 10
    expected = SHARP[f"cox {ties} pooled"][["x1", "x2"]].to_numpy()
    matrix = COHORT[["x1", "x2"]].to_numpy()

    def library(entry):
        return PHReg(LEAVE, matrix, EVENT, entry=entry, ties=ties).fit(disp=False).params

    def engine(entry):
        return [c.estimate for c in fit_cox(entry, LEAVE, EVENT, design_of("x1", "x2"), ties=ties).coefficients]

    assert (np.abs(library(ENTRY) - expected) > 5e-3).all()
    np.testing.assert_allclose(engine(ENTRY), expected, rtol=EXACT)
    # Times are whole months: half a month later, entries are at no event, and nobody's risk sets have changed.
    np.testing.assert_allclose(library(ENTRY + 0.5), expected, rtol=1e-6)  # where its optimiser stops
    np.testing.assert_allclose(engine(ENTRY + 0.5), expected, rtol=EXACT)
    # Half a month earlier, they count at the event of their own month, and both make statsmodels' error.
    np.testing.assert_allclose(engine(ENTRY - 0.5), library(ENTRY), rtol=1e-6)
