"""What the page of quality control shows, gathered from the stages' files."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from hail_pipelines.places import readable
from infra.provenance import versions
from infra.storage import Place
from jobs.quality_control.exclusions import BY_HAND
from jobs.quality_control.files import ATTRITION, KINSHIP, SAMPLES, read_structure
from jobs.report.qc import QcInputs, summarise_variants
from jobs.report.qc.variant_summary import COLUMNS
from jobs.stage import Folders
from jobs.stage_folder import manifest_of
from jobs.study.study import Study

QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}
# How the reason begins for which variants are left out where batches differ.
BATCH_REASON = "call rates of batches"


def page_inputs(study: Study, folders: Folders) -> QcInputs:
    """Gather what the page shows.

    Parameters
    ----------
    study
        The settings.
    folders
        Outputs of the stages load, samples, variants and annotate.
    """
    samples = pd.read_parquet(readable(folders["samples"] / SAMPLES))
    variants = pd.read_parquet(
        readable(folders["variants"] / "variants.parquet"), columns=[*COLUMNS, "batch_call_rates"]
    )
    structure = read_structure(folders["samples"])
    qc = study.qc.model_dump(mode="json")
    summary = summarise_variants(variants, qc["variant"])
    return QcInputs(
        study=study.name,
        samples=samples,
        kinship=pd.read_parquet(readable(folders["samples"] / KINSHIP)),
        pca={name: structure[name] for name in ("explained", "variants", "reason", "ancestry_reason")},
        attrition=json.loads((folders["variants"] / ATTRITION).read_text()),
        thresholds=qc,
        variant_summary=summary | {"missingness_by_batch": missingness_by_batch(variants, samples)},
        load_counts=_counts(folders["load"]),
        annotation_counts=_counts(folders["annotate"]),
        excluded=excluded_samples(samples),
        versions=versions(),
        kinship_reason=structure["kinship_reason"],
    )


def missingness_by_batch(variants: pd.DataFrame, samples: pd.DataFrame) -> pd.DataFrame:
    """Give quantiles of the variants' call rates in each batch; empty where there are no batches to compare.

    A variant that is left out because batches differ is counted for the one that calls it least.

    Parameters
    ----------
    variants
        With batch_call_rates, a list with a rate per batch, in order of their names, and reasons.
    samples
        With batch and passes.
    """
    sizes = samples.loc[samples["passes"], "batch"].value_counts().sort_index()
    known = variants[variants["batch_call_rates"].map(lambda rates: rates is not None and len(rates) == len(sizes))]
    if len(sizes) < 2 or known.empty:
        return pd.DataFrame()
    rates = np.vstack(known["batch_call_rates"].to_list()).astype(np.float64)
    quantiles = np.nanquantile(rates, list(QUANTILES.values()), axis=0)
    differs = known["reasons"].map(lambda reasons: any(one.startswith(BATCH_REASON) for one in reasons))
    lowest = np.where(np.isnan(rates), np.inf, rates).argmin(axis=1)[differs.to_numpy(np.bool_)]
    columns = dict(zip(QUANTILES, quantiles, strict=True))
    columns["variants_excluded"] = np.bincount(lowest, minlength=len(sizes))
    return pd.DataFrame({"batch": sizes.index, "samples": sizes.to_numpy(), **columns})


def excluded_samples(samples: pd.DataFrame) -> pd.DataFrame:
    """List the samples that are out, with their reasons and by whom."""
    out = samples.loc[~samples["passes"], ["sample", "reasons"]].reset_index(drop=True)
    reasons = [list(found) for found in out["reasons"]]
    by = ["hand" if any(one.startswith(BY_HAND) for one in found) else "rule" for found in reasons]
    return pd.DataFrame({"sample": out["sample"], "reasons": reasons, "by": by})


def _counts(folder: Place) -> dict[str, object]:
    """Read what a stage counted; its manifest is there as the stage is finished."""
    counts: dict[str, object] = manifest_of(folder)["counts"]
    return counts
