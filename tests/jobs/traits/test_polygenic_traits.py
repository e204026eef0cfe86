"""Traits with a polygenic offset: a null model for each chromosome, through to the rows of its genes."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.optimize import minimize_scalar

from association.scan import NO_PREDICTION

SURVIVAL = {"name": "survival", "type": "survival", "endpoint": "death", "polygenic_offset": "fit_1.loco"}
HEIGHT = {"name": "height", "type": "quantitative", "column": "height", "polygenic_offset": "fit_1.loco"}


@pytest.fixture
def predictions(cohort, tmp_path):
    """Write a .loco file of the cohort, its columns in an order of their own; row 23 only where asked for."""

    def write(chromosomes):
        rng = np.random.default_rng(2)
        table = pd.DataFrame(
            rng.normal(size=(len(chromosomes), len(cohort))).round(6), index=chromosomes, columns=cohort["sample"]
        )
        table.sample(frac=1, axis=1, random_state=3).rename_axis("FID_IID").to_csv(tmp_path / "fit_1.loco", sep=" ")
        return table

    return write


def test_a_quantitative_trait_has_a_model_without_each_chromosomes_prediction(cohort, prepare, predictions):
    table = predictions(range(1, 24))
    (found,) = prepare(cohort, HEIGHT)
    ordered = cohort.sort_values("sample")
    assert list(found.models.by_contig) == [*map(str, range(1, 23)), "X"]
    for row, contig in ((1, "1"), (17, "17"), (23, "X")):
        left = ordered["height"].to_numpy() - table.loc[row, ordered["sample"]].to_numpy()
        fit = sm.OLS(left, sm.add_constant(ordered[["age"]].to_numpy())).fit()
        residuals = found.models.by_contig[contig].model.residuals
        np.testing.assert_allclose(residuals, fit.resid / fit.mse_resid, atol=1e-10)
    assert found.fit is found.models.by_contig["1"]


def efron(effect, age, offset, entry, exit_, event):
    """Efron's partial likelihood, an event time and a tied event at a time."""
    risk, total = np.exp(effect * age + offset), 0.0
    for time in np.unique(exit_[event == 1]):
        at_risk, dies = (entry < time) & (exit_ >= time), (exit_ == time) & (event == 1)
        total += np.log(risk[dies]).sum()
        for tied in range(dies.sum()):
            total -= np.log(risk[at_risk].sum() - tied / dies.sum() * risk[dies].sum())
    return total


def test_a_survival_trait_has_a_model_with_each_chromosomes_offset(cohort, prepare, predictions):
    table = predictions(range(1, 24))
    (found,) = prepare(cohort, SURVIVAL)
    times = [found.samples[name].to_numpy() for name in ("entry", "exit", "event")]
    age = cohort.set_index("sample").loc[found.samples["sample"], "age"].to_numpy()
    age = age - age.mean()
    for row in (2, 22):
        offset = table.loc[row, found.samples["sample"]].to_numpy()
        best = minimize_scalar(lambda effect, known=offset: -efron(effect, age, known, *times), bracket=(-0.1, 0.1))
        estimate = found.models.by_contig[str(row)].coefficients[0].estimate
        # Half of the digits of a likelihood are those of its maximum.
        assert estimate == pytest.approx(best.x, abs=1e-6)


def test_genes_of_x_say_so_where_the_file_has_no_row_for_it(cohort, prepare, predictions, make_store, scan_store):
    predictions(range(1, 23))
    rng = np.random.default_rng(4)
    dosages = {
        (gene, contig): rng.binomial(1, 0.05, (len(cohort), 3)).astype(float)
        for gene, contig in (("A", "chr1"), ("B", "chr22"), ("C", "chrX"))
    }
    rows = scan_store(make_store(dosages), prepare(cohort, HEIGHT, SURVIVAL), cohort["sample"])
    on_x = rows["gene"] == "C"
    assert (rows.loc[on_x, "reason"] == NO_PREDICTION).all()
    assert rows.loc[~on_x, "p_value"].notna().all()
    assert set(rows["trait"]) == {"height", "survival"}


@pytest.fixture
def with_visits(cohort, tmp_path):
    visits = pd.DataFrame(
        {
            "sample": np.repeat(cohort["sample"], 3),
            "visit_date": np.tile(["2018-01-01", "2018-06-01", "2019-01-01"], len(cohort)),
            "total": np.random.default_rng(5).integers(20, 48, 3 * len(cohort)),
        }
    )
    visits.to_csv(tmp_path / "visits.tsv", sep="\t", index=False)
    return {"visits": {"path": "visits.tsv"}}


def test_a_slope_and_an_ordinal_trait_have_no_offset(cohort, refusal, predictions, with_visits):
    predictions(range(1, 24))
    slope = {"name": "slope", "type": "alsfrs_slope", "polygenic_offset": "fit_1.loco"}
    stage = {"name": "stage", "type": "ordinal", "column": "stage", "polygenic_offset": "fit_1.loco"}
    found = refusal(cohort, slope, stage, **with_visits)
    for name, kind in (("slope", "alsfrs_slope"), ("stage", "ordinal")):
        assert found[f"trait '{name}', polygenic_offset"] == (
            f"a trait of type {kind} has no polygenic offset; take it out, or add ancestry covariates"
        )


def test_problems_of_the_file_name_trait_file_and_line(cohort, refusal, predictions, tmp_path):
    predictions(range(1, 24))
    lines = (tmp_path / "fit_1.loco").read_text().splitlines()
    fields = lines[4].split()
    lines[4] = " ".join([*fields[:7], "NA", *fields[8:]])
    (tmp_path / "fit_1.loco").write_text("\n".join(lines))
    found = refusal(cohort, HEIGHT, SURVIVAL | {"polygenic_offset": "fit_2.loco"})
    assert "'NA' is no number" in found["trait 'height', fit_1.loco, line 5, column 8"]
    assert "no such file" in found[f"trait 'survival', {tmp_path / 'fit_2.loco'}, file"]
