"""Settings of gene tests, calibration and conditioning: what is refused, and what the engine is told."""

import json
import re
from pathlib import Path

import pytest
import yaml

from association.calibration.monte_carlo import Effort
from association.gene_tests.mask_expression.parse import parse
from association.gene_tests.masks import Mask
from association.problems import InputError
from association.scan_settings import MaskChoice, WeightedTest
from jobs.stage_settings import scan_settings, store_ceiling
from jobs.study.file import read_study

SETTINGS = {
    "name": "small",
    "output": "out",
    "genotypes": {"vcfs": ["a.vcf"], "reference_genome": "GRCh38"},
    "participants": {"path": "p.tsv"},
    "annotation": {"source": "vep", "scores": ["REVEL"]},
    "masks": [{"name": "missense"}],
    "traits": [{"name": "survival", "type": "survival"}],
}
GUIDE = Path(__file__).parents[2] / "docs" / "masks.md"
BURDEN, SKAT = {"test": "burden"}, {"test": "skat"}


@pytest.fixture
def read(tmp_path):
    """Give a function that reads a study file with some sections changed."""

    def run(**sections):
        path = tmp_path / "study.yaml"
        path.write_text(yaml.safe_dump(SETTINGS | sections, sort_keys=False))
        return read_study(path)

    return run


@pytest.fixture
def refusal(read):
    """Give a function that has a study refused, and returns the messages by setting."""

    def refuse(**sections):
        with pytest.raises(InputError) as caught:
            read(**sections)
        return {one.place.split(", ")[-1]: one.message for one in caught.value.problems}

    return refuse


@pytest.mark.parametrize(
    ("test", "words"),
    [
        (SKAT | {"coding": "max"}, "'coding' is for the burden test only"),
        ({"test": "acat_v", "weights": "beta_1_25"}, "acat_v has weights of its own; leave 'weights' out"),
        (BURDEN | {"coding": "any", "weights": "beta_1_25"}, "'any' counts carriers, whatever the weights"),
        (BURDEN | {"coding": "two_hits", "weights": "score:REVEL"}, "'two_hits' counts carriers"),
    ],
)
def test_settings_that_a_test_does_not_have_are_refused(refusal, test, words):
    assert words in refusal(tests=[BURDEN, test])["tests[1]"]


@pytest.mark.parametrize(
    ("test", "place", "words"),
    [
        (BURDEN | {"weights": "score:CADD"}, "tests[1].weights", "'CADD' is not in annotation.scores; add it there"),
        (BURDEN | {"weights": "flat"}, "tests[1]", "the same test stands above; leave one of them out"),
        (BURDEN | {"weights": "beta_1_52"}, "tests[1].weights", "beta_1_25, madsen_browning"),
        (BURDEN | {"coding": "sums"}, "tests[1].coding", "did you mean 'sum'?"),
        ({"test": "skato"}, "tests[1].test", "did you mean 'skat_o'?"),
    ],
)
def test_a_wrong_test_is_refused_with_its_place(refusal, test, place, words):
    assert words in refusal(tests=[BURDEN, test])[place]


PLOF_OR_REVEL = """consequence in (stop_gained, frameshift_variant, splice_donor_variant) and loftee == HC
or consequence == missense_variant and REVEL >= 0.7"""


@pytest.mark.parametrize(
    ("mask", "place", "words"),
    [
        ({"name": "misense"}, "masks[1].name", "found 'misense'; did you mean 'missense'?; a mask of another name"),
        ({"name": "own"}, "masks[1].name", "a mask of another name needs 'where'"),
        ({"name": "my mask", "where": "REVEL > 1"}, "masks[1].name", "a name of its own (letters, digits and _)"),
        ({"name": "../x", "where": "REVEL > 1"}, "masks[1].name", "a name of its own (letters, digits and _)"),
        ({"name": "plof", "where": "REVEL > 1"}, "masks[1].name", "'plof' is built in and has a rule of its own"),
        ({"name": "All", "where": "REVEL > 1"}, "masks[1].name", "'All' means something else in the results"),
        ({"name": "missense"}, "masks[1].name", "used twice, and results would not tell which; list its ceilings"),
        (
            {"name": "own", "where": "RVEL > 0.5"},
            "masks[1].where",
            "column 1: no field 'RVEL'; did you mean 'REVEL'?",
        ),
        ({"name": "own", "where": "SIFT == x"}, "masks[1].where", "there are consequence, loftee, Feature, REVEL"),
        ({"name": "own", "where": "REVEL = 0.5"}, "masks[1].where", "column 7: found '='; write '=='"),
        ({"name": "own", "where": "consequence == stop_gain"}, "masks[1].where", "did you mean 'stop_gained'?"),
        ({"name": "own", "where": "REVEL > 1 and REVEL < 0"}, "masks[1].where", "takes no variant there could be"),
        ({"name": "own", "where": "REVEL > 1 or not REVEL > 1"}, "masks[1].where", "takes every variant there could"),
        ({"name": "own", "where": ""}, "masks[1].where", "found nothing; expected a comparison"),
    ],
)
def test_a_wrong_mask_is_refused_with_its_place(refusal, mask, place, words):
    annotation = {"source": "vep", "scores": ["REVEL"], "fields": ["Feature"]}
    assert words in refusal(masks=[{"name": "missense"}, mask], annotation=annotation)[place]


def test_all_faults_of_all_masks_are_shown_at_once_each_with_a_caret(refusal):
    masks = [{"name": "one", "where": "RVEL > 0.5 or loftee == X"}, {"name": "two", "where": "REVEL ="}]
    found = refusal(masks=masks)
    first, second = found["masks[0].where"].split("\n"), found["masks[1].where"].split("\n")
    assert [line.strip() for line in first[1:3]] == ["RVEL > 0.5 or loftee == X", "^"]
    assert first[1][first[2].index("^") :].startswith("RVEL")
    assert first[3].strip().startswith("column 25: 'X' is no verdict of LOFTEE")
    assert first[4][first[5].index("^")] == "X"
    assert second[1][second[2].index("^")] == "="


def test_the_engine_is_told_of_a_mask_by_expression(read):
    study = read(masks=[{"name": "plof_or_revel", "where": PLOF_OR_REVEL, "max_allele_frequency": [0.01, 0.001]}])
    rule = Mask("plof_or_revel", where=parse(PLOF_OR_REVEL))
    assert scan_settings(study).masks == (MaskChoice(rule, 0.01), MaskChoice(rule, 0.001))


def test_a_score_that_is_low_where_a_variant_is_damaging_is_no_weight_and_no_damage_from_a_value_on(refusal):
    damaging = {"name": "plof_or_damaging_missense", "damaging": {"score": "SIFT", "at_least": 0.5}}
    annotation = {"source": "vep", "scores": ["SIFT", "REVEL"]}
    found = refusal(annotation=annotation, masks=[damaging], tests=[SKAT | {"weights": "score:SIFT"}])
    assert "tolerated variants would weigh most" in found["tests[0].weights"]
    assert "consequence in missense and SIFT <= ..." in found["masks[0].damaging.score"]


def test_snpeff_has_no_scores_to_weigh_by(refusal):
    found = refusal(annotation={"source": "snpeff"}, tests=[SKAT | {"weights": "score:REVEL"}])
    assert "'REVEL' is not in annotation.scores" in found["tests[0].weights"]


@pytest.mark.parametrize(
    "name", ["rs123", "chr1:1000:A:C", "chr1-1000-A", "chr1-1000-A-*", "chr1-1,000-A-C", "1-1-a-c"]
)
def test_a_variant_that_is_no_name_is_refused_with_its_place(refusal, name):
    message = refusal(condition_on=["chr1-1000-A-C", name])["condition_on[1]"]
    assert f"found the text '{name}'" in message
    assert "contig-position-ref-alt" in message


def test_variants_may_be_of_any_contig_and_length(read):
    names = ["chr1-1000-A-C", "X-5-ACGT-N", "HLA*1-7-A-AT"]
    assert scan_settings(read(condition_on=names)).left_out == frozenset(names)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("max_permutations", 999),
        ("escalate_to", 999),
        ("exceedances", 9),
        ("panel_permutations", 10**9 + 1),
        ("family_permutations", -1),
        ("family_permutations", 10_001),
        ("seed", -1),
    ],
)
def test_calibration_beyond_its_range_is_refused(refusal, setting, value):
    assert f"found {value}" in refusal(calibration={setting: value})[f"calibration.{setting}"]


def test_the_engine_is_told_of_every_mask_ceiling_and_test(read):
    damaging = {"name": "plof_or_damaging_missense", "damaging": {"score": "REVEL", "at_least": 0.7}}
    masks = [damaging | {"max_allele_frequency": [0.001, 0.05]}, {"name": "synonymous"}]
    tests = [BURDEN | {"coding": "max"}, SKAT | {"weights": "score:REVEL"}, {"test": "acat_v"}]
    study = read(masks=masks, tests=tests)
    found = scan_settings(study)
    rule = Mask("plof_or_damaging_missense", "REVEL", 0.7)
    assert found.masks == (MaskChoice(rule, 0.001), MaskChoice(rule, 0.05), MaskChoice(Mask("synonymous"), 0.01))
    assert found.tests == (
        WeightedTest("burden", "flat", "max"),
        WeightedTest("skat", "score:REVEL"),
        WeightedTest("acat_v", "flat"),
    )
    assert store_ceiling(study) == 0.05
    # Three masks of three tests and an omnibus, and one omnibus over the two that are no control.
    assert found.rows_per_gene == 3 * 4 + 1


def test_what_the_guide_to_masks_shows_can_be_run(read):
    text = GUIDE.read_text()
    shown = {}
    for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
        shown |= yaml.safe_load(block)
    found = scan_settings(read(**shown))
    assert len(found.masks) == 8
    assert found.tests[0] == WeightedTest("burden", "score:CADD_PHRED")
    built_in = re.findall(
        r"^(plof|missense|synonymous|plof_or_damaging_missense)  +(consequence .*)$", text, re.MULTILINE
    )
    assert len(built_in) == 4
    assert all(parse(where) for _, where in built_in)


def test_the_engine_is_told_how_far_permutations_go(read):
    calibration = {
        "seed": 7,
        "max_permutations": 2_000,
        "escalate_to": 50_000,
        "exceedances": 30,
        "panel": ["SOD1", "FUS"],
        "panel_permutations": 90_000,
        "family_permutations": 0,
    }
    found = scan_settings(read(calibration=calibration))
    assert found.seed == 7
    assert found.family_permutations == 0
    assert found.effort_for("TARDBP") == Effort(2_000, 50_000, 30)
    assert found.effort_for("SOD1") == found.effort_for("FUS") == Effort(90_000, 90_000, 30)


@pytest.mark.parametrize(
    ("calibration", "escalated"),
    [({}, 1_000_000), ({"max_permutations": 3_000}, 30_000), ({"escalate_to": 5_000}, 100_000)],
)
def test_an_unresolved_test_goes_on_for_ten_times_as_long_and_never_for_less(read, calibration, escalated):
    assert scan_settings(read(calibration=calibration)).effort.escalated == escalated


def test_the_command_prints_a_schema_with_every_type_of_trait(progex):
    outcome = progex("schema")
    assert outcome.exit_code == 0
    schema = json.loads(outcome.stdout)
    kinds = schema["$defs"].get("Study", schema)
    mapping = kinds["properties"]["traits"]["items"]["discriminator"]["mapping"]
    over_time = {"survival", "milestone", "time_to_event", "alsfrs_slope", "slope"}
    of_patients = {"baseline", "progression_rate", "d50", "joint_rank", "stage"}
    assert set(mapping) == over_time | of_patients | {"quantitative", "binary", "count", "ordinal"}
