"""The stage that asks whether genes act alike in patients who differ in a covariate, where a study names any.

It reads the traits as they were observed, the gene store and the participants' columns, and needs no scan. Where a
test is made, the trait is fitted anew with the gene among its covariates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from association.interaction.interaction_columns import COLUMNS, SCHEMA
from association.interaction.interaction_scan import Refit, TraitCovariate, add_q_values, scan_interactions
from association.null_models.design import Design
from association.null_models.null_model import NullModel
from association.phenotypes.covariates import is_numeric
from association.scan_settings import ScanTrait
from association.scan_trait_bytes import unpack_trait
from hail_pipelines.places import readable
from hail_pipelines.scan_shares import deal_store, read_share
from infra.provenance import fingerprint
from infra.storage import Place
from jobs.check import CheckedStudy
from jobs.gene_tally import GeneTally
from jobs.result_files import COLUMNS_FILE, file_names, write_columns, write_rows
from jobs.stage import Counts, Folders, Stage
from jobs.stage_settings import scan_settings
from jobs.study.interactions import traits_compared
from jobs.study.study import Study, resolve
from jobs.study.traits import Trait, VisitTrait
from jobs.traits.covariates import covariate_table
from jobs.traits.files import COVARIATE, read_packed_trait
from jobs.traits.models import refit_trait

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
    "jobs.traits",
)
# Genes between two words on how far the stage is.
GENES_AT_ONCE = 50
# Numbers of so many values or fewer are levels: a sex coded 1 and 2, a stage.
MOST_LEVELS_OF_NUMBERS = 5


def interaction_stages(checked: CheckedStudy, tally: GeneTally) -> list[Stage]:
    """Give the stage, which tells the tally how far it is; none where the study asks for no interactions."""
    study = checked.study
    asked = _asked(study)
    if not asked:
        return []
    dumped = study.model_dump(mode="json")
    settings = {
        name: dumped[name] for name in ("masks", "calibration", "condition_on", "interactions", "participants")
    }
    files = [f"{trait.name}.{kind}" for trait, _ in asked for kind in ("npz", "parquet")]
    files += [f"{trait.name}.visits.parquet" for trait, _ in asked if isinstance(trait, VisitTrait)]
    return [
        Stage(
            INTERACTIONS,
            settings,
            (fingerprint(resolve(checked.path, study.participants.path)),),
            ("gene store",),
            (*(f"{FOLDER}/{name}" for name in file_names(TABLE)), f"{FOLDER}/{COLUMNS_FILE}"),
            CODE,
            partial(_test, checked, tally),
            tuple(("traits", f"traits/{file}") for file in files),
        )
    ]


def _asked(study: Study) -> list[tuple[Trait, list[str]]]:
    """Give the traits that covariates are asked of, with these."""
    pairs = [
        (trait.name, one.covariate) for one in study.interactions for trait in traits_compared(one, study.traits)
    ]
    return [(trait, own) for trait in study.traits if (own := [name for of, name in pairs if of == trait.name])]


def _test(checked: CheckedStudy, tally: GeneTally, folder: Path, folders: Folders) -> Counts:
    store, traits = folders["gene store"] / "genes", folders["traits"] / "traits"
    settings = scan_settings(checked.study)
    ready = [_read(checked, traits, trait, columns) for trait, columns in _asked(checked.study)]
    tables = [
        scan_interactions(genes, variants, one.trait, one.refit, one.covariates, settings)
        for genes, variants in tally.follow(*_few_at_once(store))
        for one in ready
    ]
    rows = add_q_values(pa.concat_tables([SCHEMA.empty_table(), *tables]))
    rows = rows.sort_by([(name, "ascending") for name in ("trait", "covariate", "gene", "mask", "max_af")])
    own = folder / FOLDER
    own.mkdir()
    write_rows(rows, own, TABLE)
    write_columns(COLUMNS, own / COLUMNS_FILE)
    return {"traits": len(ready), "rows": rows.num_rows, "tested": rows.num_rows - rows["p_value"].null_count}


def _few_at_once(store: Place) -> tuple[int, Iterator[tuple[pa.Table, pa.Table]]]:
    """Count a store's genes, and read a few at a time with their variants."""
    shares = deal_store(store, 1)

    def read() -> Iterator[tuple[pa.Table, pa.Table]]:
        for genes, variants in (both for share in shares for both in read_share(store, share)):
            for first in range(0, genes.num_rows, GENES_AT_ONCE):
                few = genes.slice(first, GENES_AT_ONCE)
                yield few, variants.filter(pc.is_in(variants["gene"], few["gene"].combine_chunks()))

    return sum(share.genes for share in shares), read()


@dataclass(frozen=True)
class _ReadTrait:
    """A trait, how it is fitted with one covariate more, and what its carriers are compared by."""

    trait: ScanTrait
    refit: Refit
    covariates: list[TraitCovariate]


def _read(checked: CheckedStudy, traits: Place, trait: Trait, columns: list[str]) -> _ReadTrait:
    """Read a trait, and its covariates in the order of its samples."""
    samples = pd.read_parquet(readable(traits / f"{trait.name}.parquet"))
    visits = None
    if isinstance(trait, VisitTrait):
        visits = pd.read_parquet(readable(traits / f"{trait.name}.visits.parquet"))
    table = covariate_table(checked.clinical).set_axis(checked.clinical.participants["sample"]).loc[samples["sample"]]
    return _ReadTrait(
        unpack_trait(read_packed_trait(traits, trait.name)),
        partial(fit_with_gene, trait, samples, visits),
        [trait_covariate(table[column]) for column in columns],
    )


def fit_with_gene(
    trait: Trait, samples: pd.DataFrame, visits: pd.DataFrame | None, burden: NDArray[np.float64]
) -> NullModel:
    """Fit a trait with a gene's burden among its covariates.

    Parameters
    ----------
    trait
        Its settings.
    samples, visits
        As `jobs.traits.files` wrote them: a row per sample (n) with the columns of the design. Cohorts have levels,
        baseline hazards and covariate effects of their own; the gene has one effect in all.
    burden
        Of each sample (n).

    Raises
    ------
    InputError
        If it can't be fitted.
    """
    covariates = [name for name in samples if str(name).startswith(COVARIATE)]
    design = Design(
        ("the gene", *(name.removeprefix(COVARIATE) for name in covariates)),
        np.column_stack((burden, samples[covariates].to_numpy(np.float64))),
    )
    if "cohort" in samples:
        samples = samples.assign(stratum=samples["cohort"].astype(str) + " / " + samples["stratum"].astype(str))
    return refit_trait(trait, samples, design, visits).model


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
