"""Stages whose folders are in a bucket: written where they stay, whole by their manifest, whoever is first."""

import json
from dataclasses import replace

import pytest

from hail_pipelines.places import readable, temporary_folder, whole_folder
from hail_pipelines.whole_file import whole_file
from infra.storage import place
from jobs.places import made_here, place_of
from jobs.run import bring_current
from jobs.stage import MANIFEST, Stage, finished, perform, stage_key
from tests.cloud.storage_fixture import storage_server

__all__ = ["storage_server"]


def write_answer(folder, folders):
    with whole_file(folder / "answer.txt") as path:
        path.write_text("42")
    return {"answers": 1}


STAGE = Stage("think", {}, (), (), ("answer.txt",), ("association.problems",), write_answer, by_workers=True)
KEY = stage_key(STAGE, {})


@pytest.fixture
def stages(storage_server):
    return place("gs://lab/out/stages")


class Told:
    """Remembers what a run tells."""

    def __init__(self):
        self.lines = []

    def reused(self, name, counts):
        self.lines.append(f"{name} current {counts}")

    def stage(self, name, tally):
        told = self

        class Line:
            def __enter__(self):
                return told.lines.append

            def __exit__(self, *error):
                return None

        return Line()


@pytest.mark.parametrize("by_workers", [True, False])
def test_a_stage_is_whole_once_its_manifest_is_there_and_found_again(stages, by_workers):
    stage = replace(STAGE, by_workers=by_workers)
    done = perform(stage, KEY, stages, {})
    again = finished(stage, KEY, stages)
    assert (done.reused, again.reused) == (False, True)
    assert done.folder == again.folder == stages / f"think-{KEY[:16]}"
    assert (again.folder / "answer.txt").read_text() == "42"
    assert json.loads((again.folder / MANIFEST).read_text())["counts"] == {"answers": 1}
    assert sorted(found.name for found in again.folder.iterdir()) == ["answer.txt", MANIFEST]


def test_what_a_killed_run_left_without_a_manifest_is_removed_first(stages):
    folder = stages / f"think-{KEY[:16]}"
    (folder / "calls" / "part-00000.parquet").write_bytes(b"half")
    assert finished(STAGE, KEY, stages) is None
    perform(STAGE, KEY, stages, {})
    assert not (folder / "calls").exists()


@pytest.mark.parametrize("by_workers", [True, False])
def test_of_a_stage_that_fails_nothing_is_left(stages, by_workers):
    def fail(folder, folders):
        write_answer(folder, folders)
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        perform(replace(STAGE, work=fail, by_workers=by_workers), KEY, stages, {})
    assert not stages.exists()


def test_a_run_that_is_second_with_a_stage_takes_the_first_ones_and_says_so(stages):
    def be_overtaken(folder, folders):
        perform(STAGE, KEY, stages, {})
        with whole_file(folder / "answer.txt") as path:
            path.write_text("42")
        return {"answers": 2}

    told = Told()
    record = bring_current([replace(STAGE, work=be_overtaken)], stages.parent, told, str)["think"]
    assert record.reused
    assert record.counts == {"answers": 1}
    assert told.lines == ["answers 1; another run was first with it, and what that one made is taken"]
    assert json.loads((record.folder / MANIFEST).read_text())["counts"] == {"answers": 1}


def test_a_temporary_folder_goes_with_what_is_in_it(stages):
    with temporary_folder(stages, "measure.") as folder:
        (folder / "sums-00000.npz").write_bytes(b"1")
        assert readable(folder / "sums-00000.npz").read() == b"1"
    assert not stages.exists()


@pytest.mark.parametrize("making", [whole_folder, made_here])
def test_of_a_folder_that_is_not_made_to_its_end_nothing_is_left(stages, making):
    def fail():
        with making(stages / "calls") as folder:
            (folder / "part-00000.parquet").write_bytes(b"half")
            raise ValueError("odd")

    with pytest.raises(ValueError, match="odd"):
        fail()
    assert not stages.exists()


def test_a_file_is_put_in_a_bucket_when_it_is_whole_and_only_if_it_is_there(stages):
    def fail():
        with whole_file(stages / "a.txt") as path:
            path.write_text("half")
            raise ValueError("odd")

    with pytest.raises(ValueError, match="odd"):
        fail()
    with whole_file(stages / "none.txt"):
        pass
    assert not stages.exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gs://lab/a/../b/./c.yaml", "gs://lab/b/c.yaml"),
        ("gs://lab/../../other/c", "gs://lab/other/c"),
        ("gs://lab//a//b/", "gs://lab/a/b"),
        ("a/../b", "a/../b"),
    ],
)
def test_a_place_in_a_bucket_never_leaves_it(text, expected):
    assert str(place_of(text)) == expected
