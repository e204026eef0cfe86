"""Combine what cohorts share: gene results as of one study, each cohort's part, and whether they agree."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from association.family import adjust_for_family
from association.meta import agreement
from association.meta.agreement import agreement_rows, agreement_table
from association.meta.cohort_summary import GeneSummary, TraitSummary
from association.meta.combined_gene import CombinedGene, combine_cohorts
from association.meta.meta_rows import MetaMask, MetaTrait, meta_rows
from association.meta.share_genes import mask_label
from association.meta.share_tables import read_genes, read_rules
from association.meta.summed_saddlepoint import SummedCumulants
from association.problems import InputError
from association.results import COLUMNS, result_table
from association.scan_settings import WeightedTest
from hail_pipelines.gene_scan import in_order
from hail_pipelines.places import readable, whole_folder
from infra.provenance import versions
from infra.storage import Place
from jobs.consortium.share import file_of
from jobs.consortium.share_manifest import Share, read_shares
from jobs.result_files import COLUMNS_FILE, write_columns_of, write_rows
from jobs.trait_stages import GENE_TESTS

Row = dict[str, Any]

RECORD = "meta.json"


@dataclass(frozen=True)
class SharedTrait:
    """A trait as one cohort shares it.

    Attributes
    ----------
    trait
        Its summary.
    places
        contig, start and withheld masks of every gene, by name.
    genes
        The summaries of genes, by name.
    masks
        The masks of each variant, by gene and variant.
    """

    trait: TraitSummary
    places: Mapping[str, Row]
    genes: Mapping[str, GeneSummary]
    masks: Mapping[str, Mapping[str, list[str]]]


def meta_analyse(folders: Sequence[Place], out: Path) -> dict[str, list[str]]:
    """Combine shared folders.

    Parameters
    ----------
    folders
        What sites shared, two or more.
    out
        The folder to write, which must not exist.

    Returns
    -------
    dict
        The cohorts of each trait.

    Raises
    ------
    InputError
        If they don't fit together, or the folder is there already.
    """
    if out.exists():
        raise InputError.single("meta", "out", f"{out} is there already; name another folder, or remove it")
    if len(folders) < 2:
        raise InputError.single("meta", "shares", "one cohort is no meta-analysis; name two or more shared folders")
    shares = read_shares(folders)
    tests = tuple(WeightedTest(**test) for test in shares[0].manifest["tests"])
    combined: dict[str, list[str]] = {}
    scanned, rows = [], {name: list[Row]() for name in agreement.TABLES}
    for name in dict.fromkeys(name for share in shares for name in share.manifest["traits"]):
        having = [share for share in shares if name in share.manifest["traits"]]
        combined[name] = [share.cohort for share in having]
        own = [read_trait(share, name) for share in having]
        found, agreed = _combine_trait(name, own, shares[0].manifest["masks"], tests)
        scanned.append(adjust_for_family(result_table(found)))
        for table, more in agreed.items():
            rows[table] += more
    out.parent.mkdir(parents=True, exist_ok=True)
    with whole_folder(out) as partial:
        folder = Path(str(partial))
        write_rows(in_order(scanned), folder, GENE_TESTS)
        for table, every in rows.items():
            write_rows(agreement_table(table, every), folder, table)
        write_columns_of({GENE_TESTS: COLUMNS, **agreement.TABLES}, folder / COLUMNS_FILE)
        record = {
            "versions": versions(),
            "cohorts": combined,
            "shares": [share.manifest for share in shares],
        }
        (folder / RECORD).write_text(json.dumps(record, indent=2) + "\n")
    return combined


def read_trait(share: Share, name: str) -> SharedTrait:
    """Read a trait of a share."""
    tables = {
        table: pq.read_table(readable(share.folder / file_of(name, table)))
        for table in ("genes", "variants", "covariances", "residuals")
    }
    told = share.manifest["traits"][name]
    trait = TraitSummary(
        cohort=share.cohort,
        trait=name,
        kind=told["kind"],
        samples=told["samples"],
        residual_variance=told["residual_variance"],
        rules=read_rules(tables["residuals"]),
    )
    masks: dict[str, dict[str, list[str]]] = {}
    for row in tables["variants"].select(["gene", "variant", "masks"]).to_pylist():
        masks.setdefault(row["gene"], {})[row["variant"]] = row["masks"]
    return SharedTrait(
        trait,
        {row["gene"]: row for row in tables["genes"].to_pylist()},
        {gene.gene: gene for gene in read_genes(trait, tables["variants"], tables["covariances"])},
        masks,
    )


def _combine_trait(
    name: str, cohorts: Sequence[SharedTrait], masks: Sequence[Mapping[str, Any]], tests: tuple[WeightedTest, ...]
) -> tuple[list[Row], dict[str, list[Row]]]:
    """Give a trait's result rows, genes in order of name, and those of the tables of agreement."""
    traits = tuple(one.trait for one in cohorts)
    asked = MetaTrait(name, traits, SummedCumulants.of(traits), tests)
    rows: list[Row] = []
    agreed = {table: list[Row]() for table in agreement.TABLES}
    for gene in sorted({gene for one in cohorts for gene in one.places}):
        telling = [one for one in cohorts if gene in one.genes]
        summary = combine_cohorts([(one.trait, one.genes[gene]) for one in telling]) if telling else None
        known = next(one.places[gene] for one in cohorts if gene in one.places)
        place = {"gene": gene, "contig": known["contig"], "start": known["start"]}
        own = meta_masks(gene, summary, cohorts, masks)
        rows += meta_rows(place, summary, own, asked)
        if summary is not None:
            for table, more in agreement_rows(summary, own, name).items():
                agreed[table] += more
    return rows, agreed


def meta_masks(
    gene: str, summary: CombinedGene | None, cohorts: Iterable[SharedTrait], masks: Sequence[Mapping[str, Any]]
) -> list[MetaMask]:
    """Say which of a gene's variants are in each mask: those that a cohort has in it, and that are rare over all."""
    found = []
    cohorts = list(cohorts)
    variants = () if summary is None else summary.variants
    frequency = np.zeros(0) if summary is None else summary.minor_allele_frequency
    for mask in masks:
        for ceiling in mask["max_allele_frequency"]:
            label = mask_label(mask["name"], ceiling)
            named = {variant for one in cohorts for variant, own in one.masks.get(gene, {}).items() if label in own}
            used = np.array([variant in named for variant in variants], np.bool_) & (frequency <= ceiling)
            withheld = any(gene in one.places and label in one.places[gene]["withheld"] for one in cohorts)
            found.append(MetaMask(mask["name"], ceiling, used, withheld))
    return found
