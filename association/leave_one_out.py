"""What is left of a gene's p-value without each of its variants in turn.

A copy of the gene without the variant goes through the scan as a gene of its own: same masks, tests and laws, with at
most 10,000 permutations. A row rests on a variant if it has two or more variants, its p-value p is at most 0.05, and
without that variant

    p_without > max(10 p, min(0.05, sqrt(p))),

or there is nothing left to test: what the variant leaves behind is neither close to p nor half of its evidence. Of a
p_without that was counted the lower end of its interval is compared, so that too few permutations flag nothing.

Axes: v variants of the batch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from association.asked_variants import choose_variants
from association.calibration.monte_carlo import Effort
from association.gene_batch import GeneBatch, read_batch, restrict_to_trait
from association.results import COLUMNS as RESULT_COLUMNS
from association.results import ONE_VARIANT_DRIVEN, Column
from association.scan import drop_variants, scan, variant_names
from association.scan_settings import ALL_MASKS, CONTROL_MASK, OMNIBUS, ScanSettings, ScanTrait

Booleans = NDArray[np.bool_]
Integers = NDArray[np.int64]
Row = Mapping[str, Any]

NOTABLE_P = 0.05
TEN_TIMES = 10.0
MOST_PERMUTATIONS = 10_000

# What tells a result row from all others.
KEY = ("gene", "trait", "mask", "max_af", "test", "weights", "coding")
_TEST = ("mask", "max_af", "test", "weights", "coding")
_FOUND = ("carriers", "p_value", "neg_log10_p", "method", "reason")

_IN_RESULTS = {column.name: column for column in RESULT_COLUMNS}
COLUMNS = (
    *(_IN_RESULTS[name] for name in KEY),
    Column("left_out", pa.string(), "the variant that was left out: contig-position-ref-alt"),
    Column("carriers", pa.int32(), "samples that carry one of the other variants"),
    Column("p_value", pa.float64(), "the p-value without it, two-sided"),
    _IN_RESULTS["neg_log10_p"],
    _IN_RESULTS["method"],
    Column(
        "rests_on_it", pa.bool_(), "without it the p-value is more than ten times itself, and above its root or 0.05"
    ),
    _IN_RESULTS["reason"],
)
SCHEMA = pa.schema([pa.field(column.name, column.type, metadata={"meaning": column.meaning}) for column in COLUMNS])


@dataclass(frozen=True)
class LeftOut:
    """A gene without one of its variants.

    Attributes
    ----------
    name
        Which gene it is in the scan.
    gene
        The whole gene.
    variant
        Position in the batch of the variant that is left out.
    rest
        Positions of the others.
    """

    name: str
    gene: str
    variant: int
    rest: Integers


def leave_one_out(rows: Sequence[Row], variants: pa.Table, trait: ScanTrait, settings: ScanSettings) -> pa.Table:
    """Test genes again without each of their variants.

    Parameters
    ----------
    rows
        Result rows of the trait: `KEY` and p_value of each. One of fewer than two variants has none to leave out.
    variants
        The gene store's rows of their genes, each gene whole.
    trait
        What to test against.
    settings
        The scan's that gave the rows.

    Returns
    -------
    pa.Table
        `SCHEMA`: rows in the order given x the variants in them.
    """
    kept = drop_variants(variants, settings.left_out)
    kept = kept.take(pc.sort_indices(kept["gene"]))
    batch = read_batch(kept)
    names = variant_names(kept).to_pylist()
    carried = np.diff(restrict_to_trait(batch, trait).offsets) > 0
    inside = [np.flatnonzero(_in_mask(row, batch, settings) & carried) for row in rows]
    inside = [own if own.size > 1 else own[:0] for own in inside]
    copies = _copies(rows, inside, batch.gene, names)
    tested = _scan_copies(rows, copies, kept, trait, settings)
    table = []
    for row, own in zip(rows, inside, strict=True):
        for variant in own:
            left = tested[_copy_name(row["gene"], names[variant]), *(row[name] for name in _TEST)]
            table.append(
                {name: row[name] for name in KEY}
                | {name: left[name] for name in _FOUND}
                | {"left_out": names[variant], "rests_on_it": rests_on_variant(row["p_value"], _at_least(left))}
            )
    return pa.Table.from_pylist(table, schema=SCHEMA)


def rests_on_variant(p_value: float | None, p_without: float | None) -> bool:
    """Say whether a row of two or more variants rests on one of them.

    Parameters
    ----------
    p_value
        Of the row; None where it has none.
    p_without
        Without the variant, at least; None where nothing is left to test.
    """
    if p_value is None or p_value > NOTABLE_P:
        return False
    return p_without is None or p_without > max(TEN_TIMES * p_value, min(NOTABLE_P, math.sqrt(p_value)))


def _at_least(row: Row) -> float | None:
    """Give the lower end of a p-value's interval, or the p-value where it has none."""
    bound: float | None = row["p_value"] if row["p_lower"] is None else row["p_lower"]
    return bound


def flag_one_variant_driven(results: pa.Table, left_out: pa.Table) -> pa.Table:
    """Add the flag to the result rows that rest on one variant, and to the primary rows of their genes.

    Parameters
    ----------
    results
        Result rows.
    left_out
        From `leave_one_out`, of any of them.
    """
    resting = left_out.filter(left_out["rests_on_it"]).select(KEY).to_pylist()
    driven = {tuple(row.values()) for row in resting}
    genes = {(row["gene"], row["trait"]) for row in resting}
    if not driven:
        return results
    flags = results["flags"].to_pylist()
    concerned = pc.is_in(results["gene"], pa.array(sorted({row["gene"] for row in resting})))
    for number in np.flatnonzero(concerned.to_numpy()):
        key = tuple(results[name][number].as_py() for name in KEY)
        if key in driven or (results["primary"][number].as_py() and key[:2] in genes):
            flags[number] = ";".join(filter(None, [flags[number], ONE_VARIANT_DRIVEN]))
    place = results.schema.get_field_index("flags")
    return results.set_column(place, results.schema.field(place), pa.array(flags, pa.string()))


def _in_mask(row: Row, batch: GeneBatch, settings: ScanSettings) -> Booleans:
    """Say which variants are in a row's gene and mask (v)."""
    chosen = np.zeros(batch.gene.size, np.bool_)
    for choice in settings.masks:
        together = row["mask"] == ALL_MASKS and choice.mask.name != CONTROL_MASK
        if together or (choice.mask.name, choice.max_af) == (row["mask"], row["max_af"]):
            chosen |= choose_variants(batch, choice)
    own: Booleans = chosen & (batch.gene == row["gene"])
    return own


def _copies(
    rows: Sequence[Row], inside: Sequence[Integers], genes: NDArray[np.object_], names: Sequence[str]
) -> list[LeftOut]:
    """Make a copy of each row's gene without each of the row's variants; rows of one gene share them."""
    copies: dict[str, LeftOut] = {}
    for row, own in zip(rows, inside, strict=True):
        whole = np.flatnonzero(genes == row["gene"])
        for variant in own:
            name = _copy_name(row["gene"], names[variant])
            copies.setdefault(name, LeftOut(name, row["gene"], int(variant), whole[whole != variant]))
    return [copies[name] for name in sorted(copies)]


def _copy_name(gene: str, variant: str) -> str:
    return f"{gene} without {variant}"


def _scan_copies(
    rows: Sequence[Row], copies: Sequence[LeftOut], variants: pa.Table, trait: ScanTrait, settings: ScanSettings
) -> dict[tuple[Any, ...], Row]:
    """Scan the copies, and give their rows by name and test."""
    if not copies:
        return {}
    taken = variants.take(np.concatenate([copy.rest for copy in copies]))
    named = np.repeat([copy.name for copy in copies], [copy.rest.size for copy in copies])
    table = taken.drop_columns(["gene"]).append_column("gene", pa.array(named.tolist(), pa.string()))
    places = variants.take(np.array([copy.variant for copy in copies])).select(["contig", "position"])
    genes = places.rename_columns(["contig", "start"]).append_column("gene", pa.array([copy.name for copy in copies]))
    tested = scan(genes, table, [trait], _narrow(rows, settings)).to_pylist()
    return {(row["gene"], *(row[name] for name in _TEST)): row for row in tested}


def _narrow(rows: Sequence[Row], settings: ScanSettings) -> ScanSettings:
    """Ask for no more masks and tests than the rows are made of."""
    own = {(row["mask"], row["max_af"]) for row in rows}
    everywhere = any(row["mask"] == ALL_MASKS for row in rows)
    masks = [
        choice
        for choice in settings.masks
        if (choice.mask.name, choice.max_af) in own or (everywhere and choice.mask.name != CONTROL_MASK)
    ]
    asked = {tuple(row[name] for name in ("test", "weights", "coding")) for row in rows}
    combined = any(row["test"] == OMNIBUS for row in rows)
    tests = [
        test
        for test in settings.tests
        if combined or (test.test, test.weights, test.coding if test.test == "burden" else None) in asked
    ]
    return replace(
        settings,
        masks=tuple(masks),
        tests=tuple(tests),
        effort=Effort(MOST_PERMUTATIONS, MOST_PERMUTATIONS, settings.effort.enough),
        panel=frozenset(),
        family_permutations=0,
        left_out=frozenset(),
    )
