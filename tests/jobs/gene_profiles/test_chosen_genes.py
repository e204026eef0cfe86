"""Which genes have profiles, and by which rows."""

import pyarrow as pa
import pytest

from association.results import SCHEMA
from association.scan_settings import ALL_MASKS, CONTROL_MASK, OMNIBUS
from jobs.gene_profiles.chosen_genes import MOST_LISTED, genes_to_profile, profiled_row, rows_of


def row(gene, strength, *, carriers=5, trait="survival", mask="plof", test="burden", primary=True, flags=None):
    p_value = None if strength is None else 10.0**-strength
    return {
        "gene": gene,
        "trait": trait,
        "mask": mask,
        "test": test,
        "p_value": p_value,
        "neg_log10_p": strength,
        "neg_log10_p_asymptotic": None,
        "carriers": carriers,
        "primary": primary,
        "flags": flags,
    }


def results(*rows):
    return pa.Table.from_pylist(list(rows), schema=SCHEMA)


def test_the_followed_of_any_trait_come_strongest_first():
    table = results(
        row("A", 1.0), row("B", 3.0), row("C", 2.0), row("A", 5.0, trait="slope"), row("B", 0.5, trait="slope")
    )
    assert genes_to_profile(table, 1, ()) == ["A", "B"]


def test_genes_of_lists_are_there_if_somebody_carries_them():
    table = results(row("A", 3.0), row("B", 0.2, carriers=1), row("C", None, carriers=0), row("D", 0.1))
    assert genes_to_profile(table, 1, {"B", "C", "E"}) == ["A", "B"]


def test_of_very_many_listed_genes_the_strongest_are_there():
    names = [f"G{number:03d}" for number in range(MOST_LISTED + 20)]
    table = results(*(row(name, 1 - place / 1000) for place, name in enumerate(names)))
    assert genes_to_profile(table, 0, set(names)) == names[:MOST_LISTED]


def test_a_gene_is_seen_by_the_row_behind_its_p_value_with_its_primary_flags():
    rows = [
        row("A", 2.0, mask=ALL_MASKS, test=OMNIBUS, flags="few_carriers"),
        row("A", 2.5, mask="missense", primary=False),
        row("A", 9.0, mask=CONTROL_MASK, primary=False),
    ]
    found = profiled_row(rows)
    assert (found["mask"], found["flags"]) == ("missense", "few_carriers")


def test_a_gene_that_was_not_tested_is_seen_by_the_mask_with_most_carriers():
    rows = [row("A", None, carriers=n, mask=mask, primary=False) for n, mask in ((1, "plof"), (2, "missense"))]
    assert profiled_row(rows)["mask"] == "missense"


@pytest.mark.parametrize("mask", [CONTROL_MASK, ALL_MASKS])
def test_no_row_of_a_single_mask_shows_nothing(mask):
    assert profiled_row([row("A", 2.0, mask=mask)]) is None


def test_rows_are_found_by_gene_and_trait():
    table = results(row("A", 1.0), row("B", 1.0), row("A", 2.0, trait="slope"))
    found = rows_of(table, ["A"])
    strengths = {key: [row["neg_log10_p"] for row in rows] for key, rows in found.items()}
    assert strengths == {("A", "survival"): [1.0], ("A", "slope"): [2.0]}
