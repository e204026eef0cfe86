"""Merge cohorts: carriers of the variants that are rare over all of them, ready for the gene store.

Variants are joined by contig, position, ref and alt, and each cohort's carriers numbered anew; genotypes are not
shuffled. A cohort without any call of a variant is listed as a whole, and not by its samples. What a cohort says of a
variant that it lacks is `hail_pipelines.merging.pooled_counts`'s rule. Samples of all cohorts are numbered by the
order of their ids, so that how samples were dealt to cohorts does not matter.

Axes: c cohorts, v variants of all cohorts together.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hail_pipelines.call_files import part_path
from hail_pipelines.merging.annotations import join_annotations
from hail_pipelines.merging.cohort import Cohort
from hail_pipelines.merging.cohort_carriers import CohortCarriers, cohort_carriers
from hail_pipelines.merging.joined_variants import JoinedVariants, join_variants
from hail_pipelines.merging.pooled_counts import CALLABLE, MONOMORPHIC, PASSES, STATES, PooledCounts, pool_counts
from hail_pipelines.places import Place
from hail_pipelines.quality_control.carrier_files import CARRIERS, COHORTS, OF_COHORTS, CarrierWriter
from hail_pipelines.quality_control.verdicts import CARRIERS as FOLDER
from hail_pipelines.quality_control.verdicts import VARIANTS
from hail_pipelines.whole_file import whole_file

log = logging.getLogger(__name__)

ANNOTATIONS = "genes.parquet"
# Carriers and missing calls that are put in order at a time: 9 bytes each, and as much again for their order.
ENTRIES_AT_ONCE = 20_000_000


@dataclass(frozen=True)
class MergeCounts:
    """What was merged.

    Attributes
    ----------
    samples, variants, passing, stored
        Samples that stay, variants of all cohorts together, those that pass, and those whose carriers are kept.
    states
        A row per cohort and state: cohort, state, `variants`, and how many of them are `stored`.
    calls
        A row per sample, in order of numbers: cohort, its id there, calls of stored variants that it should have, and
        how many are missing.
    genes
        Of each cohort, the genes of which it has calls of a stored variant.
    """

    samples: int
    variants: int
    passing: int
    stored: int
    states: pd.DataFrame
    calls: pd.DataFrame
    genes: Mapping[str, frozenset[str]]


def merge_cohorts(cohorts: Sequence[Cohort], output_dir: Place, *, max_allele_frequency: float) -> MergeCounts:
    """Write `variants.parquet`, `carriers/` and `genes.parquet` as `judge_variants` and `annotate` do for one cohort.

    Where a cohort lacks every call of a stored variant, carriers have the column `missing_cohorts`.

    Parameters
    ----------
    cohorts
        Cohorts on one build, of one annotation source, without a sample id in common.
    output_dir
        The folder to write to; it must not hold these files yet.
    max_allele_frequency
        Largest frequency of the minor allele over all cohorts of a variant whose carriers are kept.

    Raises
    ------
    InputError
        If cohorts were given different annotation of a variant that they share.
    """
    tables = [cohort.variants() for cohort in cohorts]
    joined = join_variants(tables)
    annotations = join_annotations(cohorts, joined)
    pooled = pool_counts(cohorts, tables, joined, max_allele_frequency)
    samples = merged_samples(cohorts)
    by_cohort = [
        cohort_carriers(cohort, place, joined, pooled, np.searchsorted(samples, cohort.merged_ids).astype(np.int32))
        for place, cohort in enumerate(cohorts)
    ]
    (output_dir / FOLDER).mkdir()
    lost = _write_carriers(by_cohort, pooled, output_dir / FOLDER, len(samples))
    with whole_file(output_dir / VARIANTS) as path:
        pq.write_table(_variant_table(cohorts, joined, pooled), path, compression="zstd")
    with whole_file(output_dir / ANNOTATIONS) as path:
        pq.write_table(annotations, path, compression="zstd")
    numbers_of = (joined.keys.num_rows, int(pooled.passes.sum()), int(pooled.stored.sum()))
    calls = _calls(cohorts, by_cohort, pooled, lost)
    genes = called_genes(cohorts, pooled, annotations)
    counts = MergeCounts(len(samples), *numbers_of, _states(cohorts, pooled), calls, genes)
    log.info("%d variants of %d cohorts, %d stored", counts.variants, len(cohorts), counts.stored)
    return counts


def _write_carriers(
    by_cohort: Sequence[CohortCarriers], pooled: PooledCounts, folder: Place, samples: int
) -> NDArray[np.int64]:
    """Write the carriers, and where it is needed each sample's cohort; count calls that are listed as missing (n)."""
    whole = any((cohort.absent() & pooled.stored).any() for cohort in by_cohort)
    schema, lost = OF_COHORTS if whole else CARRIERS, np.zeros(samples, np.int64)
    for number, stored in enumerate(_batches(pooled, by_cohort)):
        table = gather(by_cohort, stored, pooled).select(schema.names)
        lost += np.bincount(table["missing"].combine_chunks().flatten().to_numpy(), minlength=samples)
        with CarrierWriter(part_path(folder, number), schema) as writer:
            writer.write(table)
    if whole:
        of_cohort = np.empty(samples, np.int16)
        for number, cohort in enumerate(by_cohort):
            of_cohort[cohort.numbers] = number
        with whole_file(folder / COHORTS) as path:
            pq.write_table(pa.table({"cohort": of_cohort}), path)
    return lost


def _calls(
    cohorts: Sequence[Cohort], by_cohort: Sequence[CohortCarriers], pooled: PooledCounts, lost: NDArray[np.int64]
) -> pd.DataFrame:
    """Count the calls of stored variants that each sample should have, and those that are missing."""
    tables = []
    for cohort, carried in zip(cohorts, by_cohort, strict=True):
        places = np.bincount(pooled.places[pooled.stored], minlength=len(cohort.alleles))
        absent = int((carried.absent() & pooled.stored).sum())
        counted = {"calls": places @ (cohort.alleles > 0), "missing": lost[carried.numbers] + absent}
        named = {"cohort": cohort.name, "sample": cohort.kept["sample"].to_numpy(object), "number": carried.numbers}
        tables.append(pd.DataFrame(named | counted))
    table = pd.concat(tables).sort_values("number", ignore_index=True)
    return table.drop(columns="number")


def called_genes(cohorts: Sequence[Cohort], pooled: PooledCounts, annotations: pa.Table) -> dict[str, frozenset[str]]:
    """Name the genes of which each cohort has calls of a stored variant.

    Parameters
    ----------
    cohorts, pooled
        The cohorts, and what each says of the variants.
    annotations
        variant and gene.
    """
    variant, gene = annotations["variant"].to_numpy(), annotations["gene"]
    called = pooled.stored & np.isin(pooled.states, (PASSES, MONOMORPHIC, CALLABLE))
    return {
        cohort.name: frozenset(gene.filter(pa.array(called[place][variant])).to_pylist())
        for place, cohort in enumerate(cohorts)
    }


def merged_samples(cohorts: Sequence[Cohort]) -> NDArray[np.object_]:
    """Give the ids of the samples that stay, in the order that they are numbered in."""
    return np.sort(np.concatenate([cohort.merged_ids for cohort in cohorts]))


def _batches(pooled: PooledCounts, by_cohort: Sequence[CohortCarriers]) -> Iterator[NDArray[np.intp]]:
    """Cut the stored variants into runs of about `ENTRIES_AT_ONCE`, none of them without a variant."""
    entries = np.sum([cohort.entries() for cohort in by_cohort], axis=0)
    stored = np.flatnonzero(pooled.stored)
    batch = np.cumsum(entries[stored]) // ENTRIES_AT_ONCE
    return iter(np.split(stored, np.flatnonzero(np.diff(batch)) + 1)) if len(stored) else iter(())


def gather(by_cohort: Sequence[CohortCarriers], stored: NDArray[np.intp], pooled: PooledCounts) -> pa.Table:
    """Put the carriers of some variants in all cohorts together, those of a variant in order of their numbers."""
    entries = [cohort.among(stored) for cohort in by_cohort]

    def together(name: str) -> NDArray[np.int32]:
        return np.concatenate([getattr(one, name) for one in entries])

    variant, sample, dosages = (together(name) for name in ("variants", "samples", "dosages"))
    lost_variant, lost_sample = together("missing_variants"), together("missing_samples")
    order, lost_order = np.lexsort((sample, variant)), np.lexsort((lost_sample, lost_variant))
    starts, lost_starts = (_starts(of, stored) for of in (variant, lost_variant))
    absent, absent_cohort = np.nonzero(np.stack([cohort.absent()[stored] for cohort in by_cohort], axis=1))
    absent_starts = np.searchsorted(absent, np.arange(len(stored) + 1)).astype(np.int32)
    return pa.table(
        [
            pa.array(stored, pa.int32()),
            pa.array(pooled.minor_is_ref[stored]),
            pa.ListArray.from_arrays(starts, sample[order]),
            pa.ListArray.from_arrays(starts, dosages[order]),
            pa.ListArray.from_arrays(lost_starts, lost_sample[lost_order]),
            pa.ListArray.from_arrays(absent_starts, absent_cohort.astype(np.int16)),
        ],
        schema=OF_COHORTS,
    )


def _starts(variants: NDArray[np.int32], stored: NDArray[np.intp]) -> NDArray[np.int32]:
    """Say where each variant's entries begin when they are in order, and at last where they end."""
    return np.searchsorted(np.sort(variants), np.append(stored, stored[-1] + 1)).astype(np.int32)


def _variant_table(cohorts: Sequence[Cohort], joined: JoinedVariants, pooled: PooledCounts) -> pa.Table:
    """Make the table of variants: alleles over all cohorts, and what each says by itself."""
    columns = {name: joined.keys[name] for name in joined.keys.column_names}
    columns |= {
        "allele_count": pa.array(pooled.allele_count.sum(axis=0, dtype=np.int32)),
        "allele_number": pa.array(pooled.allele_number.sum(axis=0, dtype=np.int32)),
        "passes": pa.array(pooled.passes),
    }
    for place, cohort in enumerate(cohorts):
        states = pa.DictionaryArray.from_arrays(pa.array(pooled.states[place].astype(np.int8)), list(STATES))
        columns |= {
            f"{cohort.name}_allele_count": pa.array(pooled.allele_count[place]),
            f"{cohort.name}_allele_number": pa.array(pooled.allele_number[place]),
            f"{cohort.name}_state": states,
        }
    return pa.table(columns)


def _states(cohorts: Sequence[Cohort], pooled: PooledCounts) -> pd.DataFrame:
    """Count each cohort's variants by what it says of them."""
    return pd.DataFrame(
        [
            {
                "cohort": cohort.name,
                "state": state,
                "variants": int((pooled.states[place] == number).sum()),
                "stored": int((pooled.stored & (pooled.states[place] == number)).sum()),
            }
            for place, cohort in enumerate(cohorts)
            for number, state in enumerate(STATES)
        ]
    )
