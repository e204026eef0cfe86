"""`progex traits`: tables to traits, checks and a page, without genotypes."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest

ITEMS = [f"item_{number}" for number in range(1, 13)]
MEASURES = ("fvc", "cmap", "munix", "distal_latency", "f_wave_frequency")
EVERY_TYPE = [
    {"name": "survival", "type": "survival"},
    {"name": "death", "type": "survival", "endpoint": "death", "origin": "diagnosis"},
    {"name": "niv", "type": "milestone", "milestone": "niv", "origin": "enrolment"},
    {"name": "gastrostomy", "type": "milestone", "milestone": "gastrostomy", "model": "fine_gray"},
    {"name": "kings_3", "type": "milestone", "milestone": "kings", "stage": 3},
    {"name": "mitos_1", "type": "milestone", "milestone": "mitos", "stage": 1},
    {"name": "fvc_half", "type": "milestone", "milestone": "fvc", "below": 60},
    {"name": "wheelchair", "type": "milestone", "milestone": "date", "column": "wheelchair"},
    {"name": "weaned", "type": "time_to_event", "entry": "from", "exit": "until", "event": "happened"},
    {"name": "slope", "type": "alsfrs_slope"},
    {"name": "gross", "type": "alsfrs_slope", "score": "gross_motor"},
    {"name": "fvc_slope", "type": "slope", "measure": "fvc"},
    {"name": "index_slope", "type": "slope", "measure": "neurophysiological_index"},
    {"name": "cmap", "type": "baseline", "measure": "cmap"},
    {"name": "rate", "type": "progression_rate"},
    {"name": "d50", "type": "d50", "transform": "log"},
    {"name": "joint", "type": "joint_rank"},
    {"name": "kings_half_year", "type": "stage", "system": "kings", "at_months": 6},
    {"name": "height", "type": "quantitative", "column": "height"},
    {"name": "tall", "type": "binary", "column": "tall"},
    {"name": "falls", "type": "count", "column": "falls", "model": "poisson"},
    {"name": "grade", "type": "ordinal", "column": "grade"},
]


@pytest.fixture
def clinical(folder):
    """Give a study without genotypes, with a trait of every type."""
    rng = np.random.default_rng(1)
    people = pd.read_csv(folder.path / "participants.tsv", sep="\t", dtype=str)
    onset = pd.to_datetime(people["onset_date"])
    people = people.assign(
        wheelchair=(onset + pd.to_timedelta(rng.integers(400, 2000, len(people)), "D")).dt.strftime("%Y-%m-%d"),
        until=rng.integers(5, 50, len(people)),
        happened=rng.integers(0, 2, len(people)),
        height=rng.normal(172, 9, len(people)).round(1),
        tall=rng.integers(0, 2, len(people)),
        falls=rng.poisson(2, len(people)),
        grade=rng.integers(1, 4, len(people)),
    )
    people.insert(0, "from", 3)
    people.to_csv(folder.path / "participants.tsv", sep="\t", index=False)
    columns = {"items": ITEMS} | {name: name for name in MEASURES}
    settings = {
        "name": "Clinic",
        "output": "out",
        "participants": {"path": "participants.tsv", "columns": {"sex": "sex", "site": "centre"}},
        "visits": {"path": "visits.tsv", "columns": columns},
        "covariates": ["sex"],
        "strata": [],
        "traits": EVERY_TYPE,
    }
    folder.study.write_text(json.dumps(settings))
    return folder


@pytest.fixture
def written(clinical, progex):
    """Give a function that runs the command, changed in some settings, and returns its output and what it wrote."""

    def run(**sections):
        clinical.replace(**sections)
        outcome = progex("traits", clinical.study)
        assert outcome.exit_code == 0, outcome.output
        return outcome, clinical.output / "clinical"

    return run


def test_every_type_of_trait_is_derived_fitted_and_shown(written):
    outcome, output = written()
    for trait in EVERY_TYPE:
        summary = json.loads((output / "traits" / f"{trait['name']}.json").read_text())
        samples = pd.read_csv(output / "traits" / f"{trait['name']}.tsv", sep="\t")
        assert summary["type"] == trait["type"]
        assert len(samples) == summary["samples"] > 0
        assert summary["coefficients"]
        assert f"  trait      {trait['name']}: {summary['samples']} samples" in outcome.stdout
    visits = pd.read_csv(output / "visits.tsv", sep="\t")
    assert {"bulbar", "kings", "mitos", "neurophysiological_index", "months_since_onset"} <= set(visits)
    assert visits["visit_date" if "visit_date" in visits else "date"].str.fullmatch(r"\d{4}-\d\d-\d\d").all()
    page = (output / "null_models_site.html").read_text()
    assert not re.search(r"P\d{4}", page + outcome.output)
    assert not list(output.parent.glob(".clinical*"))


def test_every_type_of_trait_has_a_model_for_each_cohort(clinical, written):
    people = pd.read_csv(clinical.path / "participants.tsv", sep="\t", dtype=str)
    people["hospital"] = np.where(np.arange(len(people)) % 2 == 0, "lisbon", "utrecht")
    people.to_csv(clinical.path / "participants.tsv", sep="\t", index=False)
    _, output = written(cohorts="hospital", strata=[], covariates=[])
    for trait in EVERY_TYPE:
        summary = json.loads((output / "traits" / f"{trait['name']}.json").read_text())
        samples = pd.read_csv(output / "traits" / f"{trait['name']}.tsv", sep="\t")
        told = {one["name"]: one["samples"] for one in summary["cohorts"]}
        assert told == samples["cohort"].value_counts().to_dict()
        if len(told) > 1:
            assert all(one["name"].partition(" x ")[0].endswith("]") for one in summary["coefficients"])
    joint = pd.read_csv(output / "traits" / "joint.tsv", sep="\t")
    # Wins and losses are among the patients of a cohort, and so cancel there.
    assert (joint.groupby("cohort")["score"].sum() == 0).all()
    assert "[utrecht]" in (output / "null_models_site.html").read_text()


def test_a_second_run_replaces_the_first_whole(written):
    _, output = written(traits=EVERY_TYPE[:3])
    assert (output / "traits" / "niv.tsv").is_file()
    (output / "traits" / "old.tsv").write_text("left over")
    written(traits=EVERY_TYPE[:1])
    assert sorted(path.name for path in (output / "traits").iterdir()) == [
        "excluded.tsv",
        "survival.json",
        "survival.parquet",
        "survival.tsv",
    ]


def test_the_same_study_with_genotypes_gives_the_same_traits(folder, progex):
    """The example study has genotypes of everyone, and a run would use the same patients."""
    outcome = progex("traits", folder.study)
    assert outcome.exit_code == 0, outcome.output
    validated = progex("validate", folder.study)
    traits = [line for line in validated.stdout.splitlines() if "  trait " in line]
    assert traits
    assert all(line in outcome.stdout for line in traits)


def test_months_in_the_place_of_dates_give_the_same_times(clinical, written):
    _, output = written(traits=EVERY_TYPE[:3])
    names = ("survival", "niv")
    by_dates = {name: pd.read_parquet(output / "traits" / f"{name}.parquet") for name in names}
    people = pd.read_csv(clinical.path / "participants.tsv", sep="\t")
    onset = pd.to_datetime(people["onset_date"])
    for name in [column for column in people if column.endswith("_date")]:
        people[name] = (pd.to_datetime(people[name]) - onset).dt.days / 30.4375
    people.drop(columns="onset_date").to_csv(clinical.path / "months.tsv", sep="\t", index=False)
    columns = {"sex": "sex", "site": "centre"}
    written(
        participants={"path": "months.tsv", "times": "months", "columns": columns},
        visits=None,
        traits=EVERY_TYPE[:1] + EVERY_TYPE[2:3],
    )
    for name in names:
        by_months = pd.read_parquet(output / "traits" / f"{name}.parquet")
        for column in ("entry", "exit"):
            np.testing.assert_allclose(by_months[column], by_dates[name][column], atol=1e-6)
        assert by_months["event"].tolist() == by_dates[name]["event"].tolist()


def _dead_before_onset(rows):
    death, onset = rows[0].index("death_date"), rows[0].index("onset_date")
    early = [*rows[5]]
    early[death] = "2001-01-01"
    assert early[onset] > early[death]
    return [*rows[:5], early, *rows[6:]]


def test_a_check_excludes_warns_or_stops_as_the_study_file_says(clinical, written, progex):
    clinical.edit_table("participants.tsv", _dead_before_onset)
    first = EVERY_TYPE[9:10]
    outcome, output = written(traits=first)
    assert "1 data check: an event before symptom onset" in outcome.stdout
    found = pd.read_csv(output / "checks" / "events_before_onset.tsv", sep="\t")
    assert found["row"].tolist() == [6]
    assert found["found"].str.contains("death 2001-01-01, onset").all()
    table = pd.read_csv(output / "checks" / "checks.tsv", sep="\t").set_index("name")
    assert table.loc["events_before_onset", ["action", "count", "patients"]].tolist() == ["exclude", 1, 1]
    excluded = pd.read_csv(output / "traits" / "excluded.tsv", sep="\t")
    assert (excluded["reason"] == "data check: an event before symptom onset").sum() == 1

    quiet = {"scores_after_death": "warn", "events_after_death": "warn", "entry_after_exit": "warn"}
    outcome, output = written(traits=first, checks={"events_before_onset": "warn", **quiet})
    assert "data check: " not in outcome.stdout.replace("data check an event", "")
    assert pd.read_csv(output / "checks" / "events_before_onset.tsv", sep="\t")["row"].tolist() == [6]

    clinical.replace(checks={"events_before_onset": "stop", **quiet})
    before = (output / "checks" / "checks.tsv").read_text()
    outcome = progex("traits", clinical.study)
    assert outcome.exit_code == 2
    assert "participants.tsv, line 6: an event before symptom onset: death 2001-01-01, onset" in outcome.stderr
    assert "checks.events_before_onset" in outcome.stderr
    assert (output / "checks" / "checks.tsv").read_text() == before


def test_every_check_has_a_file_of_its_own(written):
    _, output = written(traits=EVERY_TYPE[:1] + EVERY_TYPE[9:10])
    names = pd.read_csv(output / "checks" / "checks.tsv", sep="\t")["name"]
    assert len(names) == 20
    assert sorted(path.stem for path in (output / "checks").glob("*.tsv")) == sorted([*names, "checks"])


def test_missing_covariates_are_dropped_or_kept_and_counted(clinical, written):
    def without_age(rows):
        age = rows[0].index("age_at_onset")
        return [
            rows[0],
            *([*row[:age], "", *row[age + 1 :]] if number < 7 else row for number, row in enumerate(rows[1:])),
        ]

    clinical.edit_table("participants.tsv", without_age)
    first = EVERY_TYPE[18:19]
    outcome, _ = written(traits=first, covariates=["sex", "age_at_onset"])
    assert "height: 33 samples, 7 left out" in outcome.stdout
    assert "7 no value in column 'age_at_onset'" in outcome.stdout
    for policy, columns in (("mean", 4), ("median", 4), ("indicator", 5)):
        outcome, output = written(traits=first, missing_covariates=policy)
        assert "height: 40 samples, 0 left out" in outcome.stdout
        assert f"7 without age_at_onset kept ({policy})" in outcome.stdout
        summary = json.loads((output / "traits" / "height.json").read_text())
        assert summary["covariates_missing"] == [{"column": "age_at_onset", "policy": policy, "count": 7}]
        assert len(summary["coefficients"]) == columns - 1


def test_covariates_on_the_causal_path_and_absent_ancestry_are_warned_of(clinical, written):
    people = pd.read_csv(clinical.path / "participants.tsv", sep="\t", dtype=str)
    people.assign(FVC_pct=range(40), PC1=range(0, 400, 10)).to_csv(
        clinical.path / "participants.tsv", sep="\t", index=False
    )
    outcome, _ = written(traits=EVERY_TYPE[18:19], covariates=["sex", "FVC_pct"])
    assert "covariate 'FVC_pct' is measured of the disease" in outcome.stdout
    outcome, output = written(traits=EVERY_TYPE[18:19], covariates="primary")
    assert "the primary model lacks principal_components: name their columns" in outcome.stdout
    columns = {"sex": "sex", "site": "centre", "principal_components": ["PC1"]}
    outcome, output = written(participants={"path": "participants.tsv", "columns": columns})
    assert "warning" not in outcome.stdout
    summary = json.loads((output / "traits" / "height.json").read_text())
    names = [one["name"] for one in summary["coefficients"]]
    assert [names[0], *names[2:]] == ["intercept", "age_at_onset", "PC1"]
    assert names[1] in ("sex=female", "sex=male")


def test_age_at_onset_follows_from_dates_or_is_asked_for(clinical, written, progex):
    people = pd.read_csv(clinical.path / "participants.tsv", sep="\t", dtype=str).drop(columns="age_at_onset")
    people.to_csv(clinical.path / "participants.tsv", sep="\t", index=False)
    outcome, _ = written(covariates="primary", traits=EVERY_TYPE[18:19])
    assert "the primary model lacks age_at_onset, principal_components" in outcome.stdout
    clinical.replace(covariates=["sex", "age_at_onset"])
    outcome = progex("traits", clinical.study)
    assert outcome.exit_code == 2
    assert "no age at onset" in outcome.stderr
    assert "birth_date" in outcome.stderr
    born = pd.to_datetime(people["onset_date"]) - pd.to_timedelta(365.25 * np.linspace(40, 79, 40).round(1), "D")
    people.assign(birth_date=born.dt.strftime("%Y-%m-%d")).to_csv(
        clinical.path / "participants.tsv", sep="\t", index=False
    )
    _, output = written(covariates="primary")
    samples = pd.read_parquet(output / "traits" / "height.parquet")
    np.testing.assert_allclose(
        np.sort(samples["covariate:age_at_onset"]), np.linspace(40, 79, 40).round(1), atol=0.01
    )


@pytest.mark.parametrize(
    ("trait", "words"),
    [
        ({"type": "milestone", "milestone": "kings"}, "needs its 'stage'"),
        ({"type": "milestone", "milestone": "niv", "stage": 2}, "no other has one"),
        ({"type": "milestone", "milestone": "date"}, "needs its 'column'"),
        ({"type": "milestone", "milestone": "niv", "model": "fine_gray", "ties": "efron"}, "leave 'ties' out"),
        ({"type": "slope", "measure": "grip"}, "no column 'grip'"),
        ({"type": "baseline", "measure": "neurophysiological_index"}, "visits.columns.cmap"),
        ({"type": "quantitative", "column": "height", "polygenic_offset": "x.loco"}, "x.loco"),
    ],
)
def test_a_trait_that_can_not_be_made_is_refused_with_what_is_missing(clinical, progex, trait, words):
    clinical.replace(
        traits=[{"name": "one", **trait}],
        visits={"path": "visits.tsv", "columns": {"items": ITEMS, "munix": "munix"}},
    )
    outcome = progex("traits", clinical.study)
    assert outcome.exit_code == 2, outcome.output
    assert words in outcome.stderr
    assert not (clinical.output / "clinical").exists()


def test_a_study_without_genotypes_can_be_prepared_but_not_run(clinical, progex):
    outcome = progex("validate", clinical.study)
    assert outcome.exit_code == 2
    assert "genotypes: missing" in outcome.stderr


def test_half_a_study_of_genotypes_is_refused_with_what_it_lacks(clinical, progex):
    clinical.replace(masks=[{"name": "plof"}])
    outcome = progex("traits", clinical.study)
    assert outcome.exit_code == 2
    assert "genotypes: missing" in outcome.stderr
