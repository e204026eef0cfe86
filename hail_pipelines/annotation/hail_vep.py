"""VEP as Hail runs it, on each node of a cluster that has it: `hl.vep`.

Only the cohort's variants go through it, each biallelic and minimal, and its transcripts are read as those of
CSQ are. VEP's JSON has names of its own: `gene_symbol`, `sift_score`, `lof`.
"""

from __future__ import annotations

import hail as hl

from association.problems import InputError
from hail_pipelines.annotation.entries import gene_entry_expr, own_values
from hail_pipelines.annotation.sources import AnnotationSource
from hail_pipelines.annotation.vep import preference_expr
from hail_pipelines.annotation.vep_config import TRANSCRIPTS


def hail_vep_entries(variants: hl.Table, source: AnnotationSource) -> hl.ArrayExpression:
    """Run VEP on the cohort's variants and list each variant's gene entries.

    Parameters
    ----------
    variants
        The variants, keyed by locus and alleles.
    source
        Names the configuration; None for what `VEP_CONFIG_URI` names on a cluster that was made with VEP.

    Raises
    ------
    InputError
        If there is no configuration.
    """
    try:
        annotated = hl.vep(variants.select(), str(source.config) if source.config else None)
    except ValueError as error:
        message = f"{error} Name VEP's configuration there, or make the cluster with VEP"
        raise InputError.single("annotation.config", "VEP", message) from None
    return vep_json_entries_expr(annotated[variants.key].vep[TRANSCRIPTS], source)


def vep_json_entries_expr(transcripts: hl.ArrayExpression, source: AnnotationSource) -> hl.ArrayExpression:
    """Read the transcripts of VEP's JSON.

    Parameters
    ----------
    transcripts
        Those of one biallelic variant, as structs with the fields of VEP's JSON.
    source
        Which transcripts and fields are wanted.
    """
    present = set(transcripts.dtype.element_type)

    def entry(transcript: hl.StructExpression) -> hl.StructExpression:
        def text(name: str) -> hl.StringExpression:
            return hl.str(transcript[name]) if name in present else hl.missing(hl.tstr)

        return gene_entry_expr(
            gene=hl.coalesce(text("gene_symbol"), text("gene_id")),
            terms=transcript.consequence_terms,
            loftee=text("lof"),
            **own_values(source, present, lambda name: transcript[name]),
            preference=preference_expr(
                source.transcripts,
                canonical=text("canonical") == "1",
                mane_select=hl.is_defined(text("mane_select")),
                picked=text("pick") == "1",
            ),
        )

    return transcripts.map(entry).filter(lambda one: hl.is_defined(one.preference))
