"""Gene lists: read with their versions and sources, and put into the panel that is worth more permutations.

A list is a table with a column of gene symbols, or a text with a gene per line, "#" beginning a remark. Some come
with progex; of these the first remarks give version and source.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources

from association.problems import InputError, Problem
from infra.storage import Place
from jobs.study.gene_tests import LIST_PREFIX, SEPARATORS, GeneList
from jobs.study.study import Study, resolve
from jobs.tables.table import Table

MOST_PROBLEMS = 10


@dataclass(frozen=True)
class ReadList:
    """A gene list as its file holds it.

    Attributes
    ----------
    name, version, source
        As in the study file, or as the panel has them; no source where none is named.
    genes
        Its symbols, each once, in the order of the file.
    repeated
        How many rows name a gene that stands above.
    """

    name: str
    version: str
    genes: tuple[str, ...]
    repeated: int
    source: str = ""


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
            read.append(_read(one, study_path))
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


def _read(one: GeneList, path: Place) -> ReadList:
    if one.panel is not None:
        return read_panel(one.name, one.panel)
    file = resolve(path, one.path or "")
    symbols = _lines(file) if one.column is None else _column(file, one.column)
    genes = tuple(dict.fromkeys(symbols))
    if not genes:
        raise InputError.single(file.name, "file", "names no gene")
    return ReadList(one.name, one.version or "", genes, len(symbols) - len(genes), one.source or "")


def read_panel(name: str, panel: str) -> ReadList:
    """Read one of progex's own panels under a name of the study's."""
    # The code may lie in a zip, in which there are no files to open.
    lines = resources.files("jobs").joinpath(f"panels/{panel}.txt").read_text(encoding="utf-8").splitlines()
    told = dict(line.removeprefix("# ").split(": ", 1) for line in lines if line.startswith("# "))
    return ReadList(name, told["version"], tuple(_symbols(lines, panel)), 0, told["source"])


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
    return _symbols(lines, path.name)


def _symbols(lines: Sequence[str], file: str) -> list[str]:
    symbols = [line.split("#", 1)[0].strip() for line in lines]
    wrong = [number for number, symbol in enumerate(symbols, 1) if any(one in symbol for one in SEPARATORS)]
    if wrong:
        message = "holds several values, expected one gene; if the file is a table, name its column in gene_lists"
        problems = [Problem(f"line {number}", message) for number in wrong[:MOST_PROBLEMS]]
        raise InputError(file, problems, len(wrong))
    return [symbol for symbol in symbols if symbol]
