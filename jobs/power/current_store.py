"""The gene store of a run that is current, if there is one: who carries what, and nothing of any result.

Only stages up to the store are looked at. Their keys say whether the store is of the study as it stands; nothing is
made anew, and no scan, result or report is opened.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq

from association.power.testable_genes import GeneCarriers, count_carriers
from association.problems import InputError
from association.scan_settings import ScanSettings
from hail_pipelines.places import listed, readable
from infra.storage import Place
from jobs.check import CheckedStudy, check_study
from jobs.gene_list_matches import ListMatch
from jobs.gene_set_stages import match_lists
from jobs.pipeline import Pipeline
from jobs.stage import Folders, finished, stage_key
from jobs.stage_settings import scan_settings
from jobs.study.study import ClinicalStudy, Study, resolve
from jobs.traits.files import scan_trait
from jobs.traits.inputs import read_inputs
from jobs.traits.prepare import prepare_traits
from jobs.traits.prepared import PreparedTrait

STORE = "gene store"
UP_TO_STORE = ("load", "measure", "panel", "samples", "variants", "annotate", STORE)

NO_GENOTYPES = "the study file names no genotypes"
NOT_LOADED = "no genotypes have been loaded yet"
NOT_CURRENT = "the gene store is not of the study as it stands; `progex run` makes it current"
NOT_CHECKED = "the study's genotypes can't be checked: {}"


@dataclass(frozen=True)
class CurrentStore:
    """A gene store, with the traits of those who are in it.

    Attributes
    ----------
    checked
        The study.
    folder
        The store's.
    traits
        Of the samples that passed quality control.
    samples
        The store's samples, in its order: sample, and the number of its cohort.
    lists
        The study's gene lists, and what the annotation calls their genes.
    """

    checked: CheckedStudy
    folder: Place
    traits: list[PreparedTrait]
    samples: pd.DataFrame
    lists: tuple[ListMatch, ...]

    @property
    def settings(self) -> ScanSettings:
        """Masks and tests of the study."""
        return scan_settings(self.checked.study)

    def count(self, trait: PreparedTrait) -> list[GeneCarriers]:
        """Count who carries each gene among a trait's samples; what became of them is not looked at."""
        placed = scan_trait(trait, self.samples)
        genes = pq.read_table(readable(self.folder / "genes.parquet"), columns=["gene", "contig", "start"])
        counted = []
        for part in listed(self.folder, "part-*.parquet"):
            variants = pq.read_table(readable(part))
            variants = variants.take(pc.sort_indices(variants["gene"]))
            own = genes.filter(pc.is_in(genes["gene"], variants["gene"].combine_chunks().unique()))
            counted += count_carriers(own, variants, placed, self.settings)
        return counted


def current_store(study: ClinicalStudy, path: Place) -> tuple[CurrentStore | None, str]:
    """Give the gene store, or say why there is none.

    Parameters
    ----------
    study, path
        Settings, and the file that they stand in.
    """
    if not isinstance(study, Study):
        return None, NO_GENOTYPES
    stages = resolve(path, study.output) / "stages"
    if not listed(stages, f"{STORE.replace(' ', '_')}-*"):
        return None, NOT_LOADED
    try:
        checked = check_study(path)
    except InputError as error:
        return None, NOT_CHECKED.format(error.problems[0].message)
    except ExceptionGroup as group:
        faults = [error for error in group.exceptions if isinstance(error, InputError)]
        if len(faults) < len(group.exceptions):
            raise
        return None, NOT_CHECKED.format(faults[0].problems[0].message)
    pipeline = Pipeline(checked, cores=1)
    folders = _finished(pipeline, checked)
    if folders is None:
        return None, NOT_CURRENT
    inputs = read_inputs(checked, folders)
    traits = prepare_traits(checked.study, inputs.clinical, inputs.genotyped, inputs.known)
    lists = match_lists(checked, folders)
    return CurrentStore(checked, folders[STORE] / "genes", traits, inputs.store, lists), ""


def _finished(pipeline: Pipeline, checked: CheckedStudy) -> Folders | None:
    """Give the folders of the stages up to the store, if all are current."""
    keys: dict[str, str] = {}
    folders: Folders = {}
    for stage in pipeline.stages():
        if stage.name in UP_TO_STORE:
            key = stage_key(stage, keys, folders)
            record = finished(stage, key, checked.output / "stages")
            if record is None:
                return None
            keys[stage.name], folders[stage.name] = key, record.folder
    return folders
