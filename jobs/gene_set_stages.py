"""The stages that test gene lists as sets, one per trait, where a study names lists.

They read the gene store anew, from which every gene's carriers are kept and nothing else, and need no scan: a list
that changed costs its own tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from association.gene_sets.gene_carriers import collect_carriers
from association.gene_sets.gene_sets import GeneSet, scan_gene_sets
from association.gene_sets.set_results import GENE_COLUMNS, GENE_SCHEMA, SET_COLUMNS, SET_SCHEMA
from association.scan_trait_bytes import unpack_trait
from hail_pipelines.places import readable
from hail_pipelines.scan_shares import read_store
from infra.provenance import Fingerprint, fingerprint
from infra.storage import Place
from jobs.check import CheckedStudy
from jobs.gene_list_matches import ListMatch, match_gene_lists
from jobs.gene_symbols import own_table
from jobs.result_files import COLUMNS_FILE, file_names, write_columns_of, write_rows
from jobs.stage import Counts, Folders, Stage
from jobs.stage_settings import scan_settings
from jobs.study.study import resolve
from jobs.study.traits import Trait
from jobs.traits.files import read_packed_trait

# The code that decides a stage's outputs: when it changes, the stage is done again.
CODE = (
    "association",
    "hail_pipelines.scan_shares",
    "jobs.gene_list_matches",
    "jobs.gene_set_stages",
    "jobs.gene_symbols",
    "jobs.stage_settings",
)
FOLDER = "gene_sets"
SETS, GENES = "gene_sets", "genes"
SCHEMAS = {SETS: SET_SCHEMA, GENES: GENE_SCHEMA}
LENGTHS = "gene_lengths.parquet"


def gene_set_stages(checked: CheckedStudy) -> list[Stage]:
    """Give a stage per trait; none where the study has no gene lists."""
    if not checked.gene_lists:
        return []
    study = checked.study
    dumped = study.model_dump(mode="json")
    settings = {name: dumped[name] for name in ("masks", "calibration", "condition_on")}
    settings["lists"] = list_settings(checked)
    files = tuple(file_names(table)[0] for table in SCHEMAS)
    return [
        Stage(
            gene_sets_of(trait),
            settings,
            symbol_files(checked),
            ("gene store", "annotate"),
            files,
            CODE,
            partial(_test, checked, trait),
            (("traits", f"traits/{trait.name}.npz"),),
        )
        for trait in study.traits
    ]


def gene_sets_of(trait: Trait) -> str:
    """Name a trait's tests of gene sets among the stages."""
    return f"gene sets {trait.name}"


def list_settings(checked: CheckedStudy) -> list[Any]:
    """Give what decides the genes of a study's lists: their symbols, and the table that says what they became."""
    lists = [[one.name, one.version, list(one.genes)] for one in checked.gene_lists]
    return [lists, own_table() if checked.study.gene_symbols is None else None]


def symbol_files(checked: CheckedStudy) -> tuple[Fingerprint, ...]:
    """Give the fingerprint of the study's own table of symbols, if it names one."""
    named = checked.study.gene_symbols
    return () if named is None else (fingerprint(resolve(checked.path, named)),)


def match_lists(checked: CheckedStudy, folders: Folders) -> tuple[ListMatch, ...]:
    """Match a study's gene lists with the genes of its store, and of its gene model if there is one."""
    in_cohort = pq.read_table(readable(folders["gene store"] / "genes" / "genes.parquet"), columns=["gene"])["gene"]
    return match_gene_lists(checked.gene_lists, in_cohort.to_pylist(), checked.gene_symbols, coding_lengths(folders))


def gene_sets_to_test(checked: CheckedStudy, folders: Folders) -> list[GeneSet]:
    """Give a study's gene lists as sets, their genes named as the annotation does."""
    return [GeneSet(one.list.name, one.list.version, one.symbols) for one in match_lists(checked, folders)]


def coding_lengths(folders: Folders) -> Mapping[str, int]:
    """Read the coding bases of each gene of the gene model; nothing where there is none."""
    if not (folders["annotate"] / LENGTHS).is_file():
        return {}
    table = pd.read_parquet(readable(folders["annotate"] / LENGTHS))
    return dict(zip(table["gene"], table["coding_length"].tolist(), strict=True))


def _test(checked: CheckedStudy, trait: Trait, folder: Path, folders: Folders) -> Counts:
    settings = scan_settings(checked.study)
    ready = unpack_trait(read_packed_trait(folders["traits"] / "traits", trait.name))
    carriers = collect_carriers(read_store(folders["gene store"] / "genes"), ready, settings)
    sets = gene_sets_to_test(checked, folders)
    tables = scan_gene_sets(sets, carriers, coding_lengths(folders), ready, settings)
    for name, table in zip(SCHEMAS, tables, strict=True):
        pq.write_table(table, folder / file_names(name)[0])
    tested = tables[0].num_rows - tables[0]["p_value"].null_count
    return {"sets": len(sets), "rows": tables[0].num_rows, "tested": tested}


def gene_set_files() -> tuple[str, ...]:
    """List the files that people get."""
    return (*(f"{FOLDER}/{name}" for table in SCHEMAS for name in file_names(table)), f"{FOLDER}/{COLUMNS_FILE}")


def write_gene_sets(traits: Sequence[Trait], folder: Path, folders: Folders) -> None:
    """Bring the traits' tables together, and write what their columns mean; without lists the tables are empty.

    Parameters
    ----------
    traits
        Of the study.
    folder
        Where to.
    folders
        Of the stages.
    """
    for table, schema in SCHEMAS.items():
        made = [folders[name] for name in map(gene_sets_of, traits) if name in folders]
        write_rows(pa.concat_tables([schema.empty_table(), *(_read(one, table) for one in made)]), folder, table)
    write_columns_of({SETS: SET_COLUMNS, GENES: GENE_COLUMNS}, folder / COLUMNS_FILE)


def read_gene_sets(results: Place) -> dict[str, pd.DataFrame]:
    """Read the tables of sets and of their genes from the folder of all results."""
    return {
        "gene_sets": _read(results / FOLDER, SETS).to_pandas(),
        "set_genes": _read(results / FOLDER, GENES).to_pandas(),
    }


def _read(folder: Place, table: str) -> pa.Table:
    return pq.read_table(readable(folder / file_names(table)[0]))
