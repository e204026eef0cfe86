"""Which genes are followed up, by which rows, and the settings that say so."""

from math import log10

import pytest

from association.scan_settings import ALL_MASKS, CONTROL_MASK, OMNIBUS
from jobs.follow_up import driving_row, genes_to_follow


def row(gene, p_value, *, carriers=5, q_value=None, mask="plof", test="burden", primary=False):
    neg_log10_p = None if p_value is None else -log10(p_value)
    return {
        "gene": gene,
        "p_value": p_value,
        "neg_log10_p": neg_log10_p,
        "neg_log10_p_asymptotic": None,
        "carriers": carriers,
        "q_value": q_value,
        "mask": mask,
        "test": test,
        "primary": primary,
    }


@pytest.mark.parametrize(
    ("most", "expected"), [(0, ["A", "B"]), (1, ["A", "B"]), (3, ["A", "B", "C"]), (9, ["A", "B", "C", "D"])]
)
def test_the_strongest_genes_and_all_discoveries_are_followed(most, expected):
    rows = [
        row("D", 0.5, q_value=0.5),
        row("C", 0.02, q_value=0.101),
        row("B", 0.01, q_value=0.1),
        row("A", 0.001, q_value=0.05),
    ]
    assert genes_to_follow(rows, most) == expected


def test_genes_of_fewer_than_three_carriers_or_without_a_p_value_are_not_followed():
    rows = [row("A", 1e-4, carriers=2), row("B", None), row("C", 0.3, carriers=3)]
    assert genes_to_follow(rows, 5) == ["C"]


def test_a_gene_is_driven_by_its_strongest_single_test():
    primary = row("A", 0.01, mask=ALL_MASKS, test=OMNIBUS, primary=True)
    strongest = row("A", 0.004, test="skat")
    others = [
        row("A", 0.02),
        row("A", 0.003, test=OMNIBUS),
        row("A", 0.0001, mask=CONTROL_MASK),
        row("A", 0.001, mask="missense", carriers=2),
        row("A", None, test="skat_o"),
    ]
    assert driving_row([*others, strongest, primary]) is strongest


def test_a_gene_of_one_test_is_followed_by_its_one_row():
    only = row("A", 0.01, primary=True)
    assert driving_row([row("A", 0.001, mask=CONTROL_MASK), only]) is only


def test_a_mask_of_two_carriers_drives_a_gene_that_has_no_other():
    primary = row("A", 0.01, carriers=3, mask=ALL_MASKS, test=OMNIBUS, primary=True)
    few = row("A", 0.02, carriers=2)
    assert driving_row([few, primary]) is few
