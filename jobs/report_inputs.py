"""What a report is made from, read from a run's stages, from a finished output folder, or from a meta-analysis.

A finished folder holds under its own name what each stage has in its folder, so that both are read in the same way.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from association.problems import InputError, Problem
from hail_pipelines.places import listed, readable
from infra.storage import Place
from jobs.comparison.compared_run import ComparedRun
from jobs.follow_up import TABLES as FOLLOWED_UP
from jobs.gene_profiles.profiles import FOLDER as PROFILES_FOLDER
from jobs.gene_profiles.profiles import profile_inputs
from jobs.gene_profiles.stage import PROFILES, profiles_of
from jobs.gene_set_stages import read_gene_sets
from jobs.genotype_stages import attrition_of
from jobs.interaction_stage import INTERACTIONS, read_interactions
from jobs.known_gene_stages import read_known_genes
from jobs.mechanism_stage import MECHANISM, read_mechanism
from jobs.quality_control.files import read_structure
from jobs.report.audience import Audience
from jobs.report.inputs import ReportInputs
from jobs.result_files import file_names
from jobs.stage import Folders
from jobs.study.study import Study
from jobs.trait_stages import GENE_TESTS
from jobs.traits.files import read_levels, read_summary
from jobs.traits_together import TOGETHER, TOGETHER_FOLDER, read_together

# Where a finished folder keeps what stages wrote: by stage, the folder within it and what is there if it was done.
FINISHED = {
    "samples": ("qc", "structure.json"),
    "variants": ("qc", "attrition.json"),
    "traits": (".", "traits"),
    "results": (".", "results"),
    TOGETHER: (".", TOGETHER_FOLDER),
    INTERACTIONS: (".", INTERACTIONS),
    MECHANISM: (".", MECHANISM),
    PROFILES: (".", PROFILES_FOLDER),
}
# Folders of tables and records that every run leaves.
READ = ("qc", "traits", "results", "follow_up", "gene_sets", "known_genes")
# Of the settings, what says where a study is run, which changes no result.
ELSEWHERE = ("cloud", "compute")


def gather_inputs(
    study: Study, folders: Folders, *, settings: Mapping[str, Any], run: Mapping[str, Any], audience: Audience
) -> ReportInputs:
    """Read all that a report shows of a study.

    Parameters
    ----------
    study
        Its settings as they are used.
    folders
        Of the stages that were done, by name.
    settings
        The settings as they are shown.
    run
        The run's record.
    audience
        Who is to read it.
    """
    traits = folders["traits"] / "traits"
    results = folders["results"]
    names = [trait.name for trait in study.traits]
    given: dict[str, Any] = {
        "results": pd.read_parquet(readable(results / "results" / file_names(GENE_TESTS)[0])),
        "attrition": attrition_of(folders),
        "traits": [read_summary(traits, name) | {"levels": read_levels(traits, name)} for name in names],
        "settings": {name: value for name, value in settings.items() if name not in ELSEWHERE},
        "run": run,
        "relatives_untold": read_structure(folders["samples"]).get("relatives_untold"),
        "known_genes": read_known_genes(results),
        "audience": audience,
        **read_gene_sets(results),
        **read_together(study, folders),
        **read_interactions(folders),
        **read_mechanism(folders),
        **{name: pd.read_parquet(readable(results / "follow_up" / file_names(name)[0])) for name in FOLLOWED_UP},
    }
    if PROFILES in folders:
        # Of the genes with pages the tables of the follow-up are whole.
        given |= profile_inputs(profiles_of(folders))
    return ReportInputs(**{one.name: given[one.name] for one in fields(ReportInputs) if one.name in given})


def finished_inputs(run: ComparedRun, audience: Audience) -> ReportInputs:
    """Read all that a report shows of a finished run.

    Parameters
    ----------
    run
        What was read of it so far.
    audience
        Who is to read the report.

    Raises
    ------
    InputError
        If something of it is missing or damaged.
    """
    # In the order in which a run has them; the record sorts them.
    settings = run.study.model_dump(mode="json")
    folders = finished_folders(run.folder)
    try:
        return gather_inputs(run.study, folders, settings=settings, run=run.record, audience=audience)
    except (FileNotFoundError, KeyError) as error:
        message = f"{error} is missing: the folder is not whole; run the study again"
        raise InputError.single(str(run.folder), "run", message) from None
    except ValueError:
        problems = [
            Problem(file, "can't be read: it is damaged; run the study again") for file in _damaged(run.folder)
        ]
        if not problems:
            raise
        raise InputError(str(run.folder), problems) from None


def _damaged(output: Place) -> Iterator[str]:
    """Name the tables and records of a finished folder that can't be read."""
    for folder in (*READ, PROFILES_FOLDER, TOGETHER_FOLDER, INTERACTIONS, MECHANISM):
        for file in (*listed(output / folder, "*.parquet"), *listed(output / folder, "*.json")):
            try:
                _ = pq.read_schema(readable(file)) if file.suffix == ".parquet" else json.loads(file.read_text())
            except ValueError:
                yield f"{folder}/{file.name}"


def finished_folders(output: Place) -> Folders:
    """Give the places of what stages wrote in a finished output folder, as far as it is there."""
    found = {name: (output / within, output / within / file) for name, (within, file) in FINISHED.items()}
    return {name: folder for name, (folder, needed) in found.items() if needed.exists()}
