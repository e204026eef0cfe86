"""Shared folders made of arrays: what `progex share` writes of a run, without a run."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from association.calibration.monte_carlo import Effort
from association.gene_tests.masks import Mask
from association.meta.share_genes import share_batch
from association.meta.share_schema import VERSION, schema_of
from association.meta.share_tables import residual_rows
from association.meta.summarise import summarise_trait
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait, WeightedTest
from hail_pipelines.store_files import store_schema
from jobs.consortium.definitions import definition_hash
from jobs.consortium.share import file_of

TESTS = (
    WeightedTest("burden", "flat"),
    WeightedTest("burden", "beta_1_25"),
    WeightedTest("skat", "beta_1_25"),
    WeightedTest("skat_o", "flat"),
    WeightedTest("acat_v", "flat"),
)


def make_share(folder, cohort, dosages, model, *, positions, strata, ceilings=(0.4,), at_least=5, by_ref=()):
    """Write the share of a cohort of one trait and one gene, and give its folder.

    Parameters
    ----------
    folder, cohort
        Where, and whose.
    dosages
        Of minor alleles, one column per position (n, m).
    model
        The null model of the trait.
    positions
        Of the variants (m).
    strata
        Of the samples (n).
    ceilings
        On the frequency, of the mask.
    at_least
        The smallest number of samples that is told of.
    by_ref
        Positions whose minor allele is the reference.
    """
    folder.mkdir()
    trait = ScanTrait("trait", model, strata, np.arange(strata.size), strata.size)
    settings = ScanSettings(
        tuple(MaskChoice(Mask("missense"), ceiling) for ceiling in ceilings), TESTS, 1, Effort(100, 100, 10)
    )
    genes = pa.table({"gene": ["GENE"], "contig": ["chr1"], "start": pa.array([1], pa.int32())})
    store = _store(dosages, positions, by_ref)
    (rows,) = share_batch(genes, store, [trait], settings, key="store", at_least=at_least).values()
    told = summarise_trait(cohort, "trait", model, strata, at_least=at_least)
    for table, own in (rows | {"residuals": residual_rows(told)}).items():
        pq.write_table(pa.Table.from_pylist(own, schema=schema_of(table)), folder / file_of("trait", table))
    definitions = {
        "masks": {
            "masks": [{"name": "missense", "where": None, "max_allele_frequency": list(ceilings)}],
            "tests": [vars(test) for test in TESTS],
            "condition_on": [],
        },
        "strata": {"strata": []},
    }
    trait_told = {
        "type": {"cox": "survival", "slope": "alsfrs_slope", "logistic": "binary"}.get(model.kind, "quantitative"),
        "kind": model.kind,
        "ties": None,
        "definition": {},
        "covariates": [],
        "samples": told.samples,
        "residual_variance": told.residual_variance,
    }
    manifest = {
        "schema_version": VERSION,
        "cohort": cohort,
        "run": "run",
        "gene_store": "store",
        "reference_genome": "GRCh38",
        "versions": {"progex": "1.0", "hail": "0.2.1"},
        "definitions": definitions,
        "hashes": {part: definition_hash(own) for part, own in definitions.items()},
        "salt_check": None,
        "smallest_cell": at_least,
        "traits": {"trait": trait_told},
        "left_out": {},
    }
    (folder / "share.json").write_text(json.dumps(manifest))
    return folder


def _store(dosages, positions, by_ref):
    """Give the variants of a gene store."""
    rows = []
    for position, column in zip(positions, dosages.T, strict=True):
        carriers = np.flatnonzero(column)
        rows.append(
            {
                "gene": "GENE",
                "contig": "chr1",
                "position": position,
                "ref": "A",
                "alt": "C",
                "minor_is_ref": position in by_ref,
                "consequence": "missense_variant",
                "allele_count": int(column.sum()),
                "allele_number": 2 * column.size,
                "carriers": carriers.tolist(),
                "dosages": column[carriers].astype(int).tolist(),
                "missing": [],
            }
        )
    return pa.Table.from_pylist(rows, schema=store_schema([]))
