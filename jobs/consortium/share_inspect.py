"""Show a person all that a shared folder holds, before it leaves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from association.meta.share_schema import TABLES
from association.meta.share_tables import COLLAPSED
from hail_pipelines.places import readable
from infra.storage import Place
from jobs.consortium.raremetal import COVARIANCES, SCORES
from jobs.consortium.share import file_of
from jobs.consortium.share_manifest import MANIFEST, Share, read_shares
from jobs.result_files import COLUMNS_FILE

# Columns of counts, none of whose numbers may be of too few samples.
COUNTS = ("carriers", "minor_allele_count", "observed_events")


def inspect_share(folder: Place, *, rows: bool) -> Iterator[str]:
    """Give the lines that tell of a shared folder.

    Parameters
    ----------
    folder
        What `share_study` wrote.
    rows
        Every row of every table too, not their numbers only.

    Raises
    ------
    InputError
        If it is no shared folder.
    """
    (share,) = read_shares([folder])
    manifest = share.manifest
    yield f"{folder}: all that would leave"
    yield f"  cohort       {share.cohort}, {manifest['reference_genome']}, progex {manifest['progex']}"
    yield f"  smallest     {manifest['smallest_cell']} samples: no count is smaller, but zero"
    for mask in manifest["masks"]:
        ceilings = ", ".join(f"{one:g}" for one in mask["max_allele_frequency"])
        yield f"  mask         {mask['name']}{'' if mask['where'] is None else ': ' + mask['where']} (to {ceilings})"
    for name, why in manifest["left_out"].items():
        yield f"  not shared   {name}: {why}"
    for name in manifest["traits"]:
        yield from _trait_lines(share, name)
    yield from _sample_differences(share)
    yield from _files(share)
    for table, columns in TABLES.items():
        yield f"  table {table}, by column:"
        yield from (f"    {one.name}: {one.meaning}" for one in columns)
    if rows:
        yield from _all_rows(share)


def _trait_lines(share: Share, name: str) -> Iterator[str]:
    """Tell of a trait: who it is of, how it is defined, how much is told and the smallest numbers."""
    trait = share.manifest["traits"][name]
    yield f"  trait        {name}: {trait['samples']:,} samples, model {trait['kind']}"
    yield f"    definition {', '.join(f'{key}={value}' for key, value in trait['definition'].items())}"
    yield f"    covariates {', '.join(trait['covariates'])}: names only"
    if trait["residual_variance"] is not None:
        yield f"    residual variance {trait['residual_variance']:.6g}"
    tables = {table: pq.read_table(readable(share.folder / file_of(name, table))) for table in TABLES}
    variants = tables["variants"]
    collapsed = sum(one.startswith(COLLAPSED) for one in variants["variant"].to_pylist())
    alone, genes = variants.num_rows - collapsed, len(variants["gene"].unique())
    yield f"    {alone:,} variants by themselves and {collapsed:,} collapsed, in {genes:,} genes"
    withheld = sum(bool(one) for one in tables["genes"]["withheld"].to_pylist())
    yield f"    {withheld:,} genes with carriers who stay home: too few to tell of"
    for column in COUNTS:
        positive = variants.filter(pc.greater(variants[column], 0))[column]
        if len(positive) > positive.null_count:
            yield f"    smallest of {column}: {pc.min(positive).as_py():g}"
    residuals = tables["residuals"]
    samples = residuals["samples"].to_numpy().sum()
    yield f"    {residuals.num_rows:,} values for the residuals of {samples:,.0f} samples"


def _sample_differences(share: Share) -> Iterator[str]:
    """Caution of traits whose samples differ by few: differences of their counts are of few."""
    sizes = {name: trait["samples"] for name, trait in share.manifest["traits"].items()}
    if len(set(sizes.values())) > 1:
        told = ", ".join(f"{name} {samples:,}" for name, samples in sizes.items())
        yield f"  caution      traits are of different samples ({told}): a reader can subtract their counts"


def _files(share: Share) -> Iterator[str]:
    """List the files, and those that no share has."""
    known = {MANIFEST, COLUMNS_FILE}
    for name in share.manifest["traits"]:
        known |= {file_of(name, table) for table in TABLES} | {f"{name}.{kind}" for kind in (SCORES, COVARIANCES)}
    files: list[Place] = sorted(share.folder.glob("**/*"), key=str)
    for file in files:
        if file.is_file():
            ours = file.name in known and file.parent == share.folder
            strange = "" if ours else "   NOT WRITTEN BY PROGEX: take it out"
            yield f"  file         {file.name}, {file.stat().st_size:,} bytes{strange}"


def _all_rows(share: Share) -> Iterator[str]:
    """Give every row of every table as text."""
    for name in share.manifest["traits"]:
        for table in TABLES:
            content = pq.read_table(readable(share.folder / file_of(name, table)))
            yield f"  {file_of(name, table)}"
            yield "\t".join(content.column_names)
            yield from ("\t".join(map(_cell, row.values())) for row in content.to_pylist())


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return "" if value is None else str(value)
