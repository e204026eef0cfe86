"""Sets of genes against one trait: together, and against genes like them; with and without what sets share.

Self-contained tests (`self_contained`) ask whether any gene of a set has to do with the trait; the competitive one
(`contrasts`) whether its genes say more than genes like them, so that what all genes do alike is no finding of the
set. Of a set that shares genes with another, both are also made of its remaining genes. A set's genes are then left
out one at a time: a set that rests on one gene says nothing that the gene's own test does not say.

Axes: g genes that anyone carries, p genes of a set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from association.gene_sets.compete import compete
from association.gene_sets.gene_carriers import GeneCarriers
from association.gene_sets.leave_one_gene_out import leave_one_gene_out
from association.gene_sets.mask_genes import MaskGenes, make_ready
from association.gene_sets.self_contained import SELF_CONTAINED, as_one_gene
from association.gene_sets.set_results import GENE_SCHEMA, SET_COLUMNS, SET_SCHEMA
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait

Integers = NDArray[np.int64]
Row = dict[str, Any]

COMPETITIVE = "competitive"
TESTS = (*SELF_CONTAINED, COMPETITIVE)
WITH, WITHOUT = "with", "without"
NO_CARRIER = "no gene of the set has a carrier among the samples with the trait"
BY_CHROMOSOME = "each chromosome has a null model of its own, and a set's genes lie on several"
# What the tests of a set have in common.
_DESCRIBED = ("samples", "carriers", "observed_events", "expected_events", "flags")


@dataclass(frozen=True)
class GeneSet:
    """A set of genes.

    Attributes
    ----------
    name, version
        Of the list.
    genes
        As the annotation names them.
    """

    name: str
    version: str
    genes: frozenset[str]


@dataclass(frozen=True)
class SetVersion:
    """A set with all its genes, or without those of other sets."""

    of: GeneSet
    overlap: str
    genes: frozenset[str]


def versions_of(sets: Sequence[GeneSet]) -> list[SetVersion]:
    """Give each set with all its genes and, where others share some and not all of them, without those."""
    found = []
    for number, one in enumerate(sets):
        others = frozenset[str]().union(*(other.genes for at, other in enumerate(sets) if at != number))
        found.append(SetVersion(one, WITH, one.genes))
        if one.genes & others and one.genes - others:
            found.append(SetVersion(one, WITHOUT, one.genes - others))
    return found


def scan_gene_sets(
    sets: Sequence[GeneSet],
    carriers: Sequence[GeneCarriers],
    lengths: Mapping[str, int],
    trait: ScanTrait,
    settings: ScanSettings,
) -> tuple[pa.Table, pa.Table]:
    """Test sets of genes under every mask.

    Parameters
    ----------
    sets
        The sets.
    carriers
        Of all genes, for each mask of the settings (`collect_carriers`).
    lengths
        Coding bases by gene; empty where they are not known.
    trait, settings
        What to test against, and how.

    Returns
    -------
    tuple
        `SET_SCHEMA`: a row per set, version, mask and test; `GENE_SCHEMA`: a row per set, mask and gene.
    """
    versions, set_rows, gene_rows = versions_of(sets), [], []
    for own, choice in zip(carriers, settings.masks, strict=True):
        places = [own.places(version.genes) for version in versions]
        starts = [_start(*pair, trait, choice) for pair in zip(versions, places, strict=True)]
        able = [at for at, found in enumerate(places) if found.size and not trait.by_contig]
        made: dict[int, dict[str, Row]] = {}
        if able:
            genes = make_ready(own, lengths, trait, settings, choice)
            lists = [own.places(versions[at].of.genes) for at in able]
            made = dict(zip(able, _test([places[at] for at in able], lists, genes), strict=True))
            for at in able:
                if versions[at].overlap == WITH:
                    gene_rows += [starts[at] | row for row in leave_one_gene_out(places[at], genes)]
        for at, start in enumerate(starts):
            set_rows += [start | made.get(at, _untested(start))[test] | {"test": test} for test in TESTS]
    return pa.Table.from_pylist(set_rows, SET_SCHEMA), pa.Table.from_pylist(gene_rows, GENE_SCHEMA)


def _test(sets: Sequence[Integers], lists: Sequence[Integers], genes: MaskGenes) -> list[dict[str, Row]]:
    """Give the rows of sets whose lists hold these genes, by test."""
    names = {column.name for column in SET_COLUMNS}
    found = []
    together = as_one_gene(sets, genes, genes.settings.effort)
    for places, held_out, tested in zip(sets, lists, together, strict=True):
        rows = {test: {name: row[name] for name in names & set(row)} for test, row in tested.items()}
        described = {name: rows[TESTS[0]].get(name) for name in _DESCRIBED}
        rows[COMPETITIVE] = described | compete(places, held_out, genes)
        found.append({test: row | {"evidence": float(genes.said[places].mean())} for test, row in rows.items()})
    return found


def _start(version: SetVersion, places: Integers, trait: ScanTrait, choice: MaskChoice) -> Row:
    return {
        "gene_set": version.of.name,
        "version": version.of.version,
        "overlap": version.overlap,
        "trait": trait.name,
        "mask": choice.mask.name,
        "max_af": choice.max_af,
        "genes": len(version.genes),
        "genes_with_carriers": places.size,
        "samples": trait.strata.size,
    }


def _untested(start: Row) -> dict[str, Row]:
    reason = BY_CHROMOSOME if start["genes_with_carriers"] else NO_CARRIER
    return {test: {"reason": reason} for test in TESTS}
