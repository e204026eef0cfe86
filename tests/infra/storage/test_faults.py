"""What goes wrong with Google's storage ends in the content that was asked for, or in a message with the remedy."""

import logging
import os
from dataclasses import replace

import pytest

from association.problems import InputError
from infra.storage import AlreadyThereError, StorageError, check_bucket, check_key, fetch, put, write_new, write_whole
from infra.storage.bucket_location import is_near
from infra.storage.bucket_path import BucketPath
from tests.cloud.storage_faults import (
    CutDownload,
    FlippedDownload,
    FlippedUpload,
    LostAnswer,
    Refusal,
    Reset,
    ShortDownload,
)
from tests.infra.storage.conftest import IMPATIENT

# Two pieces of an upload and a bit: it is sent as a resumable one.
LONG = os.urandom(9 * 1024 * 1024 + 17)
UPLOAD, DOWNLOAD, OBJECT = "/upload/", "alt=media", "/storage/v1/b/lab/o/"
FOR_EVER = 10**6


def remedy(caught):
    return str(caught.value)


@pytest.mark.parametrize("status", [503, 429, 500])
def test_a_burst_of_refusals_is_sat_out(lab, storage_server, status):
    storage_server.faults.add(Refusal("POST", UPLOAD, times=3, status=status))
    write_whole(lab / "file", b"content")
    storage_server.faults.add(
        Refusal("GET", OBJECT, times=3, status=status), Refusal("GET", DOWNLOAD, times=3, status=status)
    )
    assert (lab / "file").read_bytes() == b"content"
    storage_server.faults.add(Refusal("DELETE", OBJECT, times=3, status=status))
    (lab / "file").unlink()
    assert storage_server.faults.waiting == []


def test_an_outage_is_told_when_patience_ends(lab, storage_server, use):
    use(replace(IMPATIENT, patience=0.2))
    storage_server.faults.add(Refusal(times=FOR_EVER))
    with pytest.raises(StorageError, match="Try again later") as caught:
        write_whole(BucketPath("gs://lab/file"), b"content")
    assert "gs://lab/file" in remedy(caught)
    assert "503" in remedy(caught)
    assert list((storage_server.root / "lab").iterdir()) == []


def test_a_quota_that_stays_exceeded_is_told(lab, storage_server, use):
    use(replace(IMPATIENT, patience=0.2))
    told = "Quota exceeded for project-number 1234"
    for fault in (
        Refusal(times=FOR_EVER, status=429, reason="rateLimitExceeded", message=told),
        Refusal(times=FOR_EVER, status=403, reason="quotaExceeded", message=told),
    ):
        storage_server.faults.clear()
        storage_server.faults.add(fault)
        with pytest.raises(StorageError, match="fewer workers") as caught:
            BucketPath("gs://lab/file").read_bytes()
        assert "1234" not in remedy(caught)


def test_an_upload_goes_on_after_a_reset(lab, storage_server):
    storage_server.faults.add(Reset("PUT", UPLOAD, after=4, after_bytes=300 * 1024))
    write_whole(lab / "file", LONG)
    assert (storage_server.root / "lab" / "file").read_bytes() == LONG
    pieces = -(-len(LONG) // IMPATIENT.piece)
    assert storage_server.count("POST", UPLOAD) == 1
    assert storage_server.count("PUT", UPLOAD) == pieces + 1


def test_an_upload_survives_a_burst_in_its_midst(lab, storage_server):
    storage_server.faults.add(
        Refusal("PUT", UPLOAD, times=3, after=2), LostAnswer("PUT", UPLOAD, after=6), Reset("PUT", UPLOAD)
    )
    write_whole(lab / "file", LONG)
    assert (storage_server.root / "lab" / "file").read_bytes() == LONG


def test_an_upload_that_google_forgot_begins_anew(lab, storage_server):
    storage_server.faults.add(Refusal("PUT", UPLOAD, after=3, status=410, reason="gone", message="session gone"))
    write_whole(lab / "file", LONG)
    assert (storage_server.root / "lab" / "file").read_bytes() == LONG


def test_an_upload_that_never_gets_through_leaves_what_was_there(lab, storage_server, use):
    write_whole(lab / "file", b"old")
    use(replace(IMPATIENT, patience=0.2))
    storage_server.faults.add(Reset("PUT", UPLOAD, times=FOR_EVER, after=3, after_bytes=1000))
    with pytest.raises(StorageError, match="nothing was left half-written"):
        write_whole(BucketPath("gs://lab/file"), LONG)
    assert (storage_server.root / "lab" / "file").read_bytes() == b"old"


@pytest.mark.parametrize("content", [b"short", LONG], ids=["in one request", "in pieces"])
@pytest.mark.parametrize("noticed", [True, False], ids=["the server notices", "we notice"])
def test_an_upload_with_a_flipped_bit_is_sent_again(lab, storage_server, content, noticed):
    method = "POST" if content == b"short" else "PUT"
    storage_server.faults.add(FlippedUpload(method, UPLOAD, at_byte=3, noticed=noticed))
    write_new(lab / "file", content)
    assert (storage_server.root / "lab" / "file").read_bytes() == content
    assert storage_server.faults.waiting == []


def test_an_upload_that_is_altered_every_time_leaves_nothing(lab, storage_server):
    storage_server.faults.add(FlippedUpload("POST", UPLOAD, times=FOR_EVER, noticed=False))
    with pytest.raises(StorageError, match="try on another"):
        write_whole(lab / "file", b"content")
    assert list((storage_server.root / "lab").iterdir()) == []


@pytest.mark.parametrize(
    "fault",
    [
        CutDownload("GET", DOWNLOAD, times=3, after_bytes=1_000_000),
        ShortDownload("GET", DOWNLOAD, after_bytes=1_000_000),
        FlippedDownload("GET", DOWNLOAD, at_byte=5_000_000),
        Reset("GET", DOWNLOAD),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_a_damaged_download_is_fetched_again(lab, storage_server, tmp_path, fault):
    write_whole(lab / "file", LONG)
    storage_server.faults.add(replace(fault))
    fetch(lab / "file", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == LONG
    assert storage_server.faults.waiting == []


def test_damage_behind_a_broken_connection_is_noticed(lab, storage_server, tmp_path):
    write_whole(lab / "file", LONG)
    storage_server.faults.add(
        CutDownload("GET", DOWNLOAD, after_bytes=1_000_000), FlippedDownload("GET", DOWNLOAD, at_byte=17)
    )
    fetch(lab / "file", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == LONG


@pytest.mark.parametrize("fault", [ShortDownload, FlippedDownload])
def test_a_download_that_is_damaged_every_time_leaves_nothing(lab, storage_server, tmp_path, fault):
    write_whole(lab / "file", b"content")
    storage_server.faults.add(fault("GET", DOWNLOAD, times=FOR_EVER))
    with pytest.raises(StorageError, match="checksum: was fetched several times"):
        fetch(lab / "file", tmp_path / "file")
    assert list(tmp_path.glob("*file*")) == []
    with pytest.raises(StorageError):
        os.fspath(lab / "file")


def test_someone_elses_manifest_is_left(lab, storage_server):
    write_new(lab / "manifest.json", b"{}")
    with pytest.raises(AlreadyThereError, match=r"gs://lab/manifest\.json"):
        write_new(lab / "manifest.json", b"{}")
    storage_server.faults.add(Refusal("POST", UPLOAD, status=412, reason="conditionNotMet"))
    with pytest.raises(AlreadyThereError):
        write_new(lab / "other.json", b"{}")


def test_our_own_manifest_whose_answer_was_lost_is_ours(lab, storage_server):
    storage_server.faults.add(LostAnswer("POST", UPLOAD, times=2))
    write_new(lab / "manifest.json", b"{}")
    assert (lab / "manifest.json").read_bytes() == b"{}"
    assert storage_server.faults.waiting == []


@pytest.mark.parametrize(
    ("permission", "use_it"),
    [
        ("storage.objects.get", lambda lab, here: (lab / "file").read_bytes()),
        ("storage.objects.list", lambda lab, here: list(lab.iterdir())),
        ("storage.objects.create", lambda lab, here: write_whole(lab / "new", b"")),
        ("storage.objects.delete", lambda lab, here: (lab / "file").unlink()),
        ("storage.buckets.get", lambda lab, here: check_bucket(lab, region="europe-west4")),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_denied_permission_is_named_with_the_role_that_has_it(lab, storage_server, permission, use_it, tmp_path):
    write_whole(lab / "file", b"content")
    storage_server.store.bucket("lab").denied.add(permission)
    with pytest.raises(InputError, match="roles/storage") as caught:
        use_it(lab, tmp_path)
    assert permission in remedy(caught)
    assert "caller" not in remedy(caught)
    assert (storage_server.root / "lab" / "file").read_bytes() == b"content"


def test_a_missing_bucket_is_named(lab, storage_server, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    elsewhere = BucketPath("gs://no-such-bucket")
    for use_it in (
        lambda: (elsewhere / "file").read_bytes(),
        lambda: (elsewhere / "file").exists(),
        lambda: list(elsewhere.iterdir()),
        lambda: write_whole(elsewhere / "file", b""),
        lambda: put(tmp_path, elsewhere / "folder"),
        lambda: check_bucket(elsewhere),
    ):
        with pytest.raises(InputError, match="no bucket gs://no-such-bucket; check its spelling"):
            use_it()
    assert not (storage_server.root / "no-such-bucket").exists()


@pytest.mark.parametrize(
    ("region", "location", "near"),
    [
        ("europe-west2", "EUR5", True),
        ("europe-west3", "EUR7", True),
        ("europe-west6", "EUR8", True),
        ("europe-west4", "EUR8", False),
        ("europe-west9", "EU", True),
        ("europe-west2", "EU", False),
        ("europe-west6", "EU", False),
        ("us-east4", "US", True),
    ],
)
def test_names_of_several_regions_stand_for_these_alone(region, location, near):
    assert is_near(region.upper(), location, ()) is near


def test_the_bucket_must_encrypt_by_itself_with_the_key_that_the_study_names(lab, storage_server, use):
    key = "projects/p/locations/europe-west4/keyRings/r/cryptoKeys/k"
    check_key(lab / "out")
    use(replace(IMPATIENT, kms_key=key))
    for others in (None, f"{key}2"):
        storage_server.store.bucket("lab").default_kms_key = others
        with pytest.raises(InputError, match="buckets update gs://lab --default-encryption-key=projects/p/"):
            check_key(BucketPath("gs://lab/out"))
    storage_server.store.bucket("lab").default_kms_key = key
    check_key(BucketPath("gs://lab/out"))


@pytest.mark.parametrize("location", ["EUROPE-WEST4", "EU", "EUR4"])
def test_a_bucket_around_the_region_passes(lab, storage_server, location):
    storage_server.make_bucket("lab", location=location)
    check_bucket(lab / "out", region="europe-west4")


@pytest.mark.parametrize("location", ["EUROPE-WEST1", "US", "NAM4"])
def test_a_bucket_elsewhere_is_refused(lab, storage_server, location):
    storage_server.make_bucket("lab", location=location)
    with pytest.raises(InputError, match="use a bucket in europe-west4") as caught:
        check_bucket(lab / "out", region="europe-west4")
    assert location.lower() in remedy(caught)


def test_who_asks_must_pay_where_the_bucket_says_so(lab, storage_server, use):
    write_whole(lab / "file", b"content")
    storage_server.store.bucket("lab").requester_pays = True
    for use_it in ((lab / "file").read_bytes, (lab / "file").unlink, lambda: write_whole(lab / "new", b"")):
        with pytest.raises(InputError, match="requester_pays_project"):
            use_it()
    use(replace(IMPATIENT, billing_project="our-project"))
    paid = BucketPath("gs://lab/file")
    assert paid.read_bytes() == b"content"
    write_whole(BucketPath("gs://lab/long"), LONG)
    paid.rename(BucketPath("gs://lab/renamed"))
    assert sorted(path.name for path in BucketPath("gs://lab").iterdir()) == ["long", "renamed"]


def test_who_names_a_project_that_pays_must_be_allowed_to(lab, storage_server, use):
    write_whole(lab / "file", b"content")
    storage_server.store.bucket("lab").denied.add("serviceusage.services.use")
    assert (lab / "file").read_bytes() == b"content"
    use(replace(IMPATIENT, billing_project="not-ours"))
    with pytest.raises(InputError, match=r"roles/serviceusage\.serviceUsageConsumer on it"):
        BucketPath("gs://lab/file").read_bytes()


def test_new_objects_are_encrypted_with_the_given_key(lab, storage_server, use):
    key = "projects/p/locations/europe-west4/keyRings/r/cryptoKeys/k"
    use(replace(IMPATIENT, kms_key=key))
    write_whole(BucketPath("gs://lab/short"), b"content")
    write_whole(BucketPath("gs://lab/long"), LONG)
    BucketPath("gs://lab/short").rename(BucketPath("gs://lab/renamed"))
    for name in ("long", "renamed"):
        assert storage_server.store.find("lab", name)["kmsKeyName"].startswith(key)
    assert BucketPath("gs://lab/long").read_bytes() == LONG


def test_no_credentials_is_told_with_the_remedy(monkeypatch, tmp_path, use):
    use(replace(IMPATIENT, patience=0.1))
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    for name, value in {
        "HOME": str(tmp_path),
        "CLOUDSDK_CONFIG": str(tmp_path),
        "NO_GCE_CHECK": "true",
        "GOOGLE_APPLICATION_CREDENTIALS": "",
    }.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match="gcloud auth application-default login"):
        BucketPath("gs://lab/file").read_bytes()


def test_an_object_that_changes_while_it_is_read_is_told(lab, storage_server):
    write_whole(lab / "file", LONG)
    with (lab / "file").open("rb") as stream:
        assert stream.read(1000) == LONG[:1000]
        write_whole(lab / "file", LONG[::-1])
        with pytest.raises(StorageError, match="changed by someone else"):
            stream.read()


def test_messages_and_logs_hold_no_content(lab, storage_server, caplog):
    caplog.set_level(logging.DEBUG, logger="infra")
    storage_server.faults.add(FlippedUpload("POST", UPLOAD, times=FOR_EVER))
    with pytest.raises(StorageError) as caught:
        write_whole(lab / "file", b"ALS-0017 secret")
    assert "sending it again" in caplog.text
    assert "ALS-0017" not in caplog.text + remedy(caught)
