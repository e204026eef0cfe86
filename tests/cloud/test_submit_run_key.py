"""A run is known by its study, its inputs and its code: what is the same is not run again, what differs is."""

import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

from hail_pipelines.vcf.files import inspect_vcfs
from infra import storage
from jobs.check import CheckedStudy
from jobs.clinical.read import read_clinical
from jobs.cloud_done import mark_done
from jobs.cloud_package import PACKAGES, code_package
from jobs.study.file import read_study
from jobs.submit import input_fingerprints, prepare
from tests.cloud.dataproc_server_fixture import dataproc
from tests.cloud.dataproc_server_study import cloud_study, cohort, hurried

__all__ = ["cloud_study", "cohort", "dataproc", "hurried"]

OUT = "gs://lab/out"


def test_what_was_run_already_is_not_run_again_until_something_changes(dataproc, cloud_study):
    assert cloud_study.progex("submit", "--follow").exit_code == 0
    storage.write_whole(storage.place(f"{OUT}/run.json"), b"{}")
    mark_done(storage.place(OUT), prepare(cloud_study.path).run)
    again = cloud_study.progex("submit")
    assert "nothing has changed since; `progex fetch`" in again.output
    cloud_study.set(cloud={"spot_workers": 6})
    assert "nothing has changed since" in cloud_study.progex("submit").output
    cloud_study.set(compute={"cores": 3})
    assert "nothing has changed since" in cloud_study.progex("submit").output
    cloud_study.set(alpha=0.01)
    assert cloud_study.progex("submit", "--follow").exit_code == 0
    assert len(dataproc.jobs.started) == 2


def test_results_of_another_run_in_the_folder_are_not_taken_for_this_ones(dataproc, cloud_study):
    run = prepare(cloud_study.path).run
    assert cloud_study.progex("submit", "--follow").exit_code == 0
    results = storage.place(f"{OUT}/run.json")
    for content, by in ((b"{}", None), (b"{}", "another"), (b"{}", run)):
        storage.write_whole(results, content)
        if by is not None:
            mark_done(storage.place(OUT), by)
        if by == run:
            assert "was run already" in cloud_study.progex("submit").output
            # As `progex run` does, here or there.
            storage.write_whole(results, content)
        assert "submitted as run" in cloud_study.progex("submit", "--follow").output


def test_every_kind_of_input_makes_another_run_when_it_changes(cloud_study):
    cohort = "gs://lab/cohort"
    files = {
        "participants.tsv": None,
        "visits.tsv": None,
        "vcf/chr1.vcf.gz": None,
        "panel.vcf.gz": storage.place(f"{cohort}/vcf/chr1.vcf.gz").read_bytes(),
        "panel.tsv": b"sample\tancestry\n",
        "targets.bed": b"chr1\t0\t1000000\n",
        "exclude.tsv": b"sample\treason\n",
        "genes.txt": b"GENE1\n",
        "scores.ht/rows/metadata.json.gz": b"parts",
    }
    for name, content in files.items():
        if content is not None:
            storage.write_whole(storage.place(f"{cohort}/{name}"), content)
    samples = {"exclude": f"{cohort}/exclude.tsv"}
    panel = {"vcfs": [f"{cohort}/panel.vcf.gz"], "labels": f"{cohort}/panel.tsv"}
    cloud_study.set(annotation=None)
    cloud_study.set(
        qc={"sample": samples, "ancestry": {"panel": panel}, "variant": {"targets": [f"{cohort}/targets.bed"]}},
        gene_lists=[{"name": "known", "path": f"{cohort}/genes.txt", "version": "1"}],
        annotation={
            "source": "table",
            "scores": ["REVEL"],
            "path": f"{cohort}/scores.ht",
            "columns": {"gene": "gene", "consequence": "consequence"},
        },
    )
    study = with_files_that_may_be_empty(cloud_study.path)
    before = input_fingerprints(study)
    assert before == input_fingerprints(study)
    for name in files:
        place = storage.place(f"{cohort}/{name}")
        content = place.read_bytes()
        storage.write_whole(place, content + b"\n")
        assert input_fingerprints(study) != before, name
        storage.write_whole(place, content)
    assert input_fingerprints(study) == before


def with_files_that_may_be_empty(path):
    """The study as checked, without looking into its files: what is asked here is which of them count."""
    study = read_study(path)
    vcfs, panel = (storage.place(f"gs://lab/cohort/{name}") for name in ("vcf/chr1.vcf.gz", "panel.vcf.gz"))
    summary = inspect_vcfs([vcfs], reference_genome="GRCh38", header_types={}, info_fields=())
    clinical = read_clinical(study, path)
    return CheckedStudy(study, path, (vcfs,), summary, clinical, (), panel_vcfs=(panel,))


def test_changed_inputs_make_another_run(cloud_study):
    before = prepare(cloud_study.path).run
    assert prepare(cloud_study.path).run == before
    table = storage.place("gs://lab/cohort/participants.tsv")
    storage.write_whole(table, table.read_bytes() + b"\n")
    assert prepare(cloud_study.path).run != before


def test_what_was_left_beside_the_code_is_not_in_the_package():
    left = [Path(__file__).parents[2] / "jobs" / name for name in ("participants.txt", "notes~", "copy.vcf.gz")]
    before = code_package().name
    try:
        for path in left:
            path.write_bytes(b"somebody's")
        assert code_package().name == before
    finally:
        for path in left:
            path.unlink()


def test_the_code_package_is_the_same_bytes_from_the_same_code(tmp_path):
    here = code_package()
    script = "from jobs.cloud_package import code_package; print(code_package().name)"
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == here.name
    inside = set(zipfile.ZipFile(BytesIO(here.content)).namelist())
    root = Path(__file__).parents[2]
    tree = {
        path.relative_to(root).as_posix()
        for package in PACKAGES
        for path in (root / package).rglob("*")
        if path.is_file() and not {"__pycache__", "terraform"} & set(path.parts)
    }
    assert {name for name in inside if ".dist-info/" not in name} == tree
