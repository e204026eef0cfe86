"""Result rows whose p-value moved by more than ten-fold, or that one run alone could test, each with its reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from association.comparison import causes
from association.comparison.mask_change import MaskChange
from association.comparison.paired_rows import KEY, NEWLY_TESTED, NO_LONGER_TESTED, NOBODY, pair_rows, what_became
from association.comparison.reasons import Asked, Reason, Row, TraitMoves, reasons
from hail_pipelines.places import readable
from jobs.comparison.compared_run import ComparedRun
from jobs.comparison.compared_trait import ComparedTrait
from jobs.comparison.moved_carriers import AskedMask, MaskName, mask_changes

# Of each row what either run says.
TOLD = (
    *("p_value", "neg_log10_p", "method", "p_lower", "p_upper", "samples", "variants", "carriers"),
    *("minor_allele_count", "observed_events", "expected_events", "reason"),
)
READ = (*KEY, "contig", "primary", *TOLD)


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
class TraitResults:
    """A trait's results in two runs.

    Attributes
    ----------
    compared
        Rows that both runs have tested, and primary ones of these.
    moved
        Rows that moved.
    """

    compared: tuple[int, int]
    moved: list[MovedRow]


def moved_results(
    old: ComparedRun,
    new: ComparedRun,
    name: str,
    trait: ComparedTrait | None,
    asked: Asked,
    moves: TraitMoves | None,
    renamed: Mapping[str, str],
) -> TraitResults:
    """Find a trait's results that moved, and why.

    Parameters
    ----------
    old, new
        The runs.
    name
        The trait.
    trait, moves
        The trait in both runs and what differs for all genes; None where one run lacks it.
    asked
        What of the settings differs.
    renamed
        New names of old genes.
    """
    before, now = (_read(run, name) for run in (old, new))
    former = before["gene"].to_numpy(object)
    before = before.assign(gene=before["gene"].replace(dict(renamed)))
    paired = pair_rows(before, now)
    became = what_became(paired, *(side["neg_log10_p"].to_numpy(np.float64) for side in (before, now)))
    tested = [np.append(side["p_value"].notna().to_numpy(), False) for side in (before, now)]
    both = tested[0][paired.old] & tested[1][paired.new]
    primary = np.append(now["primary"].to_numpy(np.bool_), False)[paired.new]
    places = np.flatnonzero(pd.notna(became))
    rows = [list(_rows_at(side, of)) for side, of in ((before, paired.old[places]), (now, paired.new[places]))]
    names = [former[place] if place != NOBODY else None for place in paired.old[places]]
    wanted = [_asked_mask(one, other, own) for one, other, own in zip(*rows, names, strict=True)]
    changes: dict[AskedMask, MaskChange] = {}
    if trait is not None:
        changes = dict(mask_changes(old, new, trait, dict.fromkeys(one for one in wanted if one is not None)))
    moved = []
    for what, one, other, mask, own in zip(became[places], *rows, wanted, names, strict=True):
        if mask is None or moves is None:
            why = list(_of_one_run(old, new, one, other))
        else:
            new_name = str(other["gene"])
            why = reasons(one, other, asked, moves, changes.get(mask), renamed="" if own == new_name else str(own))
        moved.append(MovedRow(str(what), one, other, tuple(why)))
    return TraitResults((int(both.sum()), int((both & primary).sum())), moved)


def _read(run: ComparedRun, trait: str) -> pd.DataFrame:
    table = pq.read_table(readable(run.results), columns=list(READ), filters=[("trait", "==", trait)])
    return table.to_pandas(strings_to_categorical=False)


def _rows_at(table: pd.DataFrame, places: np.ndarray[Any, np.dtype[np.intp]]) -> Iterator[Row]:
    """Give rows as mappings, an empty one where there is none."""
    found = iter(table.iloc[places[places != NOBODY]].to_dict("records"))
    for place in places:
        yield {} if place == NOBODY else {str(name): value for name, value in next(found).items()}


def _asked_mask(old: Row, new: Row, old_gene: str | None) -> AskedMask | None:
    """Name the gene and mask of a pair in both runs; None where one has no row."""
    if not old or not new or old_gene is None:
        return None
    return AskedMask((old_gene, str(new["gene"])), (_mask(old), _mask(new)))


def _mask(row: Row) -> MaskName:
    return str(row["mask"]), None if pd.isna(row["max_af"]) else float(row["max_af"])


def _of_one_run(old: ComparedRun, new: ComparedRun, before: Row, now: Row) -> Iterator[Reason]:
    """Say why a row is in one run alone."""
    row, lacking = (now, old) if now else (before, new)
    came = bool(now)
    if row["trait"] not in lacking.traits:
        yield Reason(causes.TRAIT_GAINED if came else causes.TRAIT_LOST)
    elif row["gene"] not in lacking.gene_names:
        yield Reason(causes.GENE_GAINED if came else causes.GENE_LOST)
    else:
        yield Reason(causes.NOT_ASKED)


def in_order(moved: Sequence[MovedRow]) -> list[MovedRow]:
    """Sort rows: those that moved before those of one run, then primary ones, then the smallest p-value of either."""
    turns = {NEWLY_TESTED: 1, NO_LONGER_TESTED: 2}

    def place(one: MovedRow) -> tuple[int, bool, float, str]:
        strongest = max(
            (value for row in (one.old, one.new) if row and not pd.isna(value := row["neg_log10_p"])), default=0.0
        )
        return turns.get(one.became, 0), not one.row["primary"], -strongest, str(one.row["gene"])

    return sorted(moved, key=place)
