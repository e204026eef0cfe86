"""A study whose file, inputs and output are in a bucket: the same files as on this machine, byte by byte."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from benchmarks.spark_cluster import environment
from hail_pipelines.vcf.bgzip import compression_of
from infra.storage import LockTimes, lock_folder, place, put
from jobs.check import check_study
from jobs.pipeline import Pipeline
from tests.cloud.storage_server import StorageServer

pytestmark = pytest.mark.slow

RUN = "from jobs.cli import main; main()"
STUDY = "gs://lab/as1/study.yaml"
# What tells when it was made, and how long that took.
TIMED = ("manifest.json", "run.json", "report.html", ".lock", ".log", ".log4j2.properties")
IDENTIFIERS = 5


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Serve the bucket `lab`, which this process and those that it starts take for Google's."""
    with (
        StorageServer(tmp_path_factory.mktemp("buckets")) as server,
        pytest.MonkeyPatch.context() as patch,
    ):
        server.make_bucket("lab")
        patch.setenv("STORAGE_EMULATOR_HOST", server.address)
        yield server


@pytest.fixture(scope="module")
def here(simulated, copy_of, tmp_path_factory):
    """Run a study on this machine that reads a file of every kind."""
    folder = copy_of(simulated, tmp_path_factory.mktemp("here") / "cohort")
    _, records = folder.read_vcf("chr1.vcf.gz")
    sites = ["\t".join([*(record[at] for at in (0, 1, 3, 4)), "0.001"]) for record in records if "," not in record[4]]
    with gzip.open(folder.path / "frequencies.tsv.gz", "wt") as file:
        file.write("\n".join(["contig\tposition\tref\talt\tAF", *sites]) + "\n")
    (folder.path / "lists").mkdir()
    (folder.path / "lists" / "own.txt").write_text("SOD1\nFUS\n")
    with gzip.open(folder.path / "lists" / "poor.bed.gz", "wt") as file:
        file.write("chr1\t1000\t1100\n")
    folder.set(
        masks=[{"name": "missense", "max_allele_frequency": [0.2]}],
        calibration={"max_permutations": 2000},
        compute={"cores": 2},
        gene_lists=[{"name": "own", "version": "1", "path": "./lists/../lists/own.txt"}],
        qc={"variant": {"low_complexity": "lists/poor.bed.gz"}},
        annotation={
            "source": "vep",
            "external_af": None,
            "external_frequencies": {"path": "frequencies.tsv.gz", "af": "AF"},
        },
    )
    run(folder.study)
    return folder


@pytest.fixture(scope="module")
def afar(here, server):
    """Run the same study in a bucket; give what was told of it."""
    put(here.path, place("gs://lab/as1"), leave_out=("out",))
    return run(STUDY)


def start(study):
    command = [sys.executable, "-c", RUN, "run", str(study)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment() | os.environ
    )


def run(study):
    process = start(study)
    report, told = process.communicate()
    assert process.returncode == 0, told[-5_000:]
    return report + told


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "stages/hail" not in path.as_posix()
    }


def without_attempts(found: dict[str, bytes]) -> dict[str, bytes]:
    """Give what is in a bucket under the names that it has on this machine, where a stage has no attempts."""
    return {re.sub(r"/attempt-[0-9a-f]{32}/", "/", name): content for name, content in found.items()}


def compare(found: dict[str, bytes], expected: dict[str, bytes]) -> None:
    assert set(found) == set(expected) - {".lock"}
    differing = [name for name, content in found.items() if content != expected[name]]
    assert not [name for name in differing if not name.endswith(TIMED)]


def test_a_bucket_holds_what_a_folder_of_this_machine_does(here, afar, server):
    found = without_attempts(contents(server.root / "lab" / "as1" / "out"))
    compare(found, contents(here.output))
    assert {"results/gene_tests.parquet", "report/report.html", "run.json", "qc/qc.html"} < set(found)
    assert "report: gs://lab/as1/out/report/report.html" in afar


def test_where_a_study_is_run_is_no_part_of_its_report(simulated, copy_of, tmp_path):
    folder = copy_of(simulated, tmp_path / "cohort")

    def shown():
        return Pipeline(check_study(folder.study), 1).stages()[-1].settings

    before = shown()
    folder.set(compute={"cores": 1, "driver_memory_gib": 2}, alpha=0.04)
    assert shown() == before | {"alpha": 0.04}
    assert not {"cloud", "compute"} & set(before)


def test_nothing_that_is_told_or_asked_for_names_a_sample(here, afar, server):
    samples = pd.read_csv(here.path / "participants.tsv", sep="\t")["sample"].astype(str)
    asked = "\n".join(path for _, path in server.requests)
    assert len(samples) >= IDENTIFIERS
    assert not [sample for sample in samples if sample in asked or sample in afar]


def test_what_is_read_of_a_vcf_is_of_the_content_that_it_had_when_it_was_opened(afar, server):
    answers = [path for _, path in server.requests if "vcf/chr1.vcf.gz?alt=media" in path]
    assert answers
    assert all("ifGenerationMatch" in path for path in answers)


@pytest.fixture(scope="module")
def changed(here, afar, server, copy_of, tmp_path_factory):
    """Run the study in the bucket again with another origin of one trait."""
    folder = copy_of(here.path, tmp_path_factory.mktemp("changed") / "cohort")
    first, second = yaml.safe_load(folder.study.read_text())["traits"]
    folder.set(traits=[first | {"origin": "diagnosis"}, second])
    put(folder.study, place("gs://lab/as1/changed.yaml"))
    run("gs://lab/as1/changed.yaml")
    return json.loads((server.root / "lab" / "as1" / "out" / "run.json").read_text())


@pytest.mark.slow
def test_a_changed_trait_is_scanned_anew_and_no_other(changed):
    anew = [stage["name"] for stage in changed["stages"] if not stage["reused"]]
    changed = ["scan survival", "follow up survival", "gene sets survival", "traits together"]
    assert anew == ["traits", *changed, "results", "gene profiles", "report"]


def test_a_folder_in_a_bucket_is_held_against_another_run(afar, server, progex):
    with lock_folder(place("gs://lab/as1/out"), LockTimes(refresh=0.2)):
        refused = progex("qc", STUDY)
    assert refused.exit_code == 2
    assert "a run holds it whose last sign of life was" in refused.output
    assert "another run is writing to this folder" in refused.output


@pytest.mark.slow
def test_commands_that_simulate_take_a_study_in_a_bucket(afar, server, progex):
    for command in (["check", "--null-traits", "1", "--planted", "1"], ["power", "--carriers", "3"]):
        done = progex(*command, STUDY)
        assert done.exit_code == 0, done.output
    made = server.root / "lab" / "as1" / "out"
    assert {"self_check.tsv", "self_check.png"} <= {path.name for path in (made / "self_check").iterdir()}
    assert {"power.html", "power.json", "genes.tsv"} <= {path.name for path in (made / "power").iterdir()}


def test_other_commands_take_a_study_in_a_bucket(afar, server, progex):
    for command in ("validate", "qc", "traits"):
        done = progex(command, STUDY)
        assert done.exit_code == 0, done.output
    made = server.root / "lab" / "as1" / "out"
    assert {"null_models_site.html", "run.json", "visits.tsv"} <= {
        path.name for path in (made / "clinical").iterdir()
    }


def test_a_vcf_in_a_bucket_is_blocked_anew(here, server, progex):
    vcf = gzip.decompress((here.path / "vcf" / "chr1.vcf.gz").read_bytes())
    place("gs://lab/plain.vcf.gz").write_bytes(gzip.compress(vcf))
    done = progex("bgzip", "gs://lab/plain.vcf.gz")
    assert done.exit_code == 0, done.output
    blocked = place("gs://lab/plain.vcf.bgz")
    assert gzip.decompress(blocked.read_bytes()) == vcf
    assert compression_of(blocked) == "bgzip"


def test_what_is_wrong_in_a_bucket_is_told_as_it_is_on_this_machine(here, afar, server, copy_of, tmp_path, progex):
    folder = copy_of(here.path, tmp_path / "cohort")
    folder.set(genotypes={"vcfs": ["vcf/none*.vcf.gz"]}, participants={"path": "gs://lab/as1/none.tsv"})
    put(folder.study, place("gs://lab/as1/wrong.yaml"))
    refused = progex("validate", "gs://lab/as1/wrong.yaml")
    assert refused.exit_code == 2
    assert "no file matches 'vcf/none*.vcf.gz' (looked in gs://lab/as1/vcf)" in refused.output
    assert "gs://lab/as1/none.tsv: 1 problem\n  file: no such table" in refused.output
    assert "no such study file" in progex("run", "gs://lab/as1/absent.yaml").output


@pytest.fixture
def hadoop_takes_the_folder_for_the_bucket(server, tmp_path, monkeypatch):
    """Tell Spark that `gs://lab` is the server's own folder: there is no connector for the server."""
    plain = "org.apache.hadoop.fs.RawLocalFileSystem"
    settings = {
        "gs.impl": "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme",
        "file.impl": plain,
        "viewfs.overload.scheme.target.file.impl": plain,
        "viewfs.mounttable.lab.linkFallback": (server.root / "lab").as_uri(),
    }
    lines = [f"spark.hadoop.fs.{name} {value}\n" for name, value in settings.items()]
    (tmp_path / "spark-defaults.conf").write_text("".join(lines))
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("hadoop_takes_the_folder_for_the_bucket")
def test_a_cluster_gives_what_one_machine_gives_to_a_bucket(here, server, copy_of, tmp_path):
    folder = copy_of(here.path, tmp_path / "cohort")
    folder.set(compute={"master": "local-cluster[2,1,1024]", "driver_memory_gib": 1})
    put(folder.path, place("gs://lab/of-a-cluster"), leave_out=("out",))
    run("gs://lab/of-a-cluster/study.yaml")
    compare(without_attempts(contents(server.root / "lab" / "of-a-cluster" / "out")), contents(here.output))
