"""Covariates of interactions: which are levels, which are numbers, which are refused; the gene beside them."""

import numpy as np
import pandas as pd
import pytest

from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.problems import InputError
from jobs.check_interactions import check_interactions
from jobs.interaction_stage import fit_with_gene, trait_covariate
from jobs.study.file import read_study
from jobs.study.traits import SurvivalTrait

STUDY = """\
name: small
output: out
genotypes: {vcfs: [a.vcf], reference_genome: GRCh38}
participants: {path: p.tsv}
annotation: {source: vep}
masks: [{name: missense}]
traits: [{name: survival, type: survival}, {name: height, type: quantitative, column: height, covariates: [region]}]
covariates: [sex]
strata: [site]
interactions:
"""


def refused(folder, *asked):
    (folder / "p.tsv").write_text("sample\tsex\tsite\tregion\theight\n1\tf\ta\tb\t2\n")
    path = folder / "study.yaml"
    path.write_text(STUDY + "".join(f"  - {{covariate: {name}}}\n" for name in asked))
    with pytest.raises(InputError) as caught:
        check_interactions(read_study(path), path)
    assert caught.value.source == "study.yaml"
    return {problem.place: problem.message for problem in caught.value.problems}


def test_covariates_that_can_not_be_asked_of_are_told_once_each_with_their_lines(tmp_path):
    found = refused(tmp_path, "regoin", "site", "region", "height")
    assert list(found) == [f"line {11 + number}, interactions[{number}].covariate" for number in range(4)]
    unknown, stratum, half, nowhere = found.values()
    assert unknown.startswith("no column 'regoin' (did you mean 'region'?) in p.tsv; it has 'sample', 'sex'")
    assert "is among the strata" in stratum
    assert "the model of trait 'survival'" in half
    assert "the models of traits 'survival', 'height'" in nowhere


def test_a_trait_is_fitted_with_the_gene_among_its_covariates():
    rng = np.random.default_rng(4)
    entry, lasting, age, burden = (
        rng.uniform(0, 1, 80),
        rng.exponential(1, 80),
        rng.normal(size=80),
        np.arange(80) % 3,
    )
    event, cohort = (rng.random(80) < 0.6).astype(float), np.arange(80) // 40
    samples = pd.DataFrame({"entry": entry, "exit": entry + lasting, "event": event, "covariate:age": age})
    trait = SurvivalTrait(name="survival", type="survival")
    for labels in ({"stratum": "all"}, {"stratum": "all", "cohort": cohort.astype(str)}):
        strata = cohort if "cohort" in labels else None
        design = Design(("burden", "age"), np.column_stack((burden, age)))
        expected = fit_cox(entry, entry + lasting, event, design, strata=strata).model
        found = fit_with_gene(trait, samples.assign(**labels), None, burden.astype(float))
        np.testing.assert_allclose(found.residuals, expected.residuals)
        assert burden @ found.residuals == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize(
    ("values", "levels", "places"),
    [
        (["male", "female", None, "male"], ("female", "male"), [1, 0, np.nan, 1]),
        (["1", "2", "2", "1"], ("1", "2"), [0, 1, 1, 0]),
        (["61", "40", None, "55", "71", "63", "50.5"], None, [61, 40, np.nan, 55, 71, 63, 50.5]),
        (["61", "40", "unknown", "55", "71", "63"], ("40", "55", "61", "63", "71", "unknown"), [2, 0, 5, 1, 4, 3]),
    ],
)
def test_texts_and_numbers_of_up_to_five_values_are_levels(values, levels, places):
    found = trait_covariate(pd.Series(values, name="column", dtype=object))
    assert found.name == "column"
    assert found.levels == levels
    np.testing.assert_array_equal(found.values, places)
