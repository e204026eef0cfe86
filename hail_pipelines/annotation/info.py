"""Plain INFO fields: gene and consequence, and values that no other source has.

A field with as many values as the record has alternate alleles has one for each. Else all of its values are
the record's: of numbers the largest counts (the smallest, for scores of which low values are damaging),
texts are joined by `&`.
"""

from __future__ import annotations

import numpy as np

from hail_pipelines.annotation.batches import Batch
from hail_pipelines.annotation.entries import Entries
from hail_pipelines.annotation.sources import AnnotationSource
from hail_pipelines.annotation.values import plain_texts, texts_of


def info_entries(batch: Batch, source: AnnotationSource) -> Entries:
    """Make one entry of each variant, of the INFO fields that name gene and consequence.

    Parameters
    ----------
    batch
        The variants, with both fields; a gene is the first that is named.
    source
        Names the fields.
    """
    assert source.gene_field is not None
    assert source.consequence_field is not None
    return Entries(
        np.arange(len(batch)),
        texts_of(batch.info.first_of_alleles(source.gene_field)),
        plain_texts(batch.info.first_of_alleles(source.consequence_field)),
        np.zeros(len(batch), np.int8),
    )
