"""Each reason not to put cohorts together, tried; and the definitions that fit pass."""

from __future__ import annotations

import copy
import json

import pytest

from association.problems import InputError
from jobs.consortium.definitions import definition_hash
from jobs.consortium.manifest import FORMAT, read_manifest
from jobs.consortium.refusals import clashes, difference, misfits, other_builds

DEFINITIONS = {
    "traits": {"traits": [{"name": "survival", "endpoint": "composite"}], "covariates": ["sex"]},
    "masks": {"masks": [{"name": "plof", "max_allele_frequency": [0.01]}]},
    "annotation": {"annotation": {"source": "vep"}, "files": []},
    "tables": {"participants": {"times": "dates"}, "visits": None},
    "strata": {"strata": ["site"]},
    "qc": {"qc": {"genotype": {"min_gq": 20}}},
    "analysis": {"alpha": 0.05, "gene_lists": [{"name": "known", "genes": "a1"}]},
}


def manifest(name="a", **changes):
    made = {
        "cohort": name,
        "reference_genome": "GRCh38",
        "versions": {"progex": "1.0", "hail": "0.2.130"},
        "salt_check": None,
        "definitions": copy.deepcopy(DEFINITIONS),
    }
    made |= changes
    return made | {"hashes": {part: definition_hash(value) for part, value in made["definitions"].items()}}


def refused(*manifests):
    return "\n".join(f"{problem.place}: {problem.message}" for problem in misfits(manifests))


def sites(first, number):
    return tuple(f"1-{place}-A-C" for place in range(first, first + number))


def test_cohorts_of_one_definition_fit():
    manifests = [manifest("a"), manifest("b"), manifest("c")]
    assert not list(misfits(manifests))
    assert not list(other_builds(manifests, [sites(0, 500), None, sites(0, 500)]))


def test_another_build_is_refused():
    assert "is on GRCh37, the other on GRCh38" in refused(manifest(), manifest("b", reference_genome="GRCh37"))


def test_another_version_is_refused():
    text = refused(manifest(), manifest("b", versions={"progex": "2.0", "hail": "0.2.131"}))
    assert "made by progex 2.0, the other by 1.0" in text
    assert "made by hail 0.2.131, the other by 0.2.130" in text


def test_fingerprints_of_different_salts_are_refused_whoever_has_none():
    salted = [manifest("b", salt_check="aa"), manifest("c", salt_check="bb")]
    assert "c against b, cohort.salt: fingerprints are of different salts" in refused(manifest(), *salted)
    assert not refused(manifest(), manifest("b", salt_check="aa"), manifest("c", salt_check="aa"))


@pytest.mark.parametrize(
    ("part", "change", "lines"),
    [
        (
            "traits",
            {"traits": [{"name": "survival", "endpoint": "death"}], "covariates": ["sex"]},
            ['- traits[survival].endpoint: "composite"', '+ traits[survival].endpoint: "death"'],
        ),
        (
            "masks",
            {"masks": [{"name": "plof", "max_allele_frequency": [0.05]}]},
            ["- masks[plof].max_allele_frequency: [0.01]", "+ masks[plof].max_allele_frequency: [0.05]"],
        ),
        ("annotation", {"annotation": {"source": "snpeff"}, "files": []}, ['+ annotation.source: "snpeff"']),
        ("tables", {"participants": {"times": "months"}, "visits": None}, ['+ participants.times: "months"']),
        ("strata", {"strata": ["batch"]}, ['- strata: ["site"]', '+ strata: ["batch"]']),
        ("qc", {"qc": {"genotype": {"min_gq": 10}}}, ["+ qc.genotype.min_gq: 10"]),
        (
            "analysis",
            {"alpha": 0.05, "gene_lists": [{"name": "known", "genes": "b2"}]},
            ['+ gene_lists[known].genes: "b2"'],
        ),
    ],
)
def test_another_definition_is_refused_and_shown_line_by_line(part, change, lines):
    text = refused(manifest(), manifest("b", definitions=DEFINITIONS | {part: change}))
    assert f"b against a, {part}: defined otherwise" in text
    for line in lines:
        assert line in text
    assert "sex" not in text, "what is the same is not shown"


def test_a_long_difference_is_cut():
    shown = difference({"a": {str(number): 1 for number in range(50)}}, {"a": {}})
    assert len(shown) == 21
    assert "lines more" in shown[-1]


def test_two_cohorts_of_one_name_are_refused():
    assert "a: two cohorts have this name" in refused(manifest(), manifest())
    assert "A: two cohorts have this name" in refused(manifest(), manifest("A"))


def test_sites_of_another_build_are_refused_whatever_the_manifest_says():
    (problem,) = other_builds([manifest(), manifest("b")], [sites(0, 500), sites(490, 500)])
    assert "10 of 500 common sites are the same" in problem.message
    assert not list(other_builds([manifest(), manifest("b")], [sites(0, 50), sites(400, 50)]))


def test_all_misfits_are_told_at_once():
    other = manifest("b", reference_genome="GRCh37", versions={"progex": "2.0", "hail": "0.2.130"})
    assert len(list(misfits([manifest(), other]))) == 2


def test_ids_in_two_cohorts_are_refused_and_not_named():
    (problem,) = clashes([("a", {"secret1", "x"}), ("b", {"secret1", "y"}), ("c", {"z"})])
    assert problem.place == "a and b, ids"
    assert "1 sample ids stand in the genotypes or tables of both" in problem.message
    assert "secret" not in problem.message
    assert "--rename-samples" in problem.message


def test_a_folder_without_manifest_or_with_one_of_another_form_is_refused(tmp_path):
    with pytest.raises(InputError, match="make it by `progex cohort"):
        read_manifest(tmp_path)
    (tmp_path / "cohort").mkdir()
    (tmp_path / "cohort/manifest.json").write_text(json.dumps({"format": FORMAT + 1}))
    with pytest.raises(InputError, match="make all of them anew"):
        read_manifest(tmp_path)
