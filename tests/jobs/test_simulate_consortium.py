"""Sites of a simulated consortium: parts of one cohort, and what a consortium does with them, as documented."""

from __future__ import annotations

import gzip
import json

import pandas as pd
import pytest
import yaml

from association.problems import InputError
from jobs.simulate_consortium import SECRET, simulate_consortium
from jobs.study.file import StudyLoader

# The section "Try it" of docs/consortium.md has larger numbers.
SMALL = {"cohorts": 2, "samples": 120, "genes": 12}


def lines_of(vcf):
    with gzip.open(vcf, "rt") as stream:
        return [line.split("\t") for line in stream.read().splitlines() if not line.startswith("##")]


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    made = tmp_path_factory.mktemp("consortium") / "consortium"
    studies = simulate_consortium(made, **SMALL, seed=2)
    assert studies == [made / name / "study.yaml" for name in ("site1", "site2")]
    return made


def test_sites_have_the_same_variants_and_no_patient_in_common(out):
    people = [set(pd.read_csv(out / name / "participants.tsv", sep="\t")["sample"]) for name in ("site1", "site2")]
    assert [len(own) for own in people] == [60, 60]
    assert not people[0] & people[1]
    for vcf in sorted((out / "site1/vcf").glob("*.vcf.gz")):
        first, second = (lines_of(out / name / "vcf" / vcf.name) for name in ("site1", "site2"))
        assert [line[:5] for line in first] == [line[:5] for line in second]
        assert [set(lines[0][9:]) for lines in (first, second)] == people
    visits = [set(pd.read_csv(out / name / "visits.tsv", sep="\t")["sample"]) for name in ("site1", "site2")]
    assert all(own <= all_ for own, all_ in zip(visits, people, strict=True))


def test_a_sites_truth_is_of_its_own_patients(out):
    for name in ("site1", "site2"):
        own = set(pd.read_csv(out / name / "participants.tsv", sep="\t")["sample"])
        carriers = pd.read_csv(out / name / "truth/carriers.tsv", sep="\t")
        assert set(carriers["sample"]) <= own
        assert len(carriers) > 0


def test_sites_share_a_secret_and_common_sites_far_apart(out):
    settings = [yaml.load((out / name / "study.yaml").read_text(), StudyLoader) for name in ("site1", "site2")]
    assert [one["cohort"]["name"] for one in settings] == ["site1", "site2"]
    assert {one["cohort"]["salt"] for one in settings} == {f"../{SECRET}"}
    assert len(bytes.fromhex((out / SECRET).read_text())) == 32
    common = pd.DataFrame(
        [line[:2] for line in lines_of(out / "site1/vcf/common.vcf.gz")[1:]], columns=["contig", "at"]
    )
    assert len(common) >= 1_500
    assert common.groupby("contig", sort=False)["at"].apply(lambda at: at.astype(int).diff().min()).min() > 100_000


def test_the_same_seed_gives_the_same_bytes(out, tmp_path):
    simulate_consortium(tmp_path / "again", **SMALL, seed=2)
    for file in (path for path in out.rglob("*") if path.is_file() and "out" not in path.relative_to(out).parts):
        assert (tmp_path / "again" / file.relative_to(out)).read_bytes() == file.read_bytes(), file


def test_sites_that_would_be_too_small_are_refused(tmp_path):
    with pytest.raises(InputError, match="at least 20 for each of 4 cohorts"):
        simulate_consortium(tmp_path / "small", cohorts=4, samples=70, genes=12)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_documented_way_from_simulation_to_merge_and_meta_works(tmp_path, progex):
    def do(*command):
        done = progex(*command)
        assert done.exit_code == 0, done.output
        return done.output

    made = tmp_path / "consortium"
    do("simulate", "--cohorts", 2, "--samples", 120, "--genes", 12, "--out", made)
    sites = [made / "site1", made / "site2"]
    for site in sites:
        assert "fingerprints  from" in do("cohort", site / "study.yaml")
    assert "samples of 2 cohorts, 0 left out" in do("merge", *(one / "out" for one in sites), "--out", made / "all")
    merged = pd.read_parquet(made / "all/out/results/gene_tests.parquet")
    assert merged["p_value"].notna().any()
    for site in sites:
        do("run", site / "study.yaml")
        do("share", site / "study.yaml")
    do("meta", *(site / "out/share" for site in sites), "--out", made / "meta")
    record = json.loads((made / "meta/meta.json").read_text())
    assert record["cohorts"]["survival"] == ["site1", "site2"]
    assert pd.read_parquet(made / "meta/gene_tests.parquet")["p_value"].notna().any()
