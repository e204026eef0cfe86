"""VEP's CSQ field: its transcripts, with their parts in whatever order the header names them.

Which transcripts of a gene count:

all                all of them
canonical          those that Ensembl calls canonical
mane               MANE Select
mane_or_canonical  MANE Select where the variant's CSQ has one for the gene, else the canonical one
pick               those that VEP flagged by --flag_pick or one of its kin

A MANE Select transcript stands in CSQ where the variant lies in it or within VEP's distance of it (5,000 bases).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hail_pipelines.annotation.batches import Batch
from hail_pipelines.annotation.entries import Entries
from hail_pipelines.annotation.parts import Transcripts
from hail_pipelines.annotation.sources import AnnotationSource
from hail_pipelines.annotation.split_field import SplitField, of_alleles, split_field
from hail_pipelines.annotation.values import texts_of

# The preference of a transcript that never counts.
NEVER = -1


def vep_alleles(old_alleles: pa.ListArray, a_index: NDArray[np.integer]) -> pa.Array:
    """Spell each variant's allele as VEP does in the Allele part of CSQ.

    Where some alternate differs in length from the reference and all alleles but `*` share their first
    base, VEP takes that base off all of them and writes `-` for what is then empty.

    Parameters
    ----------
    old_alleles
        The alleles of each variant's record as they stood in the VCF (v).
    a_index
        Which of them the variant is (v).
    """
    alleles, records = pc.list_flatten(old_alleles), pc.list_parent_indices(old_alleles).to_numpy()
    references = np.searchsorted(records, np.arange(len(old_alleles)))
    lengths = pc.utf8_length(alleles).to_numpy()
    bases = pc.utf8_slice_codeunits(alleles, 0, 1).dictionary_encode().indices.to_numpy()
    sequence = pc.not_equal(alleles, "*").to_numpy(zero_copy_only=False)
    longer = sequence & (lengths != lengths[references][records])
    other = sequence & (bases != bases[references][records])
    trimmed = np.bincount(records[longer], minlength=len(references)) > 0
    trimmed &= np.bincount(records[other], minlength=len(references)) == 0
    own = alleles.take(pa.array(references + a_index))
    rest = pc.utf8_slice_codeunits(own, 1)
    rest = pc.if_else(pc.equal(rest, ""), "-", rest)
    return pc.if_else(pc.and_(pa.array(trimmed), pc.not_equal(own, "*")), rest, own)


def preferences_of(
    transcripts: Transcripts, *, canonical: pa.Array, mane_select: pa.Array, picked: pa.Array
) -> NDArray[np.int8]:
    """Rank transcripts by the choice of them: a gene's lowest counts, and `NEVER` none (t).

    Parameters
    ----------
    transcripts
        The choice.
    canonical, mane_select, picked
        What each transcript is; null is no (t).
    """
    if transcripts == "all":
        return np.zeros(len(canonical), np.int8)
    if transcripts == "mane_or_canonical":
        return np.where(_true(mane_select), 0, np.where(_true(canonical), 1, NEVER)).astype(np.int8)
    marked = {"canonical": canonical, "mane": mane_select, "pick": picked}[transcripts]
    return np.where(_true(marked), 0, NEVER).astype(np.int8)


def vep_entries(batch: Batch, source: AnnotationSource, names: Sequence[str]) -> Entries:
    """List the entries of a CSQ field: of each variant the transcripts of its allele that may count.

    Parameters
    ----------
    batch
        The variants, with the field.
    source
        Which field, transcripts and parts are wanted.
    names
        Names of the field's parts, in the header's order.

    Notes
    -----
    Alleles are told apart by ALLELE_NUM, else by Allele. A record with one alternate whose transcripts name a second
    allele was split after VEP saw it, so that its numbers no longer hold: it goes by Allele too. With neither part,
    and several alternates, nothing says which is meant, and there are no entries.
    """
    field = split_field(batch.info.fields[source.field], names)
    field = field.take(np.flatnonzero(_of_own_allele(field, batch)))
    preferences = _preferences(field, source.transcripts)
    may_count = np.flatnonzero(preferences != NEVER)
    field = field.take(may_count)
    return Entries(
        field.variants,
        texts_of(pc.coalesce(field.part("SYMBOL"), field.part("Gene"))),
        field.part("Consequence"),
        preferences[may_count],
        field,
        "LoF",
    )


def _preferences(field: SplitField, transcripts: Transcripts) -> NDArray[np.int8]:
    """Rank transcripts by their marks, which are not looked at where all count (t)."""
    if transcripts == "all":
        return np.zeros(len(field.variants), np.int8)
    other_mane = pc.not_equal(field.part("MANE"), "MANE_Plus_Clinical").fill_null(False)
    return preferences_of(
        transcripts,
        canonical=pc.equal(field.part("CANONICAL"), "YES"),
        mane_select=pc.or_(field.part("MANE_SELECT").is_valid(), other_mane),
        picked=pc.equal(field.part("PICK"), "1"),
    )


def _of_own_allele(field: SplitField, batch: Batch) -> NDArray[np.bool_]:
    """Say which transcripts are of the variant's own allele (t)."""
    alternates, a_index = batch.info.alternates, batch.info.a_index
    by_spelling: NDArray[np.bool_] = alternates[field.variants] == 1
    if "Allele" in field.names:
        spellings = vep_alleles(batch.old_alleles, a_index)
        by_spelling = of_alleles(field, field.part("Allele"), spellings, alternates)
    if "ALLELE_NUM" not in field.names:
        return by_spelling
    numbers = field.part("ALLELE_NUM")
    own_numbers = pc.cast(pa.array(a_index[field.variants]), pa.string())
    by_number = _true(pc.equal(numbers, own_numbers))
    not_first = np.bincount(field.variants[_true(pc.not_equal(numbers, "1"))], minlength=len(batch)) > 0
    split_since = (alternates == 1) & not_first
    own: NDArray[np.bool_] = np.where(split_since[field.variants], by_spelling, by_number)
    return own


def _true(mask: pa.Array) -> NDArray[np.bool_]:
    """Say where a mask is true; unknown is no."""
    array: NDArray[np.bool_] = mask.fill_null(False).to_numpy(zero_copy_only=False)
    return array
