"""Put a study's tables through the data checks, and do with what they find as the study file says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from association.phenotypes.checks.findings import NO_VISIT, DataCheck, no_findings
from association.phenotypes.checks.of_participants import PARTICIPANT_CHECKS
from association.phenotypes.checks.of_visits import VISIT_CHECKS
from association.phenotypes.visits import merge_same_day
from association.problems import InputError, Problem
from jobs.study.checks import Checks
from jobs.study.study import ClinicalStudy
from jobs.tables.notes import MOST_PROBLEMS_SHOWN
from jobs.tables.visits import VisitsRead

EXCLUDE, STOP = "exclude", "stop"


@dataclass(frozen=True)
class CheckOutcome:
    """What a data check found.

    Attributes
    ----------
    name, meaning
        Which check.
    action
        What the study file asks for: warn, exclude or stop.
    findings
        A row each: patient (position; -1 for none), visit, row of the table, and what was found; or of a trait.
    """

    name: str
    meaning: str
    action: str
    findings: pd.DataFrame = field(default_factory=no_findings)

    def summary(self) -> dict[str, Any]:
        """Count what was found, for people; no sample ids."""
        known = self.findings["patient"][self.findings["patient"] >= 0] if "patient" in self.findings else []
        return {
            "name": self.name,
            "meaning": self.meaning,
            "action": self.action,
            "count": len(self.findings),
            "patients": len(set(known)),
        }


@dataclass(frozen=True)
class CheckedTables:
    """What the checks leave.

    Attributes
    ----------
    visits
        Those that are not excluded, in order; None where there are none.
    barred
        Why a patient is out of every trait (n), None where not.
    outcomes
        What each check found, in the order of the study file's settings.
    """

    visits: pd.DataFrame | None
    barred: pd.Series
    outcomes: tuple[CheckOutcome, ...]


def check_tables(study: ClinicalStudy, participants: pd.DataFrame, read: VisitsRead | None) -> CheckedTables:
    """Check both tables.

    Parameters
    ----------
    study
        Says what each check leads to.
    participants
        One row per patient (n).
    read
        The visits as they were read; None where the study has none.

    Raises
    ------
    InputError
        With all that was found by checks that stop.
    """
    outcomes = [look(check, study.checks, participants, pd.DataFrame()) for check in PARTICIPANT_CHECKS]
    problems = list(_stops(outcomes, study.participants.path))
    barred = bar(pd.Series(None, index=participants.index, dtype=object), outcomes)
    if read is None or study.visits is None:
        visits = None
    else:
        visits, of_visits = _check_visits(study.checks, participants, read)
        outcomes += of_visits
        problems += _stops(of_visits, study.visits.path)
    if problems:
        raise InputError("data checks", problems[:MOST_PROBLEMS_SHOWN], len(problems))
    return CheckedTables(visits, barred, tuple(outcomes))


def _check_visits(
    actions: Checks, participants: pd.DataFrame, read: VisitsRead
) -> tuple[pd.DataFrame, list[CheckOutcome]]:
    """Check visits one check after the other, each on what the ones before have left."""
    visits, outcomes = merge_same_day(read.visits), list(_unusable(actions, read))
    for check in VISIT_CHECKS:
        outcome = look(check, actions, participants, visits)
        outcomes.append(outcome)
        if outcome.action == EXCLUDE and len(outcome.findings):
            visits = visits.drop(index=outcome.findings["visit"]).reset_index(drop=True)
    return visits, outcomes


def bar(barred: pd.Series, outcomes: Sequence[CheckOutcome]) -> pd.Series:
    """Add the participants that checks exclude to those who are out already (n), each with the first reason."""
    for outcome in outcomes:
        if outcome.action == EXCLUDE:
            hit = barred.index.isin(outcome.findings["patient"]) & barred.isna()
            barred = barred.mask(hit, f"data check: {outcome.meaning}")
    return barred


def look(check: DataCheck, actions: Checks, participants: pd.DataFrame, visits: pd.DataFrame) -> CheckOutcome:
    """Make one check."""
    return CheckOutcome(check.name, check.meaning, getattr(actions, check.name), check.find(participants, visits))


def _unusable(actions: Checks, read: VisitsRead) -> Iterator[CheckOutcome]:
    """Report what reading had to leave out: values that can't be, and visits of nobody."""
    beyond = read.out_of_range
    values, columns = beyond["value"].map("{:g}".format).astype(str), beyond["column"].astype(str)
    found = "'" + values + "' in column '" + columns + "'"
    listed = pd.DataFrame(
        {"patient": beyond["patient"], "visit": NO_VISIT, "row": beyond["row"], "found": found}
    ).reset_index(drop=True)
    yield CheckOutcome("item_out_of_range", "a score or measure that can't be", actions.item_out_of_range, listed)
    nobody = pd.DataFrame(
        {
            "patient": np.full(len(read.unknown), -1),
            "visit": NO_VISIT,
            "row": read.unknown["row"].to_numpy(),
            "found": "no such participant",
        }
    )
    yield CheckOutcome(
        "visits_without_participant",
        "a visit of a sample without a participants row",
        actions.visits_without_participant,
        nobody,
    )


def _stops(outcomes: Sequence[CheckOutcome], path: str) -> Iterator[Problem]:
    """Turn findings that stop into problems of a table; nobody is named."""
    for outcome in outcomes:
        remedy = f"correct it, or let checks.{outcome.name} exclude it"
        if outcome.action == STOP:
            findings = outcome.findings.sort_values("row", kind="stable")
            for row, found in zip(findings["row"], findings["found"], strict=True):
                yield Problem(f"{Path(path).name}, line {row}", f"{outcome.meaning}: {found}; {remedy}")
