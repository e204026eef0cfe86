"""The genes whose coding intervals hold a variant: what is known of a cohort without annotation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from association.gene_tests.consequence_terms import CODING
from hail_pipelines.annotation.batches import Batch
from hail_pipelines.annotation.entries import Entries
from hail_pipelines.annotation.gene_model import Segments


def changed_bases(
    positions: NDArray[np.integer], refs: pa.Array, alts: pa.Array
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the first and last reference base that each variant in minimal representation changes (v).

    Of a deletion these are the bases that go, without the one before them; of an insertion the two between which it
    stands.

    Parameters
    ----------
    positions, refs, alts
        The variants (v).
    """
    ref, alt = (pc.utf8_length(alleles).to_numpy().astype(np.int64) for alleles in (refs, alts))
    same_base = pc.equal(pc.utf8_slice_codeunits(refs, 0, 1), pc.utf8_slice_codeunits(alts, 0, 1))
    anchored = (ref != alt) & same_base.to_numpy(zero_copy_only=False)
    return positions + (anchored & (ref > 1)), positions + ref - 1 + (anchored & (ref == 1))


def genes_within(batch: Batch, segments: Mapping[str, Segments]) -> tuple[NDArray[np.intp], list[str]]:
    """List the genes in whose intervals any base lies that a variant changes, with the variant of each.

    A gene stands as often as a variant meets stretches of it.

    Parameters
    ----------
    batch
        The variants (v).
    segments
        The intervals by contig.
    """
    firsts, lasts = changed_bases(batch.positions, batch.refs, batch.alts)
    variants: list[int] = []
    genes: list[str] = []
    for contig, one in segments.items():
        here = np.flatnonzero(pc.equal(batch.contigs, contig).to_numpy(zero_copy_only=False))
        starts = np.searchsorted(one.ends, firsts[here])
        ends = np.searchsorted(one.starts, lasts[here] + 1)
        met = np.flatnonzero(starts < ends)
        for variant, start, end in zip(here[met].tolist(), starts[met].tolist(), ends[met].tolist(), strict=True):
            for names in one.genes[start:end]:
                variants.extend([variant] * len(names))
                genes.extend(names)
    return np.array(variants, np.intp), genes


def gene_model_entries(batch: Batch, segments: Mapping[str, Segments]) -> Entries:
    """Make an entry of each gene that holds a variant, with the consequence of which no more is known than that."""
    variants, genes = genes_within(batch, segments)
    coding = pa.array([CODING] * len(genes), pa.string())
    return Entries(variants, pa.array(genes, pa.string()), coding, np.zeros(len(genes), np.int8))
