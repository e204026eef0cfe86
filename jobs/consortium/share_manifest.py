"""What a shared folder says of itself, and whether several fit together.

`share.json` names the cohort, the versions, the masks and each trait as it is defined. Shares are combined only where
all of that is the same; what is not is told for all of them at once, side by side.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from association.meta.share_schema import VERSION
from association.problems import InputError, Problem
from infra.provenance import versions
from infra.storage import Place
from jobs.study.study import Study

MANIFEST = "share.json"
# What all shares must agree on, and what to do where they don't.
COMMON = {
    "schema_version": "share again with the same version of progex at every site",
    "reference_genome": "call the genotypes against one build; positions of two builds can't be matched",
    "masks": "agree on one list of masks, put it into every study file, run and share again",
    "condition_on": "adjust for the same variants at every site, run and share again",
}
DEFINITION = ("type", "kind", "ties", "definition")
AGREE = "agree on one definition, run and share again, or give the traits different names"


@dataclass(frozen=True)
class Share:
    """A shared folder.

    Attributes
    ----------
    folder
        Where it is.
    manifest
        What it says of itself.
    """

    folder: Place
    manifest: Mapping[str, Any]

    @property
    def cohort(self) -> str:
        """The cohort's name."""
        return str(self.manifest["cohort"])


def make_manifest(
    study: Study, traits: Mapping[str, Mapping[str, Any]], left_out: Mapping[str, str], at_least: int
) -> dict[str, Any]:
    """Say of a share what others must know to combine it.

    Parameters
    ----------
    study
        The study whose results are shared.
    traits
        Of each trait what `describe_trait` gives.
    left_out
        Why traits are not shared, by name.
    at_least
        The smallest number of samples that is told of.
    """
    settings = study.model_dump(mode="json")
    return {
        "schema_version": VERSION,
        "progex": versions()["progex"],
        "cohort": study.name,
        "reference_genome": study.genotypes.reference_genome,
        "masks": settings["masks"],
        "condition_on": settings["condition_on"],
        "tests": settings["tests"],
        "smallest_cell": at_least,
        "traits": dict(traits),
        "left_out": dict(left_out),
    }


def describe_trait(summary: Mapping[str, Any], samples: int, residual_variance: float | None) -> dict[str, Any]:
    """Give what of a trait's summary is shared: its definition, the names of covariates, and counts."""
    known = {name: summary[name] for name in DEFINITION}
    covariates = [one["name"] for one in summary["coefficients"]]
    return known | {"covariates": covariates, "samples": samples, "residual_variance": residual_variance}


def read_shares(folders: Sequence[Place]) -> list[Share]:
    """Read what shared folders say of themselves, and check that they fit together.

    Raises
    ------
    InputError
        With everything that keeps them from being combined.
    """
    shares, problems = [], []
    for folder in folders:
        try:
            manifest = json.loads((folder / MANIFEST).read_text())
            shares.append(Share(folder, manifest | {"cohort": manifest["cohort"], "traits": manifest["traits"]}))
        except (FileNotFoundError, NotADirectoryError):
            problems.append(Problem(str(folder), f"has no {MANIFEST}; name a folder that 'progex share' wrote"))
        except (ValueError, KeyError, TypeError):
            problems.append(Problem(str(folder), f"{MANIFEST} can't be read; ask the site to share again"))
    problems += misfits(shares)
    if problems:
        raise InputError("shares", problems)
    return shares


def misfits(shares: Sequence[Share]) -> Iterator[Problem]:
    """Say what keeps shares from being combined: each against the first."""
    if not shares:
        return
    first, seen = shares[0], {shares[0].cohort: shares[0]}
    for share in shares:
        if share.manifest.get("schema_version") != VERSION:
            found = share.manifest.get("schema_version")
            message = f"is {found}, and this version of progex reads {VERSION}; {COMMON['schema_version']}"
            yield Problem(f"{share.folder}: schema_version", message)
    for share in shares[1:]:
        if share.cohort in seen:
            message = (
                f"'{share.cohort}' is the name of {seen[share.cohort].folder} too; if these are two cohorts, give "
                "each study file a name of its own, else name one of them only"
            )
            yield Problem(f"{share.folder}: cohort", message)
        seen.setdefault(share.cohort, share)
        for name, remedy in COMMON.items():
            if name != "schema_version":
                yield from _differences(
                    share, first, name, share.manifest.get(name), first.manifest.get(name), remedy
                )
    for name in dict.fromkeys(name for share in shares for name in share.manifest["traits"]):
        having = [share for share in shares if name in share.manifest["traits"]]
        for share in having[1:]:
            own, others = (one.manifest["traits"][name] for one in (share, having[0]))
            for part in DEFINITION:
                place = f"traits.{name}.{part}"
                yield from _differences(share, having[0], place, own.get(part), others.get(part), AGREE)


def _differences(share: Share, first: Share, place: str, own: Any, other: Any, remedy: str) -> Iterator[Problem]:
    """Show where two settings differ, down to the values that do."""
    if isinstance(own, Mapping) and isinstance(other, Mapping):
        for name in dict.fromkeys([*other, *own]):
            yield from _differences(share, first, f"{place}.{name}", own.get(name), other.get(name), remedy)
    elif isinstance(own, list) and isinstance(other, list) and len(own) == len(other):
        for number, (one, another) in enumerate(zip(own, other, strict=True)):
            yield from _differences(share, first, f"{place}[{number}]", one, another, remedy)
    elif own != other:
        message = f"{_shown(own)}, but {_shown(other)} in {first.folder}; {remedy}"
        yield Problem(f"{share.folder}: {place}", message)


def _shown(value: Any) -> str:
    return "absent" if value is None else json.dumps(value)
