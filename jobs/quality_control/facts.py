"""What the clinical tables say of samples that quality control asks for: batch, stated sex, events."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pandas as pd

from infra.provenance import canonical_json
from jobs.clinical.read import Clinical
from jobs.study.study import ClinicalStudy

ENDS = ("death_date", "ventilation_date")


def sample_facts(study: ClinicalStudy, clinical: Clinical, samples: Sequence[str]) -> pd.DataFrame:
    """Look the genotyped samples up in the participants table.

    Parameters
    ----------
    study, clinical
        Settings and tables.
    samples
        Ids in the VCFs.

    Returns
    -------
    A row per sample, in order of ids: sample, batch, cohort (the site), reported_sex ("male" or "female"), each None
    where unknown, event (whether death or ventilation is known) and event_known (or that neither had come by some
    date).
    """
    participants = clinical.participants.set_index("sample")
    own = clinical.own.set_index(clinical.participants["sample"])
    ids = sorted(samples)
    columns = study.participants.columns

    def text(column: str | None) -> pd.Series:
        values = own[column] if column is not None else pd.Series(None, index=own.index, dtype=object)
        return values.reindex(ids).astype(object).where(lambda found: found.notna(), None)

    ended = pd.Series(False, index=participants.index)
    for name in ENDS:
        if name in participants:
            ended |= participants[name].notna()
    seen = participants["last_contact_date"].notna() if "last_contact_date" in participants else ended
    if "event" in participants:
        ended |= participants["event"] == 1
        seen = participants["event"].notna()
    return pd.DataFrame(
        {
            "sample": ids,
            "batch": text(columns.batch).to_numpy(object),
            "cohort": text(columns.site).to_numpy(object),
            "reported_sex": participants["male"].map({1: "male", 0: "female"}).reindex(ids).to_numpy(object),
            "event": ended.reindex(ids, fill_value=False).to_numpy(bool),
            "event_known": (ended | seen).reindex(ids, fill_value=False).to_numpy(bool),
        }
    ).pipe(lambda table: table.where(table.notna(), None).astype({"event": bool, "event_known": bool}))


def digest(table: pd.DataFrame) -> str:
    """Give a stage something to tell by whether facts have changed, without the facts."""
    return hashlib.sha256(canonical_json(table.to_dict("list")).encode()).hexdigest()
