"""Generators that tests of gene statistics share: a gene store in memory, compressed columns, traits, null models."""

from itertools import cycle

import numpy as np
import pyarrow as pa
import pytest

from association.null_models.null_model import NullModel
from association.scan_settings import ScanTrait
from association.score import Carriers
from association.simulate.random_traits import random_trait

STORE_SCHEMA = pa.schema(
    [
        ("gene", pa.string()),
        ("contig", pa.string()),
        ("position", pa.int32()),
        ("ref", pa.string()),
        ("alt", pa.string()),
        ("minor_is_ref", pa.bool_()),
        ("consequence", pa.string()),
        ("loftee", pa.string()),
        ("external_af", pa.float64()),
        ("score_REVEL", pa.float64()),
        ("allele_count", pa.int32()),
        ("allele_number", pa.int32()),
        ("carriers", pa.list_(pa.int32())),
        ("dosages", pa.list_(pa.int8())),
        ("missing", pa.list_(pa.int32())),
    ]
)


@pytest.fixture(scope="session")
def make_store():
    """Give a function from {gene: (n, m) dosages, NaN where missing} to the genes and variants of a store.

    Its variants take consequences and REVEL scores in turn.
    """

    def make(dosages, consequence="missense_variant", *, contig="chr1", revel=(None,)):
        rows = []
        for gene in sorted(dosages):
            turns = zip(cycle([consequence] if isinstance(consequence, str) else consequence), cycle(revel))
            for variant, (column, (term, score)) in enumerate(zip(dosages[gene].T, turns, strict=False)):
                carriers, missing = np.flatnonzero(column > 0), np.flatnonzero(np.isnan(column))
                rows.append(
                    {
                        "gene": gene,
                        "contig": contig,
                        "position": variant + 1,
                        "ref": "A",
                        "alt": "C",
                        "minor_is_ref": False,
                        "consequence": term,
                        "loftee": None,
                        "external_af": None,
                        "score_REVEL": score,
                        "allele_count": int(np.nansum(column)),
                        "allele_number": 2 * int((~np.isnan(column)).sum()),
                        "carriers": carriers.tolist(),
                        "dosages": column[carriers].astype(int).tolist(),
                        "missing": missing.tolist(),
                    }
                )
        genes = pa.table(
            {
                "gene": sorted(dosages),
                "contig": [contig] * len(dosages),
                "start": pa.array([1] * len(dosages), pa.int32()),
            }
        )
        return genes, pa.Table.from_pylist(rows, schema=STORE_SCHEMA)

    return make


@pytest.fixture(scope="session")
def compress():
    """Give a function from dense columns (n, c) to compressed ones."""

    def make(rows):
        columns = [np.flatnonzero(column) for column in rows.T]
        offsets = np.concatenate(([0], np.cumsum([column.size for column in columns]))).astype(np.int64)
        dosages = [rows[column, number] for number, column in enumerate(columns)]
        return Carriers(offsets, np.concatenate(columns), np.concatenate(dosages).astype(float))

    return make


@pytest.fixture(scope="session")
def make_model():
    """Give a function that makes up a null model without covariates; `step` rounds it to multiples, for ties.

    Samples carry equal information in all but "slope", and "risks": a logistic model of unequal risks.
    """

    def make(rng, kind, samples, *, step=None):
        events = (rng.random(samples) < 0.4).astype(float)
        cases = kind in ("logistic", "risks")
        expected = rng.uniform(0.05, 0.95, samples) if cases else rng.exponential(0.5, samples) + 0.01
        residuals = rng.exponential(size=samples) - 1
        if step is not None:
            expected = np.maximum(np.round(expected / step), 1) * step
            expected = np.minimum(expected, 1 - step) if cases else expected
            residuals = np.round(residuals / step) * step
        information = {"slope": 0.5 + expected, "risks": expected * (1 - expected)}.get(kind, np.ones(samples))
        rest = (information, np.zeros((samples, 0)), np.zeros((0, 0)))
        if kind in ("linear", "slope"):
            return NullModel(kind, residuals, *rest)
        name = "logistic" if kind == "risks" else kind
        return NullModel(name, events - expected, *rest, events=events, expected_events=expected)

    return make


@pytest.fixture(scope="session")
def make_trait():
    """Give a function that simulates a null trait of a kind of `random_traits`, on all samples of the store."""

    def make(rng, kind, strata, *, effect=None):
        effect = np.zeros(strata.size) if effect is None else effect
        model = random_trait(rng, kind, strata, effect).model
        return ScanTrait(kind, model, strata, np.arange(strata.size), strata.size)

    return make


@pytest.fixture(scope="session")
def share_each():
    """Give a function from a shared risk and samples to what every pair of these shares (k, k)."""
    return lambda risk, samples: risk.among(np.arange(len(samples) + 1), np.asarray(samples), np.ones(len(samples)))
