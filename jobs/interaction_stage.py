"""The stage that asks whether genes act alike in patients who differ in a covariate, where a study names any.

It reads the traits' null models, the gene store and the participants' columns, and needs no scan.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from association.interaction.interaction_columns import COLUMNS, SCHEMA
from association.interaction.interaction_scan import TraitCovariate, add_q_values, scan_interactions
from association.phenotypes.covariates import is_numeric
from association.scan_settings import ScanTrait
from association.scan_trait_bytes import unpack_trait
from hail_pipelines.places import readable
from hail_pipelines.scan_shares import deal_store, read_share
from infra.provenance import fingerprint
from infra.storage import Place
from jobs.check import CheckedStudy
from jobs.result_files import COLUMNS_FILE, file_names, write_columns, write_rows
from jobs.stage import Counts, Folders, Stage
from jobs.stage_settings import scan_settings
from jobs.study.interactions import traits_compared
from jobs.study.study import Study, resolve
from jobs.traits.covariates import covariate_table
from jobs.traits.files import read_packed_trait

INTERACTIONS = TABLE = FOLDER = "interactions"
# The code that decides the stage's outputs: when it changes, the stage is done again.
CODE = (
    "association",
    "hail_pipelines.scan_shares",
    "jobs.clinical",
    "jobs.interaction_stage",
    "jobs.result_files",
    "jobs.stage_settings",
    "jobs.tables",
    "jobs.traits.covariates",
)
# Numbers of so many values or fewer are levels: a sex coded 1 and 2, a stage.
MOST_LEVELS_OF_NUMBERS = 5


def interaction_stages(checked: CheckedStudy) -> list[Stage]:
    """Give the stage; none where the study asks for no interactions."""
    study = checked.study
    traits = _asked(study)
    if not traits:
        return []
    dumped = study.model_dump(mode="json")
    settings = {
        name: dumped[name] for name in ("masks", "calibration", "condition_on", "interactions", "participants")
    }
    files = tuple(f"traits/{name}.{kind}" for name in traits for kind in ("npz", "parquet"))
    return [
        Stage(
            INTERACTIONS,
            settings,
            (fingerprint(resolve(checked.path, study.participants.path)),),
            ("gene store",),
            (*(f"{FOLDER}/{name}" for name in file_names(TABLE)), f"{FOLDER}/{COLUMNS_FILE}"),
            CODE,
            partial(_test, checked),
            tuple(("traits", file) for file in files),
        )
    ]


def _asked(study: Study) -> dict[str, list[str]]:
    """Give the covariates that are asked of each trait, by its name."""
    pairs = [
        (trait.name, one.covariate) for one in study.interactions for trait in traits_compared(one, study.traits)
    ]
    return {trait.name: own for trait in study.traits if (own := [name for of, name in pairs if of == trait.name])}


def _test(checked: CheckedStudy, folder: Path, folders: Folders) -> Counts:
    store, traits = folders["gene store"] / "genes", folders["traits"] / "traits"
    settings = scan_settings(checked.study)
    ready = [_read(checked, traits, name, columns) for name, columns in _asked(checked.study).items()]
    tables = [
        scan_interactions(genes, variants, trait, covariates, settings)
        for share in deal_store(store, 1)
        for genes, variants in read_share(store, share)
        for trait, covariates in ready
    ]
    rows = add_q_values(pa.concat_tables([SCHEMA.empty_table(), *tables]))
    rows = rows.sort_by([(name, "ascending") for name in ("trait", "covariate", "gene", "mask", "max_af")])
    own = folder / FOLDER
    own.mkdir()
    write_rows(rows, own, TABLE)
    write_columns(COLUMNS, own / COLUMNS_FILE)
    return {"traits": len(ready), "rows": rows.num_rows, "tested": rows.num_rows - rows["p_value"].null_count}


def _read(
    checked: CheckedStudy, traits: Place, name: str, columns: list[str]
) -> tuple[ScanTrait, list[TraitCovariate]]:
    """Read a trait, and its covariates in the order of its samples."""
    samples = pd.read_parquet(readable(traits / f"{name}.parquet"), columns=["sample"])["sample"]
    table = covariate_table(checked.clinical).set_axis(checked.clinical.participants["sample"]).loc[samples]
    return unpack_trait(read_packed_trait(traits, name)), [trait_covariate(table[column]) for column in columns]


def trait_covariate(column: pd.Series) -> TraitCovariate:
    """Give a column as numbers, or as levels: texts, and numbers of a few values."""
    name = str(column.name)
    if is_numeric(column) and column.nunique() > MOST_LEVELS_OF_NUMBERS:
        return TraitCovariate(name, pd.to_numeric(column).to_numpy(np.float64), None)
    codes, levels = pd.factorize(column.astype("string"), sort=True)
    return TraitCovariate(name, np.where(codes < 0, np.nan, codes), tuple(map(str, levels)))


def read_interactions(folders: Folders) -> dict[str, pd.DataFrame]:
    """Read what the stage wrote, by its name in the report; nothing where there is no such stage."""
    if INTERACTIONS not in folders:
        return {}
    return {TABLE: pd.read_parquet(readable(folders[INTERACTIONS] / FOLDER / file_names(TABLE)[0]))}
