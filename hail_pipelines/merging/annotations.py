"""Genes and consequences of the merged variants: of each those that the first cohort with it was given.

Annotation depends on the variant and the source alone, so that cohorts of one source were given the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hail_pipelines.merging.cohort import Cohort
from hail_pipelines.merging.joined_variants import ABSENT, JoinedVariants
from hail_pipelines.places import readable


def join_annotations(cohorts: Sequence[Cohort], joined: JoinedVariants) -> pa.Table:
    """Give the gene entries of all variants, in order of their numbers.

    Parameters
    ----------
    cohorts
        Cohorts with the same columns of annotation.
    joined
        Their variants.
    """
    first = np.argmax(np.stack(joined.own) != ABSENT, axis=0)
    tables = []
    for place, cohort in enumerate(cohorts):
        entries = pq.read_table(readable(cohort.annotations)).replace_schema_metadata()
        variant = joined.joined[place][entries["variant"].to_numpy()]
        entries = entries.set_column(entries.schema.get_field_index("variant"), "variant", pa.array(variant))
        tables.append(entries.filter(pa.array(first[variant] == place)))
    table = pa.concat_tables(tables)
    # Stable: entries of one variant keep their order.
    return table.take(pa.array(np.argsort(table["variant"].to_numpy(), kind="stable"))).combine_chunks()
