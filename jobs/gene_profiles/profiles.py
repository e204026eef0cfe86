"""Make the profiles of genes, write them, and read them.

Made beside the tables of `association.gene_profile.profile_columns` are those of `jobs.follow_up` for all of the
genes and traits: `effects`, and `variants` one by one. These tables tell of single people and stay where the
genotypes are; no id is in them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from association import hit_effects, single_variants
from association.gene_profile.course import cohort_band
from association.gene_profile.profile import ProfiledTrait, profile_genes
from association.gene_profile.profile_columns import SCORE_PREFIX, TABLES, columns_of, schema_of
from association.gene_profile.sites import site_table
from association.results import Column
from association.scan import drop_variants
from association.scan_settings import ScanSettings
from hail_pipelines.places import readable
from hail_pipelines.variant_scan import read_genes
from infra.storage import Place
from jobs.gene_profiles.chosen_genes import Row, profiled_row, rows_of
from jobs.gene_profiles.exons import exon_table
from jobs.gene_profiles.observed_trait import read_observed
from jobs.gene_profiles.second_look import EFFECTS, SCHEMAS, VARIANTS, effects, variants_alone
from jobs.gene_profiles.site_quality import site_quality
from jobs.result_files import COLUMNS_FILE, file_names, write_columns_of, write_rows
from jobs.stage_settings import scan_settings
from jobs.study.study import Study

FOLDER = "gene_profiles"
NAMES = (*TABLES, *SCHEMAS)


@dataclass(frozen=True)
class ProfileSources:
    """What profiles are made from.

    Attributes
    ----------
    results
        Rows of all traits.
    store, traits
        The gene store, and the folder of prepared traits.
    study
        Whose settings.
    variants
        Quality control's table of variants, if it is there.
    calls
        The calls of all variants, if they are there.
    coding
        Coding intervals of genes: gene, contig, start and end, if there is a gene model.
    followed
        Tables of `jobs.follow_up`, by name, as far as there are any.
    """

    results: pa.Table
    store: Place
    traits: Place
    study: Study
    variants: Place | None = None
    calls: Place | None = None
    coding: pd.DataFrame | None = None
    followed: Mapping[str, pa.Table] = field(default_factory=dict)


def make_profiles(genes: Sequence[str], sources: ProfileSources) -> dict[str, pa.Table]:
    """Make the profiles of genes.

    Parameters
    ----------
    genes
        Which, in the order that the tables are to have.
    sources
        What they are made from.

    Returns
    -------
    dict
        The tables, by the names in `NAMES`; empty ones where there is nothing to say.
    """
    if not genes:
        return {name: _schema(name).empty_table() for name in NAMES}
    settings = scan_settings(sources.study)
    variants = drop_variants(read_genes(sources.store, genes), settings.left_out)
    observed = [read_observed(sources.traits, trait) for trait in sources.study.traits]
    rows = rows_of(sources.results, genes)
    parts: dict[str, list[pa.Table]] = {name: [] for name in NAMES}
    for trait in observed:
        own = (profiled_row(rows.get((gene, trait.scan.name), ())) for gene in genes)
        hits = [hit for hit in own if hit is not None]
        for name, table in _of_trait(hits, variants, trait, settings, sources.followed).items():
            parts[name].append(table)
    quality = site_quality(variants, sources.store, sources.variants, sources.calls)
    parts["sites"].append(site_table(variants, settings.masks, quality))
    parts["exons"].append(exon_table(sources.coding, genes))
    return {name: _in_order(tables, name, genes) for name, tables in parts.items()}


def _of_trait(
    hits: Sequence[Row],
    variants: pa.Table,
    trait: ProfiledTrait,
    settings: ScanSettings,
    followed: Mapping[str, pa.Table],
) -> dict[str, pa.Table]:
    tables = profile_genes(hits, variants, trait, settings)
    tables[EFFECTS] = effects(hits, variants, trait, settings, followed)
    tables[VARIANTS] = variants_alone(variants, trait, settings, followed)
    if trait.visits is not None:
        band = cohort_band(trait.visits, trait.scan.strata.size)
        columns = {"trait": [trait.scan.name] * band.time.size} | vars(band)
        tables["course_band"] = pa.table(columns).cast(schema_of("course_band"))
    return tables


def _in_order(tables: Sequence[pa.Table], name: str, genes: Sequence[str]) -> pa.Table:
    """Join a table's parts, sorted by the order of genes; rows of one gene stay as they are."""
    table = pa.concat_tables(tables) if tables else _schema(name).empty_table()
    if "gene" not in table.column_names:
        return table.combine_chunks()
    place = {gene: number for number, gene in enumerate(genes)}
    places = np.array([place[gene] for gene in table["gene"].to_pylist()], np.int64)
    return table.take(np.argsort(places, kind="stable")).combine_chunks()


def write_profiles(tables: Mapping[str, pa.Table], folder: Path) -> None:
    """Write the tables, and what their columns mean.

    Parameters
    ----------
    tables
        Of `make_profiles`.
    folder
        Where to; it is there.
    """
    for name, table in tables.items():
        write_rows(table, folder, name)
    scores = _scores(tables["sites"].column_names)
    columns: dict[str, Sequence[Column]] = {name: columns_of(name) for name in TABLES}
    columns["sites"] = columns_of("sites", scores)
    columns |= {EFFECTS: hit_effects.COLUMNS, VARIANTS: single_variants.COLUMNS}
    write_columns_of({name: columns[name] for name in tables}, folder / COLUMNS_FILE)


def read_profiles(place: Place) -> dict[str, pd.DataFrame]:
    """Read profiles from the folder that they were written to; no tables where there are none."""
    files = {name: place / file_names(name)[0] for name in NAMES}
    return {name: pq.read_table(readable(file)).to_pandas() for name, file in files.items() if file.is_file()}


def profile_inputs(place: Place) -> dict[str, Any]:
    """Read profiles by their names among a report's inputs: those of `jobs.follow_up` have names of their own there.

    Parameters
    ----------
    place
        Where they were written to; of a folder without profiles nothing comes back.
    """
    tables = read_profiles(place)
    own = {name: tables.pop(name) for name in SCHEMAS if name in tables}
    return {**own, "profiles": tables} if tables else {}


def profile_files() -> tuple[str, ...]:
    """List the files of the profiles, beside each other."""
    return (*(file for name in NAMES for file in file_names(name)), COLUMNS_FILE)


def _schema(name: str) -> pa.Schema:
    return SCHEMAS[name] if name in SCHEMAS else schema_of(name)


def _scores(columns: Sequence[str]) -> list[str]:
    return [name.removeprefix(SCORE_PREFIX) for name in columns if name.startswith(SCORE_PREFIX)]
