"""The stage that follows genes to an outcome by way of a mediator, where a study asks for it.

Looked at are the genes that the study names; else those of the panel and, of each outcome, those that are followed
up. The latter were chosen for their small p-values, so that their total effects are likely too large.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from association.mechanism.mechanism_columns import COLUMNS, SCHEMA
from association.mechanism.mechanism_scan import explain_genes
from hail_pipelines.places import readable
from hail_pipelines.variant_scan import read_genes
from infra.storage import Place
from jobs.check import CheckedStudy
from jobs.follow_up import genes_to_follow
from jobs.gene_set_stages import list_settings, match_lists, symbol_files
from jobs.mediated_traits import read_mediated
from jobs.result_files import COLUMNS_FILE, file_names, write_columns, write_rows
from jobs.stage import Counts, Folders, Stage
from jobs.stage_settings import scan_settings
from jobs.study.gene_tests import LIST_PREFIX
from jobs.study.mechanism import Mechanism, outcomes_of
from jobs.study.traits import Trait, VisitTrait
from jobs.trait_stages import GENE_TESTS, scan_of

MECHANISM = TABLE = FOLDER = "mechanism"
# The code that decides the stage's outputs: when it changes, the stage is done again.
CODE = (
    "association",
    "hail_pipelines.variant_scan",
    "jobs.follow_up",
    "jobs.gene_list_matches",
    "jobs.gene_set_stages",
    "jobs.gene_symbols",
    "jobs.mechanism_stage",
    "jobs.mediated_traits",
    "jobs.result_files",
    "jobs.stage_settings",
)


def mechanism_stages(checked: CheckedStudy) -> list[Stage]:
    """Give the stage; none where the study asks for no mechanism."""
    study = checked.study
    if not study.mechanism:
        return []
    dumped = study.model_dump(mode="json")
    settings = {name: dumped[name] for name in ("masks", "calibration", "condition_on", "follow_up", "mechanism")}
    settings["lists"] = list_settings(checked)
    ends = {trait.name: trait for one in study.mechanism for trait in outcomes_of(one, study.traits)}
    files = [f"{one.mediator}.parquet" for one in study.mechanism]
    files += [f"{name}.{kind}" for name in ends for kind in ("npz", "parquet")]
    files += [f"{name}.visits.parquet" for name, trait in ends.items() if isinstance(trait, VisitTrait)]
    return [
        Stage(
            MECHANISM,
            settings,
            symbol_files(checked),
            ("gene store", "annotate", *map(scan_of, ends.values())),
            (*(f"{FOLDER}/{name}" for name in file_names(TABLE)), f"{FOLDER}/{COLUMNS_FILE}"),
            CODE,
            partial(_explain, checked),
            tuple(("traits", f"traits/{file}") for file in dict.fromkeys(files)),
        )
    ]


def _explain(checked: CheckedStudy, folder: Path, folders: Folders) -> Counts:
    traits, store = folders["traits"] / "traits", folders["gene store"] / "genes"
    settings, tables = scan_settings(checked.study), []
    known = pq.read_table(readable(store / "genes.parquet"), columns=["gene", "contig", "start"]).sort_by("gene")
    for mechanism in checked.study.mechanism:
        for outcome in outcomes_of(mechanism, checked.study.traits):
            asked = read_mediated(traits, mechanism.mediator, outcome)
            names = _genes(checked, mechanism, outcome, folders)
            genes = known.filter(pa.array([gene in names for gene in known["gene"].to_pylist()], pa.bool_()))
            if asked is not None and genes.num_rows:
                variants = read_genes(store, genes["gene"].to_pylist())
                tables.append(explain_genes(genes, variants, asked, settings))
    rows = pa.concat_tables([SCHEMA.empty_table(), *tables]).combine_chunks()
    own = folder / FOLDER
    own.mkdir()
    write_rows(rows, own, TABLE)
    write_columns(COLUMNS, own / COLUMNS_FILE)
    return {"rows": rows.num_rows, "with effects": rows.num_rows - rows["total_effect"].null_count}


def _genes(checked: CheckedStudy, mechanism: Mechanism, outcome: Trait, folders: Folders) -> Collection[str]:
    """Name the genes that are followed: those asked for, or the panel's and the strongest of the outcome."""
    lists = {LIST_PREFIX + one.list.name: one.symbols for one in match_lists(checked, folders)}
    named = checked.study.calibration.panel if mechanism.genes is None else mechanism.genes
    genes = {gene for entry in named for gene in lists.get(entry, (entry,))}
    if mechanism.genes is not None:
        return genes
    results = pq.read_table(readable(folders[scan_of(outcome)] / f"{GENE_TESTS}.parquet"))
    primary = results.filter(results["primary"]).to_pylist()
    return genes | {*genes_to_follow(primary, checked.study.follow_up.genes)}


def read_mechanism(folders: Folders) -> dict[str, pd.DataFrame]:
    """Read what the stage wrote, by its name in the report; nothing where there is no such stage."""
    return {TABLE: _read(folders[MECHANISM] / FOLDER)} if MECHANISM in folders else {}


def _read(folder: Place) -> pd.DataFrame:
    return pd.read_parquet(readable(folder / file_names(TABLE)[0]))
