"""A trait as cohorts share it, read gene by gene: tables are held as Arrow, and one gene at a time is taken apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from association.meta.cohort_summary import GeneSummary, TraitSummary
from association.meta.combined_gene import MINOR_IS_REF, CombinedGene
from association.meta.share_tables import COLLAPSED, read_genes, read_rules
from association.problems import InputError
from hail_pipelines.quality_control.regions import inside
from jobs.consortium.callable_regions import FILE as REGIONS
from jobs.consortium.callable_regions import Intervals, read_regions
from jobs.consortium.share_files import read_tables
from jobs.consortium.share_misfits import Share

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SharedGene:
    """A gene as one cohort shares it.

    Attributes
    ----------
    trait
        The cohort's trait.
    summary
        What it tells.
    masks
        The masks of each of its variants, as mask@ceiling.
    """

    trait: TraitSummary
    summary: GeneSummary
    masks: Sequence[Sequence[str]]


@dataclass(frozen=True)
class SharedTrait:
    """A trait as one cohort shares it.

    Attributes
    ----------
    trait
        Its summary.
    places
        contig, start and withheld masks of every gene, by name.
    tables
        What is shared, by the names of `share_schema.TABLES`.
    called
        Variants of any cohort whose sites were callable in this one; None where it does not say what was.
    """

    trait: TraitSummary
    places: Mapping[str, Mapping[str, Any]]
    tables: Mapping[str, pa.Table]
    called: frozenset[str]

    def genes(self) -> Iterator[SharedGene]:
        """Give the genes that have a column, in the order of the tables."""
        masks, begin = self.tables["variants"]["masks"], 0
        for summary in read_genes(self.trait, self.tables):
            count = len(summary.variants)
            yield SharedGene(self.trait, summary, masks.slice(begin, count).to_pylist())
            begin += count


def read_traits(shares: Sequence[Share], name: str) -> list[SharedTrait]:
    """Read a trait of all shares that have it, in their order."""
    tables = [read_tables(share, name) for share in shares]
    variants = _names([own["variants"] for own in tables])
    found = []
    for share, own in zip(shares, tables, strict=True):
        places = {row["gene"]: row for row in own["genes"].to_pylist()}
        found.append(SharedTrait(told_trait(share, name, own), places, own, _called(share, variants)))
    return found


def told_trait(share: Share, name: str, tables: Mapping[str, pa.Table]) -> TraitSummary:
    """Give what a share tells of a trait as a whole."""
    told = share.traits[name]
    return TraitSummary(
        cohort=share.cohort,
        trait=name,
        kind=told["kind"],
        samples=told["samples"],
        residual_variance=told["residual_variance"],
        rules=read_rules(tables["residuals"]),
    )


def _names(tables: Sequence[pa.Table]) -> list[str]:
    """Give the variants that any cohort lists by themselves."""
    names: list[str] = pc.unique(pa.chunked_array([pc.unique(one["variant"]) for one in tables])).to_pylist()
    return [name for name in names if not name.startswith(COLLAPSED)]


def _called(share: Share, variants: Sequence[str]) -> frozenset[str]:
    """Give the variants whose sites were callable in a cohort; none where it has no file that says so."""
    if not (share.folder / REGIONS).is_file():
        return frozenset()
    regions: Intervals = read_regions(share.folder, share.manifest["reference_genome"])
    parts = [name.rsplit("-", 3) for name in variants]
    contigs = np.array([part[0] for part in parts], dtype=object)
    positions = np.array([part[1] for part in parts], np.int32)
    within = inside(contigs, positions, regions)
    return frozenset(name for name, called in zip(variants, within.tolist(), strict=True) if called)


def genes_of(cohorts: Sequence[SharedTrait]) -> Iterator[tuple[str, list[SharedGene]]]:
    """Give every gene in order of name, with what the cohorts that tell of it do.

    Raises
    ------
    InputError
        If a cohort's tables are not in that order.
    """
    coming = [one.genes() for one in cohorts]
    ahead = [next(genes, None) for genes in coming]
    for gene in sorted({gene for one in cohorts for gene in one.places}):
        telling = []
        for at, shared in enumerate(ahead):
            if shared is not None and shared.summary.gene == gene:
                telling.append(shared)
                ahead[at] = next(coming[at], None)
        yield gene, telling
    for one, left in zip(cohorts, ahead, strict=True):
        if left is not None:
            message = (
                f"{left.summary.gene} is out of order, or in one table only; ask {one.trait.cohort} to share again"
            )
            raise InputError.single("shares", f"{one.trait.cohort}, {one.trait.trait}", message)


def reference_alleles(gene: CombinedGene, cohorts: Sequence[SharedTrait]) -> Floats:
    """Count alleles of cohorts that were callable at a variant and do not list it: all are the reference.

    Parameters
    ----------
    gene
        The gene (m variants).
    cohorts
        All that have the trait.
    """
    listed = {trait.cohort: set(own.variants) for trait, own in zip(gene.traits, gene.summaries, strict=True)}
    alleles = np.zeros(len(gene.variants))
    for one in cohorts:
        own = listed.get(one.trait.cohort, set())
        for at, name in enumerate(gene.variants):
            plain = name.removesuffix(MINOR_IS_REF)
            if name in one.called and not {plain, plain + MINOR_IS_REF} & own:
                alleles[at] += 2 * one.trait.samples
    return alleles
