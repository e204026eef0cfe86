"""The stage that makes the profiles of single genes, after the results and before the report."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from hail_pipelines.annotation.gene_model import read_gene_model
from hail_pipelines.places import readable
from infra.provenance import fingerprint
from infra.storage import Place
from jobs.check import CheckedStudy
from jobs.gene_profiles.chosen_genes import genes_to_profile
from jobs.gene_profiles.profiles import FOLDER, ProfileSources, make_profiles, profile_files, write_profiles
from jobs.gene_profiles.second_look import read_followed
from jobs.gene_set_stages import list_settings, match_lists, symbol_files
from jobs.result_files import file_names
from jobs.stage import Counts, Folders, Stage
from jobs.study.study import resolve
from jobs.study.traits import Trait, VisitTrait
from jobs.trait_stages import GENE_TESTS

PROFILES = "gene profiles"
# The code that decides the stage's outputs: when it changes, the stage is done again.
CODE = (
    "association",
    "hail_pipelines.annotation.gene_model",
    "hail_pipelines.call_files",
    "hail_pipelines.variant_scan",
    "jobs.follow_up",
    "jobs.gene_list_matches",
    "jobs.gene_profiles",
    "jobs.gene_set_stages",
    "jobs.gene_symbols",
    "jobs.report.null_models.inputs",
    "jobs.report.null_models.own_slopes",
    "jobs.report.null_models.panels",
    "jobs.result_files",
    "jobs.stage_settings",
    "jobs.traits.files",
    "jobs.traits.pages",
)


def profile_stage(checked: CheckedStudy, before: Collection[str]) -> Stage:
    """Give the stage.

    Parameters
    ----------
    checked
        The study and its inputs.
    before
        Names of the stages before it: merged cohorts have no calls.
    """
    study = checked.study
    dumped = study.model_dump(mode="json")
    settings = {name: dumped[name] for name in ("masks", "tests", "calibration", "condition_on", "follow_up")}
    settings |= {"traits": dumped["traits"], "lists": list_settings(checked)}
    model = study.annotation.gene_model
    files = () if model is None else (fingerprint(resolve(checked.path, model)),)
    after = [name for name in ("load", "variants", "annotate", "gene store", "results") if name in before]
    return Stage(
        PROFILES,
        settings,
        (*files, *symbol_files(checked)),
        tuple(after),
        tuple(f"{FOLDER}/{name}" for name in profile_files()),
        CODE,
        partial(_profile, checked),
        tuple(("traits", f"traits/{file}") for trait in study.traits for file in _files_of(trait)),
    )


def _files_of(trait: Trait) -> list[str]:
    kinds = ["npz", "json", "parquet", *(["visits.parquet"] if isinstance(trait, VisitTrait) else [])]
    return [f"{trait.name}.{kind}" for kind in kinds]


def _profile(checked: CheckedStudy, folder: Path, folders: Folders) -> Counts:
    study = checked.study
    results = pq.read_table(readable(folders["results"] / "results" / file_names(GENE_TESTS)[0]))
    listed = {gene for match in match_lists(checked, folders) for gene in match.symbols}
    genes = genes_to_profile(results, study.follow_up.genes, listed)
    sources = ProfileSources(
        results=results,
        store=folders["gene store"] / "genes",
        traits=folders["traits"] / "traits",
        study=study,
        variants=folders["variants"] / "variants.parquet" if "variants" in folders else None,
        calls=folders["load"] / "calls" if "load" in folders else None,
        coding=_coding(checked),
        followed=read_followed(folders["results"] / "follow_up"),
    )
    tables = make_profiles(genes, sources)
    (folder / FOLDER).mkdir()
    write_profiles(tables, folder / FOLDER)
    return {"genes": len(genes), "variants": tables["sites"].num_rows}


def _coding(checked: CheckedStudy) -> pd.DataFrame | None:
    """Read the coding intervals of the gene model, if there is one."""
    study = checked.study
    model = study.annotation.gene_model
    if model is None:
        return None
    return read_gene_model(resolve(checked.path, model), study.genotypes.reference_genome)


def profiles_of(folders: Folders) -> Place:
    """Give the folder of the profiles among those of the stages."""
    return folders[PROFILES] / FOLDER
