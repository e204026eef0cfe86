"""One of the cohorts to merge: where quality control left its variants, carriers, calls and annotation.

Axes: n samples that stay, in order of their ids, which is that of their numbers; p places.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from association.genotypes.copies import ANY, NONE, ONE, TWO, copies_by_place
from association.genotypes.places import ON_Y
from hail_pipelines.call_files import KEY, SAMPLES
from hail_pipelines.places import Place, readable
from hail_pipelines.quality_control.genotypes import GenotypeThresholds
from hail_pipelines.quality_control.kept_samples import kept_in_order
from hail_pipelines.quality_control.sex_chromosomes import copies_of
from hail_pipelines.quality_control.variant_shares import genome_of, read_variants
from hail_pipelines.quality_control.verdicts import VARIANTS
from hail_pipelines.reference_genome import ReferenceGenome

JUDGED = (*KEY, "allele_count", "allele_number", "passes", "reasons")
# Alleles that somebody has at a place, by the row of `association.genotypes.copies.FITTED`.
ALLELES = np.zeros(4, np.int8)
ALLELES[[ANY, NONE, ONE, TWO]] = (2, 0, 1, 2)


@dataclass(frozen=True)
class Cohort:
    """What a finished run left of a cohort's genotypes.

    Attributes
    ----------
    name
        What columns of the merged variants call it.
    calls
        The folder `calls/`.
    judged
        What `judge_variants` wrote.
    annotations
        What `annotate` wrote.
    samples
        A row per sample: sample, passes, karyotype.
    genotype
        What a call had to reach.
    callable_regions
        Where a variant would have been called: first and last bases by contig (intervals, 2).
    prefix
        What is put before its sample ids, to tell them from those of other cohorts.
    """

    name: str
    calls: Place
    judged: Place
    annotations: Place
    samples: pd.DataFrame
    genotype: GenotypeThresholds
    callable_regions: dict[str, NDArray[np.int64]]
    prefix: str = ""

    @cached_property
    def kept(self) -> pd.DataFrame:
        """The samples that stay (n)."""
        return kept_in_order(self.samples)

    @property
    def merged_ids(self) -> NDArray[np.object_]:
        """What the samples that stay are called among those of all cohorts (n)."""
        return np.asarray(self.prefix + self.kept["sample"].astype(object), object)

    @cached_property
    def names(self) -> list[str]:
        """All samples, in the order of the calls."""
        names: list[str] = pq.read_table(readable(self.calls / SAMPLES))["sample"].to_pylist()
        return names

    @cached_property
    def genome(self) -> ReferenceGenome:
        """The build of its positions."""
        return genome_of(read_variants(self.calls, ["position"]))

    @cached_property
    def alleles(self) -> NDArray[np.int8]:
        """How many alleles a call should have, by place; none where there is no call to miss (p, n)."""
        x_copies, y_copies = copies_of(self.kept["karyotype"])
        alleles = ALLELES[copies_by_place(x_copies, y_copies)]
        alleles[ON_Y, y_copies <= 0] = 0
        return alleles

    def variants(self) -> pa.Table:
        """Read the variants with what was counted and found of them, in order of their numbers."""
        return pq.read_table(readable(self.judged / VARIANTS), columns=list(JUDGED))
