"""Which traits are looked at together, and which can't be."""

import pytest

from association.problems import InputError
from jobs.study.file import read_study
from jobs.study.named_traits import BY_CHROMOSOME, KINSHIP, not_exchangeable
from jobs.study.together import traits_together

STUDY = """\
name: small
output: out
genotypes: {vcfs: [a.vcf], reference_genome: GRCh38}
participants: {path: p.tsv}
annotation: {source: vep}
masks: [{name: missense}]
traits:
  - {name: survival, type: survival}
  - {name: mass, type: quantitative, column: mass}
  - {name: height, type: quantitative, column: height, kinship: pairs.tsv}
  - {name: weight, type: quantitative, column: weight, polygenic_offset: a.loco}
"""


def read(folder, more=""):
    path = folder / "study.yaml"
    path.write_text(STUDY + more)
    return read_study(path)


def names_together(study):
    return [trait.name for trait in traits_together(study.together, study.traits, study.tests)]


def test_all_traits_that_can_be_permuted_are_looked_at_together(tmp_path):
    study = read(tmp_path)
    assert names_together(study) == ["survival", "mass"]
    assert [not_exchangeable(trait) for trait in study.traits] == [None, None, KINSHIP, BY_CHROMOSOME]


@pytest.mark.parametrize(
    "more",
    [
        pytest.param("together: {traits: []}\n", id="asked not to"),
        pytest.param("tests: [{test: skat_o}, {test: acat_v}]\n", id="no test can be added up"),
    ],
)
def test_no_trait_is_looked_at_together(tmp_path, more):
    assert names_together(read(tmp_path, more)) == []


@pytest.mark.parametrize(
    ("asked", "place", "message"),
    [
        ("[survival, mas]", "together.traits[1]", "there is no trait 'mas'; did you mean 'mass'?"),
        ("[survival, height]", "together.traits[1]", KINSHIP),
        ("[survival, weight]", "together.traits[1]", "null model of its own"),
        ("[survival, survival]", "together.traits[1]", "stands there twice"),
        ("[survival]", "together.traits", "one trait by itself"),
    ],
)
def test_traits_that_do_not_fit_are_refused_with_a_remedy(tmp_path, asked, place, message):
    with pytest.raises(InputError) as caught:
        read(tmp_path, f"together: {{traits: {asked}}}\n")
    assert any(place in problem.place and message in problem.message for problem in caught.value.problems)


def test_asking_for_traits_without_a_test_that_can_be_added_up_is_refused(tmp_path):
    with pytest.raises(InputError, match="add one to 'tests'"):
        read(tmp_path, "tests: [{test: skat_o}]\ntogether: {traits: [survival, mass]}\n")
