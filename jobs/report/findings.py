"""What a trait's results say: which genes count, the line of significance, who passes it.

Each gene has one primary row, the omnibus over its masks and tests or what stands for it, and these rows are the
family. The synonymous mask is a control, not a hypothesis, and is in no primary row. Genes of fewer than 3 carriers
can only be described, and a page that describes one or two patients is no page for readers: they are counted and not
shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from association.calibration.multiplicity import Multiplicity, tarone
from association.results import FEW_CARRIERS
from association.scan_settings import CONTROL_MASK
from jobs.report.driving_rows import by_strength, driving_rows
from jobs.report.inputs import ReportInputs


@dataclass(frozen=True)
class TraitFindings:
    """One trait's results, ready to be shown.

    Attributes
    ----------
    name, type
        The trait.
    summary
        Its null model's summary.
    tested
        Rows with a p-value, all of them.
    counting
        Those that count in the family: primary rows of genes with at least 3 carriers.
    genes
        Each gene's row of the family, ranked; `significant` says which pass, `unsettled` where more permutations
        could change that. A gene outside the family, too sparse to reach the line, is neither.
    drivers
        For each of `genes`, in their order, the row of one mask and test that is behind it.
    family
        What counts against the error rate.
    genes_reported, genes_testable
        All genes in the results, and those that can be significant.
    genes_few
        Genes with fewer than 3 carriers.
    floor
        The smallest p-value that permutations can show: tests far from significance stop early, so it is set by
        the most that a test may make, not by those made. NaN where no gene's p-value was counted.
    floor_is_everyones
        Whether every gene's p-value was counted on permutations.
    control
        Rows of the negative control.
    """

    name: str
    type: str
    summary: Mapping[str, Any]
    tested: pd.DataFrame
    counting: pd.DataFrame
    genes: pd.DataFrame
    drivers: pd.DataFrame
    family: Multiplicity
    genes_reported: int
    genes_testable: int
    genes_few: int
    floor: float
    floor_is_everyones: bool
    control: pd.DataFrame

    @property
    def significant(self) -> pd.DataFrame:
        """Give the genes that pass."""
        return self.genes[self.genes["significant"]]

    @property
    def floor_hides_line(self) -> bool:
        """Say whether the permutations were too few to show significance."""
        return bool(self.floor > self.family.threshold)


def find(inputs: ReportInputs, summary: Mapping[str, Any]) -> TraitFindings:
    """Find what the results say of the trait that `summary` describes."""
    name = str(summary["name"])
    tested = inputs.tested(name)
    control = tested["mask"] == CONTROL_MASK
    described = tested[~control & ~has_few_carriers(tested)]
    # Of a page for others, rows that count are primary, and of no others is it told how few carriers they have.
    counting = primary_rows(described) if inputs.families is None else described[described["primary"].eq(True)]
    family = _family(inputs, name, counting)
    genes = _ranked(counting, family.threshold)
    counted = counting["method"] == "permutation"
    return TraitFindings(
        name=name,
        type=str(summary["type"]),
        summary=summary,
        tested=tested,
        counting=counting,
        genes=genes,
        drivers=driving_rows(described, genes),
        family=family,
        genes_reported=int(inputs.results["gene"].nunique()),
        genes_testable=inputs.testable.get(
            name, int(counting["gene"][counting["min_attainable_p"] <= family.threshold].nunique())
        ),
        genes_few=inputs.few.get(name, len(set(tested["gene"][~control]) - set(counting["gene"]))),
        floor=1 / (1 + inputs.most_permutations) if counted.any() else float("nan"),
        floor_is_everyones=bool(counted.all()),
        control=tested[control],
    )


def _family(inputs: ReportInputs, trait: str, counting: pd.DataFrame) -> Multiplicity:
    """Give the line of significance: as it was found, where the smallest p-values possible are withheld."""
    if inputs.families is not None:
        return inputs.families[trait]
    return tarone(counting["min_attainable_p"].to_numpy(np.float64), inputs.alpha)


def has_few_carriers(rows: pd.DataFrame) -> pd.Series:
    """Say which rows have too few carriers for more than a description."""
    flags = rows["flags"].fillna("")
    return flags.map({one: FEW_CARRIERS in one.split(";") for one in flags.unique()}).astype(bool)


def primary_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Give the one row of each gene that counts in the family; all rows, where none is named primary."""
    primary = rows["primary"].eq(True)
    return rows[primary] if primary.any() else rows


def _ranked(rows: pd.DataFrame, threshold: float) -> pd.DataFrame:
    """Rank genes by p-value, those that pass first."""
    reachable = rows["min_attainable_p"] <= threshold
    straddles = (rows["p_lower"] < threshold) & (rows["p_upper"] > threshold)
    ranked = by_strength(rows).assign(
        significant=reachable & (rows["p_value"] <= threshold), unsettled=reachable & straddles
    )
    ranked = ranked.sort_values("significant", ascending=False, kind="stable")
    return ranked.drop_duplicates("gene").reset_index(drop=True)
