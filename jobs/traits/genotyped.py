"""What quality control tells the traits: whose genotypes can be used, and who is related to whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from association.cohort.relatedness import DUPLICATE, FIRST_DEGREE, SECOND_DEGREE, THIRD_DEGREE
from association.cohort.unrelated import maximal_unrelated_set
from jobs.study.quality_control import RelatednessQc

EXCLUDED = "excluded by sample quality control"
RELATED = "related to a patient who is in the trait"
DEGREES = {
    "duplicates": DUPLICATE,
    "first_degree": FIRST_DEGREE,
    "second_degree": SECOND_DEGREE,
    "third_degree": THIRD_DEGREE,
}


@dataclass(frozen=True)
class Genotyped:
    """The samples with genotypes.

    Attributes
    ----------
    reason
        By sample id: None where genotypes can be used, else why not.
    call_rate
        By sample id.
    relatives
        Pairs of relatives: sample_1, sample_2, kinship.
    """

    reason: pd.Series
    call_rate: pd.Series
    relatives: pd.DataFrame


def read_genotyped(samples: pd.DataFrame, relatives: pd.DataFrame) -> Genotyped:
    """Take what traits ask for from the tables of quality control.

    Parameters
    ----------
    samples
        sample, passes and call_rate.
    relatives
        sample_1, sample_2 and kinship.
    """
    ids = samples["sample"]
    reason = samples["passes"].map({True: None, False: EXCLUDED}).to_numpy(object)
    return Genotyped(pd.Series(reason, index=ids), pd.Series(samples["call_rate"].to_numpy(), index=ids), relatives)


def all_genotyped(samples: tuple[str, ...]) -> Genotyped:
    """Give what is known before any genotype is read: all can be used, and nobody is related."""
    ids = list(samples)
    pairs = pd.DataFrame({"sample_1": [], "sample_2": [], "kinship": []})
    return Genotyped(pd.Series(None, index=ids, dtype=object), pd.Series(np.nan, index=ids), pairs)


def related_reason(
    samples: pd.Series, kept: pd.Series, event: pd.Series, genotyped: Genotyped, settings: RelatednessQc
) -> pd.Series:
    """Say who is left out for a relative who is in the trait: those without an event first, then the worse called.

    Parameters
    ----------
    samples
        Ids of the participants (n).
    kept
        Who would be in the trait (n).
    event
        Who has the trait's event; nobody, where it has none (n).
    genotyped
        Call rates and pairs of relatives.
    settings
        How close relatives may not be.
    """
    reason = pd.Series(None, index=samples.index, dtype=object)
    if settings.unrelated_above is None or genotyped.relatives.empty:
        return reason
    candidates = samples[kept]
    chosen = maximal_unrelated_set(
        genotyped.relatives,
        candidates.tolist(),
        events=event[kept].to_numpy(np.bool_),
        call_rate=candidates.map(genotyped.call_rate).to_numpy(np.float64),
        min_kinship=DEGREES[settings.unrelated_above],
    )
    reason[candidates.index[~chosen]] = RELATED
    return reason
