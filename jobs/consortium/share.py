"""Share a finished run: summary statistics per trait that others can combine, and nothing of single patients.

The folder holds `share.json`, five tables per trait (`association.meta.share_schema`), the same as text for
RAREMETAL, what the columns mean, and, where the study names them, fingerprints and callable regions. It appears whole
or not at all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from association.gene_tests.mask_expression.parse import parse
from association.gene_tests.mask_expression.tree import fields_of
from association.gene_tests.masks import MINOR_ALLELE_COUNT
from association.meta.share_genes import OF_GENES, ready_to_share, share_batch
from association.meta.share_schema import ORDER, TABLES, schema_of
from association.meta.share_tables import residual_rows
from association.meta.summarise import summarise_trait
from association.problems import InputError, Problem
from association.scan_settings import ScanTrait
from hail_pipelines.linked_shares import read_linked
from hail_pipelines.places import readable, whole_folder
from infra.storage import Place, in_bucket
from jobs.cloud_study import use_buckets, use_buckets_of
from jobs.consortium.raremetal import write_raremetal
from jobs.consortium.share_cohort import consortium_salt, write_cohort
from jobs.consortium.share_manifest import MANIFEST, describe_trait, make_manifest
from jobs.consortium.share_traits import choose_traits
from jobs.places import made_here
from jobs.result_files import COLUMNS_FILE, write_columns_of
from jobs.run import RUN_RECORD
from jobs.stage_settings import scan_settings
from jobs.study.file import read_study
from jobs.study.study import Study, resolve
from jobs.traits.files import read_levels, read_summary

FOLDER = "share"
# Settings that nothing shared depends on; of all others the run must have had the same.
NO_MATTER = (
    *("output", "calibration", "gene_lists", "gene_symbols", "follow_up", "alpha", "compute"),
    *("together", "known_genes", "interactions", "mechanism"),
)


def share_study(path: Place, *, out: Place | None = None, traits: Sequence[str] = (), at_least: int) -> Place:
    """Share the study at `path`, which has been run.

    Parameters
    ----------
    path
        The study file.
    out
        The folder to write, which must not exist; None for `share` in the study's output.
    traits
        Names of the traits to tell of; none for all that can be.
    at_least
        The smallest number of samples that may be told of.

    Returns
    -------
    Place
        The folder.

    Raises
    ------
    InputError
        If the study has not been run as it stands, no trait can be shared, or the folder is there already.
    """
    study = read_study(path)
    use_buckets_of(study, path)
    output = resolve(path, study.output)
    folder = output / FOLDER if out is None else out
    if study.cloud is not None and in_bucket(str(folder)):
        use_buckets(study.cloud)
    run = _check(study, path, output, folder)
    chosen, left_out = choose_traits(study, path, output, traits, at_least=at_least)
    told = [ready_to_share(trait, at_least=at_least) for trait in chosen]
    salt = consortium_salt(study, path)
    manifest = make_manifest(study, path, run, left_out, salt=salt, at_least=at_least)
    if isinstance(folder, Path):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with whole_folder(folder) as partial:
            _write(study, path, run, told, manifest, salt, Path(str(partial)))
    else:
        with made_here(folder) as local:
            _write(study, path, run, told, manifest, salt, local)
    return folder


def _check(study: Study, path: Place, output: Place, folder: Place) -> dict[str, Any]:
    """Ask that the run is there and is this study's, and that nothing is overwritten; give the run's record."""
    if not (output / RUN_RECORD).exists():
        message = f"{output} holds no finished run; do 'progex run' first"
        raise InputError.single(path.name, "output", message)
    run: dict[str, Any] = json.loads((output / RUN_RECORD).read_text())
    settings = study.model_dump(mode="json")
    problems = [
        Problem(name, "has changed since the run; do 'progex run' again")
        for name in settings
        if name not in NO_MATTER and settings[name] != run["settings"].get(name)
    ]
    problems += _masks_of_everyone(study)
    if folder.exists():
        problems.append(Problem("out", f"{folder} is there already; name another folder by --out, or remove it"))
    if problems:
        raise InputError(path.name, problems)
    return run


def _masks_of_everyone(study: Study) -> Iterator[Problem]:
    """List masks that ask how many carry a variant, of all samples: who has no trait would show in them."""
    for mask in study.masks:
        if mask.where is not None and MINOR_ALLELE_COUNT in fields_of(parse(mask.where)):
            message = f"asks for {MINOR_ALLELE_COUNT} of all samples; use max_allele_frequency, run again"
            yield Problem(f"masks.{mask.name}", message)


def _write(
    study: Study,
    path: Place,
    run: Mapping[str, Any],
    traits: Sequence[ScanTrait],
    manifest: dict[str, Any],
    salt: bytes | None,
    folder: Path,
) -> None:
    """Write everything of a share; the manifest last."""
    output, at_least = resolve(path, study.output), int(manifest["smallest_cell"])
    store = output / "genes"
    key = thinning_key(
        manifest["gene_store"], pd.read_parquet(readable(store / "samples.parquet"))["sample"].tolist()
    )
    tables = share_tables(study, store, traits, key=key, at_least=at_least)
    for trait in traits:
        told = summarise_trait(manifest["cohort"], trait.name, trait.model, trait.strata, at_least=at_least)
        own = tables[trait.name] | {"residuals": _table("residuals", residual_rows(told))}
        for name, table in own.items():
            pq.write_table(table, folder / file_of(trait.name, name))
        write_raremetal(own, told, folder)
        summary = read_summary(output / "traits", trait.name)
        manifest["traits"][trait.name] = describe_trait(
            summary,
            read_levels(output / "traits", trait.name),
            told.samples,
            told.residual_variance,
            at_least=at_least,
        )
    write_cohort(study, path, run, traits, salt, folder)
    write_columns_of(TABLES, folder / COLUMNS_FILE)
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")


def thinning_key(gene_store: str, samples: Sequence[str]) -> str:
    """Give what carriers are drawn by, the same whenever a study is shared: ids make it known to the site alone."""
    return hashlib.sha256("\n".join([gene_store, *sorted(samples)]).encode()).hexdigest()


def file_of(trait: str, table: str) -> str:
    """Name the file of a trait's table."""
    return f"{trait}.{table}.parquet"


def share_tables(
    study: Study, store: Place, traits: Sequence[ScanTrait], *, key: str, at_least: int
) -> dict[str, dict[str, pa.Table]]:
    """Make the tables of genes, by trait, genes in order of name.

    Parameters
    ----------
    study, store
        The study, and where its gene store is.
    traits
        The traits (`ready_to_share`), in the order they are told in.
    key
        Carriers are drawn by (`thinning_key`).
    at_least
        The smallest number of samples that may be told of.
    """
    settings = scan_settings(study)
    parts: dict[str, dict[str, list[pa.Table]]] = {
        trait.name: {name: [schema_of(name).empty_table()] for name in OF_GENES} for trait in traits
    }
    for genes, variants in read_linked(store):
        for trait, tables in share_batch(genes, variants, traits, settings, key=key, at_least=at_least).items():
            for name, rows in tables.items():
                parts[trait][name].append(_table(name, rows))
    return {
        trait: {name: _ordered(name, pa.concat_tables(own)) for name, own in tables.items()}
        for trait, tables in parts.items()
    }


def _table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=schema_of(name))


def _ordered(name: str, table: pa.Table) -> pa.Table:
    return table.sort_by([(column, "ascending") for column in ORDER[name]])
