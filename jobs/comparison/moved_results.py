"""Result rows whose p-value moved by more than ten-fold, or that one run alone could test, each with its reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from numpy.typing import NDArray

from association.comparison import causes
from association.comparison.mask_change import MaskChange
from association.comparison.paired_rows import NEWLY_TESTED, NO_LONGER_TESTED, NOBODY, pair_rows, what_became
from association.comparison.reasons import Asked, Reason, Row, TraitMoves, reasons
from hail_pipelines.places import readable
from infra.storage import Place
from jobs.comparison.comparable import READ
from jobs.comparison.compared_run import ComparedRun
from jobs.comparison.compared_trait import ComparedTrait
from jobs.comparison.moved_carriers import AskedMask, MaskName, mask_changes


@dataclass(frozen=True)
class MovedRow:
    """A result that moved.

    Attributes
    ----------
    became
        "moved", "newly tested" or "no longer tested".
    old, new
        Its rows; empty in a run that has none.
    reasons
        Why.
    """

    became: str
    old: Row
    new: Row
    reasons: tuple[Reason, ...]

    @property
    def row(self) -> Row:
        """The row that names it: the new run's, where there is one."""
        return self.new or self.old


@dataclass(frozen=True)
class Pair:
    """Rows of two runs that ask the same, and what became of the result.

    Attributes
    ----------
    became
        As of `MovedRow`.
    old, new
        The rows; empty in a run that has none.
    former
        The gene's name in the old run; empty where it has no row.
    alone
        Why one run has no such row; None where both have.
    """

    became: str
    old: Row
    new: Row
    former: str
    alone: str | None

    @property
    def renamed(self) -> str:
        """The gene's name in the old run, where it was another."""
        return self.former if self.former and self.new and self.former != self.new["gene"] else ""

    @property
    def asked(self) -> AskedMask:
        """The gene and mask in both runs."""
        return AskedMask((self.former, str(self.new["gene"])), (_mask(self.old), _mask(self.new)))


def _mask(row: Row) -> MaskName:
    return str(row["mask"]), None if pd.isna(row["max_af"]) else float(row["max_af"])


@dataclass(frozen=True)
class PairedResults:
    """A trait's results in two runs.

    Attributes
    ----------
    compared, primary
        How many rows both runs have tested, and how many of these are their gene's own.
    pairs
        Those that moved, or that one run alone has tested.
    """

    compared: int
    primary: int
    pairs: list[Pair]


def pair_results(old: Place, new: Place, trait: str, renamed: Mapping[str, str]) -> PairedResults:
    """Pair the results of a trait.

    Parameters
    ----------
    old, new
        The tables of results.
    trait
        Which; a run may lack it.
    renamed
        New names of old genes.
    """
    before, now = (_read(place, trait) for place in (old, new))
    former = before["gene"].to_numpy(object)
    before = before.assign(gene=before["gene"].replace(dict(renamed)))
    paired = pair_rows(before, now)
    became = what_became(paired, *(side["neg_log10_p"].to_numpy(np.float64) for side in (before, now)))
    tested = [np.append(side["p_value"].notna().to_numpy(), False) for side in (before, now)]
    both = tested[0][paired.old] & tested[1][paired.new]
    primary = np.append(now["primary"].to_numpy(np.bool_), False)[paired.new]
    places = np.flatnonzero(pd.notna(became))
    rows = zip(_rows_at(before, paired.old[places]), _rows_at(now, paired.new[places]), strict=True)
    names = ["" if place == NOBODY else str(former[place]) for place in paired.old[places]]
    genes = [frozenset(side["gene"]) for side in (before, now)]
    pairs = [
        Pair(str(what), one, other, name, _why_alone(one, other, *genes))
        for what, (one, other), name in zip(became[places], rows, names, strict=True)
    ]
    return PairedResults(int(both.sum()), int((both & primary).sum()), pairs)


def _read(results: Place, trait: str) -> pd.DataFrame:
    return pq.read_table(readable(results), columns=list(READ), filters=[("trait", "==", trait)]).to_pandas()


def _rows_at(table: pd.DataFrame, places: NDArray[np.intp]) -> Iterator[Row]:
    """Give rows as mappings, an empty one where there is none."""
    found = iter(table.iloc[places[places != NOBODY]].to_dict("records"))
    for place in places:
        yield {} if place == NOBODY else {str(name): value for name, value in next(found).items()}


def _why_alone(old: Row, new: Row, genes: frozenset[str], genes_now: frozenset[str]) -> str | None:
    """Say why a row is in one run alone; every gene of a run has rows of each of its traits."""
    if old and new:
        return None
    lacking, gained = (genes, True) if new else (genes_now, False)
    if not lacking:
        return causes.TRAIT_GAINED if gained else causes.TRAIT_LOST
    if (new or old)["gene"] not in lacking:
        return causes.GENE_GAINED if gained else causes.GENE_LOST
    return causes.NOT_ASKED


def moved_rows(
    old: ComparedRun,
    new: ComparedRun,
    pairs: Sequence[Pair],
    trait: ComparedTrait | None,
    asked: Asked,
    moves: TraitMoves,
) -> list[MovedRow]:
    """Say why the results of a trait moved.

    Parameters
    ----------
    old, new
        The runs.
    pairs
        The trait's results that moved.
    trait, moves
        The trait in both runs, None where one lacks it; and what of it differs for all genes.
    asked
        What of the settings differs.
    """
    changes: dict[AskedMask, MaskChange] = {}
    if trait is not None:
        wanted = dict.fromkeys(pair.asked for pair in pairs if pair.alone is None)
        changes = dict(mask_changes(old, new, trait, wanted))
    return [MovedRow(pair.became, pair.old, pair.new, tuple(_reasons(pair, asked, moves, changes))) for pair in pairs]


def _reasons(
    pair: Pair, asked: Asked, moves: TraitMoves, changes: Mapping[AskedMask, MaskChange]
) -> Sequence[Reason]:
    if pair.alone is not None:
        return [Reason(pair.alone)]
    return reasons(pair.old, pair.new, asked, moves, changes.get(pair.asked), renamed=pair.renamed)


def in_order(moved: Sequence[MovedRow]) -> list[MovedRow]:
    """Sort rows: those that moved before those of one run, then primary ones, then the smallest p-value of either."""
    turns = {NEWLY_TESTED: 1, NO_LONGER_TESTED: 2}

    def place(one: MovedRow) -> tuple[int, bool, float, str]:
        strongest = max(
            (value for row in (one.old, one.new) if row and not pd.isna(value := row["neg_log10_p"])), default=0.0
        )
        return turns.get(one.became, 0), not one.row["primary"], -strongest, str(one.row["gene"])

    return sorted(moved, key=place)
