"""Random genes of 300 patients at three sites: what type I error and power are measured on.

Sites have 150, 100 and 50 patients. Carriers are drawn without replacement, those of the smaller sites being two and
four times as likely as those of the largest, so that a gene's carriers say something about the site.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from association.gene_tests.masks import Mask
from association.scan_settings import MaskChoice, ScanTrait, WeightedTest
from association.simulate.random_traits import random_trait

SITES = (150, 100, 50)
SAMPLES = sum(SITES)
STRATA = np.repeat(np.arange(len(SITES)), SITES)
SITE_WEIGHTS = np.array([1.0, 2.0, 4.0])[STRATA]
VARIANTS = 6
MASKS = (MaskChoice(Mask("missense"), 0.5),)
TESTS = (
    WeightedTest("burden", "flat"),
    WeightedTest("skat", "beta_1_25"),
    WeightedTest("skat_o", "beta_1_25"),
    WeightedTest("acat_v", "flat"),
)
SCHEMA = pa.schema(
    [
        ("gene", pa.string()),
        ("contig", pa.string()),
        ("position", pa.int32()),
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


def samples_like(rng: np.random.Generator) -> ScanTrait:
    """Give the patients, with any trait."""
    model = random_trait(rng, "quantitative", STRATA, np.zeros(SAMPLES)).model
    return ScanTrait("any", model, STRATA, np.arange(SAMPLES), SAMPLES)


def draw_carriers(rng: np.random.Generator, carriers: int) -> list[np.ndarray]:
    """Give the carriers of each variant of a gene: so many, over up to six variants."""
    chosen = rng.choice(SAMPLES, carriers, replace=False, p=SITE_WEIGHTS / SITE_WEIGHTS.sum())
    variants = min(VARIANTS, carriers)
    return [np.sort(chosen[variant::variants]) for variant in range(variants)]


def store_tables(genes: list[list[np.ndarray]]) -> tuple[pa.Table, pa.Table]:
    """Give genes, each as its variants' carriers, as tables of a gene store."""
    names = [f"G{number:05d}" for number in range(len(genes))]
    rows = [
        {
            "gene": name,
            "contig": "1",
            "position": position,
            "consequence": "missense_variant",
            "allele_count": own.size,
            "allele_number": 2 * SAMPLES,
            "carriers": own.tolist(),
            "dosages": [1] * own.size,
            "missing": [],
        }
        for name, variants in zip(names, genes, strict=True)
        for position, own in enumerate(variants)
    ]
    table = pa.table({"gene": names, "contig": ["1"] * len(names), "start": pa.array([1] * len(names), pa.int32())})
    return table, pa.Table.from_pylist(rows, schema=SCHEMA)
