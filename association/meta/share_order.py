"""Do rows of a trait's shared tables belong together: known genes in order, every column, every pair, known masks.

Axes: g genes, m columns of a gene, S strata.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from association.meta.share_layout import Layout, begins_of, leaves, places_within, triangle
from association.meta.share_schema import ORDER

Tables = Mapping[str, pa.Table]
Wrong = Iterator[tuple[str, str]]

# A variant's contig, position and alleles, or columns that are collapsed.
NAME = r"^(collapsed.*|\S+-[0-9]{1,9}-[^\s-]+-[^\s-]+)$"


def wrong_order(tables: Tables, layout: Layout, labels: frozenset[str]) -> Wrong:
    """Say where rows are not those of known genes, in order, numbered, complete, and of known masks.

    Parameters
    ----------
    tables, layout
        Of the schema's columns, values in range.
    labels
        Masks of the definitions, as mask@ceiling.
    """
    genes = tables["genes"]
    if _falls_or_stays(genes, ORDER["genes"]):
        yield "genes", "gene: rows are out of order, or a gene is there twice"
        return
    found = False
    for name, numbers in layout.genes.items():
        if (numbers < 0).any():
            strange = tables[name]["gene"][int(np.argmin(numbers))].as_py()
            yield name, f"gene: {strange!r:.60} is not in the table of genes"
            found = True
        elif (np.diff(numbers) < 0).any():
            yield name, "gene: rows are out of order"
            found = True
    if not found:
        yield from _wrong_numbers(tables, layout)
        yield from _wrong_names(tables, layout, labels)
        yield from _wrong_patterns(tables, layout)


def _falls_or_stays(table: pa.Table, columns: tuple[str, ...]) -> bool:
    rows = list(zip(*(table[column].to_pylist() for column in columns), strict=True))
    return any(one >= following for one, following in pairwise(rows))


def _wrong_numbers(tables: Tables, layout: Layout) -> Wrong:
    """Ask for every column, and for every pair of columns in its place."""
    for name, counts in (("variants", layout.columns), ("patterns", layout.patterns)):
        odd = np.flatnonzero(tables[name]["number"].to_numpy() != places_within(counts))
        if odd.size:
            yield name, f"number: {layout.gene(name, odd[0])} is not numbered from 0, one by one"
    lacking = np.flatnonzero((layout.columns > 0) != (layout.patterns > 0))
    if lacking.size:
        yield "patterns", f"gene: {layout.names[lacking[0]]} has either columns or patterns, not both"
    first, second = triangle(layout.columns)
    pairs = np.stack([tables["covariances"][name].to_numpy() for name in ("row", "column")]).astype(np.int64)
    own = layout.genes["variants"][first]
    begins = begins_of(layout.columns)[own]
    expected = np.stack([first - begins, second - begins])
    if not np.array_equal(layout.genes["covariances"], own) or not np.array_equal(pairs, expected):
        size = f"{pairs.shape[1]:,} rows, expected {expected.shape[1]:,}"
        yield "covariances", f"row, column: not the full upper triangle of every gene, in order ({size})"


def _wrong_names(tables: Tables, layout: Layout, labels: frozenset[str]) -> Wrong:
    """Ask for names of variants, one of each in a gene, and for masks that the definitions have."""
    names = tables["variants"]["variant"].combine_chunks()
    named = pc.match_substring_regex(names, NAME)
    if not pc.all(named, min_count=0).as_py():
        strange = names.filter(pc.invert(named))[0].as_py()
        yield "variants", f"variant: {strange!r:.60} is no contig-position-ref-alt"
    encoded = names.dictionary_encode()
    each = layout.genes["variants"] * max(len(encoded.dictionary), 1) + encoded.indices.to_numpy()
    found, counts = np.unique(each, return_counts=True)
    if (counts > 1).any():
        twice = int(found[counts > 1][0]) % len(encoded.dictionary)
        yield "variants", f"variant: {encoded.dictionary[twice].as_py()} is there twice in one gene"
    for table, column in (("variants", "masks"), ("genes", "withheld")):
        odd = sorted(set(pc.unique(leaves(tables[table][column])).to_pylist()) - labels)
        if odd:
            yield table, f"{column}: {odd[0]!r:.60} is no mask of the definitions"


def _wrong_patterns(tables: Tables, layout: Layout) -> Wrong:
    """Ask for columns that the gene has, each once, and a count for each stratum or for none."""
    patterns = tables["patterns"]
    sizes, dosages = (pc.list_value_length(patterns[name]).to_numpy() for name in ("columns", "dosages"))
    if (sizes != dosages).any() or (sizes == 0).any():
        yield "patterns", "dosages: not one for each of the columns"
        return
    columns = leaves(patterns["columns"]).to_numpy().astype(np.int64)
    own = np.repeat(np.arange(sizes.size), sizes)
    most = layout.columns[layout.genes["patterns"][own]]
    if (columns >= most).any():
        at = int(np.flatnonzero(columns >= most)[0])
        yield "patterns", f"columns: {columns[at]}, where the gene has {most[at]} columns, from 0"
    if ((np.diff(own) == 0) & (np.diff(columns) <= 0)).any():
        yield "patterns", "columns: not ascending"
    strata = int(pc.max(tables["residuals"]["stratum"]).as_py()) + 1
    lengths: Any = pc.list_value_length(patterns["carriers_by_stratum"])
    told = ~lengths.is_null().to_numpy()
    if (lengths.drop_null().to_numpy() != strata).any():
        yield "patterns", f"carriers_by_stratum: not of {strata} strata, as the table of residuals has"
    by_gene = np.bincount(layout.genes["patterns"], told, layout.columns.size)
    if ((by_gene != 0) & (by_gene != layout.patterns)).any():
        yield "patterns", "carriers_by_stratum: told of some patterns of a gene only"
