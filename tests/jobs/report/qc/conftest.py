"""A simulated cohort with planted duplicates, relatives, swaps, an XXY, contamination and a poor batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jobs.report.qc import QcInputs, qc_html

BATCHES = ("agilent_v5", "twist_2019", "twist_2022")
ANCESTRIES = ("EUR", "AFR", "SAS", "other")
CALL_RATE, CONTAMINATED, TI_TV_FAR, DUPLICATE, SWAPPED = (
    "call rate below 0.95",
    "contaminated by more than 5%",
    "Ti/Tv more than 8 MADs from the median",
    "duplicate of a sample that stays",
    "not of the reported sex",
)
BY_HAND = "consent withdrawn"
SAMPLE_RULES = {
    "call rate": CALL_RATE,
    "contamination": CONTAMINATED,
    "sex": SWAPPED,
    "duplicates": DUPLICATE,
    "Ti/Tv": TI_TV_FAR,
}
VARIANT_RULES = {
    "filter": "FILTER is not PASS",
    "call rate": "call rate below 0.9",
    "Hardy-Weinberg": "Hardy-Weinberg p below 1e-06",
    "batches": "call rates of batches differ by more than 0.1",
    "low complexity": "in a low-complexity region",
}
VARIANTS = 200_000
THRESHOLDS = {
    "genotype": {"min_gq": 20, "min_depth": 10, "min_het_balance": 0.2},
    "variant": {"pass_filters_only": True, "min_call_rate": 0.9, "min_hwe_p": 1e-6},
    "sample": {
        "min_call_rate": 0.95,
        "max_contamination": 0.05,
        "max_deviations": {"ti_tv": 8.0, "heterozygosity": None},
    },
    "relatedness": {"max_kinship": 0.0884},
}
DEVIATIONS = ("heterozygosity", "ti_tv", "het_hom", "singletons", "insertion_deletion", "call_rate", "mean_dp")


def simulate_samples(size: int, seed: int = 1) -> pd.DataFrame:
    """Simulate the metrics of samples; the first few carry what is planted."""
    generator = np.random.default_rng(seed)
    batch = generator.choice(BATCHES, size, p=(0.5, 0.3, 0.2))
    ancestry = generator.choice(ANCESTRIES, size, p=(0.75, 0.1, 0.1, 0.05))
    female = generator.random(size) < 0.45
    shift = np.select([ancestry == "AFR", ancestry == "SAS"], [1.0, 0.4], 0.0)
    poor = batch == "twist_2019"
    table = pd.DataFrame({"sample": [f"PATIENT-{number:06}" for number in range(size)]})
    table["batch"], table["ancestry"] = batch, ancestry
    table["call_rate"] = np.clip(0.992 - 0.006 * poor - generator.gamma(2, 0.0015, size), 0, 1)
    table["mean_dp"] = generator.normal(42 - 8 * poor, 5, size)
    table["mean_gq"] = generator.normal(70 - 5 * poor, 3, size)
    table["heterozygosity"] = generator.normal(0.08 + 0.02 * shift, 0.002, size)
    table["ti_tv"] = generator.normal(3.05, 0.03, size)
    table["het_hom"] = generator.normal(1.55 + 0.3 * shift, 0.05, size)
    table["singletons"] = generator.poisson(25 + 60 * shift)
    table["insertion_deletion"] = generator.normal(0.72, 0.03, size)
    table["calls_present"] = VARIANTS - generator.poisson(1_500, size)
    table["calls_failed"] = generator.poisson(2_500 + 2_000 * poor)
    table["charr"] = generator.gamma(2, 0.003, size)
    table["charr_sites"] = generator.poisson(3_000, size)
    table["karyotype"] = np.where(female, "XX", "XY")
    table["reported_sex"] = np.where(female, "female", "male")
    table["x_ploidy"] = generator.normal(np.where(female, 2, 1), 0.05)
    table["y_ploidy"] = np.abs(generator.normal(np.where(female, 0.01, 1), 0.05))
    table["x_copies"], table["y_copies"] = table["x_ploidy"], table["y_ploidy"]
    table["x_expected_heterozygous"] = 120.0
    table["x_heterozygous"] = generator.poisson(np.where(female, 118, 3))
    table["y_variants"] = 60
    table["y_called"] = generator.binomial(60, np.where(female, 0.04, 0.97))
    for number, spread in enumerate((0.03, 0.02, 0.008, 0.005), start=1):
        middle = {"AFR": (0.12, 0.0), "SAS": (-0.03, 0.1)}
        centre = np.array([middle.get(name, (-0.02, -0.03))[(number - 1) % 2] for name in ancestry])
        table[f"pc{number}"] = generator.normal(centre if number < 3 else np.zeros(size), spread / 4)
    table["projected"] = generator.random(size) < 0.06
    return _judge(_plant(table, generator))


def _plant(table: pd.DataFrame, generator: np.random.Generator) -> pd.DataFrame:
    """Make the first samples what a cohort holds of mishaps."""
    table.loc[0, ["call_rate", "mean_dp"]] = (0.91, 11.0)
    table.loc[1, ["charr", "het_hom", "heterozygosity"]] = (0.12, 2.2, 0.11)
    table.loc[2, "reported_sex"] = "male" if table["karyotype"][2] == "XX" else "female"
    table.loc[3, ["karyotype", "x_copies", "y_copies", "reported_sex"]] = ("XXY", 1.98, 0.97, "male")
    table.loc[4, "ti_tv"] = 2.2
    table["pca_outlier"] = np.arange(len(table)) == 5 % len(table)
    table.loc[5 % len(table), ["pc1", "pc2"]] = (0.3, 0.25)
    table["sex_from_genotypes"] = table["karyotype"].map({"XX": "female", "XY": "male", "XXY": "male"})
    table["sex_mismatch"] = table["sex_from_genotypes"] != table["reported_sex"]
    table["duplicate"] = np.arange(len(table)) == 7
    table["unrelated"] = ~table["projected"] & ~table["duplicate"]
    for metric in DEVIATIONS:
        stratum = table.groupby(["batch", "ancestry"])[metric]
        distance = table[metric] - stratum.transform("median")
        scale = 1.4826 * distance.abs().groupby([table["batch"], table["ancestry"]]).transform("median")
        table[f"outlier_{metric}"] = (distance / scale.where(scale > 0)).fillna(0.0)
    return table


def _judge(table: pd.DataFrame) -> pd.DataFrame:
    failing = {
        CALL_RATE: table["call_rate"] < 0.95,
        CONTAMINATED: table["charr"] > 0.05,
        SWAPPED: table["sex_mismatch"],
        DUPLICATE: table["duplicate"],
        TI_TV_FAR: table["outlier_ti_tv"].abs() > 8,
    }
    reasons = [[reason for reason, fails in failing.items() if fails[row]] for row in range(len(table))]
    reasons[-1].append(BY_HAND)
    return table.assign(reasons=reasons, passes=[not one for one in reasons])


def simulate_kinship(samples: pd.DataFrame, seed: int = 2) -> pd.DataFrame:
    """Simulate pairs: a duplicate, and relatives as many as a twentieth of the samples."""
    generator = np.random.default_rng(seed)
    names = samples["sample"].to_numpy()
    kinds = {"parent-child": (0.25, 0.001), "siblings": (0.25, 0.02), "second degree": (0.125, 0.045)}
    kinds |= {"third degree": (0.0625, 0.06)}
    rows = [(names[6 % len(names)], names[7 % len(names)], 0.496, 0.0, "duplicate")]
    for _ in range(max(3, len(names) // 20)):
        kind = str(generator.choice([*kinds], p=(0.25, 0.25, 0.25, 0.25)))
        first, second = sorted(generator.choice(len(names), 2, replace=False))
        kinship, ibs0 = kinds[kind]
        ibs0 = max(0.0, float(generator.normal(ibs0, 0.003 if ibs0 > 0.01 else 0.0005)))
        rows.append((names[first], names[second], max(0.0443, generator.normal(kinship, 0.008)), ibs0, kind))
    table = pd.DataFrame(rows, columns=["sample_1", "sample_2", "kinship", "ibs0", "relationship"])
    return table.assign(sites=40_000)[["sample_1", "sample_2", "kinship", "ibs0", "sites", "relationship"]]


def attrition_rows(samples: pd.DataFrame) -> list[dict[str, Any]]:
    """Make the record of attrition: the samples' as they are, made-up counts of variants and calls."""
    counted = Counter(reason for reasons in samples["reasons"] for reason in reasons)
    staying = int(samples["passes"].sum())
    calls = VARIANTS * len(samples)

    def row(
        unit: str, step: str, before: int, excluded: int, reason: str, skipped: str | None = None
    ) -> dict[str, Any]:
        counts = {"before": before, "excluded": excluded, "after": before - excluded}
        return {"step": step, "unit": unit, **counts, "reason": reason, "skipped": skipped}

    return [
        row("genotype", "genotype quality", calls, calls // 80, "genotype quality below 20"),
        row("genotype", "depth", calls, calls // 120, "depth below 10 (5 if haploid)"),
        row(
            "genotype", "allele balance", calls, 0, "heterozygous, < 0.2 of reads on one allele", "the VCF has no AD"
        ),
        row("genotype", "all", calls, calls // 60, "any of the above"),
        *(row("variant", step, VARIANTS, VARIANT_FAILS[reason], reason) for step, reason in VARIANT_RULES.items()),
        row("variant", "all", VARIANTS, sum(VARIANT_COMBINATIONS.values()), "any of the above"),
        *(row("sample", step, len(samples), counted[reason], reason) for step, reason in SAMPLE_RULES.items()),
        row("sample", "all", len(samples), len(samples) - staying, "any of the above"),
    ]


_FILTER, _CALL_RATE, _HWE, _BATCHES, _COMPLEXITY = VARIANT_RULES.values()
VARIANT_COMBINATIONS = {
    (_FILTER,): 9_000,
    (_CALL_RATE,): 5_000,
    (_FILTER, _CALL_RATE): 2_500,
    (_HWE,): 800,
    (_CALL_RATE, _BATCHES): 400,
    (_BATCHES,): 350,
    (_COMPLEXITY,): 3_000,
    (_FILTER, _COMPLEXITY): 700,
}
VARIANT_FAILS = {
    reason: sum(count for reasons, count in VARIANT_COMBINATIONS.items() if reason in reasons)
    for reason in VARIANT_RULES.values()
}


def variant_tables(samples: pd.DataFrame, seed: int = 3) -> dict[str, pd.DataFrame]:
    """Simulate the small tables of variants."""
    generator = np.random.default_rng(seed)
    drawn = {
        "call_rate": (np.clip(1 - generator.exponential(0.01, VARIANTS), 0, 1), 0.9),
        "het_balance": (generator.normal(0.49, 0.04, VARIANTS), None),
        "inbreeding": (np.clip(generator.normal(0, 0.05, VARIANTS), -1, 1), -0.3),
        "neg_log10_hwe_p": (generator.exponential(0.45, VARIANTS), 6.0),
        "quality_by_depth": (generator.gamma(12, 1.4, VARIANTS), None),
    }
    histograms = []
    for metric, (values, threshold) in drawn.items():
        counts, edges = np.histogram(values, bins=40)
        parts = {"metric": metric, "lower": edges[:-1], "upper": edges[1:], "count": counts, "threshold": threshold}
        histograms.append(pd.DataFrame(parts).astype({"threshold": "float64"}))
    classes = ["1 allele", "2 to 5 alleles", "< 0.1%", "0.1 to 1%", "1 to 5%", "> 5%"]
    missing = {
        "batch": list(BATCHES),
        "samples": [int((samples["batch"] == batch).sum()) for batch in BATCHES],
        "q05": [0.97, 0.9, 0.975],
        "q25": [0.985, 0.95, 0.99],
        "q50": [0.995, 0.975, 0.996],
        "q75": [0.999, 0.99, 1.0],
        "q95": [1.0, 0.998, 1.0],
        "variants_excluded": [12, 701, 37],
    }
    return {
        "histograms": pd.concat(histograms, ignore_index=True),
        "ti_tv_by_frequency": pd.DataFrame(
            {
                "frequency_class": classes,
                "variants": [90_123, 40_456, 22_789, 14_012, 6_345, 4_678],
                "ti_tv": [2.71, 2.88, 2.95, 3.04, 3.1, 3.12],
            }
        ),
        "missingness_by_batch": pd.DataFrame(missing),
        "reasons": pd.DataFrame(
            {
                "reasons": ["; ".join(reasons) for reasons in VARIANT_COMBINATIONS],
                "count": list(VARIANT_COMBINATIONS.values()),
            }
        ),
    }


def simulate_inputs(size: int = 300, **changes: Any) -> QcInputs:
    """Put a cohort's inputs together."""
    samples = simulate_samples(size)
    out = samples[~samples["passes"]]
    by = ["hand" if BY_HAND in reasons else "rule" for reasons in out["reasons"]]
    excluded = pd.DataFrame({"sample": out["sample"], "reasons": out["reasons"], "by": by})
    given = {
        "study": "Simulated cohort",
        "samples": samples,
        "kinship": simulate_kinship(samples),
        "pca": {"explained": [0.31, 0.12, 0.04, 0.03, 0.02, 0.018, 0.015, 0.012, 0.01, 0.01], "variants": 31_415},
        "attrition": attrition_rows(samples),
        "thresholds": THRESHOLDS,
        "variant_summary": variant_tables(samples),
        "load_counts": {
            "records": 214_015,
            "multi_allelic": 9_876,
            "star_alleles": 432,
            "symbolic": 5,
            "duplicates": 3,
        },
        "annotation_counts": {"annotated": 171_717, "no_gene": 20_202},
        "excluded": excluded,
        "versions": {"progex": "0.1.0", "hail": "0.2.139"},
    }
    return QcInputs(**{**given, **changes})


@pytest.fixture(scope="session")
def qc_inputs() -> QcInputs:
    return simulate_inputs()


@pytest.fixture(scope="session")
def make_inputs() -> Callable[..., QcInputs]:
    return simulate_inputs


@pytest.fixture(scope="session")
def qc_page(qc_inputs: QcInputs) -> str:
    return qc_html(qc_inputs)
