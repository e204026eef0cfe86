"""Write what the clinical tables gave: the visits with what was derived of them, and what each data check found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from association.phenotypes.alsfrs import ITEMS, SUBSCORES, score
from association.phenotypes.nerve import neurophysiological_index
from association.phenotypes.timeline import dates_of, months_between
from association.phenotypes.visits import of_patients
from hail_pipelines.places import readable
from infra.storage import Place
from jobs.clinical.checks import CheckOutcome
from jobs.clinical.needed import INDEX, PARTS_OF_INDEX
from jobs.clinical.read import Clinical
from jobs.clinical.stages import stages_of
from jobs.result_files import write_tsv


def write_checks(outcomes: Sequence[CheckOutcome], samples: pd.Series, folder: Path) -> None:
    """Write a table of the data checks, and a file of findings for each.

    Parameters
    ----------
    outcomes
        What the checks found; several of one name, of several traits, make one file.
    samples
        Sample ids by position.
    folder
        Where to: checks.tsv and NAME.tsv.
    """
    write_tsv(pd.DataFrame(check_summaries(outcomes)), folder / "checks.tsv")
    for name in dict.fromkeys(one.name for one in outcomes):
        found = pd.concat([_listed(one, samples) for one in outcomes if one.name == name], ignore_index=True)
        write_tsv(found, folder / f"{name}.tsv")


def read_checks(folder: Place) -> list[dict[str, Any]]:
    """Read the table of the data checks."""
    summaries: list[dict[str, Any]] = pd.read_csv(readable(folder / "checks.tsv"), sep="\t").to_dict("records")
    return summaries


def check_summaries(outcomes: Sequence[CheckOutcome]) -> list[dict[str, Any]]:
    """Count what each check found, all traits together."""
    summaries: dict[str, dict[str, Any]] = {}
    for one in outcomes:
        summary = summaries.setdefault(one.name, one.summary() | {"count": 0, "patients": 0})
        own = one.summary()
        summary["count"] += own["count"]
        summary["patients"] += own["patients"]
    return list(summaries.values())


def derived_visits(clinical: Clinical) -> pd.DataFrame | None:
    """Give the visits with what is derived of them: months since onset, scores, stages, the index of the nerve."""
    if clinical.visits is None:
        return None
    visits, people = clinical.visits, clinical.participants
    onset = of_patients(dates_of(people, "onset_date"), visits)
    derived = {"months_since_onset": months_between(visits["date"], onset)}
    if set(ITEMS) <= set(visits):
        derived |= {name: score(visits, name) for name in SUBSCORES}
        derived |= {system: stages_of(clinical, system) for system in ("kings", "mitos")}
    if set(PARTS_OF_INDEX) <= set(visits):
        derived[INDEX] = neurophysiological_index(visits)
    sample = of_patients(people["sample"], visits).rename("sample")
    kept = visits.drop(columns=["patient", *(name for name in derived if name in visits)])
    return pd.concat([sample, kept, pd.DataFrame(derived)], axis=1)


def _listed(outcome: CheckOutcome, samples: pd.Series) -> pd.DataFrame:
    """Give findings with sample ids in the place of positions."""
    findings = outcome.findings
    if "patient" not in findings:
        return findings
    known = findings["patient"].where(findings["patient"] >= 0)
    return pd.DataFrame({"sample": known.map(samples), "row": findings["row"], "found": findings["found"]})
