"""A simulated cohort split into three studies, made cohorts of, merged and run, against the study never split."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import yaml

from association.problems import InputError
from hail_pipelines.places import readable
from infra.storage import place, put
from jobs.consortium.cohort import make_cohort
from jobs.consortium.merge import merge_runs
from jobs.run import run_study
from jobs.study.file import StudyLoader
from tests.cloud.storage_fixture import storage_server

__all__ = ["storage_server"]

PARTS = ("north", "south", "west")
# Common sites far apart, which tell one person in two cohorts.
COMMON, COMMON_SITES = "common.vcf.gz", 500
CELLS = ("0/0:30,0:30:80", "0/1:15,15:30:80", "1/1:0,30:30:80")
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


SYMBOLS = "hgnc_id\tsymbol\tname\tstatus\tprev_symbol\talias_symbol\nHGNC:1\tSIM001\tone\tApproved\tELSE\t\n"


@pytest.fixture(scope="module")
def whole(simulated, copy_of, tmp_path_factory):
    """The study, run; its VCFs hold one chromosome, for speed."""
    folder = copy_of(simulated, tmp_path_factory.mktemp("whole") / "cohort")
    names = sorted(path.name for path in (folder.path / "vcf").glob("*.vcf.gz"))[:3]
    header, _ = folder.read_vcf(names[0])
    folder.write_vcf(COMMON, header, common_records(len(header[-1].split("\t")) - 9))
    part_of_id = {sample: PARTS[place % 3] for place, sample in enumerate(header[-1].split("\t")[9:])}
    folder.edit_table(
        "participants.tsv",
        lambda rows: [[*rows[0], "part"], *([*row, part_of_id.get(row[0], PARTS[0])] for row in rows[1:])],
    )
    (folder.path / "panel.txt").write_text("SIM001\nSIM002\nelsewhere\n")
    (folder.path / "hgnc.tsv").write_text(SYMBOLS)
    (folder.path / "known.txt").write_text("1-5-A-C\n")
    folder.set(
        genotypes={"vcfs": [f"vcf/{name}" for name in (*names, COMMON)]},
        calibration={"max_permutations": 1000, "panel": ["list:known"]},
        gene_lists=[
            {"name": "known", "version": "2", "path": "panel.txt"},
            {"name": "nerve", "panel": "cmt_clingen"},
        ],
        gene_symbols="hgnc.tsv",
        known_genes={"variants": "known.txt"},
        compute={"cores": 1},
        cohorts="part",
    )
    folder.replace(
        interactions=[{"covariate": "age_at_onset", "traits": ["survival"]}],
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


def common_records(samples):
    """Draw calls of independent common sites, all good."""
    generator = np.random.default_rng(12)
    records = []
    for site in range(COMMON_SITES):
        contig, place = f"chr{1 + site % 20}", 4_000_000 + 2_000_000 * (site // 20)
        calls = generator.binomial(2, generator.uniform(0.3, 0.7), samples)
        fixed = [contig, str(place), ".", "A", "C", "100", "PASS", "AC=1", "GT:AD:DP:GQ"]
        records.append([*fixed, *(CELLS[call] for call in calls)])
    return sorted(records, key=lambda record: (int(record[0][3:]), int(record[1])))


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
    folder.set(output="out_of_part", cohort=facts, cohorts=None)
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
    settings = settings_of(merged / "study.yaml")
    assert settings["cohorts"] == "cohort"
    assert settings["calibration"]["panel"] == ["list:known"]
    assert settings["qc"]["variant"]["min_call_rate"] is None, "thresholds are those of the cohorts"
    assert settings["qc"]["sample"]["max_deviations"] == {}
    own = {("sample", "exclude"), ("variant", "targets"), ("ancestry", "panel")}
    assert not [one for one in own if one[1] in settings["qc"][one[0]]], "what a site alone has is left out"
    assert (merged / "gene_lists/known.txt").read_text().split() == ["SIM001", "SIM002", "elsewhere"]
    assert settings["gene_lists"][1] == {"name": "nerve", "panel": "cmt_clingen"}
    assert settings["interactions"] == [{"covariate": "age_at_onset", "traits": ["survival"]}]
    assert (merged / settings["gene_symbols"]).read_text() == SYMBOLS
    assert (merged / settings["known_genes"]["variants"]).read_text() == "1-5-A-C\n"
    run_study(merged / "study.yaml")
    for file in sorted((whole.output / "genes").glob("*.parquet")):
        pd.testing.assert_frame_equal(
            pd.read_parquet(merged / "out/genes" / file.name), pd.read_parquet(file), check_exact=True
        )
    results = results_of(whole.output)
    assert results["p_value"].notna().sum() >= 4
    pd.testing.assert_frame_equal(results_of(merged / "out"), results, check_exact=True)
    for table in ("known_genes/known_genes.parquet", "interactions/interactions.parquet"):
        pooled, own = (pd.read_parquet(folder / table) for folder in (merged / "out", whole.output))
        assert len(own)
        pd.testing.assert_frame_equal(pooled, own, check_exact=True)


@pytest.fixture(scope="module")
def lacking(parts, copy_of, tmp_path_factory):
    """The third part without every fourth record of two chromosomes, which its BED says were not callable."""
    folder = copy_of(parts[2].path, tmp_path_factory.mktemp("lacking") / "west")
    regions = ["chr1\t0\t248956422\n"]
    for contig, end in (("chr10", 133_797_422), ("chr12", 133_275_309)):
        header, records = folder.read_vcf(f"{contig}.vcf.gz")
        folder.write_vcf(f"{contig}.vcf.gz", header, [one for row, one in enumerate(records) if row % 4])
        first = 0
        for record in records[::4]:
            regions.append(f"{contig}\t{first}\t{int(record[1]) - 1}\n")
            first = int(record[1]) + len(record[3]) + 5
        regions.append(f"{contig}\t{first}\t{end}\n")
    (folder.path / "callable.bed").write_text("".join(regions))
    folder.set(cohort={"callable_regions": "callable.bed"})
    make_cohort(folder.study)
    return folder.path / "out_of_part"


def test_sites_that_a_part_lacks_and_could_not_call_are_missing_there_as_in_the_study_never_split(
    whole, parts, lacking, copy_of, tmp_path
):
    never_split = copy_of(whole.path, tmp_path / "whole")
    for contig in ("chr10", "chr12"):
        header, records = never_split.read_vcf(f"{contig}.vcf.gz")
        for record in records[::4]:
            record[11::3] = ["./.:.:.:."] * len(record[11::3])
        never_split.write_vcf(f"{contig}.vcf.gz", header, records)
    run_study(never_split.study)
    done = merge_runs([parts[0].output, parts[1].output, lacking], tmp_path / "all")
    run_study(done.study)
    store = pd.concat(map(pd.read_parquet, (tmp_path / "all/out/genes").glob("part-*")))
    assert (store["missing_cohorts"].map(len) > 0).sum() > 3
    imputed = store["allele_count"] > 0.1 * store["allele_number"] / 2
    assert (imputed & (store["missing_cohorts"].map(len) > 0)).any()
    results = results_of(never_split.output)
    assert results["p_value"].notna().sum() >= 4
    assert not results_of(whole.output)["p_value"].equals(results["p_value"]), "the lacking sites matter"
    pd.testing.assert_frame_equal(results_of(tmp_path / "all/out"), results, check_exact=True)
    kits = pd.read_csv(tmp_path / "all/capture_kits.tsv", sep="\t").groupby("cohort")["missing_share"].mean()
    assert kits["west"] > 2 * kits["north"]


def test_a_merge_says_what_each_cohort_says_of_the_variants(merged):
    states = pd.read_csv(merged / "variants.tsv", sep="\t")
    assert len(set(states.groupby("cohort")["variants"].sum())) == 1
    record = json.loads((merged / "genotypes/merged.json").read_text())
    assert [one["cohort"] for one in record["cohorts"]] == list(PARTS)
    assert sum(record["samples"].values()) == record["counts"]["samples"]
    assert record["duplicates across cohorts"] == 0


def test_missing_calls_are_counted_by_kit_caller_cohort_and_stratum(merged):
    kits = pd.read_csv(merged / "capture_kits.tsv", sep="\t")
    participants = pd.read_csv(merged / "participants.tsv", sep="\t", dtype=str).set_index("sample")
    samples = pd.read_parquet(merged / "genotypes/samples.parquet")
    kept = samples.loc[samples["passes"], "sample"].tolist()
    carriers = pd.concat(map(pd.read_parquet, (merged / "genotypes/carriers").glob("part-*")))
    assert len(kits) > len(PARTS)
    assert set(kits["capture_kit"] + kits["caller"]) == {"kit 5GATK 4.5"}
    for row in kits.itertuples():
        own = participants.loc[kept].query("cohort == @row.cohort and centre == @row.stratum").index
        lost = sum(kept[number] in own for numbers in carriers["missing"] for number in numbers)
        assert row.samples == len(own)
        assert row.missing_share * row.calls == pytest.approx(lost)


def test_what_a_site_may_share_names_no_sample(parts):
    for part in parts:
        assert {file.name for file in (part.output / "cohort").iterdir()} == {
            *("manifest.json", "fingerprints.parquet", "fingerprint_sites.txt")
        }
        ids = set(pd.read_parquet(part.output / "genes/samples.parquet")["sample"])
        for file in (part.output / "cohort").iterdir():
            content = file.read_bytes()
            assert not [one for one in ids if one.encode() in content], file.name
    manifest = json.loads((parts[0].output / "cohort/manifest.json").read_text())
    assert manifest["capture_kit"] == "kit 5"
    assert manifest["samples"] == len(pd.read_parquet(parts[0].output / "genes/samples.parquet"))


@pytest.fixture(scope="module")
def twin(parts, copy_of, tmp_path_factory):
    """The second part again, its first person with the common genotypes of the first part's."""
    folder = copy_of(parts[1].path, tmp_path_factory.mktemp("twin") / "twin")
    folder.output = folder.path / "out_of_part"
    header, records = folder.read_vcf(COMMON)
    _, others = parts[0].read_vcf(COMMON)
    folder.write_vcf(
        COMMON, header, [[*one[:9], other[9], *one[10:]] for one, other in zip(records, others, strict=True)]
    )
    make_cohort(folder.study)
    return folder


def test_a_person_in_two_cohorts_is_left_out_of_one_and_is_in_no_count(parts, twin, tmp_path):
    done = merge_runs([parts[0].output, twin.output], tmp_path / "all")
    assert done.duplicates == 1
    samples = pd.read_parquet(tmp_path / "all/genotypes/samples.parquet")
    assert samples["left_out"].sum() == 1
    assert samples["passes"].sum() == done.counts.samples
    variants = pd.read_parquet(tmp_path / "all/genotypes/variants.parquet")
    carriers = pd.concat(map(pd.read_parquet, (tmp_path / "all/genotypes/carriers").glob("part-*")))
    of_alt = carriers[~carriers["minor_is_ref"]]
    counted = variants["allele_count"].to_numpy()[of_alt["variant"]]
    assert len(of_alt) > 10
    assert [int(sum(dosages)) for dosages in of_alt["dosages"]] == counted.tolist()
    assert max(max(numbers, default=0) for numbers in carriers["carriers"]) < done.counts.samples


def test_a_person_in_two_cohorts_refuses_a_merge_where_that_is_asked_for(parts, twin, tmp_path, progex):
    done = progex("merge", parts[0].output, twin.output, "--out", tmp_path / "out", "--overlap", "refuse")
    assert done.exit_code == 2
    assert "1 samples are of people in both, none of close relatives" in done.output
    assert not (tmp_path / "out").exists()
    folders = [part.output for part in parts]
    done = progex("merge", *folders, "--out", tmp_path / "out", "--overlap", "refuse", "--join-only")
    assert done.exit_code == 0, done.output


def test_people_in_two_cohorts_that_nobody_looked_for_are_said_not_to_be_checked(parts, twin, tmp_path, progex):
    folders, out = (parts[0].output, twin.output), tmp_path / "out"
    done = progex("merge", *folders, "--out", out, "--overlap", "unchecked", "--join-only")
    assert done.exit_code == 0, done.output
    assert "duplicates not checked" in done.output
    record = json.loads((out / "genotypes/merged.json").read_text())
    assert record["duplicates across cohorts"] == "not checked"
    rows = json.loads((out / "genotypes/attrition.json").read_text())
    (across,) = (row for row in rows if row["step"] == "across cohorts")
    assert across["skipped"] == "not checked"
    untold = "relatives in two cohorts can't be told below a kinship of"
    assert untold in done.output, "500 sites tell first degree and no second"
    assert untold in record["relatives across cohorts"]
    report = run_study(out / "study.yaml").read_text()
    assert "not applied: not checked" in report
    assert "elatives in two cohorts can&#39;t be told below a kinship of" in report


@pytest.fixture(scope="module")
def without_common(parts, copy_of, tmp_path_factory):
    """Two parts without the common sites."""
    made = []
    for part in parts[:2]:
        folder = copy_of(part.path, tmp_path_factory.mktemp("few") / part.path.name)
        vcfs = settings_of(folder.study)["genotypes"]["vcfs"]
        folder.set(genotypes={"vcfs": [vcf for vcf in vcfs if COMMON not in vcf]})
        make_cohort(folder.study)
        made.append(folder.path / "out_of_part")
    return made


def test_cohorts_in_which_one_person_cant_be_told_are_refused(without_common, tmp_path):
    with pytest.raises(InputError, match=r"too few to tell one person in two of them.*--overlap unchecked"):
        merge_runs(without_common, tmp_path / "out")
    with pytest.raises(InputError, match="nobody can tell whether a person is in both"):
        merge_runs(without_common, tmp_path / "out", overlap="refuse")
    assert not (tmp_path / "out").exists()
    assert merge_runs(without_common, tmp_path / "out", overlap="unchecked").duplicates is None


def test_cohorts_annotated_by_other_releases_or_to_other_consequences_are_refused(parts, copy_of, tmp_path):
    """A manifest tells the release; where it says nothing, the entries of shared variants do."""
    other = copy_of(parts[1].path, tmp_path / "other")
    name = "chr10.vcf.gz"
    header, records = other.read_vcf(name)
    changed = [[*record[:7], record[7].replace("missense_variant", "stop_gained"), *record[8:]] for record in records]
    other.write_vcf(name, header, changed)
    make_cohort(other.study)
    with pytest.raises(InputError, match=r"north and south, annotation: \d+ of \d+ variants .* at chr"):
        merge_runs([parts[0].output, other.path / "out_of_part"], tmp_path / "out")
    line = '##VEP="v110" time="2024-01-01 10:00:00" cache="/data/vep/110_GRCh38" gencode="GENCODE 44"'
    other.write_vcf(name, [header[0], line, *header[1:]], changed)
    make_cohort(other.study)
    with pytest.raises(InputError, match="annotate both with one source of one release") as caught:
        merge_runs([parts[0].output, other.path / "out_of_part"], tmp_path / "out")
    assert '+ release.VEP: ["v110"]' in str(caught.value)
    assert '+ release.VEP cache: ["110_GRCh38"]' in str(caught.value)
    assert "/data" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_ids_that_clash_in_tables_alone_are_refused_with_all_else_and_nothing_is_left(parts, copy_of, tmp_path):
    other = copy_of(parts[1].path, tmp_path / "other")
    stranger = pd.read_parquet(parts[0].output / "genes/samples.parquet")["sample"][0]
    other.edit_table("participants.tsv", lambda rows: [*rows, [stranger, *rows[-1][1:]]])
    other.set(alpha=0.01)
    make_cohort(other.study)
    with pytest.raises(InputError) as caught:
        merge_runs([parts[0].output, other.path / "out_of_part"], tmp_path / "out")
    assert "north and south, ids: 1 sample ids stand in the genotypes or tables of both" in str(caught.value)
    assert "+ alpha: 0.01" in str(caught.value)
    assert stranger not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_what_could_not_be_run_leaves_nothing(parts, copy_of, tmp_path):
    """Codes in a table that no study could read, whatever the cohorts say of themselves."""
    copy_of(parts[1].path, tmp_path / "other")
    table = tmp_path / "other/out_of_part/pooling/participants.parquet"
    pd.read_parquet(table).assign(sex="neither").to_parquet(table)
    with pytest.raises(ExceptionGroup):
        merge_runs([parts[0].output, tmp_path / "other/out_of_part"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_build_that_is_not_the_stated_one_is_refused_whatever_is_asked_for(parts, copy_of, tmp_path, progex):
    """Also without a salt, and where nobody is to be looked for."""
    other = copy_of(parts[1].path, tmp_path / "other")
    for name in settings_of(other.study)["genotypes"]["vcfs"]:
        vcf = name.removeprefix("vcf/")
        header, records = other.read_vcf(vcf)
        other.write_vcf(vcf, header, [[one[0], str(int(one[1]) + 7), *one[2:]] for one in records])
    other.set(cohort={"salt": None})
    made = progex("cohort", other.study)
    assert "none: the study names no cohort.salt" in made.output
    asked = ("--out", tmp_path / "out", "--overlap", "unchecked")
    done = progex("merge", parts[0].output, other.path / "out_of_part", *asked)
    assert done.exit_code == 2, done.output
    assert "as if one were on another build than GRCh38" in done.output
    assert not (tmp_path / "out").exists()


def test_fingerprints_that_tell_nobody_are_said_to(parts, copy_of, tmp_path, progex):
    folder = copy_of(parts[0].path, tmp_path / "few")
    vcfs = settings_of(folder.study)["genotypes"]["vcfs"]
    folder.set(genotypes={"vcfs": [vcf for vcf in vcfs if COMMON not in vcf]})
    done = progex("cohort", folder.study)
    assert done.exit_code == 0, done.output
    assert "which tell nobody in two cohorts; 100 at least are needed" in done.output


def test_a_cohort_called_merged_can_be_merged(parts, twin, copy_of, tmp_path):
    again = copy_of(twin.path, tmp_path / "again")
    manifest = again.path / "out_of_part/cohort/manifest.json"
    manifest.write_text(manifest.read_text().replace('"south"', '"merged"'))
    assert merge_runs([parts[0].output, again.path / "out_of_part"], tmp_path / "out").duplicates == 1


def test_the_command_refuses_with_status_2_and_leaves_nothing(parts, copy_of, tmp_path, progex):
    twin = copy_of(parts[0].path, tmp_path / "twin")
    manifest = twin.path / "out_of_part/cohort/manifest.json"
    manifest.write_text(manifest.read_text().replace('"north"', '"twin"'))
    done = progex("merge", parts[0].output, twin.path / "out_of_part", "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "sample ids stand in the genotypes or tables of both" in done.output
    assert not (tmp_path / "out").exists()


def test_renamed_cohorts_that_share_ids_are_merged_and_each_keeps_its_own_patients(parts, copy_of, tmp_path, progex):
    twin = copy_of(parts[0].path, tmp_path / "twin")
    manifest = twin.path / "out_of_part/cohort/manifest.json"
    manifest.write_text(manifest.read_text().replace('"north"', '"twin"'))
    folders = (parts[0].output, twin.path / "out_of_part")
    asked = ("--rename-samples", "--join-only", "--overlap", "unchecked")
    done = progex("merge", *folders, "--out", tmp_path / "out", *asked)
    assert done.exit_code == 0, done.output
    ids = pd.read_parquet(parts[0].output / "genes/samples.parquet")["sample"]
    samples = pd.read_parquet(tmp_path / "out/genotypes/samples.parquet")["sample"].tolist()
    assert samples == sorted([*("north_" + ids), *("twin_" + ids)])
    participants = pd.read_csv(tmp_path / "out/participants.tsv", sep="\t")
    assert set(samples) <= set(participants["sample"])
    assert participants["cohort"].value_counts().to_dict() == {"north": len(ids), "twin": len(ids)}
    checked = progex("validate", tmp_path / "out/study.yaml")
    assert checked.exit_code == 0, checked.output


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


def test_a_bucket_whose_user_pays_is_written_as_the_cohorts_cloud_section_says(
    parts, copy_of, tmp_path, storage_server
):
    storage_server.make_bucket("paid")
    storage_server.store.bucket("paid").requester_pays = True
    for part in parts[:2]:
        copy_of(part.path, tmp_path / part.path.name)
    settings = tmp_path / "north/out_of_part/pooling/settings.json"
    cloud = {"project": "als-lab", "region": "europe-west1", "bucket": "lab", "service_account": "a@b.c"}
    cloud["requester_pays_project"] = "als-billing"
    settings.write_text(json.dumps(json.loads(settings.read_text()) | {"cloud": cloud}))
    done = merge_runs([tmp_path / name / "out_of_part" for name in PARTS[:2]], place("gs://paid/merged"))
    assert settings_of(done.study)["cloud"]["requester_pays_project"] == "als-billing"


def test_a_study_without_the_section_cohort_is_told_what_to_write(whole, progex):
    done = progex("cohort", whole.study)
    assert done.exit_code == 2
    assert "cohort: missing; name the cohort" in done.output


def test_quality_control_of_a_merged_study_is_refused(merged, progex):
    done = progex("qc", merged / "study.yaml")
    assert done.exit_code == 2
    assert "quality control each by itself" in done.output
