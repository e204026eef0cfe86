"""What a study may ask for beside gene tests: interactions and mechanisms."""

from __future__ import annotations

import pandas as pd
import pytest
import yaml

from association.problems import InputError
from jobs.run import run_study
from tests.jobs.run.finished_runs import redone, results_of


def test_interactions_are_tested_without_a_scan_and_gone_once_they_are_not_asked_for(again, no_java):
    again.set(interactions=[{"covariate": "sex"}, {"covariate": "age_at_onset", "traits": ["survival"]}])
    assert redone(again) == ["interactions", "report"]
    rows = pd.read_csv(again.output / "interactions" / "interactions.tsv", sep="\t")
    meanings = pd.read_csv(again.output / "interactions" / "columns.tsv", sep="\t")
    assert list(rows) == list(meanings["column"])
    asked = rows[["trait", "covariate"]].drop_duplicates().to_records(index=False).tolist()
    assert sorted(asked) == [("alsfrs_slope", "sex"), ("survival", "age_at_onset"), ("survival", "sex")]
    assert (rows["p_value"].notna() ^ rows["reason"].notna()).all()
    assert rows["p_value"].notna().any()
    of_sexes = rows[(rows["covariate"] == "sex") & rows["p_value"].notna()]
    assert set(of_sexes["levels"]) <= {"female;male", "F;M"}
    assert 'id="interactions"' in (again.output / "report" / "report.html").read_text()
    again.set(interactions=[])
    assert redone(again) == []
    assert not (again.output / "interactions").exists()
    assert 'id="interactions"' not in (again.output / "report" / "report.html").read_text()


def test_a_covariate_that_a_model_lacks_is_refused_with_what_to_do(again):
    again.set(interactions=[{"covariate": "onset_region"}, {"covariate": "centre"}], covariates=["sex"])
    with pytest.raises(ExceptionGroup) as refused:
        run_study(again.study)
    (error,) = refused.value.exceptions
    assert error.source == again.study.name
    lacking, stratum = error.problems
    assert lacking.place.endswith(", interactions[0].covariate")
    assert "not in the models of traits 'survival', 'alsfrs_slope'" in lacking.message
    assert stratum.place.endswith(", interactions[1].covariate")
    assert "is among the strata" in stratum.message


def test_genes_are_followed_to_outcomes_by_way_of_a_mediator(again, no_java):
    traits = yaml.safe_load(again.study.read_text())["traits"]
    genes = sorted(set(results_of(again)["gene"]))
    again.set(
        traits=[*traits, {"name": "nerve", "type": "baseline", "measure": "cmap"}], mechanism=[{"mediator": "nerve"}]
    )
    assert {"mechanism", "report"} < set(redone(again))
    followed = set(pd.read_parquet(again.output / "follow_up" / "effects.parquet")["gene"])
    rows = pd.read_csv(again.output / "mechanism" / "mechanism.tsv", sep="\t")
    assert set(rows["gene"]) <= followed
    (again.path / "panel.txt").write_text("\n".join(genes))
    again.set(
        mechanism=[{"mediator": "nerve", "genes": ["list:all", "NOGENE"]}],
        gene_lists=[{"name": "all", "version": "1", "path": "panel.txt"}],
    )
    assert {"mechanism", "report"} <= set(redone(again))
    rows = pd.read_csv(again.output / "mechanism" / "mechanism.tsv", sep="\t")
    assert list(rows) == list(pd.read_csv(again.output / "mechanism" / "columns.tsv", sep="\t")["column"])
    assert rows[["outcome", "scale"]].drop_duplicates().to_numpy().tolist() == [
        ["survival", "hazard"],
        ["alsfrs_slope", "slope"],
    ]
    unknown = rows[rows["gene"] == "NOGENE"]
    assert unknown["outcome"].tolist() == ["survival", "alsfrs_slope"]
    assert set(unknown["reason"]) == {"not in the annotation, nor in the table of symbols"}
    assert set(rows["gene"]) == {*genes, "NOGENE"}
    assert set(rows["mask"].dropna()) == {"plof_or_damaging_missense"}
    assert (rows["p_joint"].notna() | rows["reason"].notna()).all()
    assert (rows.loc[rows["carriers"] < 10, "p_joint"].isna()).all()
    assert 'id="mechanism"' in (again.output / "report" / "report.html").read_text()


def test_mechanisms_that_can_not_be_followed_are_refused_together(again):
    again.set(
        mechanism=[
            {"mediator": "alsfrs_slope", "outcomes": ["survivl"]},
            {"mediator": "nerve", "outcomes": ["survival"], "genes": ["list:als"]},
        ]
    )
    with pytest.raises(InputError) as refused:
        run_study(again.study)
    assert [problem.place.split(", ")[-1] for problem in refused.value.problems] == [
        "mechanism[0].mediator",
        "mechanism[0].outcomes[0]",
        "mechanism[1].mediator",
        "mechanism[1].genes[0]",
    ]
