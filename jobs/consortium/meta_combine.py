"""Combine one trait over cohorts, gene by gene: result rows, tables of agreement, and what ceilings took out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from association.family import adjust_for_family
from association.meta import agreement
from association.meta.agreement import agreement_rows, agreement_table
from association.meta.combined_gene import CombinedGene, combine_cohorts
from association.meta.meta_rows import MetaTrait, meta_rows
from association.meta.share_genes import mask_label
from association.meta.summed_saddlepoint import SummedCumulants
from association.results import result_table
from association.scan_settings import WeightedTest
from jobs.consortium.meta_masks import meta_masks
from jobs.consortium.meta_traits import SharedGene, SharedTrait, genes_of, reference_alleles

Row = dict[str, Any]

# Rows are made into tables of so many genes, for rows by themselves take ten times the memory.
GENES_AT_ONCE = 500
RESULTS = "results"


@dataclass(frozen=True)
class CombinedTrait:
    """A trait over cohorts.

    Attributes
    ----------
    name
        Its name.
    cohorts
        The cohorts that share it.
    results
        Result rows, adjusted for the family of genes.
    agreement
        The tables of agreement, by name.
    above_ceiling
        Of each mask, how many variants were left out for their frequency over all cohorts.
    """

    name: str
    cohorts: tuple[str, ...]
    results: pa.Table
    agreement: Mapping[str, pa.Table]
    above_ceiling: Mapping[str, int]


@dataclass
class _Gathered:
    """Rows of genes, made into tables as they come."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in (RESULTS, *agreement.TABLES)})
    parts: dict[str, list[pa.Table]] = field(
        default_factory=lambda: {name: [_table(name, [])] for name in (RESULTS, *agreement.TABLES)}
    )

    def table(self, name: str) -> pa.Table:
        """Give the whole table of what was gathered."""
        self.pack()
        return pa.concat_tables(self.parts[name])

    def pack(self) -> None:
        """Make tables of the rows that came since."""
        for name, rows in self.rows.items():
            self.parts[name].append(_table(name, rows))
            rows.clear()


def _table(name: str, rows: Sequence[Row]) -> pa.Table:
    return result_table(rows) if name == RESULTS else agreement_table(name, rows)


def combine_trait(
    name: str,
    cohorts: Sequence[SharedTrait],
    masks: Sequence[Mapping[str, Any]],
    tests: tuple[WeightedTest, ...],
    done: list[int],
) -> CombinedTrait:
    """Combine a trait, genes in order of name.

    Parameters
    ----------
    name
        The trait's.
    cohorts
        As each cohort shares it.
    masks, tests
        As in the study files.
    done
        Genes that are done, and how many there are; kept current.
    """
    traits = tuple(one.trait for one in cohorts)
    asked = MetaTrait(name, traits, SummedCumulants.of(traits), tests)
    done[:] = 0, len({gene for one in cohorts for gene in one.places})
    gathered = _Gathered()
    above = {mask_label(mask["name"], ceiling): 0 for mask in masks for ceiling in mask["max_allele_frequency"]}
    for gene, telling in genes_of(cohorts):
        summary = combined_gene(telling, cohorts)
        own = meta_masks(gene, summary, telling, cohorts, masks)
        for mask in own:
            above[mask_label(mask.mask, mask.max_af)] += mask.above
        gathered.rows[RESULTS] += meta_rows(_place(gene, cohorts), summary, own, asked)
        if summary is not None:
            for table, rows in agreement_rows(summary, own, name).items():
                gathered.rows[table] += rows
        done[0] += 1
        if done[0] % GENES_AT_ONCE == 0:
            gathered.pack()
    return CombinedTrait(
        name,
        tuple(one.cohort for one in traits),
        adjust_for_family(gathered.table(RESULTS)),
        {table: gathered.table(table) for table in agreement.TABLES},
        above,
    )


def combined_gene(telling: Sequence[SharedGene], cohorts: Sequence[SharedTrait]) -> CombinedGene | None:
    """Bring a gene's summaries together; None where no cohort tells of a carrier."""
    if not telling:
        return None
    gene = combine_cohorts([(one.trait, one.summary) for one in telling])
    return replace(gene, reference_alleles=reference_alleles(gene, cohorts))


def _place(gene: str, cohorts: Sequence[SharedTrait]) -> Row:
    """Say where a gene is: the first place that a cohort names, in whatever order, or its contig alone."""
    known = [one.places[gene] for one in cohorts if gene in one.places]
    placed = [one for one in known if one["start"] is not None]
    contig, start = min((one["contig"], one["start"]) for one in placed or known)
    return {"gene": gene, "contig": contig, "start": start}
