"""Gene symbols over time, by HGNC's table: what a symbol is called now, and what an annotation may still call it.

A panel and an annotation are seldom of one date. A symbol that the annotation does not have is looked for, in this
order, among HGNC's approved symbols, the previous ones, those withdrawn in favour of another, and the aliases; and
the gene that it belongs to, if it is one gene, among the annotation's genes by any of its names. Nothing is guessed:
a name that belongs to several genes is told, and left alone.
"""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from importlib import resources

import numpy as np
import pandas as pd

from association.problems import InputError, Problem
from infra.storage import Place
from jobs.study.study import Study, resolve
from jobs.tables.table import Table

APPROVED, PREVIOUS, WITHDRAWN, ALIAS = "approved symbol", "previous symbol", "withdrawn symbol", "alias"
KINDS = (APPROVED, PREVIOUS, WITHDRAWN, ALIAS)
# The columns as HGNC's complete set names them, and as its custom downloads do.
COLUMNS = {
    "id": ("hgnc_id", "HGNC ID"),
    "symbol": ("symbol", "Approved symbol"),
    "name": ("name", "Approved name"),
    "status": ("status", "Status"),
    "previous": ("prev_symbol", "Previous symbols"),
    "alias": ("alias_symbol", "Alias symbols"),
}
REMEDY = (
    "Expected HGNC's complete set, or a custom download with id, symbol, name, status, previous and alias symbols"
)
MOST_PROBLEMS = 5
_SEPARATOR = re.compile(r"[|,]")
_SUCCESSOR = re.compile(r"withdrawn, see .*?(HGNC:\d+)")


@dataclass
class GeneSymbols:
    """HGNC's genes and all their names.

    Attributes
    ----------
    approved
        Approved symbol by HGNC's number.
    names
        The names of each gene: approved, previous ones and aliases, in that order.
    genes
        By kind of name, the genes that have it.
    withdrawn
        Symbols of entries that are withdrawn altogether.
    """

    approved: dict[str, str] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=dict)
    genes: dict[str, dict[str, list[str]]] = field(
        default_factory=lambda: {kind: defaultdict(list) for kind in KINDS}
    )
    withdrawn: set[str] = field(default_factory=set)

    def owners(self, symbol: str) -> tuple[str, list[str]]:
        """Say as what kind of name HGNC has a symbol, and for which genes; no genes where it has it not."""
        for kind in KINDS:
            found = [gene for gene in self.genes[kind].get(symbol, ()) if gene in self.approved]
            if found:
                return kind, found
        return "", []

    def find(self, symbol: str, annotated: Collection[str]) -> tuple[str | None, str]:
        """Find a symbol that an annotation does not have.

        Parameters
        ----------
        symbol
            Of a gene list.
        annotated
            The annotation's genes.

        Returns
        -------
        tuple
            What the annotation calls the gene, None where it can't be told, and a remark on it.
        """
        kind, owners = self.owners(symbol)
        if not owners:
            withdrawn = symbol in self.withdrawn
            return None, "withdrawn by HGNC" if withdrawn else "not in the annotation, nor in the table of symbols"
        if len(owners) > 1:
            genes = ", ".join(sorted(self.approved[gene] for gene in owners))
            return None, f"{kind} of several genes: {genes}; name the one that is meant"
        (gene,) = owners
        now = "" if kind == APPROVED else f"{kind} of {self.approved[gene]}"
        for name in self.names[gene]:
            if name in annotated and self.owners(name)[1] == [gene]:
                return name, now if name == self.approved[gene] else f"{now}{'; ' * bool(now)}annotated as {name}"
        return None, f"{now}{', ' * bool(now)}not in the annotation"


def symbols_of(study: Study, path: Place) -> GeneSymbols:
    """Read the table of symbols that a study names, or the small one for progex's own panels.

    Raises
    ------
    InputError
        If the table can't be read, or is another.
    """
    if study.gene_symbols is not None:
        return read_gene_symbols(resolve(path, study.gene_symbols))
    return known_symbols()


def known_symbols() -> GeneSymbols:
    """Read the small table."""
    table = pd.read_csv(io.StringIO(own_table()), sep="\t", dtype=str, keep_default_na=False)
    return _gene_symbols([table[known[0]] for known in COLUMNS.values()])


def own_table() -> str:
    """Give the small table; the code may lie in a zip, in which there are no files to open."""
    return resources.files("jobs").joinpath("panels/hgnc_symbols.tsv").read_text(encoding="utf-8")


def read_gene_symbols(path: Place) -> GeneSymbols:
    """Read HGNC's table.

    Raises
    ------
    InputError
        If it can't be read, or is another table.
    """
    if not path.is_file():
        raise InputError.single(str(path), "file", "no such table; check gene_symbols in the study file")
    table = Table(path)
    names = {
        what: next((name for name in known if name in table.columns), known[0]) for what, known in COLUMNS.items()
    }
    table.require(names.values(), REMEDY)
    columns = [table.texts(names[what]).fillna("") for what in COLUMNS]
    table.close()
    _refuse_misfits(path.name, table.lines.tolist(), columns[0], columns[1])
    return _gene_symbols(columns)


def _refuse_misfits(file: str, lines: Sequence[int], ids: pd.Series, symbols: pd.Series) -> None:
    """Refuse rows without an id or a symbol, and ids that stand in two rows."""
    told = [
        (ids == "", "no id"),
        (symbols == "", "no symbol"),
        ((ids != "") & ids.duplicated(), "an id that is above"),
    ]
    problems = [
        Problem(f"line {lines[row]}", f"has {words}; {REMEDY[0].lower()}{REMEDY[1:]}")
        for wrong, words in told
        for row in np.flatnonzero(wrong).tolist()
    ]
    if problems:
        raise InputError(file, problems[:MOST_PROBLEMS], len(problems))


def _gene_symbols(columns: Sequence[pd.Series]) -> GeneSymbols:
    """Sort out names; the columns are those of `COLUMNS`, in their order, nothing where there is none."""
    symbols = GeneSymbols()
    for number, symbol, name, status, previous, alias in zip(*columns, strict=True):
        if "withdrawn" in status.lower():
            successor = _SUCCESSOR.search(name)
            if successor:
                symbols.genes[WITHDRAWN][symbol].append(successor[1])
            else:
                symbols.withdrawn.add(symbol)
            continue
        symbols.approved[number] = symbol
        symbols.names[number] = [symbol, *_split(previous), *_split(alias)]
        for kind, listed in ((APPROVED, [symbol]), (PREVIOUS, _split(previous)), (ALIAS, _split(alias))):
            for one in listed:
                symbols.genes[kind][one].append(number)
    return symbols


def _split(text: str) -> list[str]:
    parts = (part.strip() for part in _SEPARATOR.split(text.strip('"')))
    return [part for part in parts if part]
