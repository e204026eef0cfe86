"""Stages whose folders are in a bucket: written where they stay, whole by their manifest, whoever is first."""

from dataclasses import replace

import pytest

from hail_pipelines.places import readable, temporary_folder, whole_folder
from hail_pipelines.whole_file import whole_file
from infra.storage import FolderInUseError, place
from jobs.places import made_here, place_of
from jobs.run import bring_current
from jobs.stage import Stage, finished, perform, stage_key
from jobs.stage_folder import MANIFEST, begin, claim, manifest_of, name_of
from tests.cloud.storage_fixture import storage_server

__all__ = ["storage_server"]


def write_answer(folder, folders):
    with whole_file(folder / "answer.txt") as path:
        path.write_text("42")
    return {"answers": 1}


STAGE = Stage("think", {}, (), (), ("answer.txt",), ("association.problems",), write_answer, by_workers=True)
KEY = stage_key(STAGE, {})
HOME = place(f"gs://lab/out/stages/think-{KEY[:16]}")


@pytest.fixture
def stages(storage_server):
    return HOME.parent


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
    assert done.folder == again.folder
    assert done.folder.parent == HOME
    assert stages / name_of(done.folder) == done.folder
    assert (again.folder / "answer.txt").read_text() == "42"
    assert manifest_of(again.folder)["counts"] == {"answers": 1}
    assert sorted(found.name for found in HOME.iterdir()) == [again.folder.name, MANIFEST]
    assert [found.name for found in again.folder.iterdir()] == ["answer.txt"]


def test_what_a_killed_run_left_without_a_manifest_counts_for_nothing(stages):
    left = HOME / "attempt-of-a-killed-run" / "answer.txt"
    left.write_bytes(b"half")
    assert finished(STAGE, KEY, stages) is None
    done = perform(STAGE, KEY, stages, {})
    assert (done.folder / "answer.txt").read_text() == "42"
    assert left.read_bytes() == b"half"


def test_what_another_run_finishes_while_this_one_begins_is_left(stages, monkeypatch):
    began, first = [], []

    def be_overtaken(home):
        # Between the look for a finished stage and the work.
        began.append(home)
        if len(began) == 1:
            first.append(perform(STAGE, KEY, stages, {}))
        return begin(home)

    monkeypatch.setattr("jobs.stage.begin", be_overtaken)
    second = perform(STAGE, KEY, stages, {})
    assert second == replace(first[0], reused=True, seconds=second.seconds)
    assert finished(STAGE, KEY, stages) == second


def test_a_run_that_fails_leaves_what_another_has_finished_meanwhile(stages):
    def be_overtaken_and_fail(folder, folders):
        perform(STAGE, KEY, stages, {})
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        perform(replace(STAGE, work=be_overtaken_and_fail), KEY, stages, {})
    assert (finished(STAGE, KEY, stages).folder / "answer.txt").read_text() == "42"


def test_an_error_of_the_work_itself_is_its_own(stages):
    def be_overtaken_and_stumble(folder, folders):
        perform(STAGE, KEY, stages, {})
        raise FileExistsError("mine")

    with pytest.raises(FileExistsError, match="mine"):
        perform(replace(STAGE, work=be_overtaken_and_stumble), KEY, stages, {})


@pytest.mark.parametrize("lost", ["calls/part-00001.parquet", "answer.txt"])
def test_outputs_of_which_some_are_gone_are_made_again(stages, lost):
    def write_calls(folder, folders):
        for number in range(2):
            (folder / "calls" / f"part-{number:05d}.parquet").write_bytes(b"calls")
        return write_answer(folder, folders)

    stage = replace(STAGE, work=write_calls, outputs=("calls", "answer.txt"))
    broken = perform(stage, KEY, stages, {})
    (broken.folder / lost).unlink()
    assert finished(stage, KEY, stages) is None
    again = perform(stage, KEY, stages, {})
    assert not again.reused
    assert finished(stage, KEY, stages).folder == again.folder != broken.folder


def test_outputs_that_lose_one_before_the_manifest_is_written_are_not_taken(stages, monkeypatch):
    def lose_one(home, folder, manifest):
        done = claim(home, folder, manifest)
        (folder / "answer.txt").unlink()
        return done

    monkeypatch.setattr("jobs.stage.claim", lose_one)
    perform(STAGE, KEY, stages, {})
    assert finished(STAGE, KEY, stages) is None


def test_no_stage_is_begun_and_nothing_published_once_the_folder_is_another_runs(stages):
    left = iter([None])

    def still_held():
        if next(left, "lost") == "lost":
            raise FolderInUseError("another run took it over")

    second = replace(STAGE, name="ponder")
    with pytest.raises(FolderInUseError):
        bring_current([STAGE, second], stages.parent, Told(), str, still_held)
    assert [found.name for found in stages.iterdir()] == [f"think-{stage_key(STAGE, {})[:16]}"]


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
    assert manifest_of(record.folder)["counts"] == {"answers": 1}
    assert sorted(found.name for found in record.folder.parent.iterdir()) == [record.folder.name, MANIFEST]


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
