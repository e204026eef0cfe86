"""The report of a meta-analysis: the page of a single study, and what combining cohorts adds to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from jobs.consortium.share_misfits import Share

if TYPE_CHECKING:
    from jobs.report import ReportInputs


def meta_inputs(
    shares: Sequence[Share],
    record: Mapping[str, Any],
    results: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
) -> ReportInputs:
    """Give what the report is made from.

    Parameters
    ----------
    shares
        What was combined.
    record
        As `meta.json` holds it.
    results
        Result rows.
    tables
        The tables of agreement, by name.
    """
    from jobs.report import ReportInputs
    from jobs.report.consortium import Consortium

    return ReportInputs(
        results=results,
        attrition=[],
        traits=[_summary(shares, trait) for trait in record["cohorts"]],
        settings=_settings(shares),
        run={"versions": record["versions"]},
        consortium=Consortium(
            cohorts=[_cohort(share) for share in shares],
            traits=[row for trait in record["cohorts"] for row in _by_cohort(shares, trait)],
            overlap=record["overlap"],
            above_ceiling=record["above_ceiling"],
            forest=tables["forest"],
            heterogeneity=tables["heterogeneity"],
        ),
    )


def _cohort(share: Share) -> dict[str, Any]:
    """Give what the page says of a cohort."""
    told = share.manifest
    return {
        "cohort": share.cohort,
        "capture_kit": told.get("capture_kit"),
        "caller": told.get("caller"),
        "progex": told["versions"]["progex"],
        "smallest_cell": told["smallest_cell"],
    }


def _by_cohort(shares: Sequence[Share], trait: str) -> Iterator[dict[str, Any]]:
    """Give a trait's samples and, where they are told, events in each cohort that has it."""
    for share in shares:
        if trait in share.traits:
            told = share.traits[trait]
            yield {
                "trait": trait,
                "cohort": share.cohort,
                "samples": told["samples"],
                "events": told.get("events"),
            }


def _summary(shares: Sequence[Share], trait: str) -> dict[str, Any]:
    """Give a trait's summary over cohorts; events where every cohort tells of them."""
    rows = list(_by_cohort(shares, trait))
    events = [row["events"] for row in rows]
    return {
        "name": trait,
        "type": next(share.traits[trait]["type"] for share in shares if trait in share.traits),
        "samples": sum(row["samples"] for row in rows),
        "events": None if None in events else sum(events),
    }


def _settings(shares: Sequence[Share]) -> dict[str, Any]:
    """Give the settings that all study files share, under a name of their own."""
    cohorts = [share.cohort for share in shares]
    settings: dict[str, Any] = {"name": f"Meta-analysis of {', '.join(cohorts[:-1])} and {cohorts[-1]}"}
    for part in shares[0].manifest["definitions"].values():
        settings |= part
    return settings
