"""Gene lists against an annotation and a cohort: what each gene is called there, and whether anyone carries it.

A symbol that the annotation does not have is looked up in HGNC's table (`jobs.gene_symbols`).
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hail_pipelines.places import readable
from infra.storage import Place
from jobs.gene_lists import ReadList
from jobs.gene_symbols import GeneSymbols

log = logging.getLogger(__name__)

GENE_LISTS_FILE = "gene_lists.tsv"


@dataclass(frozen=True)
class ListedGene:
    """A gene of a list, as the annotation has it.

    Attributes
    ----------
    gene
        Its symbol in the list.
    annotated_as
        Its symbol in the annotation; None where that has no such gene.
    in_cohort
        Whether the cohort has an annotated variant of it.
    remark
        What became of a symbol that the annotation does not have.
    """

    gene: str
    annotated_as: str | None
    in_cohort: bool
    remark: str


@dataclass(frozen=True)
class ListMatch:
    """How a gene list fits the genes of an annotation and of a cohort.

    Attributes
    ----------
    list
        The list.
    genes
        Its genes, in order.
    """

    list: ReadList
    genes: tuple[ListedGene, ...]

    @property
    def found(self) -> tuple[str, ...]:
        """Genes with an annotated variant in the cohort."""
        return tuple(one.gene for one in self.genes if one.in_cohort)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The others: no variant there, or a symbol that nobody knows."""
        return tuple(one.gene for one in self.genes if not one.in_cohort)

    @property
    def symbols(self) -> frozenset[str]:
        """Its genes as the annotation names them; those that it does not have as the list does."""
        return frozenset(one.annotated_as or one.gene for one in self.genes)


def match_gene_lists(
    lists: Iterable[ReadList],
    in_cohort: Collection[str],
    symbols: GeneSymbols,
    in_model: Collection[str] = (),
) -> tuple[ListMatch, ...]:
    """Say what the annotation calls each gene of each list.

    Parameters
    ----------
    lists
        The lists.
    in_cohort
        Genes with an annotated variant in the cohort.
    symbols
        Names that genes have and had.
    in_model
        All genes of the gene model, if the study names one.
    """
    cohort = set(in_cohort)
    annotated = cohort | set(in_model)
    matches = []
    for one in lists:
        genes = [_match(gene, cohort, annotated, symbols) for gene in one.genes]
        matches.append(ListMatch(one, tuple(genes)))
    return tuple(matches)


def tell_of_unknown(matches: Iterable[ListMatch]) -> None:
    """Count in the log the genes that the cohort has, and warn of those that it doesn't have."""
    for match in matches:
        one, found = match.list, len(match.found)
        log.info("gene list %s (%s): %d genes, %d in the cohort", one.name, one.version, len(one.genes), found)
        if match.unknown:
            log.warning("%s", unknown_words(match))


def _match(gene: str, cohort: Collection[str], annotated: Collection[str], symbols: GeneSymbols) -> ListedGene:
    name, remark = (gene, "") if gene in annotated else symbols.find(gene, annotated)
    if name is not None and name not in cohort:
        remark += ("; " if remark else "") + "no variant in the cohort"
    return ListedGene(gene, name, name in cohort, remark)


def unknown_words(match: ListMatch, most: int = 10) -> str:
    """Warn of the genes of a list that the cohort does not have, naming the first of them."""
    some = ", ".join(match.unknown[:most]) + (", ..." if len(match.unknown) > most else "")
    return (
        f"{len(match.unknown)} of {len(match.list.genes)} genes of the list {match.list.name} "
        f"({match.list.version}) have no annotated variant in the cohort, or another symbol there: {some}"
    )


def write_gene_lists(matches: Sequence[ListMatch], folder: Path) -> None:
    """Write `gene_lists.tsv`: a row per list and gene, with the version and what the annotation has of the gene."""
    columns = ["gene", "list", "version", "in_cohort", "annotated_as", "remark", "source"]
    rows = [
        (
            one.gene,
            match.list.name,
            match.list.version,
            one.in_cohort,
            one.annotated_as,
            one.remark,
            match.list.source,
        )
        for match in matches
        for one in match.genes
    ]
    table = pd.DataFrame(rows, columns=columns)
    table["in_cohort"] = table["in_cohort"].map({True: "yes", False: "no"})
    table.to_csv(folder / GENE_LISTS_FILE, sep="\t", index=False)


def lists_of_gene(folder: Place, gene: str) -> list[str]:
    """Name the gene lists that a gene is on, from what `write_gene_lists` wrote.

    Parameters
    ----------
    folder
        Of the results.
    gene
        As annotated.
    """
    file = folder / GENE_LISTS_FILE
    if not file.is_file():
        return []
    table = pd.read_csv(readable(file), sep="\t", dtype=str, keep_default_na=False)
    return list(dict.fromkeys(table.loc[table["annotated_as"] == gene, "list"]))
