"""Compare the stated sex with that of the genotypes, once these are known."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from association.phenotypes.checks.of_participants import PARTICIPANT_CHECKS
from association.problems import InputError
from jobs.clinical.checks import STOP, bar, look
from jobs.clinical.read import Clinical
from jobs.study.checks import Checks

SEX_DISAGREES = "sex_disagrees"


def with_genetic_sex(clinical: Clinical, checks: Checks, male: pd.Series) -> Clinical:
    """Check the stated sex against the genotypes.

    Parameters
    ----------
    clinical
        A study's tables; where they state a sex from genotypes themselves, that one counts.
    checks
        What a check leads to.
    male
        By sample id: 1 for male, 0 for female, NaN where the genotypes do not tell.

    Raises
    ------
    InputError
        If a sex disagrees and the study file asks to stop for it.
    """
    participants = clinical.participants
    found = participants["genetic_male"].fillna(participants["sample"].map(male))
    participants = participants.assign(genetic_male=found)
    (check,) = (one for one in PARTICIPANT_CHECKS if one.name == SEX_DISAGREES)
    outcome = look(check, checks, participants, pd.DataFrame())
    if outcome.action == STOP and len(outcome.findings):
        message = f"{len(outcome.findings):,} participants; correct them, or let checks.{SEX_DISAGREES} exclude them"
        raise InputError.single("data checks", outcome.meaning, message)
    return replace(
        clinical,
        participants=participants,
        barred=bar(clinical.barred, [outcome]),
        checks=tuple(outcome if one.name == SEX_DISAGREES else one for one in clinical.checks),
    )
