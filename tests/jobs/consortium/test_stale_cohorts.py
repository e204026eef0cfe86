"""A merge takes what `progex cohort` left only while no later run has left it behind."""

from __future__ import annotations

import json

import pytest

from association.problems import InputError
from infra.storage import copy_whole
from jobs.consortium.cohort import make_cohort
from jobs.consortium.finished_run import read_run
from jobs.run import run_study

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(simulated, copy_of, tmp_path_factory):
    """A small cohort."""
    folder = copy_of(simulated, tmp_path_factory.mktemp("made") / "site")
    folder.set(
        genotypes={"vcfs": ["vcf/chr1.vcf.gz", "vcf/chr10.vcf.gz"]},
        calibration={"max_permutations": 1000, "family_permutations": 0},
        compute={"cores": 1},
        cohort={"name": "north", "caller": "GATK 4.5", "capture_kit": "kit 5"},
    )
    folder.replace(
        traits=[{"name": "survival", "type": "survival"}], covariates=["age_at_onset"], visits=None, checks={}
    )
    make_cohort(folder.study)
    return folder


@pytest.fixture
def site(made, copy_of, tmp_path):
    return copy_of(made.path, tmp_path / "site")


def refused(site):
    with pytest.raises(InputError) as caught:
        read_run(site.output)
    return str(caught.value)


def one_column_changed(rows):
    place = rows[0].index("age_at_onset")
    return [rows[0], [*rows[1][:place], "61", *rows[1][place + 1 :]], *rows[2:]]


def test_a_cohort_that_a_run_of_other_tables_calls_or_settings_came_after_is_refused(site):
    run_study(site.study)
    assert read_run(site.output).name == "north", "of the same inputs"
    site.edit_table("participants.tsv", one_column_changed)
    site.set(alpha=0.01)
    run_study(site.study)
    text = refused(site)
    assert "run.json, inputs" in text
    assert "run.json, settings" in text
    assert "gene store" not in text
    assert "run `progex cohort study.yaml` again" in text
    make_cohort(site.study)
    assert read_run(site.output).name == "north"
    header, records = site.read_vcf("chr10.vcf.gz")
    site.write_vcf("chr10.vcf.gz", header, records[:-3])
    make_cohort(site.study)
    assert read_run(site.output).name == "north", "newer than the run, which has other calls"
    site.write_vcf("chr10.vcf.gz", header, records[:-6])
    run_study(site.study)
    text = refused(site)
    assert "run.json, inputs" in text
    assert "run.json, gene store" in text


def test_a_cohort_that_is_refused_leaves_none_of_before(site, progex):
    site.edit_table("participants.tsv", lambda rows: [["id", *rows[0][1:]], *rows[1:]])
    assert progex("cohort", site.study).exit_code == 2
    assert "no cohort/manifest.json" in refused(site)


def test_tables_and_manifest_of_two_times_are_refused(site, tmp_path):
    copy_whole(site.output / "pooling", tmp_path / "before")
    made = json.loads((tmp_path / "before/made_from.json").read_text())["made"]
    assert json.loads((site.output / "cohort/manifest.json").read_text())["made"] == made
    make_cohort(site.study)
    copy_whole(tmp_path / "before", site.output / "pooling")
    assert "was made at another time than cohort/manifest.json" in refused(site)
