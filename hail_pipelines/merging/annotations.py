"""Genes and consequences of the merged variants, taken once: of each those that the first cohort with it was given.

Annotation depends on the variant and the source alone. That cohorts of one source were given the same is not taken
for granted: of variants that several have, the entries are compared, and cohorts where any differ are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from association.problems import InputError, Problem
from hail_pipelines.merging.cohort import Cohort
from hail_pipelines.merging.joined_variants import ABSENT, JoinedVariants
from hail_pipelines.places import readable

Digests = NDArray[np.uint64]


def join_annotations(cohorts: Sequence[Cohort], joined: JoinedVariants) -> pa.Table:
    """Give the gene entries of all variants, in order of their numbers.

    Parameters
    ----------
    cohorts
        Cohorts with the same columns of annotation.
    joined
        Their variants.

    Raises
    ------
    InputError
        If cohorts were given different entries of a variant that they share, with how many each two were.
    """
    first = np.argmax(np.stack(joined.own) != ABSENT, axis=0)
    tables, digests = [], []
    for place, cohort in enumerate(cohorts):
        entries = pq.read_table(readable(cohort.annotations)).replace_schema_metadata()
        variant = joined.joined[place][entries["variant"].to_numpy()]
        digests.append(_digests(entries.drop_columns("variant"), variant, len(first)))
        entries = entries.set_column(entries.schema.get_field_index("variant"), "variant", pa.array(variant))
        tables.append(entries.filter(pa.array(first[variant] == place)))
    if problems := list(_differences(cohorts, joined, digests)):
        raise InputError("the cohorts", problems)
    table = pa.concat_tables(tables)
    # Stable: entries of one variant keep their order.
    return table.take(pa.array(np.argsort(table["variant"].to_numpy(), kind="stable"))).combine_chunks()


def _digests(entries: pa.Table, variant: NDArray[np.int32], variants: int) -> Digests:
    """Give 64 bits for each variant's entries, whatever their order; zero for none (v)."""
    digests = np.zeros(variants, np.uint64)
    # Sums that are taken modulo 2^64 are of no order either.
    np.add.at(digests, variant, pd.util.hash_pandas_object(entries.to_pandas(), index=False).to_numpy())
    return digests


def _differences(cohorts: Sequence[Cohort], joined: JoinedVariants, digests: Sequence[Digests]) -> Iterator[Problem]:
    """Compare each two cohorts' entries of the variants that both have."""
    for one, other in combinations(range(len(cohorts)), 2):
        both = (joined.own[one] != ABSENT) & (joined.own[other] != ABSENT)
        differ = np.flatnonzero(both & (digests[one] != digests[other]))
        if len(differ):
            contig, position = (joined.keys[name][int(differ[0])] for name in ("contig", "position"))
            message = (
                f"{len(differ):,} of {int(both.sum()):,} variants that both have were given other genes, "
                f"consequences or values, e.g. at {contig}:{position}; annotate both with one source of one release, "
                "and make both cohorts anew"
            )
            yield Problem(f"{cohorts[one].name} and {cohorts[other].name}, annotation", message)
