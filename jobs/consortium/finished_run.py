"""A finished run that is to be merged: manifest, genotype stages and tables, as `progex cohort` left them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from association.cohort.common_variants import Dosages
from association.cohort.fingerprints import Fingerprints, common_enough
from association.problems import InputError, Problem
from hail_pipelines.merging.cohort import Cohort
from hail_pipelines.places import readable
from infra.storage import Place
from jobs.consortium.callable_regions import FILE as REGIONS
from jobs.consortium.callable_regions import read_regions
from jobs.consortium.cohort import PARTICIPANTS, POOLING, SETTINGS, VISITS, read_fingerprints, site_names
from jobs.consortium.made_from import FILE as MADE_FROM
from jobs.consortium.made_from import refuse_stale
from jobs.consortium.manifest import FOLDER, read_manifest
from jobs.quality_control.common_genotypes import read_common
from jobs.quality_control.files import KINSHIP, SAMPLES
from jobs.stage_settings import genotype_thresholds
from jobs.study.study import Study

NEEDED = ("load", "measure", "samples", "variants", "annotate")


@dataclass(frozen=True)
class FinishedRun:
    """One cohort's run.

    Attributes
    ----------
    folder
        Its output folder.
    manifest, settings
        What it says of itself, and the settings that its study file has.
    prints
        Fingerprints; None where it has none.
    samples
        Its samples as quality control judged them, under their own ids.
    prefix
        What is put before its sample ids.
    """

    folder: Place
    manifest: dict[str, Any]
    settings: dict[str, Any]
    prints: Fingerprints | None
    samples: pd.DataFrame
    prefix: str = ""

    @property
    def name(self) -> str:
        """What the cohort is called."""
        return str(self.manifest["cohort"])

    @cached_property
    def study(self) -> Study:
        """Its study."""
        return Study.model_validate_json(json.dumps(self.settings))

    def stage(self, name: str) -> Place:
        """Give the folder of a stage."""
        return self.folder / "stages" / str(self.manifest["stages"][name])

    def cohort(self) -> Cohort:
        """Give it as what is merged."""
        regions = read_regions(self.folder / POOLING, self.manifest["reference_genome"])
        places = (self.stage("load") / "calls", self.stage("variants"), self.stage("annotate") / "genes.parquet")
        return Cohort(self.name, *places, self.samples, genotype_thresholds(self.study.qc), regions, self.prefix)

    def common(self) -> tuple[pd.DataFrame, Dosages]:
        """Read the common variants and the dosages of the samples that stay."""
        variants, dosages = read_common(self.stage("measure") / "common.parquet", len(self.samples))
        return variants, dosages[:, self.samples["passes"].to_numpy(np.bool_)]

    def common_sites(self) -> frozenset[str]:
        """Name the sites that are common enough for another cohort to have them too."""
        variants, dosages = self.common()
        return frozenset(site_names(variants[common_enough(dosages)]))

    def ids(self) -> frozenset[str]:
        """Give the ids of its samples and of whoever stands in its tables, as they are merged."""
        participants, visits = self.tables()
        named = {*(self.prefix + self.samples["sample"]), *participants[self.study.participants.columns.sample]}
        if visits is not None and self.study.visits is not None:
            named.update(visits[self.study.visits.columns.sample])
        return frozenset(named)

    def relatives(self) -> pd.DataFrame:
        """Read the pairs of relatives that its own quality control found, with ids as they are merged."""
        pairs = pd.read_parquet(readable(self.stage("samples") / KINSHIP))
        return pairs.assign(**{name: self.prefix + pairs[name] for name in ("sample_1", "sample_2")})

    def tables(self) -> tuple[pd.DataFrame, pd.DataFrame | None]:
        """Read the participants and, where there are any, the visits, as texts, with ids as they are merged."""
        participants, visits = self.study.participants, self.study.visits
        seen = None if visits is None else self._renamed(VISITS, visits.columns.sample)
        return self._renamed(PARTICIPANTS, participants.columns.sample), seen

    def _renamed(self, name: str, column: str) -> pd.DataFrame:
        table = pd.read_parquet(readable(self.folder / POOLING / name))
        return table.assign(**{column: self.prefix + table[column].str.strip()})


def read_run(folder: Place) -> FinishedRun:
    """Read what `progex cohort` left in a run's output folder.

    Raises
    ------
    InputError
        If something of it is missing, or of another time, or of other inputs than a later run's.
    """
    manifest = read_manifest(folder)
    stages = [folder / "stages" / manifest["stages"][name] for name in NEEDED]
    needed = [*stages, *(folder / POOLING / name for name in (SETTINGS, PARTICIPANTS, REGIONS, MADE_FROM))]
    missing = [place for place in needed if not place.exists()]
    if missing:
        message = "is missing, and can't be merged without it; make the folder whole by `progex cohort study.yaml`"
        raise InputError(str(folder), [Problem(f"{place.parent.name}/{place.name}", message) for place in missing])
    refuse_stale(folder, folder / POOLING, manifest)
    settings = json.loads((folder / POOLING / SETTINGS).read_text())
    samples = pd.read_parquet(readable(folder / "stages" / manifest["stages"]["samples"] / SAMPLES))
    return FinishedRun(folder, manifest, settings, read_fingerprints(folder / FOLDER), samples)


def renamed(run: FinishedRun) -> FinishedRun:
    """Put the cohort's name before its sample ids."""
    return replace(run, prefix=f"{run.name}_")
