"""Dosages of variants that every trait is adjusted for, from the gene store."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from association.problems import InputError, Problem
from association.scan import variant_names
from hail_pipelines.gene_store import read_cohorts
from hail_pipelines.places import listed, readable
from infra.storage import Place

COLUMNS = ["contig", "position", "ref", "alt", "carriers", "dosages", "missing", "missing_cohorts"]


def read_dosages(store: Place, variants: Sequence[str], samples: pd.Series) -> pd.DataFrame:
    """Read variants' dosages; a missing call is the mean of the called.

    Parameters
    ----------
    store
        The gene store.
    variants
        Names: contig-position-ref-alt.
    samples
        The store's samples, in its order.

    Returns
    -------
    pd.DataFrame
        A row per sample, indexed by it; a column per variant.

    Raises
    ------
    InputError
        If a variant is not in the store.
    """
    of_cohort = read_cohorts(store, len(samples))
    found: dict[str, np.ndarray] = {}
    example = ""
    for part in listed(store, "part-*.parquet") if variants else []:
        file = pq.ParquetFile(readable(part))
        table = file.read([name for name in COLUMNS if name in file.schema_arrow.names])
        names = variant_names(table)
        example = example or next(iter(names.to_pylist()), "")
        rows = table.filter(pc.is_in(names, pa.array(list(variants)))).to_pylist()
        found |= {"{contig}-{position}-{ref}-{alt}".format(**row): _dosages(row, of_cohort) for row in rows}
    remedy = (
        f"not among the rare variants that passed quality control, which are written like '{example}'; correct it, "
        "take it out, or raise a mask's ceiling"
    )
    if absent := [Problem(f"condition_on, '{name}'", remedy) for name in variants if name not in found]:
        raise InputError("study", absent)
    return pd.DataFrame({name: found[name] for name in variants}, index=samples.to_numpy())


def _dosages(row: dict[str, list[int]], of_cohort: np.ndarray) -> np.ndarray:
    dosages = np.zeros(len(of_cohort))
    dosages[row["carriers"]] = row["dosages"]
    missing = np.isin(of_cohort, row.get("missing_cohorts", []))
    missing[row["missing"]] = True
    dosages[missing] = dosages.sum() / max(int((~missing).sum()), 1)
    return dosages
