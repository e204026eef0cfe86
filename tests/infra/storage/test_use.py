"""Buckets are used only where a study has one, by settings that go to workers."""

import pickle
import subprocess
import sys
from dataclasses import replace

from infra.provenance import Fingerprint, canonical_json, fingerprint
from infra.storage import BucketSettings, place, use_buckets, write_whole
from tests.infra.storage.conftest import IMPATIENT


def test_who_works_on_this_machine_alone_does_not_load_googles_libraries():
    program = (
        "import sys, infra.storage, infra.provenance; infra.storage.place('a')\n"
        "print([name for name in ('cloudpathlib', 'google.cloud.storage', 'requests') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"


def test_settings_go_to_a_worker(lab, storage_server):
    write_whole(lab / "file", b"content")
    storage_server.store.bucket("lab").requester_pays = True
    settings = replace(IMPATIENT, billing_project="our-project")
    assert pickle.loads(pickle.dumps(settings)) == settings
    program = (
        "import pickle, sys; from infra.storage import use_buckets\n"
        "settings, place = pickle.load(sys.stdin.buffer)\n"
        "use_buckets(settings); sys.stdout.write(place.read_text())"
    )
    sent = pickle.dumps((settings, lab / "file"))
    worker = subprocess.run([sys.executable, "-c", program], input=sent, capture_output=True, check=True)
    assert worker.stdout == b"content"


def test_the_last_settings_count(lab, use):
    use(IMPATIENT)
    use_buckets(BucketSettings(threads=2))
    assert place("gs://lab/a").client.settings.threads == 2


def test_a_fingerprint_for_a_stages_key_does_not_depend_on_the_side(lab, tmp_path):
    write_whole(lab / "digits", b"123456789")
    write_whole(tmp_path / "digits", b"123456789")
    assert fingerprint(lab / "digits") == fingerprint(tmp_path / "digits") == Fingerprint("digits", 9, "e3069283")


def test_a_place_is_recorded_as_its_text(lab, tmp_path):
    assert canonical_json([lab / "a", tmp_path]) == f'["gs://lab/a","{tmp_path}"]'
