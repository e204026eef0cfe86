"""Each reason not to combine shares, tried, and told with all others; shares of one definition fit."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest

from association.cohort.fingerprints import Fingerprints, fingerprints
from association.meta.share_schema import VERSION
from association.problems import InputError
from jobs.consortium.cohort import write_fingerprints
from jobs.consortium.definitions import definition_hash
from jobs.consortium.overlap import look_for_overlap
from jobs.consortium.share_misfits import read_shares

DEFINITIONS = {
    "traits": {"traits": [{"name": "survival", "endpoint": "composite"}, {"name": "fvc"}], "covariates": ["sex"]},
    "masks": {
        "masks": [{"name": "plof", "max_allele_frequency": [0.01]}],
        "tests": [{"test": "burden", "weights": "flat", "coding": "sum"}],
        "condition_on": [],
    },
    "annotation": {"annotation": {"source": "vep", "release": 110}, "files": []},
    "strata": {"strata": ["country"]},
    "qc": {"qc": {"sample": {"min_call_rate": 0.95}}},
    "analysis": {"follow_up": {"genes": 20}, "alpha": 0.05},
}
SURVIVAL = {
    "type": "survival",
    "kind": "cox",
    "ties": "efron",
    "definition": {"endpoint": "composite"},
    "samples": 90,
    "residual_variance": None,
    "covariates": [],
}


@pytest.fixture
def make_share(tmp_path):
    """Give a function that writes a share of nothing but its manifest, changed, and fingerprints."""

    def make(name, *, prints=None, **changes):
        folder = tmp_path / f"share {len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        manifest = {
            "schema_version": VERSION,
            "cohort": name,
            "run": "run",
            "gene_store": "store",
            "smallest_cell": 5,
            "left_out": {},
            "reference_genome": "GRCh38",
            "versions": {"progex": "1.0", "hail": "0.2.1"},
            "definitions": copy.deepcopy(DEFINITIONS),
            "salt_check": "one",
            "traits": {"survival": SURVIVAL},
            **changes,
        }
        manifest["hashes"] = {part: definition_hash(value) for part, value in manifest["definitions"].items()}
        (folder / "share.json").write_text(json.dumps(manifest))
        if prints is not None:
            write_fingerprints(prints, folder)
        return folder

    return make


def refusal(*folders):
    with pytest.raises(InputError) as refused:
        read_shares(folders)
    return str(refused.value)


def test_shares_of_one_definition_fit(make_share):
    north, south = read_shares([make_share("north"), make_share("south")])
    assert (north.cohort, south.cohort) == ("north", "south")
    assert north.prints is None


@pytest.mark.parametrize(
    ("part", "change", "lines"),
    [
        ("annotation", {"annotation": {"source": "vep", "release": 109}, "files": []}, ["annotation.release: 1"]),
        ("strata", {"strata": ["centre"]}, ['- strata: ["country"]', '+ strata: ["centre"]']),
        ("qc", {"qc": {"sample": {"min_call_rate": 0.9}}}, ["+ qc.sample.min_call_rate: 0.9"]),
        ("analysis", {"follow_up": {"genes": 30}, "alpha": 0.05}, ["+ follow_up.genes: 30"]),
        (
            "masks",
            DEFINITIONS["masks"] | {"tests": [{"test": "burden", "weights": "beta_1_25", "coding": "sum"}]},
            ['+ tests[0].weights: "beta_1_25"'],
        ),
        (
            "masks",
            DEFINITIONS["masks"] | {"condition_on": ["chr1-5-A-C"]},
            ['+ condition_on: ["chr1-5-A-C"]'],
        ),
        (
            "traits",
            DEFINITIONS["traits"] | {"covariates": ["age"]},
            ['- covariates: ["sex"]', '+ covariates: ["age"]'],
        ),
    ],
)
def test_every_other_definition_is_refused_and_shown_line_by_line(make_share, part, change, lines):
    text = refusal(make_share("north"), make_share("south", definitions=DEFINITIONS | {part: change}))
    assert f", {part}: defined otherwise; agree on one, run and share again" in text
    assert all(line in text for line in lines)
    assert "1 problem" in text
    assert "endpoint" not in text, "what is the same is not shown"


def test_other_builds_and_versions_are_refused(make_share):
    other = make_share("south", reference_genome="GRCh37", versions={"progex": "2.0", "hail": "0.3"})
    text = refusal(make_share("north"), other)
    assert "is on GRCh37, the other on GRCh38; call or lift one of them over" in text
    assert "was made by progex 2.0, the other by 1.0; make both by one version" in text
    assert "was made by hail 0.3, the other by 0.2.1" in text
    assert "3 problems" in text


def test_another_schema_is_refused_before_anything_else_of_the_share_is_read(make_share):
    text = refusal(make_share("north"), make_share("south", schema_version=99, reference_genome="GRCh37"))
    assert f"schema_version: is 99, and this version of progex reads {VERSION}; share again" in text
    assert "1 problem" in text


def test_two_shares_of_one_cohort_are_refused(make_share):
    assert "'north' is the name of" in refusal(make_share("north"), make_share("north"))
    assert "'North' is the name of" in refusal(make_share("north"), make_share("North"))


def test_a_trait_that_came_out_otherwise_is_refused_once(make_share):
    changed = {"survival": SURVIVAL | {"ties": "breslow"}}
    text = refusal(make_share("north"), make_share("south", traits=changed))
    assert "trait survival: came out otherwise" in text
    assert '+ ties: "breslow"' in text
    endpoint = [{"name": "survival", "endpoint": "death"}, {"name": "fvc"}]
    otherwise = {"survival": SURVIVAL | {"definition": {"endpoint": "death"}}}
    definitions = DEFINITIONS | {"traits": DEFINITIONS["traits"] | {"traits": endpoint}}
    text = refusal(make_share("east"), make_share("west", traits=otherwise, definitions=definitions))
    assert '+ traits[survival].endpoint: "death"' in text
    assert "1 problem" in text, "what the definitions say is not said of the trait again"


def test_a_trait_that_a_share_lacks_may_be_defined_otherwise_there(make_share):
    own = DEFINITIONS["traits"] | {"traits": [{"name": "survival", "endpoint": "composite"}, {"name": "other"}]}
    read_shares([make_share("north"), make_share("south", definitions=DEFINITIONS | {"traits": own})])


def test_all_that_differs_is_told_at_once_and_a_folder_that_is_no_share_too(make_share, tmp_path):
    other = make_share("north", reference_genome="GRCh37", definitions=DEFINITIONS | {"strata": {"strata": []}})
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/share.json").write_text(json.dumps({"schema_version": VERSION, "cohort": "x"}))
    text = refusal(make_share("north"), other, tmp_path / "empty", tmp_path / "broken")
    assert "14 problems" in text
    assert "empty: has no share.json; name a folder that 'progex share' wrote" in text
    assert text.count("Field required; ask the site to share again") == 10
    assert "broken: share.json traits: Field required" in text


def sites(first, number):
    return tuple(f"1-{place}-A-C" for place in range(first, first + number))


def test_common_sites_of_another_build_are_refused_whatever_the_manifest_says(make_share):
    one, other = (Fingerprints(sites(first, 500), np.zeros((1, 256), np.uint8)) for first in (0, 490))
    text = refusal(make_share("north", prints=one), make_share("south", prints=other))
    assert "10 of 500 common sites are the same, as if one were on another build" in text


@pytest.fixture(scope="module")
def two_cohorts():
    """Genotypes of two cohorts of 60 at 1,500 sites: two people are in both."""
    generator = np.random.default_rng(3)
    frequency = generator.uniform(0.1, 0.9, (1_500, 1))
    one, other = (generator.binomial(2, frequency, (1_500, 60)).astype(np.int8) for _ in range(2))
    other[:, :2] = one[:, 5:7]
    return one, other


def prints_of(calls, number=1_500, salt=b"consortium"):
    return fingerprints(calls[:number], sites(0, number), salt)


def test_people_in_two_cohorts_are_refused_with_their_number_even_where_others_go_unchecked(make_share, two_cohorts):
    one, other = two_cohorts
    shares = read_shares(
        [make_share("a", prints=prints_of(one)), make_share("b", prints=prints_of(other)), make_share("c")]
    )
    with pytest.raises(InputError, match="2 samples are of people in both") as refused:
        look_for_overlap(shares, unchecked=True)
    assert "a and b, samples" in str(refused.value)
    assert "qc.sample.exclude" in str(refused.value)
    with pytest.raises(InputError, match="3 problems"):
        look_for_overlap(shares, unchecked=False)


def test_nobody_in_two_cohorts_is_found_and_told(make_share, two_cohorts):
    one, other = two_cohorts
    shares = read_shares([make_share("a", prints=prints_of(one)), make_share("b", prints=prints_of(other[:, 2:]))])
    (pair,) = look_for_overlap(shares, unchecked=False)
    assert (pair.first, pair.second, pair.unchecked) == ("a", "b", None)


@pytest.mark.parametrize(("families", "told"), [(0, None), (2, "<5"), (7, "7")])
def test_close_relatives_across_cohorts_are_counted_and_no_reason_to_refuse(make_share, two_cohorts, families, told):
    one, other = (calls.copy() for calls in two_cohorts)
    other, generator = other[:, 2:], np.random.default_rng(4)
    frequency = one.mean(axis=1) / 2
    for at in range(families):
        # A child has one allele of its parent, the other of anybody.
        passed_on = generator.binomial(1, one[:, at] / 2)
        other[:, at] = passed_on + generator.binomial(1, frequency)
    shares = read_shares([make_share("a", prints=prints_of(one)), make_share("b", prints=prints_of(other))])
    (pair,) = look_for_overlap(shares, unchecked=False)
    assert (pair.unchecked, pair.relatives) == (None, told)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"prints": None}, "there are no fingerprints of b"),
        ({"salt_check": "another"}, "their fingerprints were made with different secrets"),
        ({"sites": 80}, "the 80 common sites that both have are too few"),
    ],
)
def test_cohorts_that_can_not_be_compared_are_refused_unless_they_may_go_unchecked(
    make_share, two_cohorts, change, why
):
    one, other = two_cohorts
    number = change.pop("sites", 1_500)
    change = {"prints": prints_of(other[:, 2:], number)} | change
    shares = read_shares([make_share("a", prints=prints_of(one, number)), make_share("b", **change)])
    with pytest.raises(InputError, match=why) as refused:
        look_for_overlap(shares, unchecked=False)
    assert "name cohort.salt" in str(refused.value)
    assert "--overlap unchecked" in str(refused.value)
    (pair,) = look_for_overlap(shares, unchecked=True)
    assert pair.unchecked == why
