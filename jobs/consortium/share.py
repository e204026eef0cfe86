"""Share a finished run: summary statistics per trait that others can combine, and nothing of single patients.

The folder holds `share.json`, four tables per trait (`association.meta.share_schema`), the same as text for
RAREMETAL, and what the columns mean. It appears whole or not at all.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from association.meta.cohort_summary import TraitSummary
from association.meta.share_genes import ready_to_share, share_batch
from association.meta.share_schema import TABLES, schema_of
from association.meta.share_tables import residual_rows
from association.meta.summarise import summarise_trait
from association.null_models.null_model import NOT_EXCHANGEABLE
from association.problems import InputError, Problem
from association.scan_settings import ScanTrait
from association.scan_trait_bytes import unpack_trait
from hail_pipelines.places import whole_folder
from hail_pipelines.scan_shares import deal_store, read_share
from infra.storage import Place
from jobs.cloud_study import use_buckets_of
from jobs.consortium.raremetal import write_raremetal
from jobs.consortium.share_manifest import MANIFEST, describe_trait, make_manifest
from jobs.places import made_here
from jobs.result_files import COLUMNS_FILE, write_columns_of
from jobs.run import RUN_RECORD
from jobs.stage_settings import scan_settings
from jobs.study.file import read_study
from jobs.study.study import Study, resolve
from jobs.traits.files import read_packed_trait, read_summary

FOLDER = "share"
# Settings that decide what is shared: the run must have had the same.
OF_THE_RUN = ("name", "genotypes", "masks", "condition_on", "traits", "covariates", "missing_covariates", "strata")
RELATIVES = "relatives are among its samples, which have no table of residuals"
BY_CHROMOSOME = "it has a null model per chromosome (polygenic_offset)"


def share_study(path: Place, *, out: Place | None = None, at_least: int) -> Place:
    """Share the study at `path`, which has been run.

    Parameters
    ----------
    path
        The study file.
    out
        The folder to write, which must not exist; None for `share` in the study's output.
    at_least
        The smallest number of samples that may be told of.

    Returns
    -------
    Place
        The folder.

    Raises
    ------
    InputError
        If the study has not been run as it stands, or the folder is there already.
    """
    study = read_study(path)
    use_buckets_of(study, path)
    output = resolve(path, study.output)
    folder = output / FOLDER if out is None else out
    _check(study, path, output, folder)
    if isinstance(folder, Path):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with whole_folder(folder) as partial:
            _write(study, output, Path(str(partial)), at_least)
    else:
        with made_here(folder) as local:
            _write(study, output, local, at_least)
    return folder


def _check(study: Study, path: Place, output: Place, folder: Place) -> None:
    """Ask that the run is there and is this study's, and that nothing is overwritten."""
    problems = []
    if not (output / RUN_RECORD).exists():
        message = f"{output} holds no finished run; do 'progex run' first"
        raise InputError.single(path.name, "output", message)
    ran = json.loads((output / RUN_RECORD).read_text())["settings"]
    settings = study.model_dump(mode="json")
    problems += [
        Problem(name, "has changed since the run; do 'progex run' again")
        for name in OF_THE_RUN
        if settings[name] != ran.get(name)
    ]
    if folder.exists():
        problems.append(Problem("out", f"{folder} is there already; name another folder by --out, or remove it"))
    if problems:
        raise InputError(path.name, problems)


def _write(study: Study, output: Place, folder: Path, at_least: int) -> None:
    """Write everything of a share."""
    described: dict[str, dict[str, Any]] = {}
    left_out: dict[str, str] = {}
    for trait in study.traits:
        ready = unpack_trait(read_packed_trait(output / "traits", trait.name))
        reason = why_left_out(ready)
        if reason is not None:
            left_out[trait.name] = reason
            continue
        ready = ready_to_share(ready, at_least=at_least)
        told = summarise_trait(study.name, ready.name, ready.model, ready.strata, at_least=at_least)
        tables = share_tables(study, output, ready, told, at_least)
        for name, table in tables.items():
            pq.write_table(table, folder / file_of(trait.name, name))
        write_raremetal(tables, told, folder)
        described[trait.name] = describe_trait(
            read_summary(output / "traits", trait.name), told.samples, told.residual_variance
        )
    write_columns_of(TABLES, folder / COLUMNS_FILE)
    manifest = make_manifest(study, described, left_out, at_least)
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")


def file_of(trait: str, table: str) -> str:
    """Name the file of a trait's table."""
    return f"{trait}.{table}.parquet"


def why_left_out(trait: ScanTrait) -> str | None:
    """Say why a trait can't be shared; None where it can."""
    if trait.by_contig:
        return BY_CHROMOSOME
    return RELATIVES if trait.model.kind in NOT_EXCHANGEABLE else None


def share_tables(
    study: Study, output: Place, trait: ScanTrait, told: TraitSummary, at_least: int
) -> dict[str, pa.Table]:
    """Make a trait's tables, genes in order of name.

    Parameters
    ----------
    study, output
        The study, and where its run is.
    trait, told
        The trait, its strata none too small, and its summary.
    at_least
        The smallest number of samples that may be told of.
    """
    settings, store = scan_settings(study), output / "genes"
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    for share in deal_store(store, 1):
        for genes, variants in read_share(store, share):
            for name, own in share_batch(genes, variants, trait, settings, at_least=at_least).items():
                rows[name] += own
    for name in ("genes", "variants", "covariances"):
        rows[name].sort(key=lambda row: row["gene"])
    rows["residuals"] = residual_rows(told)
    return {name: pa.Table.from_pylist(own, schema=schema_of(name)) for name, own in rows.items()}
