"""Show a person all that a shared folder holds, before it leaves, and count again that none of it is of too few."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from association.meta.share_genes import mask_label
from association.meta.share_schema import TABLES
from association.meta.share_tables import COLLAPSED
from association.problems import InputError, Problem
from hail_pipelines.places import readable
from infra.storage import Place
from jobs.consortium.callable_regions import FILE as REGIONS
from jobs.consortium.cohort import FINGERPRINTS, SITES
from jobs.consortium.meta_traits import told_trait
from jobs.consortium.raremetal import COVARIANCES, SCORES, raremetal_texts
from jobs.consortium.share import file_of
from jobs.consortium.share_check import small_cells, told_otherwise
from jobs.consortium.share_files import wrong_files
from jobs.consortium.share_manifest import MANIFEST
from jobs.consortium.share_misfits import Share, read_shares
from jobs.result_files import COLUMNS_FILE

# Columns of counts, none of whose numbers may be of too few samples.
COUNTS = ("carriers", "minor_allele_count", "observed_events")
# The limit that none may be below.
SMALLEST = 5
AGAIN = "do not send it, share again"
EVENTS = (
    "of yes or no, and of times to an event, score and covariance tell nearly exactly how many carriers have the "
    "event: the limit is on who is told of, not on that"
)


def inspect_share(folder: Place, *, rows: bool) -> Iterator[str]:
    """Give the lines that tell of a shared folder.

    Parameters
    ----------
    folder
        What `share_study` wrote.
    rows
        Every row of every table and text too, not their numbers only.

    Raises
    ------
    InputError
        If it is no shared folder; at the end, with every number that is of too few samples.
    """
    (share,) = read_shares([folder])
    odd = list(wrong_files(share, sums=False))
    if odd:
        raise InputError(str(folder), odd)
    manifest = share.manifest
    yield f"{folder}: all that would leave"
    yield f"  cohort       {share.cohort}, {manifest['reference_genome']}, progex {manifest['versions']['progex']}"
    if manifest.get("caller") is not None:
        yield f"  called by    {manifest['caller']}, capture kit {manifest['capture_kit']}"
    yield f"  made from    gene store {manifest['gene_store'][:16]}, run {manifest['run'][:16]}"
    yield f"  smallest     {manifest['smallest_cell']} samples: nothing told is of fewer, but of none"
    yield f"  strata       by {', '.join(manifest['definitions']['strata']['strata']) or 'nothing: one for all'}"
    for mask in manifest["definitions"]["masks"]["masks"]:
        ceilings = ", ".join(f"{one:g}" for one in mask["max_allele_frequency"])
        yield f"  mask         {mask['name']}{'' if mask['where'] is None else ': ' + mask['where']} (to {ceilings})"
    for name, why in manifest["left_out"].items():
        yield f"  not shared   {name}: {why}"
    for name in manifest["traits"]:
        yield from _trait_lines(share, name)
    yield f"  caution      {EVENTS}"
    yield from _of_samples(share)
    problems: list[Problem] = []
    yield from _files(share, problems)
    for table, columns in TABLES.items():
        yield f"  table {table}, by column:"
        yield from (f"    {one.name}: {one.meaning}" for one in columns)
    if rows:
        yield from _all_rows(share)
    problems += [*_violations(share), *wrong_files(share)]
    if problems:
        raise InputError(str(folder), problems)
    yield (
        f"  checked      no count, pattern or stratum is of fewer than {manifest['smallest_cell']} samples; "
        "texts and tables tell the same"
    )


def _violations(share: Share) -> Iterator[Problem]:
    """List what is of too few samples."""
    limit = int(share.manifest["smallest_cell"])
    if limit < SMALLEST:
        yield Problem("smallest_cell", f"is {limit}; share again with {SMALLEST} or more")
    tables = {name: _tables(share, name) for name in share.traits}
    for name, own in tables.items():
        small = list(small_cells(own, limit))
        yield from (Problem(name, f"{message}; {AGAIN}") for message in small)
        # Of counts that do not add up no text can be made.
        for file, text in [] if small else raremetal_texts(own, told_trait(share, name, own)).items():
            if not (share.folder / file).is_file() or (share.folder / file).read_text() != text:
                yield Problem(file, f"does not hold what the tables tell; {AGAIN}")
    masks = share.manifest["definitions"]["masks"]["masks"]
    labels = {
        mask_label(one["name"], ceiling): one["name"] for one in masks for ceiling in one["max_allele_frequency"]
    }
    for message in told_otherwise(tables, labels):
        yield Problem("genes", f"{message}; {AGAIN}")


def _tables(share: Share, trait: str) -> dict[str, pa.Table]:
    return {table: pq.read_table(readable(share.folder / file_of(trait, table))) for table in TABLES}


def _trait_lines(share: Share, name: str) -> Iterator[str]:
    """Tell of a trait: who it is of, how it is defined, how much is told and the smallest numbers."""
    trait = share.manifest["traits"][name]
    yield f"  trait        {name}: {trait['samples']:,} samples, model {trait['kind']}"
    yield f"    definition {', '.join(f'{key}={value}' for key, value in trait['definition'].items())}"
    yield f"    covariates {', '.join(trait['covariates'])}: names only"
    if trait["residual_variance"] is not None:
        yield f"    residual variance {trait['residual_variance']:.6g}"
    if "events" in trait:
        yield f"    events     {trait['events']:,}"
    tables = _tables(share, name)
    variants, patterns = tables["variants"], tables["patterns"]
    collapsed = sum(one.startswith(COLLAPSED) for one in variants["variant"].to_pylist())
    alone, genes = variants.num_rows - collapsed, len(variants["gene"].unique())
    yield f"    {alone:,} variants by themselves and {collapsed:,} collapsed, in {genes:,} genes"
    by_stratum = patterns.num_rows - patterns["carriers_by_stratum"].null_count
    yield f"    {patterns.num_rows:,} patterns of carriers, {by_stratum:,} of them by stratum"
    withheld = sum(bool(one) for one in tables["genes"]["withheld"].to_pylist())
    yield f"    {withheld:,} genes with carriers who stay home, in any trait: too few to tell of"
    for column, table in [*((one, variants) for one in COUNTS), ("carriers of a pattern", patterns)]:
        counts = table[column.removesuffix(" of a pattern")]
        positive = counts.filter(pc.greater(counts, 0))
        if len(positive) > positive.null_count:
            yield f"    smallest of {column}: {pc.min(positive).as_py():g}"
    residuals = tables["residuals"]
    samples = residuals["samples"].to_numpy().sum()
    yield f"    {residuals.num_rows:,} values for the residuals of {samples:,.0f} samples"


def _of_samples(share: Share) -> Iterator[str]:
    """Tell what is said of samples: that traits are of different ones, and fingerprints."""
    sizes = {name: trait["samples"] for name, trait in share.traits.items()}
    if len(set(sizes.values())) > 1:
        told = ", ".join(f"{name} {samples:,}" for name, samples in sizes.items())
        yield f"  caution      traits are of different samples ({told}): how many lack one can be subtracted"
    if share.prints is None:
        yield "  fingerprints none: the study names no cohort.salt"
    else:
        bits, sites = share.prints.bits, len(share.prints.sites)
        yield f"  fingerprints of {len(bits):,} samples, {8 * bits.shape[1]:,} bits from {sites:,} named sites"
        yield f"    secret     known by {share.manifest['salt_check']}; whoever has it can look a person up"
    if (share.folder / REGIONS).is_file():
        yield "  callable     regions of the BED file that the study names"
    else:
        yield "  callable     no regions: the study names no BED file"


def _files(share: Share, problems: list[Problem]) -> Iterator[str]:
    """List the files, and add those that no share has to the problems."""
    known = {MANIFEST, COLUMNS_FILE, FINGERPRINTS, SITES, REGIONS}
    for name in share.traits:
        known |= {file_of(name, table) for table in TABLES} | {f"{name}.{kind}" for kind in (SCORES, COVARIANCES)}
    files: list[Place] = sorted(share.folder.glob("**/*"), key=str)
    for file in files:
        if file.is_file():
            ours = file.name in known and file.parent == share.folder
            strange = "" if ours else "   NOT WRITTEN BY PROGEX: take it out"
            yield f"  file         {file.name}, {file.stat().st_size:,} bytes{strange}"
            if not ours:
                problems.append(Problem(file.name, "is no file of a share; take it out"))


def _all_rows(share: Share) -> Iterator[str]:
    """Give share.json, every row of every table and every text."""
    yield f"  {MANIFEST}"
    yield json.dumps(share.manifest, indent=2)
    for name in share.traits:
        for table, content in _tables(share, name).items():
            yield f"  {file_of(name, table)}"
            yield "\t".join(content.column_names)
            yield from ("\t".join(map(_cell, row.values())) for row in content.to_pylist())
        for kind in (SCORES, COVARIANCES):
            yield from _text(share.folder / f"{name}.{kind}")
    for file in (COLUMNS_FILE, REGIONS, SITES):
        if (share.folder / file).is_file():
            yield from _text(share.folder / file)
    if share.prints is not None:
        yield f"  {FINGERPRINTS}"
        yield from (row.tobytes().hex() for row in share.prints.bits)


def _text(file: Place) -> Iterator[str]:
    yield f"  {file.name}"
    yield from file.read_text(encoding="utf-8").splitlines()


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return "" if value is None else str(value)
