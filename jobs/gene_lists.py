"""Gene lists that others made: read with their versions, put into the panel, and written beside the results.

A list is a table with a column of gene symbols, or a text with a gene per line, "#" beginning a remark.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from association.problems import InputError
from infra.storage import Place
from jobs.study.gene_tests import LIST_PREFIX, GeneList
from jobs.study.study import Study, resolve
from jobs.tables.table import Table

log = logging.getLogger(__name__)

GENE_LISTS_FILE = "gene_lists.tsv"
# A symbol holds no blanks, commas or the like; a line that does is of a table.
SEPARATORS = "\t,; "


@dataclass(frozen=True)
class ReadList:
    """A gene list as its file holds it.

    Attributes
    ----------
    name, version
        As in the study file.
    genes
        Its symbols, each once, in the order of the file.
    repeated
        How many rows name a gene that stands above.
    """

    name: str
    version: str
    genes: tuple[str, ...]
    repeated: int


@dataclass(frozen=True)
class ListMatch:
    """How a gene list fits the genes of a cohort.

    Attributes
    ----------
    found
        Its genes with an annotated variant in the cohort.
    unknown
        The others: no variant there, or another symbol.
    """

    list: ReadList
    found: tuple[str, ...]
    unknown: tuple[str, ...]


def read_gene_lists(lists: Sequence[GeneList], study_path: Place) -> tuple[ReadList, ...]:
    """Read gene lists.

    Parameters
    ----------
    lists
        Of the study.
    study_path
        Of the study file, which their paths are relative to.

    Raises
    ------
    ExceptionGroup
        Of an InputError per list that can't be read, or holds no gene.
    """
    read, errors = [], []
    for one in lists:
        try:
            read.append(_read(one, resolve(study_path, one.path)))
        except InputError as error:
            errors.append(error)
    if errors:
        raise ExceptionGroup("gene lists can't be read", errors)
    return tuple(read)


def with_panel(study: Study, lists: Iterable[ReadList]) -> Study:
    """Put the genes of lists that the panel names into it, behind the names of the lists.

    So the run's record names both, and a list whose file has changed makes the scan anew.
    """
    named = {LIST_PREFIX + one.name: one.genes for one in lists}
    panel = study.calibration.panel
    genes = (gene for entry in panel for gene in named.get(entry, ()))
    calibration = study.calibration.model_copy(update={"panel": list(dict.fromkeys([*panel, *genes]))})
    return study.model_copy(update={"calibration": calibration})


def match_gene_lists(lists: Iterable[ReadList], annotated: Collection[str]) -> tuple[ListMatch, ...]:
    """Say which genes of each list are among those annotated in the cohort, and count the others in the log."""
    known = set(annotated)
    matches = []
    for one in lists:
        found = tuple(gene for gene in one.genes if gene in known)
        unknown = tuple(gene for gene in one.genes if gene not in known)
        matches.append(ListMatch(one, found, unknown))
        log.info("gene list %s (%s): %d genes, %d in the cohort", one.name, one.version, len(one.genes), len(found))
        if unknown:
            log.warning("%s", unknown_words(matches[-1]))
    return tuple(matches)


def unknown_words(match: ListMatch, most: int = 10) -> str:
    """Warn of the genes of a list that the cohort does not have, naming the first of them."""
    some = ", ".join(match.unknown[:most]) + (", ..." if len(match.unknown) > most else "")
    return (
        f"{len(match.unknown)} of {len(match.list.genes)} genes of the list {match.list.name} "
        f"({match.list.version}) have no annotated variant in the cohort, or another symbol there: {some}"
    )


def write_gene_lists(matches: Sequence[ListMatch], folder: Path) -> None:
    """Write `gene_lists.tsv`: a row per list and gene, with the version and whether the cohort has the gene."""
    rows = [
        {"gene": gene, "list": match.list.name, "version": match.list.version, "in_cohort": gene in match.found}
        for match in matches
        for gene in match.list.genes
    ]
    table = pd.DataFrame(rows, columns=["gene", "list", "version", "in_cohort"])
    table["in_cohort"] = table["in_cohort"].map({True: "yes", False: "no"})
    table.to_csv(folder / GENE_LISTS_FILE, sep="\t", index=False)


def _read(one: GeneList, path: Place) -> ReadList:
    symbols = _lines(path) if one.column is None else _column(path, one.column)
    genes = tuple(dict.fromkeys(symbols))
    if not genes:
        raise InputError.single(path.name, "file", "names no gene")
    return ReadList(one.name, one.version, genes, len(symbols) - len(genes))


def _column(path: Place, column: str) -> list[str]:
    table = Table(path)
    table.require([column], "Name the column of gene symbols in gene_lists")
    symbols: list[str] = table.texts(column).dropna().tolist()
    table.close()
    return symbols


def _lines(path: Place) -> list[str]:
    """Read a gene per line; a line of several values is of a table, whose column has to be named."""
    if not path.is_file():
        raise InputError.single(str(path), "file", "no such gene list; check its path in the study file")
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        message = "not UTF-8 text; save it as such, or name the column of gene symbols if it is a table"
        raise InputError.single(path.name, f"byte {error.start}", message) from None
    symbols = []
    for number, line in enumerate(lines, start=1):
        symbol = line.split("#", 1)[0].strip()
        if any(separator in symbol for separator in SEPARATORS):
            message = "holds several values, expected one gene; if the file is a table, name its column in gene_lists"
            raise InputError.single(path.name, f"line {number}", message)
        symbols += [symbol] if symbol else []
    return symbols
