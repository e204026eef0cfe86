"""Every variant by itself: a gene of one variant, tested by the sum of its minor alleles.

It goes through the scan as any gene does, so its p-value has the same laws: with one to three carriers in a cohort
of hundreds, every arrangement of them is looked at. Where a variant lies in two genes it is tested once, and is a
row of each.

A row of one or two carriers is what happened to one or two people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from association.gene_tests.masks import Mask
from association.results import COLUMNS as RESULT_COLUMNS
from association.results import Column
from association.scan import drop_variants, scan, variant_names
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait, WeightedTest

Integers = NDArray[np.int64]

# So many variants with their statistics take a few hundred megabytes.
VARIANTS_AT_ONCE = 5_000

ANY_VARIANT = MaskChoice(Mask("any"), 1.0)
SUM_OF_ALLELES = WeightedTest("burden", "flat", "sum")

_IN_RESULTS = {column.name: column for column in RESULT_COLUMNS}
_OF_VARIANT = (
    Column("variant", pa.string(), "contig-position-ref-alt"),
    Column("gene", pa.string(), "gene symbol, as annotated"),
    Column("contig", pa.string(), "chromosome, as the reference genome names it"),
    Column("position", pa.int32(), "1-based"),
    Column("ref", pa.string(), "reference allele"),
    Column("alt", pa.string(), "alternate allele"),
    Column("minor_allele", pa.string(), "of the two the rarer in the cohort, whose effect this is"),
    Column("consequence", pa.string(), "most severe consequence in the gene"),
)
_OF_TEST = (
    "trait",
    "samples",
    "carriers",
    "minor_allele_count",
    "observed_events",
    "expected_events",
    "effect",
    "standard_error",
    "p_value",
    "neg_log10_p",
    "p_lower",
    "p_upper",
    "method",
    "permutations",
    "p_asymptotic",
    "flags",
    "reason",
)
COLUMNS = _OF_VARIANT + tuple(_IN_RESULTS[name] for name in _OF_TEST)
SCHEMA = pa.schema([pa.field(column.name, column.type, metadata={"meaning": column.meaning}) for column in COLUMNS])

# True of every row here.
_SINGLE_VARIANT = "single_variant"


def scan_variants(variants: pa.Table, traits: Sequence[ScanTrait], settings: ScanSettings) -> pa.Table:
    """Test variants one by one.

    Parameters
    ----------
    variants
        Rows of the gene store.
    traits
        What to test against.
    settings
        Permutations, panel, and variants to leave out; masks and tests are not read.

    Returns
    -------
    pa.Table
        `SCHEMA`, in the order variants x traits.
    """
    variants = drop_variants(variants, settings.left_out)
    parts = [
        _scan_part(variants.slice(first, VARIANTS_AT_ONCE), traits, settings)
        for first in range(0, variants.num_rows, VARIANTS_AT_ONCE)
    ]
    return pa.concat_tables(parts) if parts else SCHEMA.empty_table()


def _scan_part(variants: pa.Table, traits: Sequence[ScanTrait], settings: ScanSettings) -> pa.Table:
    names = np.array(variant_names(variants).to_pylist(), dtype=object)
    distinct, first, number = np.unique(names, return_index=True, return_inverse=True)
    panel = names[np.isin(variants["gene"].to_pylist(), sorted(settings.panel))]
    alone = variants.take(first).drop_columns(["gene"]).append_column("gene", pa.array(distinct))
    genes = alone.select(["gene", "contig"]).append_column("start", alone["position"])
    asked = replace(
        settings,
        masks=(ANY_VARIANT,),
        tests=(SUM_OF_ALLELES,),
        panel=frozenset(panel),
        family_permutations=0,
        left_out=frozenset(),
    )
    tested = scan(genes, alone, traits, asked)
    rows = (number[:, None] * len(traits) + np.arange(len(traits))).ravel()
    return _join(variants.append_column("variant", pa.array(names)), tested.take(rows), len(traits))


def _join(variants: pa.Table, tested: pa.Table, traits: int) -> pa.Table:
    """Put what is known of each variant beside its test for each trait."""
    repeated = variants.take(np.repeat(np.arange(variants.num_rows), traits))
    minor = pc.if_else(repeated["minor_is_ref"], repeated["ref"], repeated["alt"])
    known = repeated.append_column("minor_allele", minor)
    flags = [_drop_flag(text) for text in tested["flags"].to_pylist()]
    columns = {column.name: known[column.name] for column in _OF_VARIANT}
    columns |= {name: tested[name] for name in _OF_TEST} | {"flags": pa.array(flags, pa.string())}
    return pa.table(columns).cast(SCHEMA)


def _drop_flag(flags: str | None) -> str | None:
    return flags and ";".join(flag for flag in flags.split(";") if flag != _SINGLE_VARIANT)
