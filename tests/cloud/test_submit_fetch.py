"""What a run has made is fetched, every file verified, and single patients stay at the site."""

from pathlib import Path

from infra import storage
from jobs.cloud_fetch import fetch_results
from tests.cloud.dataproc_server_fixture import dataproc
from tests.cloud.dataproc_server_study import cloud_study, cohort, hurried

__all__ = ["cloud_study", "cohort", "dataproc", "hurried"]


def names_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file())


def test_fetches_results_verified_and_leaves_patients_rows(cloud_study, tmp_path):
    assert "no run has finished there" in cloud_study.progex("fetch").output
    out = storage.place("gs://lab/out")
    shown = ["report/report.html", "results/gene_tests.tsv", "run.json"]
    for name in (*shown, "report/null_models_site.html", "qc/samples.parquet", "stages/a/x"):
        storage.write_whole(out / name, name.encode())
    done = cloud_study.progex("fetch", "--to", str(tmp_path / "here"))
    assert done.exit_code == 0, done.output
    assert names_in(tmp_path / "here") == shown
    assert "fetched 3 files" in done.output
    assert "1 of 1 files, 22 bytes of 22 bytes" in done.output
    cloud_study.progex("fetch", "--all", "--to", str(tmp_path / "all"))
    assert names_in(tmp_path / "all") == ["qc/samples.parquet", "report/null_models_site.html", *shown]


def fetched_from(folder, tmp_path, *names):
    """Fetch what a run made of these names, to a folder that an earlier fetch may have filled."""
    storage.remove(folder)
    for name in (*names, "run.json"):
        storage.write_whole(folder / name, str(names).encode())
    return fetch_results(folder, tmp_path / "here", everything=False)


def test_what_an_earlier_run_left_is_removed_where_it_was_fetched_to(cloud_study, tmp_path):
    out, here = storage.place("gs://lab/out"), tmp_path / "here"
    (here / "results").mkdir(parents=True)
    (here / "results" / "mine.txt").write_text("not fetched")
    assert fetched_from(out, tmp_path, "results/a", "results/b/c", "report/report.html").removed == 0
    assert (here / "results" / "mine.txt").is_file()
    storage.write_whole(here / "report" / "null_models_site.html", b"of the earlier run")
    storage.write_whole(here / "notes.txt", b"mine")
    fetched_from(out, tmp_path, "results/a/x", "results/b", "report/report.html", "report/null_models_site.html")
    assert names_in(here) == ["notes.txt", "report/report.html", "results/a/x", "results/b", "run.json"]
