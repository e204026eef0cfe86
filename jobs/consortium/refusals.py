"""Why cohorts can't be put together: everything at once, each with what to do.

Nothing is lost silently: where two cohorts' definitions differ the difference is shown line by line, by who has it.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from association.cohort.relatedness import FEWEST_SITES
from association.problems import Problem
from jobs.consortium.manifest import Manifest

# Of the common sites of two cohorts on one build, kits apart, far more are the same than this.
LEAST_SHARED_SITES = 0.05
# Of a clash or a difference, this much says enough.
MOST_SHOWN = 20
REMEDIES = {
    "traits": "agree on one definition, and make both cohorts anew with it",
    "masks": "agree on masks, tests and condition_on, and make both cohorts anew with them",
    "annotation": "annotate both with one source of one release, and make both cohorts anew",
    "tables": "write both participants and visits tables under the same columns, times and codes",
    "strata": "name the same columns of strata in both, and make both cohorts anew",
    "qc": "agree on thresholds of quality control, and make both cohorts anew with them",
    "analysis": (
        "agree on follow_up, alpha, calibration, gene_lists, gene_symbols, together, interactions, mechanism and "
        "known_genes, and make both cohorts anew with them"
    ),
}
# Programs on whose version the genotypes depend.
PROGRAMS = ("progex", "hail")


def misfits(manifests: Sequence[Manifest]) -> Iterator[Problem]:
    """Compare names, builds, versions and definitions of each cohort with the first one's."""
    first, names = manifests[0], [manifest["cohort"].lower() for manifest in manifests]
    for name in sorted({manifest["cohort"] for manifest in manifests if names.count(manifest["cohort"].lower()) > 1}):
        message = "two cohorts have this name, capitals apart; give each its own in `cohort.name`"
        yield Problem(name, message)
    yield from _other_salts(manifests)
    for other in manifests[1:]:
        place = f"{other['cohort']} against {first['cohort']}"
        yield from other_software(place, other, first)
        for name, remedy in REMEDIES.items():
            if other["hashes"][name] != first["hashes"][name]:
                lines = difference(first["definitions"][name], other["definitions"][name])
                yield Problem(f"{place}, {name}", "\n    ".join([f"defined otherwise; {remedy}", *lines]))


def other_software(place: str, own: Manifest, first: Manifest) -> Iterator[Problem]:
    """Compare a cohort's build, and the versions of the programs that made it, with another's.

    Parameters
    ----------
    place
        What to call the two.
    own, first
        Their manifests.
    """
    if own["reference_genome"] != first["reference_genome"]:
        message = f"is on {own['reference_genome']}, the other on {first['reference_genome']}"
        yield Problem(f"{place}, build", f"{message}; call or lift one of them over to the other's build")
    for program in PROGRAMS:
        found, expected = (one["versions"].get(program) for one in (own, first))
        if found != expected:
            message = f"was made by {program} {found}, the other by {expected}; make both by one version"
            yield Problem(f"{place}, version", message)


def _other_salts(manifests: Sequence[Manifest]) -> Iterator[Problem]:
    """Find cohorts whose fingerprints are of another salt than the first one's that has any."""
    salted = [manifest for manifest in manifests if manifest["salt_check"] is not None]
    for other in salted[1:]:
        if other["salt_check"] != salted[0]["salt_check"]:
            message = "fingerprints are of different salts; give both the consortium's one, and make both anew"
            yield Problem(f"{other['cohort']} against {salted[0]['cohort']}, cohort.salt", message)


def difference(first: Any, other: Any) -> list[str]:
    """Show how a definition differs: lines of the first with -, of the other with +, under the setting's name."""
    before, after = (_settings(one) for one in (first, other))
    lines = [line for line in difflib.ndiff(before, after) if line[0] in "-+"]
    left = len(lines) - MOST_SHOWN
    return [*lines[:MOST_SHOWN], *([f"and {left:,} lines more"] if left > 0 else [])]


def _settings(value: Any, place: str = "") -> list[str]:
    """Write each setting on a line of its own; parts with a name by it."""
    if isinstance(value, Mapping) and value:
        return [line for name in value for line in _settings(value[name], f"{place}.{name}" if place else str(name))]
    if isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
        named = [one.get("name", number) if isinstance(one, Mapping) else number for number, one in enumerate(value)]
        return [line for name, one in zip(named, value, strict=True) for line in _settings(one, f"{place}[{name}]")]
    return [f"{place}: {json.dumps(value)}"]


def other_builds(manifests: Sequence[Manifest], sites: Sequence[Collection[str] | None]) -> Iterator[Problem]:
    """Find cohorts whose common sites are not the others': one of them is on another build than it says.

    Parameters
    ----------
    manifests
        Of the cohorts.
    sites
        Names of their common sites, None where they are not known.
    """
    for (one, first), (other, second) in combinations(zip(manifests, sites, strict=True), 2):
        if first is None or second is None or one["reference_genome"] != other["reference_genome"]:
            continue
        fewest, shared = min(len(first), len(second)), len(set(first) & set(second))
        if fewest >= FEWEST_SITES and shared < LEAST_SHARED_SITES * fewest:
            message = (
                f"{shared:,} of {fewest:,} common sites are the same, as if one were on another build than "
                f"{one['reference_genome']}; look at both VCFs' headers, and call or lift one over"
            )
            yield Problem(f"{other['cohort']} against {one['cohort']}, sites", message)


def clashes(ids: Sequence[tuple[str, Collection[str]]]) -> Iterator[Problem]:
    """Find cohorts with a sample id in common: it may be one person, or two.

    Parameters
    ----------
    ids
        Each cohort's name, and the ids in its genotypes and tables; they are counted, and not named.
    """
    for (one, first), (other, second) in combinations(ids, 2):
        shared = len(set(first) & set(second))
        if shared:
            message = (
                f"{shared:,} sample ids stand in the genotypes or tables of both; rename those of one cohort, or "
                "merge with --rename-samples, which puts each cohort's name before its ids"
            )
            yield Problem(f"{one} and {other}, ids", message)
