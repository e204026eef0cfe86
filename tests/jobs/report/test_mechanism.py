"""Mechanisms on the page: units, refusals, and what is told of few people."""

import pyarrow as pa

from association.mechanism.mechanism_columns import ESTIMATES, SCHEMA
from jobs.report.environment import page_environment
from jobs.report.mechanism import mechanism_sections

ROW = {
    "gene": "A",
    "mediator": "nerve",
    "outcome": "survival",
    "scale": "hazard",
    "mask": "plof",
    "max_af": 0.01,
    "samples": 300,
    "carriers": 12,
    "carriers_with_event": 6,
    "p_joint": 0.03,
    "p_of_mediator": 0.001,
    "p_to_mediator": 0.03,
    "p_without": 0.01,
    "p_with": 0.2,
    "effect_without": 0.9,
    "standard_error_without": 0.3,
    "effect_with": 0.4,
    "standard_error_with": 0.3,
} | {
    f"{name}_{end}": value
    for name in ESTIMATES
    for end, value in (("effect", 0.02), ("lower", 0.01), ("upper", 0.04))
}


def sections(*rows):
    return mechanism_sections(pa.Table.from_pylist([ROW | row for row in rows], SCHEMA).to_pandas())


def test_hazards_are_shown_per_hundred_person_months_and_slopes_per_month():
    of_times, of_slopes = sections({}, {"outcome": "slope", "scale": "slope", "carriers_with_event": None})
    assert of_times["rows"][0]["paths"][0] == ("2.00", "1.00 to 4.00")
    assert of_slopes["rows"][0]["paths"][0] == ("0.020", "0.010 to 0.040")
    assert of_slopes["rows"][0]["events"] == ""


def test_refusals_are_counted_by_their_reasons_and_few_events_are_not_told():
    refused = {"gene": "B", "p_joint": None, "reason": "few carriers", "carriers": 4}
    tests_only = {"gene": "C", "carriers_with_event": 3, "reason": "can't be fitted", "total_effect": None}
    (section,) = sections({}, refused, tests_only)
    assert section["refused"] == [{"reason": "few carriers", "count": 1, "genes": ["B"]}]
    shown = {row["gene"]: row for row in section["rows"]}
    assert set(shown) == {"A", "C"}
    assert shown["C"]["events"] == "<5"
    assert shown["C"]["reason"] == "can't be fitted"
    assert shown["C"]["paths"][0] == ("\u2013", "")


def test_the_section_never_speaks_of_a_share_that_is_mediated():
    html = page_environment().get_template("mechanism.html.jinja").render(mechanism=sections({}))
    assert 'id="mechanism"' in html
    assert "%" not in html.replace("95% intervals", "").replace("1.0%", "").replace("≤ 1%", "")


def test_an_estimate_that_is_absent_leaves_no_comma_and_the_reason_has_a_row_of_its_own():
    absent = {f"{name}_{end}": None for name in ESTIMATES for end in ("effect", "lower", "upper")}
    (section,) = sections(absent | {"effect_with": None, "standard_error_with": None, "reason": "of some length"})
    html = page_environment().get_template("mechanism.html.jinja").render(mechanism=[section])
    assert "\u2013," not in html
    assert '<tr><td colspan="9">of some length</td></tr>' in html
    assert html.count('rowspan="2"') == 1


def test_a_gene_without_a_row_of_numbers_is_named_with_its_reason():
    unknown = {"gene": "NOGENE", "reason": "no variant in the cohort", "samples": 0}
    only = {name: None for name in ROW if name not in ("mediator", "outcome", "scale")} | unknown
    html = page_environment().get_template("mechanism.html.jinja").render(mechanism=sections(only))
    assert "1 gene and mask (<em>NOGENE</em>): no variant in the cohort." in html
