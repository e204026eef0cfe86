"""The strongest genes of each trait, looked at again: each variant by itself, the gene without each, the effect.

Followed up are, per trait, the genes with the smallest p-values in their primary rows, and every gene with a false
discovery rate of at most 10%; genes of at least 3 carriers only. Of a gene two rows are: the primary one, and the
strongest of the single tests behind it. Its effect is that of the second row's mask.

Most variants here have one or two carriers, so a row says what happened to one or two people. These tables stay where
the genotypes are; the report, which may be sent out, shows nothing of single variants.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from association import hit_effects, leave_one_out, single_variants
from association.gene_unit import FEWEST_CARRIERS
from association.scan_settings import CONTROL_MASK, OMNIBUS
from association.scan_trait_bytes import unpack_trait
from hail_pipelines.variant_scan import read_genes
from infra.storage import Place
from jobs.result_files import write_columns_of, write_rows
from jobs.stage_settings import scan_settings
from jobs.study.study import Study
from jobs.study.traits import TimeTrait, Trait
from jobs.traits.files import read_outcome, read_packed_trait

Row = dict[str, Any]

# Genes up to this false discovery rate are followed up, however many there are.
FALSE_DISCOVERIES = 0.1

# The module that makes each table.
TABLES = {"variants": single_variants, "leave_one_out": leave_one_out, "effects": hit_effects}
SINGLE_VARIANTS = "single_variants"


def follow_up(results: pa.Table, store: Place, traits: Place, trait: Trait, study: Study) -> dict[str, pa.Table]:
    """Look again at the strongest genes of a trait.

    Parameters
    ----------
    results
        The scan's rows of the trait.
    store, traits
        The gene store, and the folder of prepared traits.
    trait
        Which.
    study
        Whose settings.

    Returns
    -------
    dict
        Tables of variants, genes without one variant, and effects, by name.
    """
    settings, ready = scan_settings(study), unpack_trait(read_packed_trait(traits, trait.name))
    genes = genes_to_follow(results.filter(results["primary"]).to_pylist(), study.follow_up.genes)
    if not genes:
        return {name: made_by.SCHEMA.empty_table() for name, made_by in TABLES.items()}
    rows: dict[str, list[Row]] = {gene: [] for gene in genes}
    for row in results.filter(pc.is_in(results["gene"], pa.array(genes, pa.string()))).to_pylist():
        rows[row["gene"]].append(row)
    variants = read_genes(store, genes)
    hits = [driving_row(rows[gene]) for gene in genes]
    outcome = read_outcome(traits, ready, trait.ties if isinstance(trait, TimeTrait) else "efron")
    left_out = [leave_one_out.leave_one_out([hit], variants, ready, settings) for hit in hits]
    return {
        "variants": single_variants.scan_variants(variants, [ready], settings),
        "leave_one_out": pa.concat_tables(left_out),
        "effects": hit_effects.hit_effects(hits, variants, ready, outcome, settings),
    }


def genes_to_follow(rows: Sequence[Row], most: int) -> list[str]:
    """Name a trait's genes that are worth a second look, the strongest first.

    Parameters
    ----------
    rows
        The trait's primary rows.
    most
        How many genes, beside those with a low false discovery rate.
    """
    tested = [row for row in rows if row["p_value"] is not None and row["carriers"] >= FEWEST_CARRIERS]
    ranked = sorted(tested, key=_strength)
    chosen = [
        row["gene"]
        for rank, row in enumerate(ranked)
        if rank < most or (row["q_value"] is not None and row["q_value"] <= FALSE_DISCOVERIES)
    ]
    return list(dict.fromkeys(chosen))


def driving_row(rows: Sequence[Row]) -> Row:
    """Give the row that is behind a gene's primary p-value: the strongest single test, of 3 carriers if possible.

    Parameters
    ----------
    rows
        The gene's rows for one trait; the primary one has a p-value.
    """
    tested = [row for row in rows if row["p_value"] is not None and row["mask"] != CONTROL_MASK]
    single = [row for row in tested if row["test"] != OMNIBUS]
    return min(single, key=lambda row: (row["carriers"] < FEWEST_CARRIERS, *_strength(row)))


def write_follow_up(tables: Mapping[str, pa.Table], folder: Path) -> None:
    """Write the tables, and what their columns mean.

    Parameters
    ----------
    tables
        Those of `follow_up` of all traits, and perhaps every variant tested by itself.
    folder
        Where to.
    """
    made_by = TABLES | {SINGLE_VARIANTS: single_variants}
    for name, table in tables.items():
        write_rows(table, folder, name)
    write_columns_of({name: made_by[name].COLUMNS for name in tables}, folder / "columns.tsv")


def _strength(row: Row) -> tuple[float, float, str]:
    """Sort the smallest p-value first; the asymptotic p-value breaks ties."""
    return -row["neg_log10_p"], -(row["neg_log10_p_asymptotic"] or 0.0), row["gene"]
