"""What quality control tells the traits: whose genotypes can be used, and who is related to whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from association.cohort.relatedness import DUPLICATE, FIRST_DEGREE, SECOND_DEGREE, THIRD_DEGREE
from association.cohort.unrelated import maximal_unrelated_set
from jobs.clinical.needed import chosen_covariates
from jobs.study.quality_control import RelatednessQc
from jobs.study.study import Study
from jobs.study.traits import Trait

EXCLUDED = "excluded by sample quality control"
RELATED = "related to a patient who is in the trait"
# As many as a model of a small cohort can bear.
MOST_COMPONENTS = 5
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
    components
        Principal components of ancestry, by sample id: pc1, pc2, ...
    structured
        How many of them carry structure.
    """

    reason: pd.Series
    call_rate: pd.Series
    relatives: pd.DataFrame
    components: pd.DataFrame
    structured: int


def read_genotyped(samples: pd.DataFrame, relatives: pd.DataFrame, structured: int) -> Genotyped:
    """Take what traits ask for from the tables of quality control.

    Parameters
    ----------
    samples
        sample, passes, call_rate and pc1, pc2, ...
    relatives
        sample_1, sample_2 and kinship.
    structured
        How many components carry structure.
    """
    ids = samples["sample"]
    reason = samples["passes"].map({True: None, False: EXCLUDED}).to_numpy(object)
    call_rate = pd.Series(samples["call_rate"].to_numpy(), index=ids)
    components = samples.set_index("sample").filter(regex=r"^pc\d+$")
    return Genotyped(pd.Series(reason, index=ids), call_rate, relatives, components, structured)


def all_genotyped(samples: tuple[str, ...]) -> Genotyped:
    """Give what is known before any genotype is read: all can be used, and nobody is related."""
    ids = list(samples)
    pairs = pd.DataFrame({"sample_1": [], "sample_2": [], "kinship": []})
    unknown = pd.Series(np.nan, index=ids)
    return Genotyped(pd.Series(None, index=ids, dtype=object), unknown, pairs, pd.DataFrame(index=ids), 0)


def adjusted_components(study: Study, trait: Trait, genotyped: Genotyped) -> pd.DataFrame:
    """Give the components that a trait's null model adjusts for, by sample id, in standard deviations."""
    wanted = study.qc.ancestry.covariates
    if wanted is None:
        default = isinstance(chosen_covariates(study, trait), str)
        named = bool(study.participants.columns.principal_components)
        wanted = min(genotyped.structured, MOST_COMPONENTS) if default and not named else 0
    chosen = genotyped.components.iloc[:, :wanted]
    return (chosen - chosen.mean()) / chosen.std()


def component_warnings(study: Study, genotyped: Genotyped) -> Iterator[str]:
    """Warn where fewer components are known than every model is to adjust for."""
    wanted, known = study.qc.ancestry.covariates, genotyped.components.shape[1]
    if wanted is not None and genotyped.call_rate.notna().any() and known < wanted:
        yield (
            f"qc.ancestry.covariates asks for {wanted} principal components, and the genotypes give {known}: "
            "the model adjusts for these"
        )


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
