"""What an expression can't mean is found before any variant is seen, with its place and what was meant."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from association.gene_tests.consequence_terms import CLASSES, CODING, HIGH, LOW, MODERATE, MODIFIER, TERMS
from association.gene_tests.mask_expression.checks import caught_by_not, find_faults
from association.gene_tests.mask_expression.constant import constant_value
from association.gene_tests.mask_expression.evaluate import evaluate
from association.gene_tests.mask_expression.parse import parse

NUMBERS, TEXTS = ("REVEL", "CADD_PHRED", "minor_allele_count"), ("consequence", "loftee", "SIFT")


def faults(text):
    return [(one.at + 1, one.message) for one in find_faults(parse(text), numbers=NUMBERS, texts=TEXTS)]


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("RVEL > 1", 1, "no field 'RVEL'; did you mean 'REVEL'? (there are consequence, loftee, SIFT, REVEL"),
        ("revel > 1", 1, "did you mean 'REVEL'?"),
        ("CADD > 20", 1, "did you mean 'CADD_PHRED'?"),
        ("LoF == HC", 1, "did you mean 'loftee'?"),
        ("SpliceAI > 0.2", 1, "name others in annotation.scores, for numbers, or annotation.fields, for texts"),
        ("MAC == 1", 1, "did you mean 'minor_allele_count'?"),
        ("REVEL > 1 or missense == 1", 14, "'missense' is a consequence, no field"),
        ("REVEL > high", 9, "REVEL holds numbers, found 'high'; write a number without quotes"),
        ("REVEL > '1'", 9, "REVEL holds numbers, found '1'; write a number without quotes"),
        ("REVEL in (1, NA)", 14, "write 'REVEL is missing'"),
        ("SIFT < 0.05", 1, "SIFT holds texts, which have no order"),
        ("SIFT == ''", 9, "write 'SIFT is missing'"),
        ("loftee != none", 11, "write 'loftee is missing'"),
        ("loftee == high", 11, "'high' is no verdict of LOFTEE; expected HC, LC, OS"),
        ("consequence == missense", 16, "write 'consequence in missense'"),
        ("consequence != plof", 16, "write 'consequence not in plof'"),
        ("consequence == mis_sense_variant", 16, "is no consequence; did you mean 'missense_variant'?"),
        ("consequence == Stop_Gained", 16, "did you mean 'stop_gained'?"),
        ("consequence in (plof, inframes)", 23, "did you mean 'inframe'?"),
        ("consequence == utter_nonsense", 16, "Ensembl's list of calculated consequences"),
        ("consequence == 'stop_gained&intron_variant'", 16, "a variant has the most severe alone"),
    ],
)
def test_what_cannot_be_meant_is_said_with_its_column(text, column, words):
    ((found, message),) = faults(text)
    assert found == column
    assert words in message


@pytest.mark.parametrize(
    "text",
    [
        "consequence in (plof, missense_variant) and loftee in (HC, OS)",
        "consequence in plof or consequence == 5_prime_UTR_variant",
        "SIFT == 3 or SIFT != deleterious or SIFT is missing",
        "REVEL >= 0.5 or CADD_PHRED is not missing or minor_allele_count == 1",
    ],
)
def test_what_can_be_meant_has_no_fault(text):
    assert faults(text) == []


def test_all_faults_are_found_at_once_from_left_to_right():
    assert [column for column, _ in faults("RVEL > 1 or loftee == X or not (SIFT > 2)")] == [1, 23, 33]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("REVEL > 0.5 and REVEL < 0.5", False),
        ("REVEL > 0.5 and REVEL < 0.6", None),
        ("REVEL >= 0.5 and REVEL <= 0.5", None),
        ("REVEL > 0.5 or REVEL <= 0.5", None),
        ("REVEL > 0.5 or REVEL <= 0.5 or REVEL is missing", True),
        ("REVEL > 0.5 or not REVEL > 0.5", True),
        ("consequence in plof and consequence == missense_variant", False),
        ("consequence in coding and consequence in plof", None),
        ("consequence in coding or consequence not in coding or consequence is missing", True),
        # A text may be of several values, a verdict may not.
        ("SIFT == a and SIFT == b", None),
        ("SIFT == a and SIFT not in (a, b)", False),
        ("SIFT != a and SIFT != b", None),
        ("loftee == HC and loftee == LC", False),
        (f"SIFT in ({', '.join('abcdefghijk')}) and SIFT is missing", None),
        ("REVEL == 1 and SIFT == a and REVEL is missing", False),
    ],
)
def test_an_expression_that_no_variant_can_change_is_found(text, value):
    assert constant_value(parse(text), NUMBERS) is value


VALUES = [0.0, 0.25, 0.5, 0.75, 1.0, 2.0, -1.0, np.nan]
ATOMS = [f"REVEL {sign} {number}" for sign in ("<", "<=", "==", "!=") for number in ("0", "0.5", "1")] + [
    "REVEL is missing",
    "SIFT == a",
    "SIFT not in (a, b)",
    "SIFT is missing",
]


@given(st.lists(st.sampled_from(ATOMS), min_size=1, max_size=5), st.lists(st.sampled_from(["and", "or"]), min_size=5))
def test_constancy_is_that_of_all_values_between_and_beyond_those_named(chosen, words):
    text = " ".join(itertools.chain.from_iterable(zip(chosen, words, strict=False))).rsplit(" ", 1)[0]
    score, sift = zip(*itertools.product(VALUES, ["a", "b", "c", None]), strict=True)
    answers = evaluate(parse(text), {"REVEL": np.array(score), "SIFT": np.array(sift, dtype=object)})
    expected = bool(answers[0]) if len(set(answers)) == 1 else None
    assert constant_value(parse(text), NUMBERS) is expected


def test_an_expression_of_too_many_kinds_is_taken_to_depend_on_them():
    many = " or ".join(f"F{field} == {value}" for field in range(9) for value in range(3))
    assert constant_value(parse(many), [f"F{field}" for field in range(9)]) is None


def test_a_not_that_takes_variants_without_a_value_is_pointed_at():
    ((fault),) = caught_by_not(parse("consequence in missense and not (REVEL < 0.5)"), ("consequence",))
    assert fault.at == 28
    assert "variants without REVEL; add 'and REVEL is not missing'" in fault.message


@pytest.mark.parametrize(
    "text",
    ["not consequence in missense", "not REVEL < 0.5 and REVEL is not missing", "REVEL != 0.5 or loftee not in (HC)"],
)
def test_a_not_whose_missing_values_are_spoken_of_or_cannot_be_is_left_alone(text):
    assert caught_by_not(parse(text), ("consequence",)) == []


def test_classes_are_made_of_terms_and_each_term_stands_in_one_rank():
    assert all(terms <= TERMS for terms in CLASSES.values())
    assert len(TERMS) == len(HIGH) + len(MODERATE) + len(LOW) + len(MODIFIER) + 1
    assert not set(CLASSES) & TERMS
    assert CLASSES["inframe"] | CLASSES["missense"] < set(MODERATE)
    assert "inframe_deletion" in CLASSES["inframe"]
    assert CLASSES["coding"] == {*HIGH, *MODERATE, *LOW, CODING}
