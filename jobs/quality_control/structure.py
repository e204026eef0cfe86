"""Relatives, principal components and ancestry of a cohort, from its common variants."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from association.cohort.ancestry import (
    AncestryGroups,
    component_outliers,
    main_and_other,
    panel_groups,
)
from association.cohort.common_variants import Dosages
from association.cohort.principal_components import (
    PrincipalComponents,
    principal_components,
    structured_components,
)
from association.cohort.relatedness import Relatedness, related_pairs
from association.cohort.unrelated import maximal_unrelated_set
from jobs.quality_control.common_genotypes import VARIANT, independent_variants
from jobs.study.quality_control import Qc

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]

# Where the randomised decomposition of a large cohort starts; any number would do.
SEED = 1


@dataclass(frozen=True)
class Panel:
    """Samples of known ancestry.

    Attributes
    ----------
    variants
        contig, position, ref, alt (m rows).
    dosages
        Alternate alleles (m, r), -1 where missing.
    labels
        The ancestry of each sample (r).
    """

    variants: pd.DataFrame
    dosages: Dosages
    labels: NDArray[np.object_]


@dataclass(frozen=True)
class Structure:
    """Who is related to whom, and of what ancestry.

    Attributes
    ----------
    relatedness
        Related pairs.
    unrelated
        Who was fitted for the components: well called, no two of them related (n).
    components
        Of everybody (n).
    groups
        Ancestry groups (n).
    outliers
        Who is far from everyone of the own group (n).
    variants
        Independent common variants that were used.
    """

    relatedness: Relatedness
    unrelated: Booleans
    components: PrincipalComponents
    groups: AncestryGroups
    outliers: Booleans
    variants: int


def cohort_structure(
    variants: pd.DataFrame,
    dosages: Dosages,
    table: pd.DataFrame,
    well_called: Booleans,
    foreign: Booleans,
    settings: Qc,
    reference_genome: str,
    panel: Panel | None = None,
    known: pd.DataFrame | None = None,
) -> Structure:
    """Find relatives, components and ancestry.

    Parameters
    ----------
    variants, dosages
        Common variants (m) and their dosages (m, n).
    table
        A row per sample (n): sample, event, call_rate.
    well_called
        Who may decide for the others: linkage, components (n).
    foreign
        Who is contaminated, and would seem related to many (n).
    settings
        Of quality control.
    reference_genome
        The build of the positions.
    panel
        Samples of known ancestry.
    known
        Pairs within the cohorts that `table` names in a column cohort, told by variants that only one has; what is
        found here counts between cohorts alone. None where there is one cohort.
    """
    chosen = independent_variants(
        variants, dosages[:, well_called], reference_genome=reference_genome, settings=settings.common
    )
    variants, dosages = variants.iloc[chosen].reset_index(drop=True), dosages[chosen]
    relatedness = related_pairs(dosages[:, ~foreign], table["sample"][~foreign].tolist())
    if known is not None:
        relatedness = replace(relatedness, pairs=across_and_known(relatedness.pairs, known, table))
    unrelated = well_called & unrelated_of(table, relatedness.pairs, well_called)
    generator = np.random.Generator(np.random.Philox(SEED))
    components = principal_components(dosages, unrelated, generator=generator, number=settings.ancestry.components)
    groups = main_and_other(components) if panel is None else _by_panel(panel, variants, dosages, settings, generator)
    scores = components.scores[:, : structured_components(components)]
    outliers = component_outliers(scores, groups.group) if scores.shape[1] else np.zeros(len(table), np.bool_)
    return Structure(relatedness, unrelated, components, groups, outliers, chosen.size)


def across_and_known(found: pd.DataFrame, known: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Put pairs between cohorts and those known within them together.

    Parameters
    ----------
    found
        Pairs of samples of all cohorts.
    known
        Pairs within cohorts; those of samples that aren't listed are passed over.
    table
        A row per sample: sample, cohort.
    """
    cohort = table.set_index("sample")["cohort"]
    one, other = (found[name].map(cohort).to_numpy(object) for name in ("sample_1", "sample_2"))
    listed = known["sample_1"].isin(cohort.index) & known["sample_2"].isin(cohort.index)
    parts = [pairs for pairs in (found[one != other], known[listed]) if len(pairs)]
    pairs = pd.concat(parts) if parts else found.iloc[:0]
    return pairs.sort_values(["sample_1", "sample_2"], ignore_index=True)


def unrelated_of(table: pd.DataFrame, pairs: pd.DataFrame, among: Booleans) -> Booleans:
    """Say who is in the maximal unrelated set of some samples (n).

    Parameters
    ----------
    table
        A row per sample (n): sample, event, call_rate.
    pairs
        Related pairs.
    among
        Whom to choose from (n).
    """
    candidates = table[among]
    kept = np.zeros(len(table), np.bool_)
    kept[among] = maximal_unrelated_set(
        pairs,
        candidates["sample"].tolist(),
        events=candidates["event"].to_numpy(bool),
        call_rate=candidates["call_rate"].to_numpy(np.float64),
    )
    return kept


def _by_panel(
    panel: Panel, variants: pd.DataFrame, dosages: Dosages, settings: Qc, generator: np.random.Generator
) -> AncestryGroups:
    """Put samples in the panel's groups by the variants that both have."""
    places = panel.variants.assign(of_panel=np.arange(len(panel.variants)))
    shared = variants.assign(own=np.arange(len(variants))).merge(places, on=list(VARIANT))
    return panel_groups(
        panel.dosages[shared["of_panel"].to_numpy()],
        panel.labels,
        dosages[shared["own"].to_numpy()],
        generator=generator,
        number=settings.ancestry.components,
    )
