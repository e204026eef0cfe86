"""Interactions on the page: which rows, and what is told of few people."""

import pandas as pd
import pyarrow as pa

from association.interaction.interaction_columns import SCHEMA
from jobs.report.interactions import interaction_sections

ROW = {
    "gene": "A",
    "trait": "survival",
    "covariate": "sex",
    "mask": "plof",
    "max_af": 0.01,
    "carriers": 13,
    "levels": "female;male",
    "carriers_of_levels": "6;7",
    "observed_of_levels": "2;6",
    "expected_of_levels": "3.1;4",
    "effect": 1.2,
    "standard_error": 0.6,
    "p_value": 0.02,
    "p_lower": 0.02,
    "p_upper": 0.02,
    "q_value": 0.2,
    "method": "enumeration",
    "min_attainable_p": 1e-3,
    "p_asymptotic": 0.01,
}


def table(*rows):
    return pa.Table.from_pylist([ROW | row for row in rows], SCHEMA).to_pandas()


def test_a_gene_is_shown_once_by_its_strongest_mask_and_the_control_never():
    rows = table({}, {"mask": "missense", "p_value": 0.001}, {"gene": "B", "mask": "synonymous", "p_value": 1e-6})
    (section,) = interaction_sections(rows)
    assert [row["gene"] for row in section["rows"]] == ["A"]
    assert section["rows"][0]["p_value"] == "0.0010"
    assert section["tests"] == 2


def test_events_of_fewer_than_five_people_are_not_told():
    (section,) = interaction_sections(table({}))
    assert section["rows"][0]["levels"] == [
        "female: 6, <5 observed, 3.1 expected",
        "male: 7, 6 observed, 4 expected",
    ]


def test_a_number_has_no_levels_and_a_covariate_without_a_test_says_so():
    number = {"levels": "number", "carriers_of_levels": None, "covariate": "age"}
    refused = {"covariate": "site", "p_value": None, "reason": "few", "carriers_of_levels": "1;2"}
    age, site = interaction_sections(table(number, refused))
    assert age["rows"][0]["levels"] == []
    assert site["rows"] == []
    assert site["genes"] == 1


def test_there_is_nothing_to_show_where_nothing_is_asked():
    assert interaction_sections(pd.DataFrame(SCHEMA.empty_table().to_pandas())) == []
