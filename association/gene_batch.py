"""A batch of genes from the gene store, restricted to the samples of one trait.

The store lists, per variant, the samples that carry the minor allele, their dosages, and the samples without a call;
samples are positions in the store's own order. Of merged cohorts it lists those without any call by their number.
Here samples become positions in a trait's order, and a variant that none of the trait's samples carries is left out.

A missing call of a rare variant counts as no minor allele, by far the likeliest: a fraction of an allele in every
such sample would say next to nothing about the gene, and would leave no two samples alike, where exact p-values need
equal ones. From a mean dosage of 0.1 on a missing call gets the mean among the trait's called samples; but not where
all of a cohort lacks it: one number for all of a cohort says nothing about its samples, so it is zero.

Outside the pseudoautosomal regions of X a male's one allele counts as two: as much as a homozygous woman's, for
whom one of two copies is silent in each cell.

Axes: v variants of the batch, sorted by gene; n samples of the trait.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from association.gene_tests.masks import EXTERNAL_AF, MINOR_ALLELE_COUNT, VariantAnnotations
from association.gene_tests.sex_chromosomes import hemizygous_in_males
from association.kernels import njit
from association.scan_settings import ScanTrait
from association.score import Carriers

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

# Columns of the store that hold a number or a text that annotation keeps.
SCORE_PREFIX, FIELD_PREFIX = "score_", "field_"
# Below this mean dosage, a frequency of 5%, missing calls count as no minor allele.
IMPUTED_FROM = 0.1


@dataclass(frozen=True)
class GeneBatch:
    """Variants of whole genes, as the store has them.

    Attributes
    ----------
    gene
        Gene of each variant (v), equal ones together.
    annotations
        What masks ask for.
    minor_allele_frequency, external_frequency
        In the cohort, and in an external reference or NaN (v).
    carrier_variant, carrier_sample, carrier_dosage
        The carriers, flat: variant, position in the store, minor alleles.
    missing_variant, missing_sample
        The calls that are missing, flat.
    absent_variant, absent_cohort
        The cohorts that lack every call of a variant, flat.
    hemizygous
        Whether males have one copy of the variant's site only (v).
    """

    gene: NDArray[np.object_]
    annotations: VariantAnnotations
    minor_allele_frequency: Floats
    external_frequency: Floats
    carrier_variant: Integers
    carrier_sample: Integers
    carrier_dosage: Floats
    missing_variant: Integers
    missing_sample: Integers
    absent_variant: Integers
    absent_cohort: Integers
    hemizygous: Booleans


@dataclass(frozen=True)
class TraitGenotypes:
    """A batch's genotypes among the samples of one trait.

    Attributes
    ----------
    offsets
        Where each variant's entries begin (v + 1).
    samples
        Position of each entry's sample in the trait's order.
    dosages
        Minor alleles; the mean where the call is missing.
    called
        Whether the entry is a call; False where imputed.
    alleles
        Minor alleles that were called (v).
    """

    offsets: Integers
    samples: Integers
    dosages: Floats
    called: Booleans
    alleles: Floats

    def select(self, variants: Integers) -> tuple[Carriers, Booleans]:
        """Give the genotypes of some variants, in the order asked for, and which entries are calls."""
        offsets, samples, dosages, called = _select(self.offsets, self.samples, self.dosages, self.called, variants)
        return Carriers(offsets, samples, dosages), called


@njit(cache=True, nogil=True)
def _select(
    offsets: Integers, samples: Integers, dosages: Floats, called: Booleans, variants: Integers
) -> tuple[Integers, Integers, Floats, Booleans]:
    """Copy the entries of some variants."""
    starts = np.zeros(variants.size + 1, np.int64)
    for place, variant in enumerate(variants):
        starts[place + 1] = starts[place] + offsets[variant + 1] - offsets[variant]
    size = starts[-1]
    own_samples, own_dosages, own_called = np.empty(size, np.int64), np.empty(size), np.empty(size, np.bool_)
    for place, variant in enumerate(variants):
        here, there = slice(starts[place], starts[place + 1]), slice(offsets[variant], offsets[variant + 1])
        own_samples[here], own_dosages[here], own_called[here] = samples[there], dosages[there], called[there]
    return starts, own_samples, own_dosages, own_called


def read_batch(variants: pa.Table) -> GeneBatch:
    """Read variants of the gene store (its Parquet schema), sorted by gene."""
    variants = variants.combine_chunks()
    carrier_variant, carrier_sample = _flatten(variants, "carriers")
    missing_variant, missing_sample = _flatten(variants, "missing")
    none = (np.zeros(0, np.int64), np.zeros(0, np.int64))
    absent = _flatten(variants, "missing_cohorts") if "missing_cohorts" in variants.column_names else none
    return GeneBatch(
        gene=_objects(variants, "gene"),
        annotations=read_annotations(variants),
        minor_allele_frequency=_floats(variants, "allele_count") / _floats(variants, "allele_number"),
        external_frequency=_floats(variants, "external_af"),
        carrier_variant=carrier_variant,
        carrier_sample=carrier_sample,
        carrier_dosage=_flatten(variants, "dosages")[1].astype(np.float64),
        missing_variant=missing_variant,
        missing_sample=missing_sample,
        absent_variant=absent[0],
        absent_cohort=absent[1],
        hemizygous=hemizygous_in_males(_objects(variants, "contig"), variants["position"].to_numpy()),
    )


def read_annotations(variants: pa.Table) -> VariantAnnotations:
    """Read what masks and weights ask of variants of the gene store; carriers need not be among the columns."""
    kept = variants.column_names
    scores = [name for name in kept if name.startswith(SCORE_PREFIX)]
    fields = [name for name in kept if name.startswith(FIELD_PREFIX)]
    return VariantAnnotations(
        _objects(variants, "consequence"),
        _objects(variants, "loftee"),
        scores={name.removeprefix(SCORE_PREFIX): _floats(variants, name) for name in scores},
        fields={name.removeprefix(FIELD_PREFIX): _objects(variants, name) for name in fields},
        rarity={
            MINOR_ALLELE_COUNT: _floats(variants, "allele_count"),
            EXTERNAL_AF: _floats(variants, "external_af"),
        },
    )


def restrict_to_trait(batch: GeneBatch, trait: ScanTrait) -> TraitGenotypes:
    """Restrict a batch to the samples of a trait, with missing calls imputed.

    Parameters
    ----------
    batch
        Variants of whole genes.
    trait
        Whose samples to keep, in what order, and who of them is male.
    """
    store_positions = trait.store_positions
    position = np.full(trait.store_samples, -1, np.int64)
    position[store_positions] = np.arange(store_positions.size)
    carrier, missing = position[batch.carrier_sample], position[batch.missing_sample]
    carried, lacking = carrier >= 0, missing >= 0
    variants = batch.gene.size
    carrier_variant, missing_variant = batch.carrier_variant[carried], batch.missing_variant[lacking]
    dosage = batch.carrier_dosage[carried]
    if trait.male.any():
        dosage = np.where(batch.hemizygous[carrier_variant] & trait.male[carrier[carried]], 2.0, dosage)
    alleles = np.bincount(carrier_variant, dosage, minlength=variants).astype(np.float64)
    cohort_sizes = np.bincount(trait.cohorts, minlength=batch.absent_cohort.max(initial=-1) + 1)
    calls = store_positions.size - np.bincount(missing_variant, minlength=variants)
    calls = calls - np.bincount(batch.absent_variant, cohort_sizes[batch.absent_cohort], minlength=variants)
    mean = alleles / np.maximum(calls, 1)
    imputed = mean[missing_variant] >= IMPUTED_FROM
    lost_variant = missing_variant[imputed]
    variant = np.concatenate((carrier_variant, lost_variant))
    samples = np.concatenate((carrier[carried], missing[lacking][imputed]))
    dosages = np.concatenate((dosage, mean[lost_variant]))
    called = np.arange(variant.size) < carrier_variant.size
    order = np.lexsort((samples, variant))
    offsets = np.concatenate(([0], np.cumsum(np.bincount(variant, minlength=variants))))
    return TraitGenotypes(offsets, samples[order], dosages[order], called[order], alleles)


def _flatten(variants: pa.Table, name: str) -> tuple[Integers, Integers]:
    """Give a list column flat, with the variant of each element."""
    lists = variants[name].combine_chunks()
    lengths = lists.value_lengths().to_numpy(zero_copy_only=False)
    return np.repeat(np.arange(lengths.size), lengths), lists.flatten().to_numpy().astype(np.int64)


def _floats(variants: pa.Table, name: str) -> Floats:
    return np.asarray(variants[name].to_numpy(), np.float64)


def _objects(variants: pa.Table, name: str) -> NDArray[np.object_]:
    return np.array(variants[name].to_pylist(), dtype=object)
