"""The study file: what is read, and what is refused with which words."""

from pathlib import Path

import pytest

from association.problems import InputError
from jobs.comparison.compared_run import study_of
from jobs.study.file import read_study

MINIMAL = """\
name: small
output: out
genotypes: {vcfs: [a.vcf], reference_genome: GRCh38}
participants: {path: p.tsv}
annotation: {source: vep}
masks: [{name: missense}]
traits: [{name: survival, type: survival}]
"""


def write(folder, text):
    path = folder / "study.yaml"
    path.write_text(text)
    return path


def problems_of(folder, text):
    with pytest.raises(InputError) as caught:
        read_study(write(folder, text))
    return {problem.place: problem.message for problem in caught.value.problems}


def test_defaults_fill_what_is_left_out(tmp_path):
    study = read_study(write(tmp_path, MINIMAL))
    assert study.qc.genotype.min_gq == 20
    assert [test.test for test in study.tests] == ["burden", "skat", "skat_o", "acat_v"]
    assert study.masks[0].max_allele_frequency == [0.01]


@pytest.mark.parametrize(
    "milestone",
    ["niv, model: fine_gray", "kings, stage: 3", "fvc, below: 60, ties: breslow", "date, column: wheelchair"],
)
def test_settings_as_they_are_recorded_are_read_again_as_the_same(tmp_path, milestone):
    traits = f"traits: [{{name: lost, type: milestone, milestone: {milestone}}}]\nvisits: {{path: v.tsv}}"
    study = read_study(write(tmp_path, MINIMAL.replace("traits: [{name: survival, type: survival}]", traits)))
    assert study_of({"settings": study.model_dump(mode="json")}, tmp_path) == study


def test_numbers_written_with_an_exponent_are_numbers(tmp_path):
    study = read_study(write(tmp_path, MINIMAL + "qc: {variant: {min_hwe_p: 1e-9}}\nalpha: 5E-2\n"))
    assert study.qc.variant.min_hwe_p == 1e-9
    assert study.alpha == 0.05


def test_words_that_yaml_takes_for_truth_values_stay_words(tmp_path):
    study = read_study(write(tmp_path, MINIMAL.replace("name: small", "name: no")))
    assert study.name == "no"
    text = MINIMAL + "qc: {variant: {pass_filters_only: no}}\n"
    assert "found the text 'no'" in problems_of(tmp_path, text)["line 8, qc.variant.pass_filters_only"]


@pytest.mark.parametrize(
    ("change", "place", "message"),
    [
        (
            ("masks: [{name: missense}]", "masks: [{name: missense, max_alele_frequency: [0.1]}]"),
            "line 6, masks[0].max_alele_frequency",
            "did you mean 'max_allele_frequency'?",
        ),
        (("output: out\n", ""), "line 1, output", "missing, and it has no default"),
        (("GRCh38", "hg19"), "line 3, genotypes.reference_genome", "expected 'GRCh37' or 'GRCh38', found 'hg19'"),
        (("type: survival", "type: survivl"), "line 7, traits[0]", "did you mean 'survival'?"),
        (("type: survival", "type: alsfrs_slope"), "line 7, traits[0]", "add a 'visits' section"),
        (("source: vep", "source: vep, scores: REVEL"), "line 5, annotation.scores", "found the text 'REVEL'"),
        (("name: survival", "name: 'two words'"), "line 7, traits[0].name", "match pattern"),
        (("name: missense", "name: plof_or_damaging_missense"), "line 6, masks[0]", "'damaging' is needed"),
        (
            ("name: missense", "name: plof_or_damaging_missense, damaging: {score: CADD, at_least: 20}"),
            "line 6, masks[0].damaging.score",
            "'CADD' is not in annotation.scores",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_its_line_and_a_suggestion(tmp_path, change, place, message):
    found = problems_of(tmp_path, MINIMAL.replace(*change))
    assert message in found[place]


def test_one_event_column_cannot_serve_two_endpoints(tmp_path):
    text = MINIMAL.replace("{path: p.tsv}", "{path: p.tsv, columns: {event: died}}").replace(
        "type: survival}]", "type: survival}, {name: death, type: survival, endpoint: death}]"
    )
    assert "two endpoints" in problems_of(tmp_path, text)["line 4, participants.columns.event"]


def test_all_problems_are_reported_at_once(tmp_path):
    text = MINIMAL + "alpha: 2\nqc: {genotype: {min_depth: ten}}\nname: again\n"
    assert set(problems_of(tmp_path, text)) == {
        "line 8, alpha",
        "line 9, qc.genotype.min_depth",
        "line 10, name",
    }


def test_broken_yaml_names_the_line(tmp_path):
    assert next(iter(problems_of(tmp_path, "name: [a\noutput: b: c\n"))).startswith("line 2")


@pytest.mark.parametrize("text", ["", "just words\n", "- a\n- b\n"])
def test_a_file_without_settings_is_refused(tmp_path, text):
    assert "expected settings" in problems_of(tmp_path, text)["line 1"]


def test_python_objects_in_yaml_are_refused(tmp_path):
    assert problems_of(tmp_path, MINIMAL + "alpha: !!python/object/apply:os.getcwd []\n")


def test_a_missing_file_says_how_to_get_one():
    with pytest.raises(InputError, match="progex simulate"):
        read_study(Path("nowhere/study.yaml"))


@pytest.mark.parametrize(
    ("strata", "columns"),
    [("", ["hospital"]), ("strata: []\n", ["hospital"]), ("strata: [kit, hospital]\n", ["kit", "hospital"])],
)
def test_each_cohort_is_a_stratum_once(tmp_path, strata, columns):
    study = read_study(write(tmp_path, MINIMAL + strata + "cohorts: hospital\n"))
    assert study.strata_columns == columns


def test_a_model_over_all_patients_is_refused_where_each_cohort_has_its_own(tmp_path):
    trait = "{name: height, type: quantitative, column: height, kinship: pairs.tsv}"
    text = MINIMAL.replace("{name: survival, type: survival}", trait) + "cohorts: hospital\n"
    ((place, message),) = problems_of(tmp_path, text).items()
    assert "traits[0].kinship" in place
    assert "one model over all patients" in message
    assert "name 'hospital' in strata" in message


def test_a_mediator_s_model_over_all_patients_is_refused_where_each_cohort_has_its_own(tmp_path):
    traits = "{name: survival, type: survival}, {name: nerve, type: quantitative, column: nerve}"
    text = MINIMAL.replace("{name: survival, type: survival}", traits) + "mechanism: [{mediator: nerve}]\n"
    assert read_study(write(tmp_path, text)).mechanism[0].mediator == "nerve"
    ((place, message),) = problems_of(tmp_path, text + "cohorts: hospital\n").items()
    assert "mechanism" in place
    assert "name 'hospital' in strata" in message


WITH_NERVE = MINIMAL.replace(
    "{name: survival, type: survival}",
    "{name: survival, type: survival}, {name: nerve, type: quantitative, column: nerve}",
)


@pytest.mark.parametrize(
    ("settings", "place", "message"),
    [
        (
            "mechanism: [{mediator: nerve, genes: []}]",
            "mechanism[0].genes",
            "names no gene; name some, or leave it out",
        ),
        ("mechanism: [{mediator: nerve, outcomes: []}]", "mechanism[0].outcomes", "names no trait; name some"),
        ("mechanism: [{mediator: nerve, genes: ['']}]", "mechanism[0].genes[0]", "'' is no gene symbol"),
        ("mechanism: [{mediator: nerve, genes: ['SOD1, FUS']}]", "mechanism[0].genes[0]", "one symbol per entry"),
        ("mechanism: [{mediator: nerve, genes: [A, B, A]}]", "mechanism[0].genes[2]", "'A' stands above"),
        (
            "mechanism: [{mediator: nerve, outcomes: [survival, survival]}]",
            "mechanism[0].outcomes[1]",
            "'survival' stands above",
        ),
        ("interactions: [{covariate: sex, traits: []}]", "interactions[0].traits", "names no trait; name some"),
        (
            "interactions: [{covariate: sex, traits: [nerve, nerve]}]",
            "interactions[0].traits[1]",
            "'nerve' stands above",
        ),
    ],
)
def test_a_list_of_nothing_or_of_the_same_twice_is_refused_with_its_line(tmp_path, settings, place, message):
    ((found, words),) = problems_of(tmp_path, WITH_NERVE + settings + "\n").items()
    assert found == f"line 8, {place}"
    assert message in words


def test_the_settings_that_the_guide_to_mechanisms_shows_can_be_used_as_they_stand(tmp_path):
    guide = (Path(__file__).parents[2] / "docs" / "mechanism.md").read_text(encoding="utf-8")
    shown = guide.split("```yaml\n")[1].split("```")[0]
    before = MINIMAL.replace("traits: [{name: survival, type: survival}]\n", "")
    study = read_study(write(tmp_path, f"{before}visits: {{path: v.tsv}}\n{shown}"))
    assert study.mechanism[0].genes == ["list:cmt", "SOD1"]
    assert [one.covariate for one in study.interactions] == ["sex", "onset_region"]
