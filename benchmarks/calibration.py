"""Type I error over nominal at 300 patients with delayed entry, by carriers: what is reported, and the textbook."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from association.gene_tests.masks import Mask
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.scan import scan
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait, WeightedTest

SAMPLES = 300
GENES = 2_000
COHORTS = 5
LEVELS = (0.05, 0.01, 1e-3)
SETTINGS = ScanSettings(
    masks=(MaskChoice(Mask("missense"), 0.5),),
    tests=(WeightedTest("burden", "flat"), WeightedTest("skat", "beta_1_25")),
    seed=1,
    max_permutations=100_000,
    exceedances=50,
)


def measure() -> pd.DataFrame:
    """Scan random genes against null cohorts and compare the share of small p-values with their level."""
    rng = np.random.default_rng(1)
    rows = []
    for carriers in (1, 2, 3, 5, 10, 20):
        scans = [scan(*_random_genes(rng, carriers), [_null_cohort(rng)], SETTINGS) for _ in range(COHORTS)]
        results = pa.concat_tables(scans).to_pandas()
        for test, tested in results.groupby("test"):
            for name, column in (("reported", "p_value"), ("textbook", "p_asymptotic")):
                ratios = {f"{level:g}": (tested[column] <= level).mean() / level for level in LEVELS}
                rows.append({"carriers": carriers, "test": test, "p": name} | ratios)
    return pd.DataFrame(rows).round(2)


def _null_cohort(rng: np.random.Generator) -> ScanTrait:
    """Simulate enrolment 3 to 12 months after onset and about 30% events."""
    age = rng.normal(size=3 * SAMPLES)
    death = rng.exponential(60 * np.exp(-0.3 * age))
    entry = rng.uniform(3, 12, death.size)
    enrolled = np.flatnonzero(death > entry)[:SAMPLES]
    entry, death, age = entry[enrolled], death[enrolled], age[enrolled]
    censored = entry + rng.uniform(6, 40, SAMPLES)
    event = (death <= censored).astype(float)
    fit = fit_cox(entry, np.minimum(death, censored), event, Design(("age",), age[:, None]))
    return ScanTrait("survival", fit.model, np.zeros(SAMPLES, np.int64), np.arange(SAMPLES), SAMPLES)


def _random_genes(rng: np.random.Generator, carriers: int) -> tuple[pa.Table, pa.Table]:
    """Give each gene so many carriers at random, spread over up to three variants."""
    variants = min(3, carriers)
    names = [f"G{number:05d}" for number in range(GENES)]
    rows = []
    for name in names:
        chosen = rng.choice(SAMPLES, carriers, replace=False)
        for variant in range(variants):
            own = np.sort(chosen[variant::variants])
            rows.append(
                {
                    "gene": name,
                    "consequence": "missense_variant",
                    "loftee": None,
                    "external_af": None,
                    "allele_count": own.size,
                    "allele_number": 2 * SAMPLES,
                    "carriers": own.tolist(),
                    "dosages": [1] * own.size,
                    "missing": [],
                }
            )
    schema = pa.schema(
        [
            ("gene", pa.string()),
            ("consequence", pa.string()),
            ("loftee", pa.string()),
            ("external_af", pa.float64()),
            ("allele_count", pa.int32()),
            ("allele_number", pa.int32()),
            ("carriers", pa.list_(pa.int32())),
            ("dosages", pa.list_(pa.int8())),
            ("missing", pa.list_(pa.int32())),
        ]
    )
    genes = pa.table({"gene": names, "contig": ["1"] * GENES, "start": pa.array([1] * GENES, pa.int32())})
    return genes, pa.Table.from_pylist(rows, schema=schema)
