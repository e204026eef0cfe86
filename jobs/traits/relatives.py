"""Pairs of relatives from a table: sample_1, sample_2, kinship."""

from __future__ import annotations

import numpy as np
import pandas as pd

from association.null_models.families import Kinship
from infra.storage import Place
from jobs.tables.table import Table


def read_pairs(path: Place, samples: pd.Series) -> Kinship:
    """Read pairs of relatives; those that are not both in the trait are left out.

    Parameters
    ----------
    path
        The table.
    samples
        The trait's sample ids, by position.

    Raises
    ------
    InputError
        With every column and value that can't be used, or if no pair names a sample of the trait.
    """
    table = Table(path)
    table.require(["sample_1", "sample_2", "kinship"], "Name the columns so")
    coefficient = table.numbers("kinship", lowest=0, highest=0.5)
    message = "no coefficient; leave the pair out if the two are unrelated"
    table.note("kinship", table.texts("kinship").isna(), message, show_value=False)
    position = pd.Series(samples.index, index=samples)
    first, second = (table.identifiers(column).map(position) for column in ("sample_1", "sample_2"))
    if first.isna().all() and second.isna().all():
        message = "no pair names a sample of the trait; write ids as in the participants table"
        table.add("columns 'sample_1' and 'sample_2'", message)
    table.close()
    inside = first.notna() & second.notna() & (coefficient > 0)
    return Kinship(
        first[inside].to_numpy(np.int64), second[inside].to_numpy(np.int64), coefficient[inside].to_numpy(np.float64)
    )
