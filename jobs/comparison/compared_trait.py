"""A trait of two runs side by side: who is in it, what each sample was observed to have, and the null models."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from association.comparison.sample_fates import SampleFates, TraitSide, sample_fates
from association.scan_settings import ScanTrait
from association.scan_trait_bytes import unpack_trait
from hail_pipelines.places import readable
from jobs.comparison.compared_run import TRAITS, ComparedRun
from jobs.traits.files import COVARIATE, read_packed_trait

Floats = NDArray[np.float64]
# Columns of a trait's samples that say who they are, and what model they are in.
SETTING = ("stratum", "cohort")
BESIDE = ("sample", *SETTING, "male", "residual")


@dataclass(frozen=True)
class RunTrait:
    """A trait in one run.

    Attributes
    ----------
    samples
        A row per sample, as `jobs.traits.files` wrote it.
    scan
        What a scan was given of it.
    visits
        Of a trait of visits, by sample: how many, sums of months, of values and of their products, the last month.
    """

    samples: pd.DataFrame
    scan: ScanTrait
    visits: Floats

    @property
    def outcome(self) -> Floats:
        """What each sample was observed to have (n, columns)."""
        own = [name for name in self.samples if name not in BESIDE and not name.startswith(COVARIATE)]
        values = self.samples[own].select_dtypes(["number", "bool"])
        return np.hstack([values.to_numpy(np.float64), self.visits])

    @property
    def covariates(self) -> pd.DataFrame:
        """Columns of the design, the stratum, and the cohort where each has a model of its own."""
        return self.samples[[name for name in self.samples if name in SETTING or name.startswith(COVARIATE)]]

    def side(self, contig: str | None = None) -> TraitSide:
        """Give the trait as its null model sees it, on a contig where each has a model of its own."""
        model = self.scan.by_contig.get((contig or "").removeprefix("chr"), self.scan.model)
        end = self.samples["exit"].to_numpy(np.float64) if "exit" in self.samples else None
        if end is None and self.visits.shape[1]:
            end = self.visits[:, -1]
        return TraitSide(model.residuals, model.events, self.outcome, end)


@dataclass(frozen=True)
class ComparedTrait:
    """A trait of both runs.

    Attributes
    ----------
    name
        As in both study files.
    old, new
        The trait in either run.
    """

    name: str
    old: RunTrait
    new: RunTrait

    @cached_property
    def old_of_new(self) -> NDArray[np.int64]:
        """Place that each new sample had in the old run, -1 where it was not in it."""
        places = pd.Index(self.old.samples["sample"]).get_indexer(self.new.samples["sample"])
        return np.asarray(places, np.int64)

    @cached_property
    def fates(self) -> SampleFates:
        """What became of the samples."""
        return sample_fates(self.old.side(), self.new.side(), self.old_of_new)

    @cached_property
    def other_covariates(self) -> int:
        """Samples of both runs with another stratum or other covariates; a column that a run lacks is zero there."""
        here = np.flatnonzero(self.old_of_new >= 0)
        places, sides = (self.old_of_new[here], here), (self.old.covariates, self.new.covariates)
        changed = np.zeros(here.size, np.bool_)
        for name in dict.fromkeys((*sides[0], *sides[1])):
            before, now = (
                side[name].to_numpy()[own] if name in side else np.zeros(own.size)
                for side, own in zip(sides, places, strict=True)
            )
            changed |= before != now
        return int(changed.sum())


def read_compared_trait(old: ComparedRun, new: ComparedRun, name: str) -> ComparedTrait:
    """Read a trait that both runs have."""
    return ComparedTrait(name, *(_read(run, name) for run in (old, new)))


def _read(run: ComparedRun, name: str) -> RunTrait:
    folder = run.folder / TRAITS
    samples = pd.read_parquet(readable(folder / f"{name}.parquet"))
    scan = unpack_trait(read_packed_trait(folder, name))
    return RunTrait(samples, scan, _visits(run, name, len(samples)))


def _visits(run: ComparedRun, name: str, samples: int) -> Floats:
    """Sum the visits of each sample up (n, 5); no column for a trait without visits."""
    file = run.folder / TRAITS / f"{name}.visits.parquet"
    if not file.is_file():
        return np.zeros((samples, 0))
    visits = pd.read_parquet(readable(file))
    position, months, value = (visits[column].to_numpy() for column in ("position", "months", "value"))
    last = np.zeros(samples)
    np.maximum.at(last, position, months)
    sums = [
        np.bincount(position, of, minlength=samples) for of in (np.ones_like(value), months, value, months * value)
    ]
    return np.column_stack([*sums, last])


def definition(summary: dict[str, Any]) -> dict[str, Any]:
    """Give what a trait is, of its summary."""
    told: dict[str, Any] = json.loads(json.dumps({name: summary[name] for name in ("type", "definition")}))
    return told
