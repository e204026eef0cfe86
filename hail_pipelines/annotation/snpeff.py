"""SnpEff's ANN field.

ANN names the alternate allele as it stands in the VCF. SnpEff's specification:
https://pcingola.github.io/SnpEff/adds/VCFannotationformat_v1.0.pdf
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hail_pipelines.annotation.batches import Batch
from hail_pipelines.annotation.entries import Entries
from hail_pipelines.annotation.parts import SNPEFF_PARTS
from hail_pipelines.annotation.sources import AnnotationSource
from hail_pipelines.annotation.split_field import of_alleles, split_field
from hail_pipelines.annotation.values import texts_of


def snpeff_entries(batch: Batch, source: AnnotationSource, names: Sequence[str] = SNPEFF_PARTS) -> Entries:
    """List the entries of an ANN field: of each variant the transcripts of its allele.

    Parameters
    ----------
    batch
        The variants, with the field.
    source
        Which field, and which parts beside gene and consequence.
    names
        Names of the field's parts, in the header's order.

    Notes
    -----
    SnpEff has a LOF field of its own, by other rules than LOFTEE's; it is not read.
    """
    field = split_field(batch.info.fields[source.field], names)
    # An entry that ends before its gene is broken.
    field = field.take(np.flatnonzero(field.has_parts(len(SNPEFF_PARTS))))
    references = batch.old_alleles.offsets.to_numpy()[:-1]
    spellings = batch.old_alleles.values.take(pa.array(references + batch.info.a_index))
    field = field.take(np.flatnonzero(of_alleles(field, field.part("Allele"), spellings, batch.info.alternates)))
    return Entries(
        field.variants,
        texts_of(pc.coalesce(field.part("Gene_Name"), field.part("Gene_ID"))),
        field.part("Annotation"),
        np.zeros(len(field.variants), np.int8),
        field,
    )
