"""VEP as Hail runs it, on each node of a cluster that has it: `hl.vep`.

Only the cohort's variants go through it, each biallelic and minimal, and its transcripts are read as those of
CSQ are. VEP's JSON has names of its own: `gene_symbol`, `sift_score`, `lof`.
"""

from __future__ import annotations

import hail as hl

from association.problems import InputError
from hail_pipelines.annotation.hail_tables import write_rows
from hail_pipelines.annotation.source_rows import VARIANT
from hail_pipelines.annotation.sources import AnnotationSource
from hail_pipelines.annotation.vep_config import TRANSCRIPTS
from hail_pipelines.annotation.vep_json import TRANSCRIPT_FIELDS
from hail_pipelines.places import Place


def run_vep(cohort: hl.Table, source: AnnotationSource, rows: Place) -> None:
    """Run VEP on the cohort's variants and write the transcripts of each.

    Parameters
    ----------
    cohort
        What `hail_tables.cohort_table` gives.
    source
        Names the configuration; None for what `VEP_CONFIG_URI` names on a cluster that was made with VEP.
    rows
        The folder to write.

    Raises
    ------
    InputError
        If there is no configuration.
    """
    try:
        annotated = hl.vep(cohort, str(source.config) if source.config else None)
    except ValueError as error:
        message = f"{error} Name VEP's configuration there, or make the cluster with VEP"
        raise InputError.single("annotation.config", "VEP", message) from None
    transcripts = annotated.vep[TRANSCRIPTS]
    present = set(transcripts.dtype.element_type)
    wanted = [name for name in dict.fromkeys((*TRANSCRIPT_FIELDS, *source.values)) if name in present]
    kept = transcripts.map(lambda transcript: transcript.select(*wanted))
    write_rows(annotated.select(VARIANT, rows=kept), rows)
