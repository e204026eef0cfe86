"""Prepared traits on disk: null models as arrays, samples as Parquet, summaries as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from association.hit_effects import Outcome
from association.null_models.risk_sets import Ties
from association.scan_settings import ScanTrait
from association.scan_trait_bytes import pack_trait
from hail_pipelines.places import readable
from infra.storage import Place
from jobs.result_files import write_tsv
from jobs.traits.prepared import PreparedTrait

# What begins the name of a design column in a table of samples.
COVARIATE = "covariate:"
# Columns of an event and its times, by the kind of null model that has them.
OBSERVED = {"cox": ("event", "entry", "exit"), "logistic": ("value",)}


def write_traits(traits: Sequence[PreparedTrait], folder: Path) -> None:
    """Write prepared traits for people and for the report.

    Parameters
    ----------
    traits
        The study's traits.
    folder
        Where to write, per trait: NAME.parquet and NAME.tsv (a row per sample that is in, with the columns of the
        design), NAME.visits.parquet (the visits of a slope) and NAME.json (the summary); for all: excluded.tsv (who
        is out of which trait, and why).
    """
    for trait in traits:
        table = sample_table(trait)
        table.to_parquet(folder / f"{trait.name}.parquet", index=False)
        write_tsv(table, folder / f"{trait.name}.tsv")
        if trait.visits is not None:
            trait.visits.to_parquet(folder / f"{trait.name}.visits.parquet", index=False)
        (folder / f"{trait.name}.json").write_text(json.dumps(trait.summary(), indent=2) + "\n")
    excluded = pd.concat([trait.excluded.assign(trait=trait.name) for trait in traits])
    write_tsv(excluded[["trait", "sample", "reason"]], folder / "excluded.tsv")


def sample_table(trait: PreparedTrait) -> pd.DataFrame:
    """Give a trait's samples with their residuals and the columns of the design."""
    design = trait.models.design
    covariates = pd.DataFrame(design.matrix, columns=[COVARIATE + name for name in design.names])
    return pd.concat([trait.samples.assign(residual=trait.fit.model.residuals), covariates], axis=1)


def write_scan_traits(traits: Sequence[PreparedTrait], store: pd.DataFrame, folder: Path) -> None:
    """Write what a scan needs of each trait, its samples placed in the gene store: NAME.npz."""
    for trait in traits:
        (folder / f"{trait.name}.npz").write_bytes(pack_trait(scan_trait(trait, store)))


def scan_trait(trait: PreparedTrait, store: pd.DataFrame) -> ScanTrait:
    """Give what a scan needs of a trait.

    Parameters
    ----------
    trait
        The trait.
    store
        The gene store's samples, in its order: sample, and the number of its cohort.
    """
    positions = pd.Series(range(len(store)), index=store["sample"])
    store_positions = trait.samples["sample"].map(positions).to_numpy(np.int64)
    return ScanTrait(
        name=trait.name,
        model=trait.fit.model,
        strata=np.unique(trait.samples["stratum"].to_numpy(str), return_inverse=True)[1].astype(np.int64),
        store_positions=store_positions,
        store_samples=len(store),
        flags=trait.flags,
        by_contig={contig: fit.model for contig, fit in trait.models.by_contig.items()},
        male=trait.samples["male"].to_numpy(bool),
        cohorts=store["cohort"].to_numpy(np.int64)[store_positions],
    )


def read_packed_trait(folder: Place, name: str) -> bytes:
    """Read what a scan needs of a trait, still packed."""
    return (folder / f"{name}.npz").read_bytes()


def read_cohorts(folder: Place, name: str) -> NDArray[np.int64] | None:
    """Give numbers to the cohorts of a trait's samples (n); None where no cohort has a null model of its own."""
    samples = pd.read_parquet(readable(folder / f"{name}.parquet"))
    if "cohort" not in samples:
        return None
    return np.unique(samples["cohort"].to_numpy(str), return_inverse=True)[1].astype(np.int64)


def read_outcome(folder: Place, trait: ScanTrait, ties: Ties) -> Outcome | None:
    """Read a trait as it was observed; None where it is neither a time to event nor binary.

    Parameters
    ----------
    folder
        What `write_traits` wrote.
    trait
        Which.
    ties
        How its simultaneous events are treated.
    """
    if trait.model.kind not in OBSERVED:
        return None
    return outcome_of(pd.read_parquet(readable(folder / f"{trait.name}.parquet")), trait, ties)


def outcome_of(samples: pd.DataFrame, trait: ScanTrait, ties: Ties) -> Outcome | None:
    """Give a trait as it was observed, from its `sample_table`; None where it is neither a time nor binary."""
    columns = OBSERVED.get(trait.model.kind)
    if columns is None:
        return None
    covariates = samples[[name for name in samples if name.startswith(COVARIATE)]].to_numpy(np.float64)
    event, *times = (samples[name].to_numpy(np.float64) for name in columns)
    entry, exit_ = times or (None, None)
    return Outcome(event, covariates, entry, exit_, ties)


def read_summary(folder: Place, name: str) -> dict[str, Any]:
    """Read a trait's summary."""
    summary: dict[str, Any] = json.loads((folder / f"{name}.json").read_text())
    return summary


def read_levels(folder: Place, name: str) -> dict[str, int]:
    """Count the samples of a trait that are not zero in each column of its design: of COLUMN=LEVEL, who has it."""
    samples = pd.read_parquet(readable(folder / f"{name}.parquet"))
    columns = [str(column) for column in samples if str(column).startswith(COVARIATE)]
    return {column.removeprefix(COVARIATE): int((samples[column] != 0).sum()) for column in columns}
