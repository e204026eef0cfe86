"""Compare a finished run with the one before it: what changed, which results moved, and why; whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from association.comparison.reasons import TraitMoves
from association.problems import InputError
from infra.storage import Place, copy_whole
from jobs.comparison.compared_meta import meta_changes, read_meta
from jobs.comparison.compared_run import ComparedRun, read_compared
from jobs.comparison.compared_trait import read_compared_trait
from jobs.comparison.moved_results import MovedRow, in_order, moved_rows, pair_results
from jobs.comparison.page import comparison_html
from jobs.comparison.sample_changes import sample_changes
from jobs.comparison.stored_variants import stored_changes
from jobs.comparison.study_changes import (
    asked_otherwise,
    cohort_changes,
    read_otherwise,
    setting_changes,
    version_changes,
)
from jobs.comparison.summary import row_words, summary
from jobs.comparison.table import COLUMNS, moved_row, moved_table, result_counts
from jobs.comparison.trait_changes import trait_changes, trait_moves
from jobs.result_files import COLUMNS_FILE, write_columns, write_tsv

FOLDER = "comparison"
RECORD, TABLE, PAGE = "changes.json", "changes.tsv", "changes.html"
# Of the results that moved, the command prints this many.
MOST_PRINTED = 10


@dataclass(frozen=True)
class Comparison:
    """What was found.

    Attributes
    ----------
    folder
        What was written.
    changes
        All of it, as in changes.json.
    """

    folder: Place
    changes: dict[str, Any]

    def lines(self) -> Iterator[str]:
        """Tell of it, in lines."""
        for heading, sentences in summary(self.changes):
            for number, sentence in enumerate(sentences):
                yield f"{'' if number else heading:<10}{sentence}"
        strongest = [row for row in self.changes["rows"] if row["primary"]][:MOST_PRINTED]
        for row in strongest:
            yield f"  {row_words(row)}"
            yield f"      {'; '.join(row['why'])}"
        yield f"wrote {self.folder / PAGE}"


def compare_runs(old: Place, new: Place, out: Place | None = None) -> Comparison:
    """Compare two finished runs.

    Parameters
    ----------
    old, new
        Their output folders, or folders that `progex merge` made; or two outputs of `progex meta`.
    out
        The folder to write; by default `comparison` in the new run's output. A comparison there is replaced.

    Raises
    ------
    InputError, ExceptionGroup
        If one is not a finished run, or something else is in the folder; nothing is left half-written.
    """
    meta, meta_now = read_meta(old), read_meta(new)
    if meta is not None and meta_now is not None:
        find, folder = partial(meta_changes, meta, meta_now), new / FOLDER
    else:
        runs = _read_both([old, new])
        find, folder = partial(run_changes, *runs), runs[1].folder / FOLDER
    folder = folder if out is None else out
    if folder.exists() and not (folder / RECORD).is_file():
        raise InputError.single(str(folder), "--out", "is there and holds no comparison; name a folder that is not")
    changes, moved = find()
    with TemporaryDirectory(prefix="progex.") as name:
        made = Path(name) / FOLDER
        made.mkdir()
        text = json.dumps(changes, indent=2, allow_nan=False)
        (made / RECORD).write_text(text + "\n", encoding="utf-8")
        write_tsv(moved_table(moved).to_pandas(), made / TABLE)
        write_columns(COLUMNS, made / COLUMNS_FILE)
        (made / PAGE).write_text(comparison_html(changes), encoding="utf-8")
        copy_whole(made, folder)
    return Comparison(folder, changes)


def _read_both(folders: Sequence[Place]) -> list[ComparedRun]:
    """Read the runs, and tell what is wrong with either."""
    runs, errors = [], []
    for folder in folders:
        try:
            runs.append(read_compared(folder))
        except InputError as error:
            errors.append(error)
    if errors:
        raise ExceptionGroup("the runs can't be compared", errors)
    if runs[0].folder == runs[1].folder:
        raise InputError.single(str(runs[0].folder), "run", "is both the old run and the new one; name two")
    return runs


def run_changes(old: ComparedRun, new: ComparedRun) -> tuple[dict[str, Any], list[MovedRow]]:
    """Say what changed about a study, and which results moved."""
    variants, renamed = stored_changes(old, new)
    versions, otherwise = version_changes(old.record, new.record), read_otherwise(old, new)
    asked = asked_otherwise(old.settings, new.settings, versions=bool(versions))
    traits, results, moved = [], [], list[MovedRow]()
    for name in dict.fromkeys((*new.traits, *old.traits)):
        trait, moves = None, TraitMoves(redefined=False, covariates=False, others=False)
        if name in old.traits and name in new.traits:
            trait = read_compared_trait(old, new, name)
            traits.append(trait_changes(old, new, trait))
            moves = trait_moves(traits[-1], read_otherwise=otherwise)
        paired = pair_results(old.results, new.results, name, renamed)
        rows = moved_rows(old, new, paired.pairs, trait, asked, moves)
        results.append(result_counts(name, paired, rows))
        moved += rows
    moved = in_order(moved)
    changes = {
        "old": _named(old),
        "new": _named(new),
        "cohorts": cohort_changes(old, new),
        "samples": sample_changes(old, new),
        "traits": traits,
        "traits_added": [name for name in new.traits if name not in old.traits],
        "traits_removed": [name for name in old.traits if name not in new.traits],
        "settings": setting_changes(old.settings, new.settings),
        "versions": versions,
        "variants": variants,
        "results": results,
        "rows": [moved_row(one) for one in moved],
    }
    return changes, moved


def _named(run: ComparedRun) -> dict[str, str]:
    return {"study": str(run.record["study"]), "what": f"a run that ended {run.record['ended']}"}
