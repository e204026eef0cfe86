"""A folder is held by one run at a time, here and in a bucket."""

import json
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest

from infra.storage import FolderInUseError, LockTimes, lock_folder, write_whole
from infra.storage.bucket_path import BucketPath
from tests.cloud.storage_faults import LostAnswer, Refusal
from tests.infra.storage.conftest import IMPATIENT

QUICK = LockTimes(refresh=0.05, silence=60.0, watch=0.2)
DEAD_SOON = LockTimes(refresh=60, silence=0.0, watch=0.1)


@pytest.fixture(params=["here", "bucket"])
def folder(request, lab, tmp_path):
    return tmp_path / "out" if request.param == "here" else lab / "out"


def test_a_held_folder_refuses_a_second_run_and_is_free_after(folder):
    with lock_folder(folder, QUICK), pytest.raises(FolderInUseError), lock_folder(folder):
        pass
    with lock_folder(folder):
        pass


def test_the_lock_is_free_after_an_error(folder):
    with pytest.raises(ValueError, match="inside"), lock_folder(folder):
        raise ValueError("inside")
    with lock_folder(folder):
        pass


def test_a_held_folder_refuses_a_second_process(tmp_path):
    program = f"from infra.storage import lock_folder, place\nwith lock_folder(place({str(tmp_path)!r})): pass"
    with lock_folder(tmp_path):
        second = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "FolderInUseError" in second.stderr
    third = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert third.returncode == 0, third.stderr


def test_nothing_is_left_in_the_bucket(lab):
    with lock_folder(lab / "out"):
        assert [path.name for path in (lab / "out").iterdir()] == [".lock"]
    assert not (lab / "out").exists()


def test_the_lock_names_no_machine_or_person(lab):
    with lock_folder(lab / "out"):
        record = json.loads((lab / "out" / ".lock").read_text())
    assert set(record) == {"run", "at"}
    assert socket.gethostname() not in str(record)


def test_a_holder_shows_signs_of_life(lab):
    with lock_folder(lab / "out", QUICK):
        first = (lab / "out" / ".lock").content().generation
        time.sleep(0.5)
        assert (lab / "out" / ".lock").content().generation > first
        with pytest.raises(FolderInUseError, match="its holder is alive"), lock_folder(lab / "out", QUICK):
            pass


def test_a_holder_whose_clock_seems_old_is_watched_and_left(lab):
    with (
        lock_folder(lab / "out", QUICK),
        pytest.raises(FolderInUseError),
        lock_folder(lab / "out", LockTimes(refresh=0.05, silence=-10.0, watch=0.3)),
    ):
        pass


def test_a_dead_holders_folder_is_taken_over_by_one_of_many(lab):
    write_whole(lab / "out" / ".lock", b'{"run": "dead"}')
    time.sleep(0.01)
    in_turn, held, refused = threading.Barrier(4), [], []

    def run():
        in_turn.wait()
        try:
            with lock_folder(lab / "out", LockTimes(refresh=0.02, silence=0.0, watch=1.0)):
                held.append(1)
                for _ in range(2000):
                    if len(refused) == 3:
                        break
                    time.sleep(0.01)
        except FolderInUseError:
            refused.append(1)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(held), len(refused)) == (1, 3)


def test_who_lost_the_lock_is_told(lab, caplog):
    def lose_it():
        write_whole(lab / "out" / ".lock", b"someone else")
        for _ in range(200):
            if "took the folder over" in caplog.text:
                return
            time.sleep(0.05)

    with pytest.raises(FolderInUseError, match="took it over"), lock_folder(lab / "out", QUICK):
        lose_it()
    assert (lab / "out" / ".lock").read_bytes() == b"someone else"
    assert "took the folder over" in caplog.text


def test_who_lost_the_lock_learns_it_before_anything_is_changed(lab):
    checked = []

    def lose_it(still_held):
        for _ in range(2):
            still_held()
            checked.append(True)
            time.sleep(0.1)
        write_whole(lab / "out" / ".lock", b"someone else")
        still_held()
        checked.append(False)

    def hold_it():
        with lock_folder(lab / "out", LockTimes(refresh=60, silence=0.1, watch=0.1)) as still_held:
            lose_it(still_held)

    with pytest.raises(FolderInUseError, match="took it over"):
        hold_it()
    assert checked == [True, True]
    assert (lab / "out" / ".lock").read_bytes() == b"someone else"


def test_a_lock_here_is_held_until_it_is_given_back(tmp_path):
    with lock_folder(tmp_path) as still_held:
        still_held()


def test_a_stale_lock_is_waited_for_and_taken_over(lab):
    write_whole(lab / "out" / ".lock", b'{"run": "cancelled"}')
    told = []
    began = time.monotonic()
    with lock_folder(lab / "out", LockTimes(refresh=0.1, silence=1.0, watch=0.3), told.append):
        assert 0.3 < time.monotonic() - began < 10
        assert b"cancelled" not in (lab / "out" / ".lock").read_bytes()
    assert len(told) == 1
    assert "gs://lab/out: a run holds it whose last sign of life was" in told[0]


def test_a_holders_request_ends_before_it_seems_dead(lab, storage_server, use):
    use(replace(IMPATIENT, patience=3600))
    with lock_folder(BucketPath("gs://lab/out"), LockTimes(refresh=0.05, silence=1.0, watch=0.2)):
        storage_server.faults.add(Refusal("POST", "/upload/", times=10**6))
        time.sleep(0.5)
        began = time.monotonic()
    assert time.monotonic() - began < 5
    storage_server.faults.clear()


def test_a_lock_that_another_has_is_not_given_back(lab):
    with pytest.raises(FolderInUseError, match="took it over"), lock_folder(lab / "out", DEAD_SOON):
        write_whole(lab / "out" / ".lock", b"someone else")
    assert (lab / "out" / ".lock").read_bytes() == b"someone else"


def test_a_lock_outlives_an_outage(lab, storage_server):
    with lock_folder(lab / "out", QUICK):
        storage_server.faults.add(Refusal("POST", "/upload/", times=10**6, status=403, reason="forbidden"))
        time.sleep(0.3)
        storage_server.faults.clear()
        time.sleep(0.2)
    assert not (lab / "out").exists()


def test_a_lock_that_can_not_be_given_back_spoils_no_run(lab, storage_server, caplog):
    with lock_folder(lab / "out"):
        storage_server.faults.add(Refusal("DELETE", times=10**6, status=403, reason="forbidden"))
    assert "free after 180 s" in caplog.text
    assert (lab / "out" / ".lock").is_file()


def test_a_lock_is_given_back_though_the_answer_is_lost(lab, storage_server):
    with lock_folder(lab / "out"):
        storage_server.faults.add(LostAnswer("DELETE"))
    assert storage_server.faults.waiting == []
    assert not (lab / "out").exists()


def test_a_lock_that_is_given_back_while_it_is_watched_is_taken(lab):
    write_whole(lab / "out" / ".lock", b"about to end")
    threading.Timer(0.2, (lab / "out" / ".lock").unlink).start()
    with lock_folder(lab / "out", LockTimes(refresh=60, silence=-10.0, watch=1.0)):
        assert b"about to end" not in (lab / "out" / ".lock").read_bytes()
