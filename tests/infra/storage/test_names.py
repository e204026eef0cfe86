"""Names of objects that no file in a folder can have are refused, and nothing is written outside the folder."""

import pytest

from association.problems import InputError
from infra.storage import copy_whole, fetch


def write(lab, *names):
    for name in names:
        lab.client.objects.blob("lab", name).upload_from_string(b"theirs")


@pytest.mark.parametrize("name", ["../../escaped", "a//b", "/escaped", "./a", "a/.."])
@pytest.mark.parametrize("take", [fetch, copy_whole], ids=["fetch", "copy"])
def test_a_name_that_leads_elsewhere_is_refused_and_named(lab, tmp_path, name, take):
    write(lab, "out/report/good", f"out/report/{name}")
    with pytest.raises(InputError, match="a part of its name is empty") as caught:
        take(lab / "out" / "report", tmp_path / "deep" / "report")
    assert repr(name) in str(caught.value)
    assert {path.name for path in tmp_path.iterdir()} <= {"buckets", "deep"}
    assert not [path for path in (tmp_path / "deep").rglob("*") if path.is_file()]


def test_an_object_beside_others_within_it_is_refused_and_named(lab, tmp_path):
    write(lab, "out/a/b", "out/a")
    with pytest.raises(InputError, match="'a' there is a file, and a folder of others too"):
        fetch(lab / "out", tmp_path / "here")
    assert not (tmp_path / "here").exists()


def test_one_that_is_left_out_is_in_nobodys_way(lab, tmp_path):
    write(lab, "out/stages/b", "out/stages", "out/run.json")
    fetch(lab / "out", tmp_path / "here", leave_out=("stages",))
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["run.json"]
