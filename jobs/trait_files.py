"""Prepared traits on disk: null models as arrays, samples as Parquet, summaries as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from association.null_models.arrays import from_arrays, to_arrays
from association.scan import ScanTrait
from jobs.traits import PreparedTrait


def write_traits(traits: Sequence[PreparedTrait], samples: pd.Series, folder: Path) -> None:
    """Write prepared traits.

    Parameters
    ----------
    traits
        The study's traits.
    samples
        The gene store's samples, in its order.
    folder
        Where to write, per trait: NAME.npz (the null model), NAME.parquet (a row per sample that is in) and NAME.json
        (the summary); for all: excluded.tsv (who is out of which trait, and why).
    """
    positions = pd.Series(range(len(samples)), index=samples)
    for trait in traits:
        table = trait.samples.assign(
            store_position=trait.samples["sample"].map(positions).astype(np.int64), residual=trait.fit.model.residuals
        )
        table.to_parquet(folder / f"{trait.name}.parquet", index=False)
        np.savez(folder / f"{trait.name}.npz", allow_pickle=False, **to_arrays(trait.fit.model))
        summary = trait.summary() | {"store_samples": len(samples)}
        (folder / f"{trait.name}.json").write_text(json.dumps(summary, indent=2) + "\n")
    excluded = pd.concat([trait.excluded.assign(trait=trait.name) for trait in traits])
    excluded[["trait", "sample", "reason"]].to_csv(folder / "excluded.tsv", sep="\t", index=False)


def read_scan_trait(folder: Path, name: str) -> ScanTrait:
    """Read what a scan needs of a trait."""
    with np.load(folder / f"{name}.npz", allow_pickle=False) as arrays:
        model = from_arrays(dict(arrays))
    table = pd.read_parquet(folder / f"{name}.parquet", columns=["stratum", "store_position"])
    summary = read_summary(folder, name)
    return ScanTrait(
        name=name,
        model=model,
        strata=np.unique(table["stratum"].to_numpy(str), return_inverse=True)[1].astype(np.int64),
        store_positions=table["store_position"].to_numpy(np.int64),
        store_samples=summary["store_samples"],
        flags=tuple(summary["flags"]),
    )


def read_summary(folder: Path, name: str) -> dict[str, Any]:
    """Read a trait's summary."""
    summary: dict[str, Any] = json.loads((folder / f"{name}.json").read_text())
    return summary
