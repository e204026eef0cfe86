"""The transcripts of VEP's JSON, as `hail_vep` writes them: its rows hold the fields named here, and values."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hail_pipelines.annotation.batches import Batch
from hail_pipelines.annotation.entries import Columns, Entries
from hail_pipelines.annotation.source_rows import columns_of, read_rows
from hail_pipelines.annotation.sources import AnnotationSource
from hail_pipelines.annotation.values import nothing, plain_texts
from hail_pipelines.annotation.vep import NEVER, preferences_of
from hail_pipelines.places import Place

TRANSCRIPT_FIELDS = ("gene_symbol", "gene_id", "consequence_terms", "lof", "canonical", "mane_select", "pick")


def vep_json_entries(batch: Batch, source: AnnotationSource, rows: Place) -> Entries:
    """List the transcripts that may count.

    Parameters
    ----------
    batch
        The variants, each biallelic, so that all of VEP's transcripts are of its allele.
    source
        Which transcripts and fields are wanted.
    rows
        The transcripts.
    """
    variants, table = read_rows(rows, batch)
    columns = columns_of(table)

    def text(name: str) -> pa.Array:
        return plain_texts(columns[name]) if name in columns else nothing(len(variants))

    preferences = preferences_of(
        source.transcripts,
        canonical=pc.equal(text("canonical"), "1"),
        mane_select=text("mane_select").is_valid(),
        picked=pc.equal(text("pick"), "1"),
    )
    counted = np.flatnonzero(preferences != NEVER)
    at = pa.array(counted)
    return Entries(
        variants[counted],
        pc.coalesce(text("gene_symbol"), text("gene_id")).take(at),
        text("consequence_terms").take(at),
        preferences[counted],
        Columns({name: values.take(at) for name, values in columns.items()}),
        "lof",
    )
