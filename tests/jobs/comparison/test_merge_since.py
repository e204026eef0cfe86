"""A consortium merges two cohorts, and later three: what the third has changed."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from jobs.simulate_cohort import simulate_cohort
from tests.jobs.comparison.conftest import RULES

pytestmark = pytest.mark.slow

CELLS = ("0/0:30,0:30:80", "0/1:15,15:30:80", "1/1:0,30:30:80")
SITES = 500
COHORTS = ("north", "south", "west")


def common_sites(samples, seed):
    """Draw calls at sites that all cohorts have, enough to tell that nobody is in two of them."""
    random = np.random.default_rng(seed)
    records = []
    for site in range(SITES):
        fixed = [
            f"chr{1 + site // 25}",
            str(4_000_000 + 2_000_000 * (site % 25)),
            ".",
            "A",
            "C",
            "100",
            "PASS",
            "AC=1",
        ]
        calls = random.binomial(2, 0.4, samples)
        records.append([*fixed, "GT:AD:DP:GQ", *(CELLS[call] for call in calls)])
    return records


@pytest.fixture(scope="module")
def cohorts(tmp_path_factory, copy_of, progex):
    """Output folders of three cohorts, each made by `progex cohort`."""
    found = {}
    for seed, name in enumerate(COHORTS, start=1):
        source = tmp_path_factory.mktemp(name) / "source"
        simulate_cohort(source, samples=40, genes=10, seed=seed)
        folder = copy_of(source, source.parent / "cohort")
        vcfs = sorted(path.name for path in (folder.path / "vcf").glob("*.vcf.gz"))[:3]
        header, _ = folder.read_vcf(vcfs[0])
        folder.write_vcf("common.vcf.gz", header, common_sites(40, seed))
        folder.set(
            genotypes={"vcfs": [f"vcf/{vcf}" for vcf in (*vcfs, "common.vcf.gz")]},
            masks=RULES,
            traits=[{"name": "survival", "type": "survival"}],
            covariates=["age_at_onset"],
            calibration={"max_permutations": 1000, "family_permutations": 0},
            compute={"cores": 1},
            cohort={"name": name, "caller": "GATK 4.5", "capture_kit": "kit 5"},
        )
        folder.replace(visits=None, checks={})
        done = progex("cohort", folder.study)
        assert done.exit_code == 0, done.output
        found[name] = folder.output
    return found


@pytest.fixture(scope="module")
def two(cohorts, tmp_path_factory, progex):
    """Two of them merged and run."""
    out = tmp_path_factory.mktemp("two") / "merged"
    done = progex("merge", cohorts["north"], cohorts["south"], "--rename-samples", "--out", out)
    assert done.exit_code == 0, done.output
    return out


def test_a_merge_since_the_last_names_the_cohort_that_came_and_what_it_moved(two, cohorts, tmp_path, progex):
    out = tmp_path / "merged"
    done = progex("merge", *cohorts.values(), "--rename-samples", "--out", out, "--since", two)
    assert done.exit_code == 0, done.output
    changes = json.loads((out / "out/comparison/changes.json").read_text())
    assert changes["cohorts"]["added"] == [{"cohort": "west", "samples": 40}]
    assert changes["cohorts"]["removed"] == []
    assert [one["same_genotypes"] for one in changes["cohorts"]["stayed"]] == [True, True]
    assert "cohorts   west added: 40 samples" in done.output
    assert "north: the same" in done.output
    assert (changes["samples"]["joined"], changes["samples"]["left"]) == (40, 0)
    assert changes["variants"]["gained"] > 0
    assert f"wrote {out / 'out/comparison/changes.html'}" in done.output
    assert changes["results"][0]["moved"] > 0
    for row in changes["rows"]:
        assert any("among the samples that joined" in one or "came into the mask" in one for one in row["why"])
    ids = pd.read_parquet(out / "out/genes/samples.parquet")["sample"]
    texts = [path.read_text() for path in (out / "out/comparison").iterdir()] + [done.output]
    assert not [name for name in ids if any(name in text for text in texts)]


def test_a_merge_since_a_run_that_was_not_finished_is_refused_before_anything_is_merged(cohorts, tmp_path, progex):
    folders = (cohorts["north"], cohorts["south"], "--rename-samples", "--out", tmp_path / "merged")
    done = progex("merge", *folders, "--since", tmp_path)
    assert done.exit_code == 2
    assert "no run.json: no run was finished here" in done.output
    assert not (tmp_path / "merged").exists()
    both = progex("merge", *folders, "--since", tmp_path, "--join-only")
    assert both.exit_code == 2
    assert "--join-only" in both.output
