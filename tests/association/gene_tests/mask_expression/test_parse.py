"""Expressions are read as Python reads its own, and refused at the place that is wrong."""

import pickle
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from association.gene_tests.mask_expression.evaluate import evaluate
from association.gene_tests.mask_expression.parse import parse
from association.gene_tests.mask_expression.tree import ExpressionError, fields_of

REVEL = [None, -1.0, 0.0, 0.5, 0.7, 30.0]
CONSEQUENCES = ["stop_gained", "missense_variant", "synonymous_variant", "intron_variant", "5_prime_UTR_variant"]
VERDICTS = [None, "HC", "LC"]
NUMBERS = ["0.5", ".7", "-1", "0", "3e1", "+0.5"]


def of_number(operator, number):
    return f"REVEL {operator} {number}", f"(REVEL is not None and REVEL {operator} {number})"


def of_text(field, operator, value):
    return f"{field} {operator} {value}", f"({field} is not None and {field} {operator} '{value}')"


def of_list(field, operator, values, quote):
    python = ", ".join(f"'{value}'" for value in values)
    return (
        f"{field} {operator} ({', '.join(quote + value + quote for value in values)})",
        f"({field} is not None and {field} {operator} ({python},))",
    )


def of_missing(field, negated):
    return f"{field} is {'not ' if negated else ''}missing", f"({field} is {'not ' if negated else ''}None)"


# Each atom as an expression of a mask, and as Python.
ATOMS = st.one_of(
    st.builds(of_number, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), st.sampled_from(NUMBERS)),
    st.builds(of_text, st.just("consequence"), st.sampled_from(["==", "!="]), st.sampled_from(CONSEQUENCES)),
    st.builds(of_text, st.just("loftee"), st.sampled_from(["==", "!="]), st.sampled_from(["HC", "LC"])),
    st.builds(
        of_list,
        st.just("consequence"),
        st.sampled_from(["in", "not in"]),
        st.lists(st.sampled_from(CONSEQUENCES), min_size=1, max_size=3),
        st.sampled_from(["", "'", '"']),
    ),
    st.builds(of_missing, st.sampled_from(["REVEL", "loftee"]), st.booleans()),
)


def pairs(strategy):
    """Join expressions as text, without more parentheses than are drawn: precedence must be Python's."""
    joined = st.builds(
        lambda left, word, right: (f"{left[0]} {word} {right[0]}", f"{left[1]} {word} {right[1]}"),
        strategy,
        st.sampled_from(["and", "or"]),
        strategy,
    )
    return st.one_of(
        joined,
        strategy.map(lambda one: (f"not {one[0]}", f"not {one[1]}")),
        strategy.map(lambda one: (f"({one[0]})", f"({one[1]})")),
    )


@given(st.recursive(ATOMS, pairs, max_leaves=8))
def test_an_expression_says_what_python_says_of_every_variant(both):
    text, python = both
    variants = [(score, term, verdict) for score in REVEL for term in CONSEQUENCES for verdict in VERDICTS]
    columns = {
        "REVEL": np.array([np.nan if score is None else score for score, _, _ in variants]),
        "consequence": np.array([term for _, term, _ in variants], dtype=object),
        "loftee": np.array([verdict for _, _, verdict in variants], dtype=object),
    }
    expected = [
        eval(python, {}, {"REVEL": score, "consequence": term, "loftee": verdict})
        for score, term, verdict in variants
    ]
    assert evaluate(parse(text), columns).tolist() == expected


@given(st.text(alphabet="REVEL loftee and or not in is missing()<>=!,.'\"`0123456789-+&|\n", max_size=40))
def test_any_text_is_read_or_refused_at_a_place_within_it(text):
    fault = None
    try:
        parse(text)
    except ExpressionError as error:
        fault = error.fault
    assert fault is None or (0 <= fault.at <= len(text) and re.search("expected|write|quote|join two", fault.message))


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("", 1, "found nothing; expected a comparison"),
        ("REVEL", 6, "found the end, expected ==, !=, <, <=, >, >=, in, not in, or is missing"),
        ("REVEL = 0.5", 7, "found '='; write '=='"),
        ("REVEL <> 0.5", 7, "found '<>'; write '!='"),
        ("REVEL > 0.5 & loftee == HC", 13, "found '&'; write 'and'"),
        ("REVEL > 0.5 || loftee == HC", 13, "found '||'; write 'or'"),
        ("!(REVEL > 0.5)", 1, "found '!'; write 'not'"),
        ("REVEL \u2265 0.5", 7, "write '>='"),
        ("REVEL > 0.5 $", 13, "has no meaning here; put a name or value that holds it in quotes"),
        ("0.5 <= REVEL", 1, "write the field first, then the value"),
        ("0.2 <= REVEL < 0.5", 1, "write the field first"),
        ("REVEL >= 0.2 < 0.5", 14, "one field and one value: join two with 'and'"),
        ("REVEL > 0.5 loftee == HC", 13, "found 'loftee', expected 'and', 'or' or the end"),
        ("(REVEL > 0.5", 13, "found the end, expected ')' for the '(' in column 1"),
        ("REVEL > 0.5)", 12, "found ')', expected 'and', 'or' or the end"),
        ("REVEL > 0.5 and", 16, "found the end, expected a field's name, 'not' or '('"),
        ("or REVEL > 0.5", 1, "found 'or', expected a field's name"),
        ("loftee in (HC LC)", 15, "found 'LC', expected ',' or ')' in a list of values"),
        ("loftee in ()", 12, "found ')', expected a value"),
        ("loftee is null", 11, "found 'null', expected 'missing'"),
        ("loftee == missing", 11, "expected a value, or put it in quotes if it is one"),
        ("loftee == 'HC", 11, "the quote ' is not closed"),
        ("missense_variant and REVEL > 0.5", 18, "did you mean 'consequence == missense_variant'?"),
        ("plof or REVEL > 0.5", 6, "did you mean 'consequence in plof'?"),
        ("(" * 51 + "REVEL > 1" + ")" * 51, 51, "more than 50 parentheses"),
        ("__import__('os')", 11, "found '(', expected =="),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_column(text, column, words):
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert caught.value.fault.at == column - 1
    assert words in str(caught.value)


def test_fifty_parentheses_are_read():
    assert fields_of(parse("(" * 50 + "REVEL > 1" + ")" * 50)) == ("REVEL",)


def test_the_caret_stands_below_the_fault():
    with pytest.raises(ExpressionError) as caught:
        parse("consequence in plof\n  and REVEL = 0.5\n  or loftee == HC")
    _, line, caret = str(caught.value).split("\n")
    assert line.strip() == "and REVEL = 0.5"
    assert line[caret.index("^")] == "="


def test_the_caret_stands_below_the_fault_of_a_long_expression():
    with pytest.raises(ExpressionError) as caught:
        parse(" or ".join(["REVEL > 0.5"] * 20) + " or CADD = 3 or " + " or ".join(["REVEL > 0.5"] * 20))
    _, line, caret = str(caught.value).split("\n")
    assert len(line) < 110
    assert line[caret.index("^")] == "="
    assert line.strip().startswith("...")
    assert line.strip().endswith("...")


def test_quotes_hold_names_and_values_that_are_no_words():
    text = "`CADD phred` >= 20 or SIFT == 'deleterious (low)' or CADD-raw > 1"
    assert fields_of(parse(text)) == ("CADD phred", "SIFT", "CADD-raw")


def test_keywords_may_be_written_in_capitals():
    assert parse("NOT a == 1 AND b IS NOT MISSING OR c IN (1)") == parse(
        "not a == 1 and b is not missing or c in (1)"
    )


def test_expressions_and_their_faults_reach_another_process():
    expression = parse("consequence in plof and not REVEL < 0.5")
    assert pickle.loads(pickle.dumps(expression)) == expression
    with pytest.raises(ExpressionError) as caught:
        parse("REVEL = 1")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
