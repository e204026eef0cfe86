"""Read shared folders, and say what keeps them from being combined: everything at once, each with what to do.

Each share is compared with the first: build, versions, every part of the definitions, shown line by line where it
differs, and the definition of each trait that both share. Traits that one of them lacks are combined without it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from association.cohort.fingerprints import Fingerprints
from association.problems import InputError, Problem
from infra.storage import Place
from jobs.consortium.cohort import read_fingerprints
from jobs.consortium.definitions import definition_hash
from jobs.consortium.refusals import difference, other_builds, other_software
from jobs.consortium.share_contents import AGAIN, odd_contents
from jobs.consortium.share_manifest import DEFINITION, MANIFEST

AGREE = "agree on one, run and share again at both"


@dataclass(frozen=True)
class Share:
    """A shared folder.

    Attributes
    ----------
    folder
        Where it is.
    manifest
        What it says of itself.
    prints
        Fingerprints of its samples; None where it has none.
    """

    folder: Place
    manifest: Mapping[str, Any]
    prints: Fingerprints | None

    @property
    def cohort(self) -> str:
        """The cohort's name."""
        return str(self.manifest["cohort"])

    @property
    def traits(self) -> Mapping[str, Mapping[str, Any]]:
        """What is told of each trait, by name."""
        told: Mapping[str, Mapping[str, Any]] = self.manifest["traits"]
        return told


def read_shares(folders: Sequence[Place]) -> list[Share]:
    """Read what shared folders say of themselves, and check that they fit together.

    Raises
    ------
    InputError
        With everything that keeps them from being combined.
    """
    shares: list[Share] = []
    problems: list[Problem] = []
    for folder in folders:
        try:
            shares.append(_read(folder))
        except InputError as error:
            problems += error.problems
    problems += misfits(shares)
    if problems:
        raise InputError("shares", problems)
    return shares


def _read(folder: Place) -> Share:
    """Read one share's manifest and fingerprints."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        odd = [
            Problem(f"{folder}: {MANIFEST} {entry}".rstrip(), message) for entry, message in odd_contents(manifest)
        ]
        if odd:
            raise InputError("shares", odd)
        return Share(folder, manifest, read_fingerprints(folder))
    except (FileNotFoundError, NotADirectoryError):
        message = f"has no {MANIFEST}; name a folder that 'progex share' wrote"
    except (ValueError, RecursionError):
        message = f"{MANIFEST} or its fingerprints can't be read; {AGAIN}"
    raise InputError.single("shares", str(folder), message)


def misfits(shares: Sequence[Share]) -> Iterator[Problem]:
    """Say what keeps shares from being combined."""
    seen: dict[str, Share] = {}
    for share in shares:
        name = share.cohort.lower()
        if name in seen:
            message = (
                f"'{share.cohort}' is the name of {seen[name].folder} too, capitals apart; if these are two cohorts, "
                "give each its own in cohort.name and share again, else name one of them only"
            )
            yield Problem(f"{share.folder}: cohort", message)
        seen.setdefault(name, share)
        for part, own in share.manifest["definitions"].items():
            if share.manifest["hashes"].get(part) != definition_hash(own):
                message = f"is not what 'progex share' wrote, by its hash: it was changed since; {AGAIN}"
                yield Problem(f"{share.folder}: {MANIFEST} definitions.{part}", message)
    for share in shares[1:]:
        yield from _against(share, shares[0])
    for trait in dict.fromkeys(name for share in shares for name in share.traits):
        having = [share for share in shares if trait in share.traits]
        for share in having[1:]:
            yield from _trait_against(trait, share, having[0])
    sites = [None if share.prints is None else share.prints.sites for share in shares]
    yield from other_builds([share.manifest for share in shares], sites)


def _against(share: Share, first: Share) -> Iterator[Problem]:
    """Compare a share's build, versions and definitions with the first one's."""
    own, others = share.manifest, first.manifest
    place = f"{share.folder} against {first.folder}"
    yield from other_software(place, own, others)
    for part in dict.fromkeys([*others["definitions"], *own["definitions"]]):
        lines = _part_differences(part, share, first)
        if lines:
            yield Problem(f"{place}, {part}", "\n    ".join([f"defined otherwise; {AGREE}", *lines]))


def _part_differences(part: str, share: Share, first: Share) -> list[str]:
    """Show how a part of the definitions differs; of traits, those that both share."""
    both = set(share.traits) & set(first.traits)
    return difference(*(_for_traits(one.manifest["definitions"].get(part), both) for one in (first, share)))


def _for_traits(definition: Any, names: set[str]) -> Any:
    """Leave out traits of other names, where a definition lists traits."""
    if not isinstance(definition, Mapping) or not isinstance(definition.get("traits"), list):
        return definition
    return {**definition, "traits": [one for one in definition["traits"] if one.get("name") in names]}


def _trait_against(trait: str, share: Share, first: Share) -> Iterator[Problem]:
    """Compare what became of a trait, where both studies define it in one way: else that is told already."""
    if _part_differences("traits", share, first):
        return
    before, after = ({part: one.traits[trait].get(part) for part in DEFINITION} for one in (first, share))
    if before != after:
        lines = difference(before, after)
        message = f"came out otherwise; {AGREE}, or give the traits different names"
        yield Problem(f"{share.folder} against {first.folder}, trait {trait}", "\n    ".join([message, *lines]))
