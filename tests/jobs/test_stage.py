"""Stages: what makes a key, what is reused, what a killed run leaves behind."""

import json
from dataclasses import replace

import pytest

from infra.provenance import Fingerprint
from jobs.stage import Stage, finished, perform, stage_key
from jobs.stage_folder import MANIFEST


def write_answer(folder, folders):
    (folder / "answer.txt").write_text("42")
    return {"answers": 1}


STAGE = Stage(
    name="think",
    settings={"deep": True},
    inputs=(Fingerprint("a.vcf", 10, "00c0ffee"),),
    after=("load",),
    outputs=("answer.txt",),
    code=("association.problems",),
    work=write_answer,
)
UPSTREAM = {"load": "k1", "other": "k2"}


def test_a_finished_stage_is_found_again(tmp_path):
    key = stage_key(STAGE, UPSTREAM)
    assert finished(STAGE, key, tmp_path) is None
    done = perform(STAGE, key, tmp_path, {})
    again = finished(STAGE, key, tmp_path)
    assert (done.reused, again.reused) == (False, True)
    assert again.counts == done.counts == {"answers": 1}
    assert json.loads((again.folder / MANIFEST).read_text())["inputs"][0]["crc32c"] == "00c0ffee"


@pytest.mark.parametrize(
    "other",
    [
        replace(STAGE, settings={"deep": False}),
        replace(STAGE, inputs=(Fingerprint("a.vcf", 10, "00c0ffef"),)),
        replace(STAGE, name="ponder"),
        replace(STAGE, code=("association.results",)),
    ],
)
def test_whatever_it_is_made_from_changes_the_key(other):
    assert stage_key(other, UPSTREAM) != stage_key(STAGE, UPSTREAM)


def test_only_its_own_upstream_changes_the_key():
    key = stage_key(STAGE, UPSTREAM)
    assert stage_key(STAGE, UPSTREAM | {"load": "k9"}) != key
    assert stage_key(STAGE, UPSTREAM | {"other": "k9"}) == key


def test_what_a_killed_run_left_is_removed_and_done_again(tmp_path):
    key = stage_key(STAGE, UPSTREAM)
    folder = perform(STAGE, key, tmp_path, {}).folder
    (folder / MANIFEST).unlink()
    (folder / "half.tmp").write_text("half")
    assert finished(STAGE, key, tmp_path) is None
    perform(STAGE, key, tmp_path, {})
    assert not (folder / "half.tmp").exists()
    assert finished(STAGE, key, tmp_path) is not None


def test_a_lost_output_is_made_again(tmp_path):
    key = stage_key(STAGE, UPSTREAM)
    (perform(STAGE, key, tmp_path, {}).folder / "answer.txt").unlink()
    assert finished(STAGE, key, tmp_path) is None


def test_a_stage_that_fails_leaves_no_manifest(tmp_path):
    def fail(folder, folders):
        raise OSError("no space left on device")

    key = stage_key(STAGE, UPSTREAM)
    with pytest.raises(OSError, match="no space"):
        perform(replace(STAGE, work=fail), key, tmp_path, {})
    assert not list(tmp_path.rglob(MANIFEST))


def test_a_promised_output_that_is_missing_is_an_error(tmp_path):
    stage = replace(STAGE, outputs=("answer.txt", "question.txt"))
    with pytest.raises(RuntimeError, match=r"ended without question\.txt"):
        perform(stage, stage_key(stage, UPSTREAM), tmp_path, {})
