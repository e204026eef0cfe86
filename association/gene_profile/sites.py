"""The variants of profiled genes: where, what, how common, how well called, and in which masks.

A variant's place in the coding sequence and the change of the protein are known where annotation keeps the texts that
tell them: `CDS_position` or `HGVSc` (c.123A>G), failing those `Protein_position` or `HGVSp` (p.Lys41Glu), whose codon
begins at three times the amino acid less two.

Axes: v variants.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from association.asked_variants import choose_variants
from association.gene_batch import FIELD_PREFIX, SCORE_PREFIX, read_batch
from association.gene_profile.profile_columns import schema_of
from association.scan import variant_names
from association.scan_settings import MaskChoice

# Columns that come from elsewhere, if from anywhere: quality control knows them.
QUALITY = ("call_rate", "het_balance", "mean_gq")
# Texts that annotation may keep, in the order in which they are asked, and what finds a base or an amino acid there.
_BASE = (("CDS_position", re.compile(r"^(\d+)")), ("HGVSc", re.compile(r"c\.(\d+)")))
_RESIDUE = (("Protein_position", re.compile(r"^(\d+)")), ("HGVSp", re.compile(r"p\.\(?[A-Za-z*]+(\d+)")))
_CHANGE = re.compile(r"p\.\S+")
CODON = 3


def site_table(variants: pa.Table, masks: Sequence[MaskChoice], quality: pa.Table | None = None) -> pa.Table:
    """Describe variants of the gene store.

    Parameters
    ----------
    variants
        Rows of the gene store, whole genes, sorted by gene.
    masks
        Of the study.
    quality
        `QUALITY` of these variants, in their order, as far as it is known.

    Returns
    -------
    pa.Table
        `profile_columns.SITES`, and a column for each score.
    """
    scores = [name for name in variants.column_names if name.startswith(SCORE_PREFIX)]
    texts = _texts(variants)
    columns: dict[str, Any] = {
        "variant": variant_names(variants),
        "coding_position": pa.array([_coding_position(one) for one in texts], pa.int32()),
        "hgvs_p": pa.array([_change(one) for one in texts], pa.string()),
        "frequency": pc.divide(variants["allele_count"].cast(pa.float64()), variants["allele_number"]),
        "carriers": pc.list_value_length(variants["carriers"]),
        "missing": pc.list_value_length(variants["missing"]),
        "masks": pa.array(_masks(variants, masks), pa.string()),
    }
    known = () if quality is None else [name for name in QUALITY if name in quality.column_names]
    columns |= {name: quality[name] for name in known if quality is not None}
    schema = schema_of("sites", [name.removeprefix(SCORE_PREFIX) for name in scores])
    taken = [name for name in schema.names if name in variants.column_names and name not in columns]
    columns |= {name: variants[name] for name in taken}
    none = pa.nulls(variants.num_rows)
    return pa.table({name: columns.get(name, none) for name in schema.names}).cast(schema)


def _texts(variants: pa.Table) -> list[dict[str, str]]:
    """Give the texts that annotation keeps of each variant, by their names in lower case (v)."""
    kept = {
        name.removeprefix(FIELD_PREFIX).lower(): variants[name].to_pylist()
        for name in variants.column_names
        if name.startswith(FIELD_PREFIX)
    }
    rows = range(variants.num_rows)
    return [{name: values[row] for name, values in kept.items() if values[row] is not None} for row in rows]


def _coding_position(texts: dict[str, str]) -> int | None:
    for name, pattern in _BASE:
        if found := pattern.search(texts.get(name.lower(), "")):
            return int(found[1])
    for name, pattern in _RESIDUE:
        if found := pattern.search(texts.get(name.lower(), "")):
            return CODON * (int(found[1]) - 1) + 1
    return None


def _change(texts: dict[str, str]) -> str | None:
    found = _CHANGE.search(texts.get("hgvsp", ""))
    return None if found is None else found[0].replace("%3D", "=")


def _masks(variants: pa.Table, masks: Sequence[MaskChoice]) -> list[str]:
    """Name the masks that hold each variant, at one of their ceilings or another (v)."""
    if not variants.num_rows:
        return []
    batch = read_batch(variants)
    inside = {choice.mask.name: np.zeros(variants.num_rows, np.bool_) for choice in masks}
    for choice in masks:
        inside[choice.mask.name] |= choose_variants(batch, choice)
    return [";".join(name for name, own in inside.items() if own[row]) for row in range(variants.num_rows)]
