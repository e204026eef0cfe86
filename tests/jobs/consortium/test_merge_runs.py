"""A simulated cohort split into three studies, made cohorts of, merged and run, against the study never split."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import yaml

from hail_pipelines.places import readable
from infra.storage import place, put
from jobs.consortium import merged_samples, refusals
from jobs.consortium.cohort import make_cohort
from jobs.consortium.merge import merge_runs
from jobs.run import run_study
from jobs.study.file import StudyLoader
from tests.cloud.storage_fixture import storage_server

__all__ = ["storage_server"]

PARTS = ("north", "south", "west")
# Rules that look at other samples may judge a part and the whole differently.
QC = {
    "variant": {
        name: None for name in ("min_het_balance", "min_call_rate", "max_batch_spread", "min_hwe_p", "min_inbreeding")
    },
    "sample": {"min_call_rate": None, "max_contamination": None, "max_deviations": {}},
}


def settings_of(study):
    return yaml.load(study.read_text(), Loader=StudyLoader)


def change(study, **sections):
    study.write_text(yaml.safe_dump(settings_of(study) | sections, sort_keys=False))


def results_of(output):
    return pd.read_parquet(output / "results/gene_tests.parquet")


@pytest.fixture(scope="module")
def whole(simulated, copy_of, tmp_path_factory):
    """The study, run; its VCFs hold one chromosome, for speed."""
    folder = copy_of(simulated, tmp_path_factory.mktemp("whole") / "cohort")
    names = sorted(path.name for path in (folder.path / "vcf").glob("*.vcf.gz"))[:3]
    folder.set(
        genotypes={"vcfs": [f"vcf/{name}" for name in names]},
        calibration={"max_permutations": 1000},
        compute={"cores": 1},
    )
    folder.replace(
        qc=QC,
        masks=[
            {
                "name": "plof_or_damaging_missense",
                "damaging": {"score": "REVEL", "at_least": 0.5},
                "max_allele_frequency": [0.4],
            },
            {"name": "synonymous", "max_allele_frequency": [0.4]},
        ],
        traits=[{"name": "survival", "type": "survival"}],
        covariates=["age_at_onset"],
    )
    run_study(folder.study)
    return folder


def part_of(whole, copy_of, path, name, place):
    """Every third sample of the study, with a secret and everything callable."""
    folder = copy_of(whole.path, path)
    for vcf in settings_of(folder.study)["genotypes"]["vcfs"]:
        header, records = folder.read_vcf(vcf.removeprefix("vcf/"))
        columns = [*range(9), *range(9 + place, len(records[0]), 3)]
        named = header[-1].split("\t")
        header[-1] = "\t".join(named[column] for column in columns)
        folder.write_vcf(vcf.removeprefix("vcf/"), header, [[record[at] for at in columns] for record in records])
    own = set(header[-1].split("\t")[9:])
    for table in ("participants.tsv", "visits.tsv"):
        folder.edit_table(table, lambda rows: [rows[0], *(row for row in rows[1:] if row[0] in own)])
    (folder.path / "salt").write_text("a secret of the consortium")
    facts = {"name": name, "caller": "GATK 4.5", "capture_kit": "kit 5", "salt": "salt"}
    folder.set(output="out_of_part", cohort=facts)
    folder.output = folder.path / "out_of_part"
    return folder


@pytest.fixture(scope="module")
def parts(whole, copy_of, tmp_path_factory):
    folder = tmp_path_factory.mktemp("parts")
    made = [part_of(whole, copy_of, folder / name, name, place) for place, name in enumerate(PARTS)]
    for one in made:
        make_cohort(one.study)
    return made


@pytest.fixture(scope="module")
def merged(parts, tmp_path_factory):
    out = tmp_path_factory.mktemp("merged") / "all"
    merge_runs([part.output for part in parts], out)
    return out


def test_three_parts_merged_give_the_studys_own_store_and_results(whole, merged):
    # With the study's own strata nothing else differs.
    assert settings_of(merged / "study.yaml")["strata"] == ["centre", "cohort"]
    change(merged / "study.yaml", strata=["centre"])
    run_study(merged / "study.yaml")
    for file in sorted((whole.output / "genes").glob("*.parquet")):
        pd.testing.assert_frame_equal(
            pd.read_parquet(merged / "out/genes" / file.name), pd.read_parquet(file), check_exact=True
        )
    results = results_of(whole.output)
    assert results["p_value"].notna().sum() >= 4
    pd.testing.assert_frame_equal(results_of(merged / "out"), results, check_exact=True)


def test_a_merge_says_what_each_cohort_says_of_the_variants(merged):
    states = pd.read_csv(merged / "variants.tsv", sep="\t")
    assert len(set(states.groupby("cohort")["variants"].sum())) == 1
    kits = pd.read_csv(merged / "capture_kits.tsv", sep="\t")
    assert kits["stratum"].tolist() == list(PARTS)
    assert kits["missing_share"].between(0, 0.5).all()
    record = json.loads((merged / "genotypes/merged.json").read_text())
    assert [one["cohort"] for one in record["cohorts"]] == list(PARTS)


def test_what_a_site_may_share_names_no_sample(parts):
    for part in parts:
        ids = set(pd.read_parquet(part.output / "genes/samples.parquet")["sample"])
        for file in (part.output / "cohort").iterdir():
            content = file.read_bytes()
            assert not [one for one in ids if one.encode() in content], file.name
    manifest = json.loads((parts[0].output / "cohort/manifest.json").read_text())
    assert manifest["capture_kit"] == "kit 5"
    assert manifest["samples"] == len(pd.read_parquet(parts[0].output / "genes/samples.parquet"))


def test_a_sample_left_out_for_another_cohorts_is_in_no_count(parts, tmp_path, monkeypatch):
    def first_of(_, samples, **__):
        return np.arange(len(samples)) == 0

    monkeypatch.setattr(merged_samples, "duplicates_to_drop", first_of)
    done = merge_runs([part.output for part in parts], tmp_path / "all")
    assert done.duplicates == 1
    samples = pd.read_parquet(tmp_path / "all/genotypes/samples.parquet")
    assert samples["left_out"].sum() == 1
    assert samples["passes"].sum() == done.counts.samples
    variants = pd.read_parquet(tmp_path / "all/genotypes/variants.parquet")
    carriers = pd.concat(map(pd.read_parquet, (tmp_path / "all/genotypes/carriers").iterdir()))
    of_alt = carriers[~carriers["minor_is_ref"]]
    counted = variants["allele_count"].to_numpy()[of_alt["variant"]]
    assert len(of_alt) > 10
    assert [int(sum(dosages)) for dosages in of_alt["dosages"]] == counted.tolist()
    assert max(max(numbers, default=0) for numbers in carriers["carriers"]) < done.counts.samples


def test_the_command_refuses_with_status_2_and_leaves_nothing(parts, copy_of, tmp_path, progex):
    twin = copy_of(parts[0].path, tmp_path / "twin")
    manifest = twin.path / "out_of_part/cohort/manifest.json"
    manifest.write_text(manifest.read_text().replace('"north"', '"twin"'))
    done = progex("merge", parts[0].output, twin.path / "out_of_part", "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "sample ids stand in both" in done.output
    assert not (tmp_path / "out").exists()


def test_renamed_cohorts_that_share_ids_are_merged_and_each_keeps_its_own_patients(parts, copy_of, tmp_path, progex):
    twin = copy_of(parts[0].path, tmp_path / "twin")
    manifest = twin.path / "out_of_part/cohort/manifest.json"
    manifest.write_text(manifest.read_text().replace('"north"', '"twin"'))
    folders = (parts[0].output, twin.path / "out_of_part")
    done = progex("merge", *folders, "--out", tmp_path / "out", "--rename-samples", "--join-only")
    assert done.exit_code == 0, done.output
    ids = pd.read_parquet(parts[0].output / "genes/samples.parquet")["sample"]
    samples = pd.read_parquet(tmp_path / "out/genotypes/samples.parquet")["sample"].tolist()
    assert samples == sorted([*("north_" + ids), *("twin_" + ids)])
    participants = pd.read_csv(tmp_path / "out/participants.tsv", sep="\t")
    assert set(samples) <= set(participants["sample"])
    assert participants["cohort"].value_counts().to_dict() == {"north": len(ids), "twin": len(ids)}
    checked = progex("validate", tmp_path / "out/study.yaml")
    assert checked.exit_code == 0, checked.output


def test_people_in_two_cohorts_refuse_a_merge_where_that_is_asked_for(parts, tmp_path, progex, monkeypatch):
    monkeypatch.setattr(refusals, "people_in_both", lambda *_: pd.DataFrame({"relationship": ["duplicate"]}))
    folders = [part.output for part in parts]
    done = progex("merge", *folders, "--out", tmp_path / "out", "--overlap", "refuse")
    assert done.exit_code == 2
    assert "1 samples are of people in both" in done.output
    assert not (tmp_path / "out").exists()


def test_cohorts_in_a_bucket_merge_to_the_same_genotypes(parts, merged, storage_server):
    folders = []
    for part in parts:
        folders.append(place(f"gs://lab/{part.path.name}/out"))
        put(part.output, folders[-1])
    done = merge_runs(folders, place("gs://lab/merged"))
    assert str(done.study) == "gs://lab/merged/study.yaml"
    for name in ("variants.parquet", "samples.parquet", "carriers/part-00000.parquet", "genes.parquet"):
        there = pd.read_parquet(readable(place(f"gs://lab/merged/genotypes/{name}")))
        pd.testing.assert_frame_equal(there, pd.read_parquet(merged / "genotypes" / name))


def test_a_study_without_the_section_cohort_is_told_what_to_write(whole, progex):
    done = progex("cohort", whole.study)
    assert done.exit_code == 2
    assert "cohort: missing; name the cohort" in done.output


def test_quality_control_of_a_merged_study_is_refused(merged, progex):
    done = progex("qc", merged / "study.yaml")
    assert done.exit_code == 2
    assert "quality control each by itself" in done.output
