"""What changed, in sentences: the same on the command line and on the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from association.comparison.paired_rows import NEWLY_TESTED, NO_LONGER_TESTED
from association.null_models.by_cohort import is_of
from jobs.comparison.trait_changes import GONE, MOVED, NEW
from jobs.comparison.words import WORDS, few
from jobs.report.numbers import NOTHING, count

# Of a list that a page shows whole.
MOST_NAMED = 10
SAME = "the same"
COEFFICIENTS = {MOVED: "moved", NEW: "are new", GONE: "are gone"}
Changes = Mapping[str, Any]


def summary(changes: Changes) -> list[tuple[str, list[str]]]:
    """Give headings with their sentences."""
    own = [
        ("settings", list(_settings(changes["settings"]))),
        ("versions", [f"{name} {old} to {new}" for name, (old, new) in changes["versions"].items()] or [SAME]),
    ]
    results = ("results", [_results(one) for one in changes["results"]])
    if "cohorts_of_traits" in changes:
        cohorts = [f"{trait}: {', '.join(told) or SAME}" for trait, told in changes["cohorts_of_traits"].items()]
        return [("cohorts", [*cohorts, *_other_traits(changes)]), *own, results]
    return [
        ("cohorts", list(_cohorts(changes["cohorts"]))),
        ("samples", list(_samples(changes["samples"]))),
        ("traits", [*(_trait(one) for one in changes["traits"]), *_other_traits(changes)]),
        *own,
        ("variants", list(_variants(changes["variants"]))),
        results,
    ]


def _cohorts(changes: Changes | None) -> Iterator[str]:
    if changes is None:
        yield "not a merged study"
        return
    if changes["before"] is None:
        yield "the old run is no merged study"
    for word in ("added", "removed"):
        for one in changes[word]:
            yield f"{one['cohort']} {word}: {few(one['samples'])} samples"
    for one in changes["stayed"]:
        facts = [f"{name.replace('_', ' ')} {old} to {new}" for name, (old, new) in one["facts"].items()]
        old, new = one["samples"]
        if old != new:
            facts.insert(0, f"{'grown' if new > old else 'shrunk'} from {few(old)} to {few(new)} samples")
        if one["definitions"]:
            facts.append(f"other definitions of {', '.join(one['definitions'])}")
        if not facts:
            facts = [SAME if one["same_genotypes"] else "as many samples, other genotypes"]
        yield f"{one['cohort']}: {'; '.join(facts)}"


def _samples(changes: Changes) -> Iterator[str]:
    old, new = changes["kept"]
    yield f"{count(old)} to {count(new)}: {few(changes['joined'])} joined, {few(changes['left'])} left"
    yield from _because(changes)


def _because(changes: Changes) -> Iterator[str]:
    for word in ("joined", "left"):
        for one in changes[f"{word}_because"]:
            yield f"{word}: {few(one['count'])} {one['reason']}"


def _trait(changes: Changes) -> str:
    (old, new), (events, events_now) = changes["samples"], changes["events"]
    parts = [f"{changes['trait']}: {count(old)} to {count(new)} samples"]
    if events is not None and events_now is not None:
        parts[0] += f", {few(events)} to {few(events_now)} events"
    parts[0] += f" ({few(changes['joined'])} joined, {few(changes['left'])} left)"
    parts += [
        WORDS[cause].format(count=f"{few(people)} samples") for cause, people in changes["of_samples_in_both"].items()
    ]
    if changes["definition"]:
        parts.append("defined otherwise")
    if changes["other_covariates"]:
        parts.append(f"other covariates or strata of {few(changes['other_covariates'])} samples of both runs")
    parts += _coefficients(changes)
    return "; ".join(parts)


def _coefficients(changes: Changes) -> Iterator[str]:
    """Tell what became of coefficients: those of a cohort that was added or removed in one phrase."""
    told = changes["coefficients"]
    for word in ("added", "removed"):
        for cohort in changes[f"cohorts_{word}"]:
            told = [one for one in told if not is_of(one["name"], cohort)]
            yield f"cohort {cohort} {word}, with all coefficients of its own"
    for became, words in COEFFICIENTS.items():
        names = [one["name"] for one in told if one["became"] == became]
        if names:
            yield f"coefficients of the null model that {words}: {', '.join(names)}"


def _other_traits(changes: Changes) -> Iterator[str]:
    yield from (f"{name}: new" for name in changes["traits_added"])
    yield from (f"{name}: no longer in the study" for name in changes["traits_removed"])


def _settings(changes: Mapping[str, Sequence[str]]) -> Iterator[str]:
    if not changes:
        yield SAME
    for lines in changes.values():
        yield from lines


def _variants(changes: Changes) -> Iterator[str]:
    old, new = changes["stored"]
    yield f"{count(old)} to {count(new)} of genes stored"
    for word, run in (("gained", "before"), ("lost", "now")):
        if changes[word]:
            because = ", ".join(f"{count(number)} {state}" for state, number in changes[f"{word}_because"].items())
            yield f"{count(changes[word])} {word} ({run}: {because})"
    for word, words in (("reannotated", "annotated otherwise"), ("remasked", "in other masks")):
        if changes[word]:
            yield f"{count(changes[word])} {words}"
    for old_name, new_name in list(changes["genes_renamed"].items())[:MOST_NAMED]:
        yield f"gene {old_name} is {new_name} now"
    for word in ("gained", "lost"):
        names = changes[f"genes_{word}"]
        if names:
            more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
            yield f"genes {word}: {', '.join(names[:MOST_NAMED])}{more}"


def _results(changes: Changes) -> str:
    both, primary = changes["compared"], changes["compared_primary"]
    words = (
        f"{changes['trait']}: of {count(both)} rows tested in both runs {count(changes['moved'])} moved by more than "
        f"ten-fold; of {count(primary)} genes {count(changes['moved_primary'])}"
    )
    for became in (NEWLY_TESTED, NO_LONGER_TESTED):
        if changes[became]:
            words += f"; {count(changes[became])} rows {became}"
    return words


def row_words(row: Changes) -> str:
    """Tell of one result that moved in a line, without why."""
    mask = row["mask"] if row["max_af"] is None else f"{row['mask']} up to {row['max_af']:g}"
    old, new = (
        NOTHING if row[f"p_value_{side}"] is None else f"{row[f'p_value_{side}']:.1e}" for side in ("old", "new")
    )
    return f"{row['gene']}, {row['trait']}, {mask}, {row['test']}: p {old} to {new}"
