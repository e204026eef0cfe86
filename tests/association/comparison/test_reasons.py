"""Each cause applies to constructed rows where it should, alone, and in the stated order."""

from __future__ import annotations

import pytest

from association.comparison import causes
from association.comparison.mask_change import MaskChange
from association.comparison.reasons import Asked, TraitMoves, reasons, within_monte_carlo_error

ROW = {
    "gene": "A",
    "mask": "plof",
    "max_af": 0.01,
    "test": "burden",
    "weights": "flat",
    "coding": "sum",
    "p_value": 1e-3,
    "p_lower": None,
    "p_upper": None,
    "method": "exact",
}
SAME = Asked(frozenset(), over_masks=False, tests=False, settings=())
STILL = TraitMoves(redefined=False, covariates=False, others=False)
OMNIBUS = {"mask": "all", "max_af": None, "test": "omnibus", "weights": None, "coding": None}


def named(old=None, new=None, asked=SAME, trait=STILL, change=None, **renamed):
    return [one.cause for one in reasons(ROW | (old or {}), ROW | (new or {}), asked, trait, change, **renamed)]


def test_nothing_that_changed_is_said_to_be_unknown():
    assert named() == [causes.UNKNOWN]


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({"max_af": 0.001}, causes.CEILING),
        ({"weights": "beta_1_25"}, causes.WEIGHTS),
        ({"coding": "any"}, causes.WEIGHTS),
        ({"method": "saddlepoint"}, causes.METHOD),
    ],
)
def test_what_a_row_says_otherwise_is_the_cause(changed, cause):
    assert named(new=changed) == [cause]


def test_a_mask_ruled_otherwise_is_the_cause_of_its_own_rows_alone():
    asked = Asked(frozenset({"plof"}), over_masks=True, tests=True, settings=())
    assert named(asked=asked) == [causes.MASK_RULE]
    assert named({"mask": "missense"}, {"mask": "missense"}, asked) == [causes.UNKNOWN]
    assert named(OMNIBUS, OMNIBUS, asked) == [causes.MASK_RULE, causes.TESTS]


def test_settings_of_all_rows_are_named():
    asked = Asked(frozenset(), over_masks=False, tests=False, settings=(causes.CALIBRATION, causes.VERSIONS))
    assert named(asked=asked) == [causes.CALIBRATION, causes.VERSIONS]


@pytest.mark.parametrize(
    ("trait", "cause"),
    [
        (TraitMoves(redefined=True, covariates=False, others=False), causes.REDEFINED),
        (TraitMoves(redefined=False, covariates=True, others=False), causes.MODEL),
        (TraitMoves(redefined=False, covariates=False, others=True), causes.OTHER_SAMPLES),
    ],
)
def test_what_differs_for_all_genes_of_a_trait_is_a_cause(trait, cause):
    assert named(trait=trait) == [cause]


def test_what_the_model_moved_is_told_once():
    change = MaskChange({}, {causes.MODEL: 0.3, causes.EVENTS_GAINED: 0.1})
    both = TraitMoves(redefined=False, covariates=True, others=True)
    found = {one.cause: one.share for one in reasons(ROW, ROW, SAME, both, change)}
    assert found == {causes.MODEL: pytest.approx(0.75), causes.OTHER_SAMPLES: None}


def test_causes_come_in_the_stated_order_with_their_shares():
    change = MaskChange(
        {causes.EVENTS_GAINED: 2, causes.VARIANTS_GAINED: 1, causes.CARRIERS_JOINED: 7},
        {causes.EVENTS_GAINED: -1.0, causes.VARIANTS_GAINED: 0.5, causes.CARRIERS_JOINED: 2.5, causes.MODEL: 0.0},
    )
    trait = TraitMoves(redefined=False, covariates=False, others=True)
    found = reasons(ROW, ROW | {"method": "saddlepoint"}, SAME, trait, change, renamed="B")
    assert [(one.cause, one.count, one.share) for one in found] == [
        (causes.GENE_RENAMED, None, None),
        (causes.METHOD, None, None),
        (causes.VARIANTS_GAINED, 1, 0.125),
        (causes.CARRIERS_JOINED, 7, 0.625),
        (causes.EVENTS_GAINED, 2, 0.25),
        (causes.OTHER_SAMPLES, None, 0.0),
    ]


def interval(lower, upper):
    return {"p_value": (lower + upper) / 2, "p_lower": lower, "p_upper": upper, "method": "permutation"}


def test_overlapping_intervals_are_within_monte_carlo_error_and_others_are_not():
    assert within_monte_carlo_error(ROW | interval(0.0, 4e-3), ROW | interval(3e-3, 2e-2))
    assert not within_monte_carlo_error(ROW | interval(0.0, 4e-3), ROW | interval(5e-3, 2e-2))
    assert named(interval(0.0, 4e-3), interval(3e-3, 2e-2)) == [causes.MONTE_CARLO]


def test_a_p_value_without_error_lies_in_anothers_interval_or_not_and_two_have_none():
    assert within_monte_carlo_error(ROW, ROW | interval(0.0, 2e-3))
    assert not within_monte_carlo_error(ROW, ROW | interval(0.0, 9e-4))
    assert not within_monte_carlo_error(ROW, ROW)


def test_a_row_without_p_value_has_no_method_to_differ():
    assert named({"p_value": None, "method": None}) == [causes.UNKNOWN]
