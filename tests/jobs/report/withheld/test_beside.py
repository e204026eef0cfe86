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
from jobs.report.withheld.gene_sets import withhold_sets
from jobs.report.withheld.known_genes import withhold_known
from jobs.report.withheld.together import withhold_together

LEAST = 5


def frame(schema, *rows):
    """Make a table with every column of a schema; numbers that a row does not name are missing."""
    empty = {field.name: np.nan if str(field.type) in ("int32", "int64", "double") else None for field in schema}
    return pd.DataFrame([{**empty, **row} for row in rows], columns=schema.names)


def results(*told):
    """Make result rows of which nothing is left to withhold: gene, trait, mask, carriers, events."""
    names = ("gene", "trait", "mask", "carriers", "observed_events")
    key = {"max_af": 0.01, "test": "omnibus", "weights": None, "coding": None, "p_value": 0.49}
    empty = pd.DataFrame(columns=[*names, *key])
    return pd.DataFrame([dict(zip(names, row, strict=True)) | key for row in told]) if told else empty


def a_set(carriers, events, *genes):
    named = {"gene_set": "own", "version": "1", "trait": "survival", "mask": "plof", "max_af": 0.01}
    row = {**named, "overlap": "all", "test": "panel_burden", "carriers": carriers, "observed_events": events}
    row |= {"expected_events": 3.3, "effect": 0.4, "standard_error": 0.2, "p_value": 0.01234, "evidence": 1.2}
    own = [
        {**named, "gene": f"G{number}", "carriers": carriers, "observed_events": seen, "expected_events": 2.2}
        for number, (carriers, seen) in enumerate(genes)
    ]
    return withhold_sets(frame(SET_SCHEMA, row), frame(GENE_SCHEMA, *own), results(), LEAST)


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
    return withhold_known(frame(KNOWN_SCHEMA, row | changes), results(), frame(SET_SCHEMA), LEAST).iloc[0]


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
    row |= {"min_attainable_p": 2 / 252}
    return withhold_interactions(frame(INTERACTION_SCHEMA, row), results(), LEAST).iloc[0]


def test_carriers_of_a_level_that_is_left_out_are_not_the_rest_of_all():
    row = interaction(23, "12;8", "6;8", left_out=3)
    assert np.isnan(row["carriers"])
    assert row["left_out"] == FEW
    # The results tell of 23, and with them these.
    assert row[["carriers_of_levels", "observed_of_levels", "min_attainable_p"]].isna().all()
    assert row["effect"] == 0.5


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
        return withhold_mechanism(table, results(), {}, LEAST).iloc[0]

    assert told(6)[["carriers_with_event", "effect_without", "total_effect"]].tolist() == [6, 0.4, 0.3]
    hidden = told(3)
    assert hidden["carriers_with_event"] == FEW
    assert hidden[["effect_without", "total_effect"]].isna().all()
    assert hidden["to_mediator_effect"] == 0.5


def test_traits_together_tell_no_few_carriers_and_no_few_who_lack_a_trait():
    row = {"gene": "A", "start": 5_212_134, "mask": "plof", "carriers": 3, "variants": 2, "p_any": 65 / 132}
    row |= {"p_any_permutations": 132, "neg_log10_p_any": 0.3076, "q_any": 0.123456}
    row |= {"test": "omnibus", "max_af": 0.01, "weights": None, "coding": None, "primary": True, "flags": None}
    row |= {"samples": 302.0}
    pairs = pd.DataFrame([row | {"trait_1": "a", "trait_2": "b", "p_1": 0.123456, "p_2": 0.05, "p_both": 0.123456}])
    of_traits = results(("A", "a", "plof", FEW, np.nan), ("A", "b", "plof", FEW, np.nan))
    correlations = pd.DataFrame([{"samples_1": 298.0, "samples_2": 300.0, "samples_both": 296.0}])
    together = {"genes": pd.DataFrame([row]), "pairs": pairs, "correlations": correlations}
    told = withhold_together(together, of_traits, LEAST)
    gene = told["genes"].iloc[0]
    assert gene["carriers"] == told["pairs"]["carriers"].iloc[0] == FEW
    assert (gene["p_any"], gene["q_any"], gene["start"]) == (0.49, 0.12, 5_200_000)
    assert np.isnan(gene["variants"])
    assert np.isnan(gene["p_any_permutations"])
    assert np.isnan(told["correlations"]["samples_both"].iloc[0])
    # 298 and 300 less the samples with either would give it.
    assert gene["samples"] == 300
    assert told["pairs"][["p_1", "p_2", "p_both"]].iloc[0].tolist() == [0.49, 0.49, 0.49]


def test_a_list_within_another_tells_no_carriers_by_difference():
    named = {"version": "1", "trait": "survival", "mask": "plof", "max_af": 0.01, "overlap": "with"}
    sets = frame(
        SET_SCHEMA,
        *(
            {**named, "gene_set": name, "carriers": carriers, "test": "panel_burden"}
            for name, carriers in (("small", 20.0), ("large", 23.0), ("apart", 24.0))
        ),
    )
    members = {"small": ("A", "B"), "large": ("A", "B", "C"), "apart": ("D",)}
    genes = frame(
        GENE_SCHEMA,
        *(
            {**named, "gene_set": name, "gene": gene, "carriers": 24.0 if name == "apart" else 10.0}
            for name, own in members.items()
            for gene in own
        ),
    )
    kept, _ = withhold_sets(sets, genes, results(), LEAST)
    np.testing.assert_equal(kept["carriers"].tolist(), [20, np.nan, 24])


def test_medians_of_carriers_are_no_gene_that_is_withheld():
    sets, _ = a_set(26, 10, (20, 8), (3, 2), (3, 2))
    assert sets["carriers_per_gene"].isna().all()


def test_what_the_results_withhold_of_a_mask_is_in_no_table_beside():
    hidden = results(("A", "survival", "plof", np.nan, np.nan))
    key = {"trait": "survival", "mask": "plof", "max_af": 0.01, "test": "burden"}
    row = {**key, "gene": "A", "covariate": "sex", "levels": "female;male", "carriers": 23.0, "left_out": 0}
    row |= {"carriers_of_levels": "12;11", "observed_of_levels": "6;5", "expected_of_levels": "5;6"}
    told = withhold_interactions(frame(INTERACTION_SCHEMA, row), hidden, LEAST)
    assert told[["carriers", "carriers_of_levels", "observed_of_levels"]].isna().all(axis=None)
    row = {
        **key,
        "gene": "A",
        "mediator": "nerve",
        "outcome": "survival",
        "carriers": 23.0,
        "carriers_with_event": 12.0,
    }
    told = withhold_mechanism(frame(MECHANISM_SCHEMA, row), hidden, {}, LEAST)
    assert told[["carriers", "carriers_with_event"]].isna().all(axis=None)
    row = {**key, "kind": "gene", "name": "A", "carriers_main": 23.0, "carriers_adjusted": 23.0}
    told = withhold_known(frame(KNOWN_SCHEMA, row), hidden, frame(SET_SCHEMA), LEAST)
    assert told[["carriers_main", "carriers_adjusted"]].isna().all(axis=None)


def test_masks_of_a_gene_without_known_carriers_do_not_differ_by_few():
    key = {"kind": "gene", "name": "A", "trait": "survival", "max_af": 0.01, "test": "burden"}
    counts = {"plof": (30.0, 12.0), "missense": (42.0, 14.0)}
    rows = [
        {**key, "mask": mask, "carriers_main": main, "carriers_excluded": excluded}
        for mask, (main, excluded) in counts.items()
    ]
    told = withhold_known(frame(KNOWN_SCHEMA, *rows), results(), frame(SET_SCHEMA), LEAST)
    np.testing.assert_equal(told["carriers_main"].tolist(), [30, 42])
    np.testing.assert_equal(told["carriers_excluded"].tolist(), [12, np.nan])


def test_events_of_levels_that_are_left_out_are_not_the_rest_of_the_genes():
    row = interaction(23, "12;8", "6;8", left_out=6)
    assert row["carriers_of_levels"] == "12;8"
    assert np.isnan(row["observed_of_levels"])


def test_traits_together_tell_p_values_of_one_trait_as_the_results_do():
    key = {"gene": "A", "mask": "plof", "max_af": 0.01, "coding": None, "start": 5_212_134, "flags": None}
    exact = {"p_value_a": 0.123456, "p_value_b": 2 / 132, "primary": False, "carriers": 6.0, "samples": 298.0}
    tests = [("burden", "flat"), ("skat", "beta"), ("omnibus", None)]
    genes = pd.DataFrame(
        [key | exact | {"test": test, "weights": weights, "p_any": 0.0301234} for test, weights in tests]
    )
    pairs = genes.assign(trait_1="a", trait_2="b", p_1=0.123456, p_2=2 / 132, p_both=0.123456, p_2_given_1=2 / 132)
    # One of the six has trait b, so that all tests have the same p-value of it.
    of_b = {"burden": np.nan, "skat": np.nan, "omnibus": 0.015}
    rows = [
        {**key, "trait": trait, "test": test, "weights": weights, "carriers": carriers, "p_value": p_value}
        for test, weights in tests
        for trait, carriers, p_value in (("a", 6.0, 0.123456), ("b", FEW, of_b[test]))
    ]
    correlations = pd.DataFrame([{"samples_1": 298.0, "samples_2": 275.0, "samples_both": 275.0}])
    together = {"genes": genes, "pairs": pairs, "correlations": correlations}
    told = withhold_together(together, pd.DataFrame(rows), LEAST)
    np.testing.assert_equal(told["genes"]["p_value_b"].tolist(), [np.nan, np.nan, 0.015])
    np.testing.assert_equal(told["genes"]["p_any"].tolist(), [np.nan, np.nan, 0.03])
    np.testing.assert_equal(told["pairs"]["p_2_given_1"].tolist(), [np.nan, np.nan, 0.015])
    np.testing.assert_equal(told["pairs"]["p_2"].tolist(), [np.nan, np.nan, 0.015])


def test_samples_with_mediator_and_outcome_do_not_give_the_few_who_have_but_one():
    row = {"gene": "A", "mediator": "nerve", "outcome": "slope", "mask": "plof", "max_af": 0.01, "carriers": 12.0}
    table = frame(MECHANISM_SCHEMA, row | {"samples": 268})
    for slope, told in ((270, 270), (268, 268), (280, 268)):
        kept = withhold_mechanism(table, results(), {"nerve": 298, "slope": slope}, LEAST)
        assert kept["samples"].tolist() == [told]


@pytest.mark.parametrize(("carriers", "levels"), [(1, "1"), (4, "4"), (4, "1;3")])
def test_levels_that_few_carriers_have_are_not_told(carriers, levels):
    row = interaction(carriers, levels, None)
    assert row["carriers"] == FEW
    assert row[["levels", "carriers_of_levels"]].isna().all()
