"""Fingerprints and code digests."""

from infra.provenance import Fingerprint, canonical_json, code_digest, fingerprint, versions


def test_checksum_is_castagnolis(tmp_path):
    path = tmp_path / "digits"
    path.write_bytes(b"123456789")
    # The check value of CRC-32C in the catalogue of parametrised CRC algorithms.
    assert fingerprint(path) == Fingerprint("digits", 9, "e3069283")


def test_json_of_equal_values_is_equal():
    assert canonical_json({"b": 1, "a": [Fingerprint("x", 1, "00")]}) == (
        '{"a":[{"crc32c":"00","name":"x","size":1}],"b":1}'
    )


def test_code_digest_tells_packages_apart_and_knows_single_modules():
    assert code_digest(["association"]) != code_digest(["infra"])
    assert code_digest(["association.results"]) != code_digest(["association.problems"])


def test_versions_name_python_and_the_engine():
    assert versions()["progex"] != "not installed"
    assert versions()["python"].startswith("3.")
