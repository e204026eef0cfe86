"""What a trait's results say: the line of significance, each gene's strongest row, the negative control.

The synonymous mask is a control, not a hypothesis: it neither counts in the family nor competes for a gene's
strongest row. So it is with rows of fewer than 3 carriers: they can only be described, and a page that describes one
or two patients is no page for readers, so genes that have no other row are counted and not shown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import beta, chi2, norm

from association.calibration.multiplicity import Multiplicity, tarone
from jobs.report.inputs import CONTROL_MASK, ReportInputs
from jobs.report.quantiles import quantiles

FEW_CARRIERS = "few_carriers"
POWER = 0.8
MASK_ORDER = ("plof", "plof_or_damaging_missense", "missense", CONTROL_MASK)
# One null study in a hundred has a control whose median lies outside.
CONTROL_TAIL = 0.005
NORMAL_95 = float(norm.isf(0.025))


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
    hypotheses
        Those that are no control and have at least 3 carriers.
    genes
        Each gene's strongest row, ranked; `significant` says which pass, `unsettled` where more permutations could
        change that. A test outside the family, too sparse to reach the line, is neither.
    family
        What counts against the error rate.
    genes_reported, genes_testable
        All genes in the results, and those with a row that can be significant.
    genes_few
        Genes whose rows all have fewer than 3 carriers.
    floor
        The smallest p-value that permutations can show: tests far from significance stop early, so it is set by
        the most that a test may make, not by those made. NaN without permutation.
    control
        Rows of the negative control.
    """

    name: str
    type: str
    summary: Mapping[str, Any]
    tested: pd.DataFrame
    hypotheses: pd.DataFrame
    genes: pd.DataFrame
    family: Multiplicity
    genes_reported: int
    genes_testable: int
    genes_few: int
    floor: float
    control: pd.DataFrame

    @property
    def significant(self) -> pd.DataFrame:
        """Give the genes that pass."""
        return self.genes[self.genes["significant"]]

    @property
    def floor_hides_line(self) -> bool:
        """Say whether the permutations were too few to show significance at all."""
        return bool(self.floor > self.family.threshold)


def find(inputs: ReportInputs, summary: Mapping[str, Any]) -> TraitFindings:
    """Find what the results say of the trait that `summary` describes."""
    name = str(summary["name"])
    tested = inputs.tested(name)
    control = tested["mask"] == CONTROL_MASK
    few = tested["flags"].fillna("").str.split(";").map(lambda flags: FEW_CARRIERS in flags).astype(bool)
    hypotheses = tested[~control & ~few]
    family = tarone(hypotheses["min_attainable_p"].to_numpy(np.float64), inputs.alpha)
    reachable = hypotheses["min_attainable_p"] <= family.threshold
    permuted = bool((tested["permutations"] > 0).any())
    return TraitFindings(
        name=name,
        type=str(summary["type"]),
        summary=summary,
        tested=tested,
        hypotheses=hypotheses,
        genes=_strongest_rows(hypotheses, family.threshold),
        family=family,
        genes_reported=int(inputs.results["gene"].nunique()),
        genes_testable=int(hypotheses["gene"][reachable].nunique()),
        genes_few=len(set(tested["gene"][~control]) - set(hypotheses["gene"])),
        floor=1 / (1 + inputs.max_permutations) if permuted else float("nan"),
        control=tested[control],
    )


def _strongest_rows(rows: pd.DataFrame, threshold: float) -> pd.DataFrame:
    """Rank genes by their smallest p-value, those that pass first; the asymptotic p-value breaks ties."""
    reachable = rows["min_attainable_p"] <= threshold
    straddles = (rows["p_lower"] < threshold) & (rows["p_upper"] > threshold)
    ranked = rows.assign(
        significant=reachable & (rows["p_value"] <= threshold), unsettled=reachable & straddles
    ).sort_values(
        ["significant", "neg_log10_p", "neg_log10_p_asymptotic", "gene"],
        ascending=[False, False, False, True],
        kind="stable",
    )
    return ranked.drop_duplicates("gene").reset_index(drop=True)


@dataclass(frozen=True)
class ControlMedian:
    """The median p-value of the negative control, and where chance puts it.

    Attributes
    ----------
    test
        The test it is the median of: one row per gene, so that no gene counts twice.
    genes
        Their number.
    median
        Of their p-values.
    lower, upper
        The central 99% of the median of so many independent uniform p-values.
    """

    test: str
    genes: int
    median: float
    lower: float
    upper: float

    @property
    def expected(self) -> bool:
        """Say whether the median is one that chance gives."""
        return self.lower <= self.median <= self.upper


def control_median(control: pd.DataFrame) -> ControlMedian:
    """Compare the control's median p-value with its null, about Beta((n+1)/2, (n+1)/2) for n genes.

    Parameters
    ----------
    control
        Rows of the negative control, at least one. The burden test and the widest frequency ceiling are preferred.
    """
    groups = [part for _, part in control.groupby(["test", "weights", "max_af"], sort=False, dropna=False)]
    rows = max(groups, key=lambda part: (part["test"].iloc[0] == "burden", part["max_af"].iloc[0]))
    shape = (len(rows) + 1) / 2
    return ControlMedian(
        test=str(rows["test"].iloc[0]),
        genes=len(rows),
        median=float(rows["p_value"].median()),
        lower=float(beta.ppf(CONTROL_TAIL, shape, shape)),
        upper=float(beta.isf(CONTROL_TAIL, shape, shape)),
    )


def poisson_interval(observed: float, expected: float) -> tuple[float, float]:
    """Give the exact 95% interval of observed / expected events."""
    lower = chi2.ppf(0.025, 2 * observed) / 2 if observed > 0 else 0.0
    return float(lower) / expected, float(chi2.ppf(0.975, 2 * (observed + 1))) / 2 / expected


def chance_of_smaller(p_value: float, tests: int) -> float:
    """Give the chance that the smallest of `tests` independent null p-values is at most this small."""
    return -math.expm1(tests * math.log1p(-p_value)) if p_value < 1 else 1.0


def detectable_hazard_ratio(findings: TraitFindings) -> tuple[float, float] | None:
    """Give the hazard ratio found with 80% power at the line, and the number of carriers that it is for.

    The number is the median of the genes' strongest rows. Schoenfeld's formula,
    exp((z_{1-a/2} + z_{0.8}) / sqrt(d p (1-p))), is rough below 10 carriers.
    """
    events, samples = findings.summary.get("events"), findings.summary.get("samples")
    if not events or not samples or findings.genes.empty:
        return None
    carriers = float(findings.genes["carriers"].median())
    share = carriers / samples
    quantile = norm.isf(findings.family.threshold / 2) + norm.ppf(POWER)
    return math.exp(quantile / math.sqrt(events * share * (1 - share))), carriers


def mask_table(findings: TraitFindings) -> list[dict[str, Any]]:
    """Summarise each mask, ceiling and test: genes, carriers, inflation, the smallest p-value."""
    rows = []
    for (mask, max_af, test), part in findings.tested.groupby(["mask", "max_af", "test"], sort=False):
        rows.append(
            {
                "mask": mask,
                "max_af": max_af,
                "test": test,
                "genes": len(part),
                "testable": int((part["min_attainable_p"] <= findings.family.threshold).sum()),
                "carriers": float(part["carriers"].median()),
                "inflation": quantiles(part["neg_log10_p"].to_numpy(np.float64)).inflation,
                "p_value": float(part["p_value"].min()),
            }
        )
    return sorted(rows, key=lambda row: (mask_rank(row["mask"]), -row["max_af"]))


def mask_rank(mask: str) -> int:
    """Order masks from the narrowest to the control."""
    return MASK_ORDER.index(mask) if mask in MASK_ORDER else len(MASK_ORDER) - 1
