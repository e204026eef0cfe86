"""Tables beside the results tell of nobody: traits together, gene sets, known carriers, interactions, mechanisms."""

import numpy as np
import pandas as pd
import pytest

from association.gene_sets.set_results import GENE_SCHEMA, SET_SCHEMA
from association.interaction.interaction_columns import SCHEMA as INTERACTION_SCHEMA
from association.known_genes import SCHEMA as KNOWN_SCHEMA
from association.mechanism.mechanism_columns import SCHEMA as MECHANISM_SCHEMA
from jobs.report.numbers import FEW
from jobs.report.withheld.asked_for import withhold_interactions, withhold_mechanism
from jobs.report.withheld.beside import withhold_known, withhold_sets, withhold_together

LEAST = 5


def frame(schema, *rows):
    """Make a table with every column of a schema; numbers that a row does not name are missing."""
    empty = {field.name: np.nan if str(field.type) in ("int32", "int64", "double") else None for field in schema}
    return pd.DataFrame([{**empty, **row} for row in rows], columns=schema.names)


def a_set(carriers, events, *genes):
    named = {"gene_set": "own", "version": "1", "trait": "survival", "mask": "plof", "max_af": 0.01}
    row = {**named, "overlap": "all", "test": "panel_burden", "carriers": carriers, "observed_events": events}
    row |= {"expected_events": 3.3, "effect": 0.4, "standard_error": 0.2, "p_value": 0.01234, "evidence": 1.2}
    own = [
        {**named, "gene": f"G{number}", "carriers": carriers, "observed_events": seen, "expected_events": 2.2}
        for number, (carriers, seen) in enumerate(genes)
    ]
    return withhold_sets(frame(SET_SCHEMA, row), frame(GENE_SCHEMA, *own), LEAST)


def test_a_set_does_not_tell_of_the_one_gene_that_is_withheld():
    sets, genes = a_set(23, 10, (20, 8), (3, 2))
    np.testing.assert_equal(genes["carriers"].tolist(), [20, FEW])
    assert sets[["carriers", "observed_events", "expected_events", "effect"]].isna().all(axis=None)
    assert sets["p_value"].tolist() == [0.012]


def test_a_set_of_many_small_genes_is_told():
    sets, genes = a_set(26, 10, (20, 8), (3, 2), (3, 2))
    assert sets["carriers"].tolist() == [26]
    assert genes["carriers"].tolist() == [20, FEW, FEW]


def known(main, excluded, **changes):
    row = {"kind": "gene", "name": "A", "trait": "survival", "mask": "plof", "max_af": 0.01, "test": "burden"}
    for model, (samples, carriers, events) in {"main": main, "excluded": excluded, "adjusted": main}.items():
        numbers = {"samples": samples, "carriers": carriers, "observed_events": events, "expected_events": 3.1}
        numbers |= {"effect": 0.5, "standard_error": 0.2, "firth_effect": 0.6, "p_value": 0.0123}
        row |= {f"{name}_{model}": value for name, value in numbers.items()}
    return withhold_known(frame(KNOWN_SCHEMA, row | changes), LEAST).iloc[0]


def test_without_known_carriers_is_not_told_where_these_are_few():
    row = known((300, 20, 8), (297, 18, 8))
    assert row["carriers_main"] == 20
    assert np.isnan(row["samples_excluded"])
    assert row[["carriers_excluded", "observed_events_excluded", "effect_excluded"]].isna().all()
    assert row["firth_effect_main"] == 0.6


def test_known_carriers_that_are_enough_are_told():
    row = known((300, 20, 8), (280, 14, 0))
    assert row[["carriers_main", "carriers_excluded", "samples_excluded"]].tolist() == [20, 14, 280]
    assert row["effect_excluded"] == 0.5


def interaction(carriers, levels, observed, left_out=0):
    row = {"gene": "A", "trait": "survival", "covariate": "sex", "mask": "plof", "max_af": 0.01, "start": 5_212_134}
    row |= {"levels": "female;male", "carriers": carriers, "carriers_of_levels": levels, "left_out": left_out}
    row |= {"observed_of_levels": observed, "expected_of_levels": "2.1;3.2", "effect": 0.5, "standard_error": 0.2}
    return withhold_interactions(frame(INTERACTION_SCHEMA, row), LEAST).iloc[0]


def test_carriers_of_a_level_that_is_left_out_are_not_the_rest_of_all():
    row = interaction(23, "12;8", "6;8", left_out=3)
    assert np.isnan(row["carriers"])
    assert row["left_out"] == FEW
    assert row["carriers_of_levels"] == "12;8"


@pytest.mark.parametrize(("observed", "told"), [("6;8", True), ("2;8", False), ("10;8", False), ("0;0", True)])
def test_events_of_levels_go_where_one_has_few_with_or_without(observed, told):
    row = interaction(20, "12;8", observed)
    assert (row["observed_of_levels"] == observed) == told
    assert row[["expected_of_levels", "effect", "standard_error"]].notna().all() == told


def test_effects_on_an_outcome_go_with_the_few_who_had_the_event():
    row = {"gene": "A", "mediator": "nerve", "outcome": "survival", "mask": "plof", "max_af": 0.01, "carriers": 12}
    row |= {"to_mediator_effect": 0.5, "effect_without": 0.4, "total_effect": 0.3}

    def told(events):
        table = frame(MECHANISM_SCHEMA, row | {"carriers_with_event": events})
        return withhold_mechanism(table, LEAST).iloc[0]

    assert told(6)[["carriers_with_event", "effect_without", "total_effect"]].tolist() == [6, 0.4, 0.3]
    hidden = told(3)
    assert hidden["carriers_with_event"] == FEW
    assert hidden[["effect_without", "total_effect"]].isna().all()
    assert hidden["to_mediator_effect"] == 0.5


def test_traits_together_tell_no_few_carriers_and_no_few_who_lack_a_trait():
    row = {"gene": "A", "start": 5_212_134, "mask": "plof", "carriers": 3, "variants": 2, "p_any": 65 / 132}
    row |= {"p_any_permutations": 132, "neg_log10_p_any": 0.3076, "q_any": 0.123456}
    row |= {"test": "omnibus", "primary": True, "flags": None}
    pairs = pd.DataFrame([{"gene": "A", "mask": "plof", "carriers": 3, "p_both": 0.123456}])
    correlations = pd.DataFrame([{"samples_1": 298.0, "samples_2": 300.0, "samples_both": 296.0}])
    told = withhold_together({"genes": pd.DataFrame([row]), "pairs": pairs, "correlations": correlations}, LEAST)
    gene = told["genes"].iloc[0]
    assert gene["carriers"] == told["pairs"]["carriers"].iloc[0] == FEW
    assert (gene["p_any"], gene["q_any"], gene["start"]) == (0.49, 0.12, 5_200_000)
    assert np.isnan(gene["variants"])
    assert np.isnan(gene["p_any_permutations"])
    assert np.isnan(told["correlations"]["samples_both"].iloc[0])
