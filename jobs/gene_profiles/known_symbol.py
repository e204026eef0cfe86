"""A gene that somebody names, among those of the results: by its symbol, by another name of it, or a near miss."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from association.problems import InputError
from jobs.gene_symbols import GeneSymbols

MOST_NEAR = 6


@dataclass(frozen=True)
class NamedGene:
    """A gene of the results, and what is to be said of the name that was given; nothing where it is the symbol."""

    symbol: str
    remark: str = ""


def find_gene(name: str, genes: Iterable[str], symbols: GeneSymbols) -> NamedGene:
    """Find a gene among those of the results.

    Parameters
    ----------
    name
        What was asked for.
    genes
        Symbols of the results.
    symbols
        Names that genes have and had.

    Raises
    ------
    InputError
        If there is no such gene: with genes of similar names, and with what the table of symbols has of it.
    """
    known = set(genes)
    if name in known:
        return NamedGene(name)
    in_other_case = sorted(gene for gene in known if gene.upper() == name.upper())
    if len(in_other_case) == 1:
        return NamedGene(in_other_case[0])
    for asked in dict.fromkeys((name, name.upper())):
        found, remark = symbols.find(asked, known)
        if found is not None:
            return NamedGene(found, f"{asked}: {remark or 'approved symbol'}, {found} in these results")
    raise InputError.single("progex gene", name, _unknown(name, known, symbols))


def _unknown(name: str, genes: set[str], symbols: GeneSymbols) -> str:
    folded: dict[str, str] = {gene.upper(): gene for gene in sorted(genes)}
    near = [folded[one] for one in get_close_matches(name.upper(), list(folded), MOST_NEAR)]
    _, remark = symbols.find(name.upper(), genes)
    owned = bool(symbols.owners(name.upper())[1]) or name.upper() in symbols.withdrawn
    what = f"is no gene of these results ({remark})" if owned else "is no gene of these results"
    return f"{what}; did you mean {', '.join(near)}?" if near else f"{what}, and none has a similar name"
