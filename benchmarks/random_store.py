"""A gene store of random carriers, written directly: genes of rare variants whose frequencies are the same at any n.

A gene's variants have frequencies spread evenly in the logarithm from 1e-6 to 0.005 and add up to 0.05 carriers per
sample; a variant that nobody carries is not in the store. So 300 samples see 15 carriers of 9 variants or so in each
gene, 300,000 see 15,000 of 40, most of them as rare as before.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from association.gene_tests.masks import Mask
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.linear import fit_linear
from association.null_models.slope import fit_slope
from association.scan_settings import MaskChoice, ScanTrait, WeightedTest
from association.simulate.random_traits import AGE_EFFECT, BASELINE_MONTHS, FOLLOW_UP
from hail_pipelines.store_files import assign_files, store_schema

RAREST, COMMONEST = 1e-6, 5e-3
CARRIERS_PER_SAMPLE = 0.05
COVARIATES = 6
CONSEQUENCES = ("stop_gained", "missense_variant", "synonymous_variant")
MASKS = (
    MaskChoice(Mask("any"), 0.01),
    MaskChoice(Mask("missense"), 0.01),
    MaskChoice(Mask("plof"), 0.01),
)
TESTS = (
    WeightedTest("burden", "flat"),
    WeightedTest("skat", "beta_1_25"),
    WeightedTest("skat_o", "beta_1_25"),
    WeightedTest("acat_v", "flat"),
)


def gene_frequencies(rng: np.random.Generator, per_sample: float = CARRIERS_PER_SAMPLE) -> np.ndarray:
    """Draw the frequencies of a gene's variants until they make so many carriers per sample."""
    typical = (COMMONEST - RAREST) / np.log(COMMONEST / RAREST)
    variants = max(1, round(per_sample / (2 * typical)))
    drawn = np.exp(rng.uniform(np.log(RAREST), np.log(COMMONEST), variants))
    return drawn * (per_sample / (2 * drawn.sum()))


def gene_rows(rng: np.random.Generator, gene: str, frequencies: np.ndarray, samples: int) -> dict[str, list[Any]]:
    """Draw who carries each variant of a gene; a variant without carriers is left out."""
    counts = rng.binomial(samples, 2 * frequencies)
    kept = np.flatnonzero(counts)
    carriers = [np.sort(rng.choice(samples, counts[one], replace=False)).astype(np.int32) for one in kept]
    return {
        "gene": [gene] * kept.size,
        "position": (1 + kept).tolist(),
        "consequence": [CONSEQUENCES[one % 10 % 3 if one % 10 < 3 else 1] for one in kept],
        "carriers": carriers,
    }


def variant_table(genes: Sequence[dict[str, list[Any]]], samples: int) -> pa.Table:
    """Lay out genes' variants in the columns of a gene store."""
    flat = {name: [value for gene in genes for value in gene[name]] for name in genes[0]}
    carriers = flat["carriers"]
    sizes = np.array([one.size for one in carriers], np.int64)
    offsets = pa.array(np.concatenate(([0], np.cumsum(sizes))).astype(np.int32))
    rows = sizes.size
    everyone = np.concatenate(carriers) if rows else np.empty(0, np.int32)
    columns = {
        "gene": pa.array(flat["gene"], pa.string()),
        "contig": pa.array(["chr1"] * rows),
        "position": pa.array(flat["position"], pa.int32()),
        "ref": pa.array(["A"] * rows),
        "alt": pa.array(["C"] * rows),
        "minor_is_ref": pa.array(np.zeros(rows, np.bool_)),
        "consequence": pa.array(flat["consequence"], pa.string()),
        "loftee": pa.nulls(rows, pa.string()),
        "external_af": pa.nulls(rows, pa.float64()),
        "allele_count": pa.array(sizes.astype(np.int32)),
        "allele_number": pa.array(np.full(rows, 2 * samples, np.int32)),
        "carriers": pa.ListArray.from_arrays(offsets, pa.array(everyone)),
        "dosages": pa.ListArray.from_arrays(offsets, pa.array(np.ones(everyone.size, np.int8))),
        "missing": pa.ListArray.from_arrays(pa.array(np.zeros(rows + 1, np.int32)), pa.array([], pa.int32())),
    }
    return pa.table(columns).cast(store_schema([]))


def write_random_store(
    folder: Path, *, samples: int, genes: int, files: int, seed: int = 1, large: dict[int, np.ndarray] | None = None
) -> None:
    """Write a store of random genes.

    Parameters
    ----------
    folder
        To make.
    samples, genes, files
        How many.
    seed
        Of the genes; gene number g is the same whatever their number.
    large
        Frequencies of the variants of some genes, by number, that are not like the others.
    """
    folder.mkdir(parents=True)
    counts = []
    costs = {}
    for number in range(genes):
        own = (large or {}).get(number)
        frequencies = gene_frequencies(np.random.default_rng((seed, number))) if own is None else own
        costs[_name(number)] = 1 + round(2 * samples * frequencies.sum())
    assigned = assign_files(costs, files)
    by_file: dict[int, list[int]] = {}
    for number in range(genes):
        by_file.setdefault(assigned[_name(number)], []).append(number)
    for file, numbers in sorted(by_file.items()):
        rows = []
        for number in numbers:
            rng = np.random.default_rng((seed, number))
            frequencies = gene_frequencies(rng)
            frequencies = (large or {}).get(number, frequencies)
            rows.append(gene_rows(rng, _name(number), frequencies, samples))
            sizes = [one.size for one in rows[-1]["carriers"]]
            counts.append((_name(number), len(sizes), sum(sizes), file))
        pq.write_table(variant_table(rows, samples), folder / f"part-{file:05d}.parquet")
    names, variants, carriers, file_of = zip(*sorted(counts), strict=True)
    integers = {"start": [1] * genes, "end": [2] * genes, "variants": variants, "carriers": carriers, "file": file_of}
    columns = {name: pa.array(values, pa.int32()) for name, values in integers.items()}
    table = pa.table({"gene": pa.array(names), "contig": ["chr1"] * genes, **columns})
    pq.write_table(table, folder / "genes.parquet")


def _name(number: int) -> str:
    return f"G{number:05d}"


def random_scan_trait(kind: str, samples: int, *, seed: int = 1) -> ScanTrait:
    """Simulate a null trait with six covariates.

    Parameters
    ----------
    kind
        "survival", under delayed entry and with 30% of events; "slope", of repeated visits; or "quantitative".
    samples
        How many.
    seed
        Of the trait.
    """
    rng = np.random.default_rng((seed, samples))
    covariates = rng.normal(size=(samples, COVARIATES))
    design = Design(tuple(f"covariate {number}" for number in range(1, COVARIATES + 1)), covariates)
    if kind == "survival":
        model = fit_cox(*survival_times(rng, covariates[:, 0]), design).model
    elif kind == "slope":
        visits = rng.integers(3, 8, samples)
        sample = np.repeat(np.arange(samples), visits)
        months = 3.0 * (np.arange(sample.size) - np.repeat(np.cumsum(visits) - visits, visits))
        slopes = -0.8 + 0.5 * rng.normal(size=samples) + 0.1 * covariates[:, 0]
        score = (40 + 3 * rng.normal(size=samples))[sample] + slopes[sample] * months
        model = fit_slope(sample, months, score + rng.normal(0, 1.5, sample.size), design).model
    else:
        model = fit_linear(covariates[:, 0] + rng.normal(size=samples), design).model
    return ScanTrait(kind, model, np.zeros(samples, np.int64), np.arange(samples), samples)


def survival_times(rng: np.random.Generator, age: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Simulate entry, exit and event: as `association.simulate.random_traits` does, with 30% of events."""
    entry, death, waiting = np.zeros(age.size), np.zeros(age.size), np.arange(age.size)
    while waiting.size:
        entry[waiting] = rng.uniform(3, 12, waiting.size)
        death[waiting] = rng.exponential(BASELINE_MONTHS / np.exp(AGE_EFFECT * age[waiting]))
        waiting = waiting[death[waiting] <= entry[waiting]]
    censored = entry + rng.uniform(0.15, 1, age.size) * FOLLOW_UP["survival"]
    return entry, np.minimum(death, censored), (death <= censored).astype(np.float64)
