"""Two outputs of `progex meta`, compared: cohorts, settings, results; there are no carriers to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from association.comparison import causes
from association.comparison.reasons import Asked, Reason, TraitMoves, reasons
from association.problems import InputError
from infra.storage import Place
from jobs.comparison.comparable import READ, columns_missing, read_record
from jobs.comparison.moved_results import MovedRow, Pair, in_order, pair_results
from jobs.comparison.study_changes import asked_otherwise, setting_changes, version_changes
from jobs.comparison.table import moved_row, result_counts
from jobs.consortium.meta import RECORD
from jobs.result_files import file_names
from jobs.trait_stages import GENE_TESTS

# What is read of meta.json.
RECORDED = ("versions", "cohorts", "shares")
TESTED = ("masks", "tests", "condition_on")
# What of a share stands for all data that it was made from.
KEYS = ("run", "gene_store")
ALIKE = TraitMoves(redefined=False, covariates=False, others=False)


@dataclass(frozen=True)
class ComparedMeta:
    """An output of `progex meta`.

    Attributes
    ----------
    folder
        Where it is.
    record
        Its meta.json.
    """

    folder: Place
    record: dict[str, Any]

    @property
    def results(self) -> Place:
        """Its result rows."""
        return self.folder / file_names(GENE_TESTS)[0]

    @property
    def shares(self) -> dict[str, Any]:
        """What each cohort says of itself, by name."""
        return {one["cohort"]: one for one in self.record["shares"]}

    @property
    def traits(self) -> dict[str, list[str]]:
        """The cohorts of each trait."""
        cohorts: dict[str, list[str]] = self.record["cohorts"]
        return cohorts

    @property
    def settings(self) -> Mapping[str, Any]:
        """What the first cohort's genes are tested with, which is the same for all."""
        first = self.record["shares"][0]
        return {name: first[name] for name in TESTED if name in first}


def read_meta(folder: Place) -> ComparedMeta | None:
    """Read an output of `progex meta`; None where the folder is none.

    Raises
    ------
    InputError
        If another version wrote it in another form.
    """
    if not (folder / RECORD).is_file():
        return None
    meta = ComparedMeta(folder, read_record(folder / RECORD, RECORDED))
    if not meta.results.is_file():
        return None
    problems = list(columns_missing(meta.results, READ))
    if problems:
        raise InputError(str(folder), problems)
    return meta


def meta_changes(old: ComparedMeta, new: ComparedMeta) -> tuple[dict[str, Any], list[MovedRow]]:
    """Say what changed about a meta-analysis, and which results moved."""
    versions = version_changes(old.record, new.record)
    asked = asked_otherwise(old.settings, new.settings, versions=bool(versions))
    results, moved = [], list[MovedRow]()
    for name in dict.fromkeys((*new.traits, *old.traits)):
        cohorts = cohorts_of_trait(old, new, name)
        paired = pair_results(old.results, new.results, name, {})
        rows = [
            MovedRow(pair.became, pair.old, pair.new, tuple(_reasons(pair, asked, cohorts))) for pair in paired.pairs
        ]
        results.append(result_counts(name, paired, rows))
        moved += rows
    moved = in_order(moved)
    changes = {
        "old": named(old),
        "new": named(new),
        "cohorts_of_traits": {name: cohorts_of_trait(old, new, name) for name in new.traits},
        "traits_added": [name for name in new.traits if name not in old.traits],
        "traits_removed": [name for name in old.traits if name not in new.traits],
        "settings": setting_changes(old.settings, new.settings),
        "versions": versions,
        "results": results,
        "rows": [moved_row(one) for one in moved],
    }
    return changes, moved


def named(meta: ComparedMeta) -> dict[str, str]:
    """Say what a meta-analysis is called."""
    return {"study": " + ".join(meta.shares), "what": "a meta-analysis"}


def cohorts_of_trait(old: ComparedMeta, new: ComparedMeta, trait: str) -> list[str]:
    """Say which cohorts of a trait were added, removed, or share something else than before."""
    before, now = old.traits.get(trait, []), new.traits.get(trait, [])
    told = [f"{name} added" for name in now if name not in before]
    told += [f"{name} removed" for name in before if name not in now]
    return told + [words for name in now if name in before for words in _share(old, new, name, trait)]


def _share(old: ComparedMeta, new: ComparedMeta, name: str, trait: str) -> Iterator[str]:
    before, now = old.shares[name], new.shares[name]
    samples = [one["traits"][trait]["samples"] for one in (before, now)]
    if samples[0] != samples[1]:
        yield f"{name} from {samples[0]:,} to {samples[1]:,} samples"
    elif any(before.get(key) != now.get(key) for key in KEYS):
        yield f"{name} shares other data"


def _reasons(pair: Pair, asked: Asked, cohorts: list[str]) -> list[Reason]:
    if pair.alone is not None:
        return [Reason(pair.alone)]
    found = reasons(pair.old, pair.new, asked, ALIKE, None)
    if not cohorts:
        return found
    known = [one for one in found if one.cause != causes.UNKNOWN]
    return [*known, Reason(causes.COHORTS, told=", ".join(cohorts))]
